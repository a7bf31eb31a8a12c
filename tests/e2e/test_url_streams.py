"""Function URLs whose invoke mode is RESPONSE_STREAM."""

import http.client

import pytest
from function_urls import permit, url
from packages import HELLO
from streams import ask, node


@pytest.fixture
def host(client, create):
    """The URL of a function that streams what its request says."""
    name = create(node(Timeout=30, MemorySize=256))
    permit(client, name)
    return url(client, name, InvokeMode="RESPONSE_STREAM")


def test_status_headers_and_cookies_come_first(server, host):
    prelude = {"statusCode": 418, "headers": {"Content-Type": "text/html", "X-A": "b"}, "cookies": ["c=1", "d=2"]}
    answer = ask(server, host, ["http", prelude], ["write", "<b>"], ["write", "</b>"])
    assert (answer.status, answer.headers["content-type"], answer.headers["x-a"]) == (418, "text/html", "b")
    assert answer.headers.get_all("set-cookie") == ["c=1", "d=2"]
    assert answer.headers["transfer-encoding"] == "chunked" and answer.headers["x-amzn-requestid"]
    assert answer.read() == b"<b></b>"


def test_without_a_prelude_it_is_bytes_of_the_type_given(server, host):
    for steps, content_type in [([], "application/octet-stream"), ([["type", "text/plain"]], "text/plain")]:
        answer = ask(server, host, *steps, ["write", "raw"])
        assert (answer.status, answer.headers["content-type"], answer.read()) == (200, content_type, b"raw")


def test_the_beginning_is_there_before_the_end_is_made(own_server):
    server = own_server()
    client = server.client()
    client.create_function(FunctionName="f", **node(Timeout=900))
    client.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.02})
    permit(client, "f")
    host = url(client, "f", InvokeMode="RESPONSE_STREAM")
    answer = ask(server, host, ["http", {"statusCode": 201}], ["write", "first"], ["forever"])
    assert (answer.status, answer.read1(5)) == (201, b"first")
    server.kill()


def test_an_error_in_the_middle_cuts_the_connection(server, host):
    for last in [["throw", "broken"], ["exit", 1]]:
        answer = ask(server, host, ["repeat", "x" * 65536, 16], last)
        assert answer.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            answer.read()


def test_an_error_before_the_first_byte_is_a_502(server, host):
    answer = ask(server, host, ["throw", "broken"])
    assert (answer.status, answer.read()) == (502, b"Internal Server Error")


def test_what_is_not_streamed_is_one_piece_and_what_is_can_be_collected(client, create, server):
    name = create(HELLO)
    permit(client, name)
    answer = ask(server, url(client, name, InvokeMode="RESPONSE_STREAM"))
    assert (answer.status, answer.read()) == (200, b'{"hello": "world"}')
    name = create(node())
    permit(client, name)
    answer = ask(server, url(client, name), ["http", {"statusCode": 201}], ["write", "body"])
    assert (answer.status, answer.headers["content-length"], answer.read()) == (201, "4", b"body")
