"""Requests to function URLs, as browsers, programs and signing clients send them."""

import json
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import active, updated
from function_urls import ask, permit, url
from packages import ECHO, nodejs, python

# Answers with what the request's body says it should, as Python.
SAYS = """
def handler(event, context):
    return eval(event["body"])
"""
SLOW = """
import time

def handler(event, context):
    print("it runs", flush=True)
    time.sleep(1)
    return "done"
"""


@pytest.fixture
def public(client, create):
    """Creates a function with a URL for everyone and gives the host."""

    def make(settings, **more):
        name = create(settings)
        permit(client, name)
        return url(client, name, **more)

    return make


def test_a_request_becomes_an_event(public, server):
    host = public(ECHO)
    headers = {"X-Own": "1", "Cookie": "a=1; b=2", "Content-Type": "application/json", "User-Agent": "tests"}
    status, answered, body = ask(server, host, "POST", "/some/path%20x?a=1&a=2&b=%2F", b'{"k": "v"}', headers)
    event = json.loads(body)
    assert status == 200 and answered["content-type"] == "application/json"
    assert event["version"] == "2.0" and event["routeKey"] == "$default"
    assert event["rawPath"] == "/some/path%20x" and event["rawQueryString"] == "a=1&a=2&b=%2F"
    assert event["queryStringParameters"] == {"a": "1,2", "b": "/"} and event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["x-own"] == "1" and "cookie" not in event["headers"]
    assert event["headers"]["host"] == host and event["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert event["body"] == '{"k": "v"}' and event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert context["accountId"] == "anonymous" and context["apiId"] == context["domainPrefix"] == host.split(".")[0]
    assert context["http"] == {
        "method": "POST", "path": "/some/path%20x", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "tests",
    }
    assert answered["connection"] == "keep-alive"
    assert context["requestId"] == answered["x-amzn-requestid"] and "authorizer" not in context
    assert answered["x-amzn-trace-id"].startswith(event["headers"]["x-amzn-trace-id"])


def test_bodies_that_are_no_text_come_as_base64(public, server):
    host = public(ECHO)
    for content_type, sent, body in [
        ("application/x-www-form-urlencoded", b"a=b", "YT1i"),
        ("image/png", bytes(range(256)), None),
        ("text/plain", b"\xff\xfe", "//4="),
    ]:
        event = json.loads(ask(server, host, "POST", "/", sent, {"Content-Type": content_type})[2])
        assert event["isBase64Encoded"] is True, content_type
        assert body is None or event["body"] == body
    event = json.loads(ask(server, host)[2])
    assert "body" not in event and event["isBase64Encoded"] is False and "cookies" not in event


def test_answers_are_given_as_the_function_says(public, server):
    host = public(SAYS)

    def says(code):
        return ask(server, host, "POST", "/", code.encode(), {"Content-Type": "text/plain"})

    for code, status, content_type, body in [
        ("{'hello': 'world'}", 200, "application/json", b'{"hello":"world"}'),
        ("['hello', 3, True]", 200, "application/json", b'["hello",3,true]'),
        ("'hello'", 200, "application/json", b"hello"),
        ("3.1", 200, "application/json", b"3.1"),
        ("None", 200, "application/json", b"null"),
        ("{'statusCode': 201}", 201, "application/json", b""),
        ("{'statusCode': 404, 'body': 'gone', 'headers': {'Content-Type': 'text/plain'}}", 404, "text/plain", b"gone"),
        ("{'statusCode': 200, 'body': '//4=', 'isBase64Encoded': True}", 200, "application/json", b"\xff\xfe"),
        ("{'statusCode': 'x'}", 502, "application/json", b"Internal Server Error"),
        ("{'statusCode': 200, 'body': {}}", 502, "application/json", b"Internal Server Error"),
        ("1 / 0", 502, "application/json", b"Internal Server Error"),
        ("exit(1)", 502, "application/json", b"Internal Server Error"),
        ("'x' * 7000000", 502, "application/json", b"Internal Server Error"),
    ]:
        answered = says(code)
        assert (answered[0], answered[1]["content-type"], answered[2]) == (status, content_type, body), code
        assert answered[1]["x-amzn-requestid"] and answered[1]["x-amzn-trace-id"] and answered[1]["date"]
    headers = says("{'statusCode': 200, 'headers': {'Date': 'd', 'X-N': 1}, 'cookies': ['a=1']}")[1]
    assert headers["x-amzn-remapped-date"] == "d" and headers["x-n"] == "1" and headers["set-cookie"] == "a=1"
    status, headers, body = ask(server, host, "HEAD", "/", "'four!'", {"Content-Type": "text/plain"})
    assert (status, headers["content-length"], body) == (200, "5", b"")


def test_a_function_that_does_not_stream_answers_in_one_piece(public, server):
    host = public(SAYS, InvokeMode="RESPONSE_STREAM")
    body = b"{'statusCode': 404}"
    status, headers, body = ask(server, host, "POST", "/", body, {"Content-Type": "text/plain"})
    assert (status, headers["transfer-encoding"], body) == (200, "chunked", b'{"statusCode": 404}')


def test_nodejs_answers_too(public, server):
    code = "export const handler = async (event) => ({ statusCode: 202, body: event.requestContext.http.method });"
    assert ask(server, public(nodejs(code)), "PATCH")[::2] == (202, b"PATCH")


def test_the_weights_of_an_alias_count(client, create, server):
    name = create("def handler(event, context):\n    return context.function_version")
    client.publish_version(FunctionName=name)
    client.update_function_configuration(FunctionName=name, Description="another")
    updated(client, name)
    client.publish_version(FunctionName=name)
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)
    permit(client, name, Qualifier="live")
    host = url(client, name, Qualifier="live")
    seen = {ask(server, host)[2] for _ in range(60)}
    assert seen == {b"1", b"2"}, "one in 2 ** 59 runs fails by chance"


