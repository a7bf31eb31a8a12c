"""The server itself: its own pages, its drain, and what it says of a wrong command line."""

import contextlib
import json
import socket
import subprocess
import threading

import pytest
import requests
from conftest import active
from packages import python
from server import BINARY


def test_health_and_metrics_answer_without_a_signature(server):
    assert requests.get(f"{server.endpoint}/_lambent/health", timeout=5).status_code == 200
    metrics = requests.get(f"{server.endpoint}/_lambent/metrics", timeout=5)
    assert metrics.status_code == 200
    assert "lambent_" in metrics.text


def test_an_invocation_that_runs_is_finished_before_the_server_stops(own_server):
    running = own_server()
    client = running.client()
    source = "import time\ndef handler(event, context):\n    time.sleep(2)\n    return 'finished'\n"
    client.create_function(FunctionName="slow", **python(source, Timeout=30))
    active(client, "slow")
    answers = []
    caller = threading.Thread(target=lambda: answers.append(client.invoke(FunctionName="slow")["Payload"].read()))
    caller.start()
    in_flight(running)
    stopped = threading.Thread(target=running.stop)  # It checks the exit code, and that nothing is left.
    stopped.start()
    caller.join(60)
    assert [json.loads(answer) for answer in answers] == ["finished"]
    stopped.join()
    assert running.process is None


def in_flight(server):
    """Waits until the server has an environment: until then no function was invoked."""
    for _ in range(100_000):
        text = requests.get(f"{server.endpoint}/_lambent/metrics", timeout=5).text
        if "\nlambent_environments 1\n" in text:
            return
    raise AssertionError(f"no metric tells of a running invocation:\n{text}")


def test_a_wrong_option_is_named():
    done = subprocess.run([BINARY, "serve", "--listne", "x"], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert "--listne" in done.stderr


def test_clients_that_never_finish_keep_nobody_from_being_served(server, create, invoke):
    name = create(python("def handler(event, context):\n    return 'served'\n"))
    head = b"POST /2015-03-31/functions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    with contextlib.ExitStack() as hoard:
        for start in (b"", b"PO", head, head + b"x" * 1000) * 75:
            line = hoard.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            line.sendall(start)
        assert [invoke(name)["Payload"] for _ in range(5)] == ["served"] * 5


@pytest.mark.parametrize(
    "sent",
    [b"\0" * 10_000, b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 2_000_000, b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"],
    ids=["zeros", "no-http", "huge-head", "half-http2"],
)
def test_what_is_no_request_is_hung_up_on(server, sent):
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.settimeout(30)
        with contextlib.suppress(OSError):
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while line.recv(65536):
                pass  # It may say why before it hangs up.
    assert requests.get(f"{server.endpoint}/_lambent/health", timeout=5).status_code == 200