def test_a_server_that_stops_answers_first(own_server):
    server = own_server()
    client = server.client()
    client.create_function(FunctionName="f", **python(SLOW))
    active(client, "f")
    permit(client, "f")
    host = url(client, "f")
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(ask, server, host)
        until(lambda: "it runs" in server.log())
        server.stop()
        assert answer.result()[::2] == (200, b"done")


def until(holds):
    """Waits until a condition holds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_cors_is_answered_by_the_server(public, server):
    cors = {
        "AllowOrigins": ["https://a.example"], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["x-own"],
        "ExposeHeaders": ["x-seen"], "MaxAge": 60, "AllowCredentials": True,
    }
    host = public(SAYS, Cors=cors)
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    status, headers, body = ask(server, host, "OPTIONS", headers=asks)
    told = {name.removeprefix("access-control-"): value for name, value in headers.items() if "access-control" in name}
    assert (status, body) == (200, b"") and told == {
        "allow-origin": "https://a.example", "allow-methods": "GET,POST", "allow-headers": "x-own", "max-age": "60",
        "allow-credentials": "true",
    }
    code = "{'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': '*'}}"
    sent = {"Origin": "https://a.example", "Content-Type": "text/plain"}
    headers = ask(server, host, "POST", "/", code, sent)[1]
    assert headers["access-control-allow-origin"] == "https://a.example" and headers["vary"] == "Origin"
    assert headers["access-control-expose-headers"] == "x-seen"
    status, headers, _ = ask(server, host, "OPTIONS", headers=asks | {"Origin": "https://b.example"})
    assert status == 200 and not [name for name in headers if "access-control" in name]


def test_no_cors_means_the_function_answers(public, server):
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    status, headers, body = ask(server, public(ECHO), "OPTIONS", headers=asks)
    assert status == 200 and json.loads(body)["requestContext"]["http"]["method"] == "OPTIONS"
    assert "access-control-allow-origin" not in headers


def test_what_is_too_large_or_switched_off(client, create, server):
    name = create(ECHO)
    permit(client, name)
    host = url(client, name)
    status, headers, body = ask(server, host, "POST", "/", b"x" * 6_291_457, {"Content-Type": "text/plain"})
    assert (status, headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")
    assert "6291456" in json.loads(body)["message"]
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    status, _, body = ask(server, host)
    assert (status, json.loads(body)) == (
        429,
        {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User", "message": "Rate Exceeded."},
    )


def test_a_url_outlives_the_server(own_server):
    server = own_server()
    client = server.client()
    client.create_function(FunctionName="f", **python(ECHO))
    active(client, "f")
    permit(client, "f")
    host = url(client, "f")
    server.stop()
    server.start()
    assert ask(server, host)[0] == 200


@pytest.mark.skipif(not shutil.which("curl"), reason="HTTP/2 is asked with curl")
def test_http_2(public, server):
    host = public(ECHO)
    command = ["curl", "-sS", "--max-time", "30", "--http2-prior-knowledge", "--resolve", f"{host}:127.0.0.1"]
    command = [*command, "-H", "cookie: a=1", f"http://{host}/x?y=z"]
    event = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert event["requestContext"]["http"]["protocol"] == "HTTP/1.1" and event["headers"]["host"] == host
    assert (event["rawPath"], event["rawQueryString"], event["cookies"]) == ("/x", "y=z", ["a=1"])
