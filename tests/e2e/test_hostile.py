"""Functions that misbehave: each is told for what it did, and neither the server nor another function feels it."""

import base64
import json
import pathlib
import time

import pytest
from packages import HELLO, custom, python

FORKS = """
import os
def handler(event, context):
    if event.get("quiet"):
        return "fine"
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""


def test_a_function_that_forks_without_end_hurts_itself_only(create, invoke):
    other = create(HELLO)
    bomb = create(python(FORKS, Timeout=2, MemorySize=256))
    answer = invoke(bomb)
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] in ("Sandbox.Timedout", "Runtime.OutOfMemory", "Runtime.ExitError")
    assert invoke(other)["Payload"] == {"hello": "world"}
    assert invoke(bomb, {"quiet": True})["Payload"] == "fine"


FLOODS = """
import os, threading
def flood():
    while True:
        os.write(1, b"x" * 4095 + b"\\n")
def handler(event, context):
    if event.get("flood") == "now":
        flood()
    if event.get("flood") == "after":
        threading.Thread(target=flood, daemon=True).start()
    return "fine"
"""


def memory_mib(running):
    """What the server's own process holds."""
    status = pathlib.Path(f"/proc/{running.process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) // 1024


@pytest.fixture
def quiet(own_server):
    """A server that does not write what functions say, and calls to functions of it."""
    running = own_server("--log", "info,lambent::function=off")
    client = running.client()

    def call(name, **event):
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
        return answer.get("FunctionError"), json.loads(answer["Payload"].read()), base64.b64decode(answer["LogResult"])

    for name, settings in {"flood": python(FLOODS, Timeout=2), "other": python(HELLO)}.items():
        client.create_function(FunctionName=name, **settings)
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.02})
    return running, call


def test_logs_without_end_in_an_invocation_end_with_it(quiet):
    running, call = quiet
    assert call("flood")[1] == "fine"
    before = memory_mib(running)
    error, payload, log = call("flood", flood="now")
    assert error == "Unhandled" and payload["errorType"] == "Sandbox.Timedout"
    assert len(log) <= 4096 and b"Task timed out after 2.00 seconds" in log
    assert memory_mib(running) < before + 64
    assert call("other")[:2] == (None, {"hello": "world"})
    assert call("flood")[:2] == (None, "fine")


def test_logs_without_end_after_an_answer_hold_nobody_up(quiet):
    running, call = quiet
    before = memory_mib(running)
    for _ in range(5):
        error, payload, log = call("flood", flood="after")
        assert (error, payload) == (None, "fine")
        assert len(log) <= 4096
        assert call("other")[:2] == (None, {"hello": "world"})
    assert memory_mib(running) < before + 64


# A runtime that obeys its events: what it is told to send goes to the Runtime API as it is.
OBEYS = """#!/usr/bin/python3
import http.client, json, os, signal, socket
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
api = http.client.HTTPConnection(host, int(port))
base = "/2018-06-01/runtime/invocation"
def ask(method, path, body=None, headers={}):
    api.request(method, base + path, body, headers)
    answer = api.getresponse()
    return answer, answer.read()
told = None
while True:
    event, body = ask("GET", "/next")
    me, order = event.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(body)
    if order == "never answer":
        signal.pause()
    if order == "answer twice":
        told = []
        for text in ("first", "second"):
            answer, body = ask("POST", f"/{me}/response", json.dumps(text))
            told.append([answer.status, json.loads(body).get("errorType")])
        print("heard", json.dumps(told), flush=True)
        continue
    if order == "answer for another":
        answer, body = ask("POST", "/11111111-2222-3333-4444-555555555555/response", '"stolen"')
        told = [answer.status, json.loads(body).get("errorType")]
    if order == "ask twice":
        answer, body = ask("GET", "/next")
        told = [answer.status, json.loads(body).get("errorType")]
    if order == "garbage":
        pieces = [bytes(range(256)) * 4000, b"GET", b"GET /next HTTP/1.1\\r\\nX: " + b"y" * 2_000_000,
                  b"POST " + base.encode() + b"/11111111-2222-3333-4444-555555555555/response HTTP/1.1\\r\\nContent-Length: 99\\r\\n\\r\\nhalf",
                  b"PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n", b"\\r\\n" * 50_000, b"GET / HTTP/1.1\\r\\nContent-Length: -1\\r\\n\\r\\n"]
        for piece in pieces * 5:
            with socket.create_connection((host, int(port))) as line:
                try:
                    line.sendall(piece)
                except OSError:
                    pass  # It hung up on us, as it may.
        told = "sent"
    if order == "break off":
        with socket.create_connection((host, int(port))) as line:
            line.sendall(f"POST {base}/{me}/response HTTP/1.1\\r\\nContent-Length: 99\\r\\n\\r\\nhalf".encode())
            line.shutdown(socket.SHUT_WR)
            print("heard", line.recv(12).decode(), flush=True)
        continue
    if order == "not json":
        ask("POST", f"/{me}/response", b"\\xff\\xfe{", {"Content-Type": "nonsense"})
        continue
    ask("POST", f"/{me}/response", json.dumps(told))
"""


@pytest.fixture
def obeys(create, client):
    """A function that does to the Runtime API what it is told; gives error and raw payload."""
    name = create(custom(OBEYS, Timeout=5))

    def call(order):
        answer = client.invoke(FunctionName=name, Payload=json.dumps(order))
        return answer.get("FunctionError"), answer["Payload"].read()

    call.function = name
    return call


def heard(server, name):
    """What a function says it heard after its answer was on its way; only the server's log can tell."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for line in server.log().splitlines():
            if "heard " in line and f'function="{name}"' in line:
                return line.split("heard ")[1].split(" function=")[0]
    raise AssertionError(f"{name} never said what it heard\n{server.log_tail()}")


def test_a_runtime_that_answers_twice_is_heard_once(server, obeys):
    assert obeys("answer twice") == (None, b'"first"')
    first, second = json.loads(heard(server, obeys.function))
    assert first == [202, None]
    assert second in ([400, "InvalidRequestID"], [403, "InvalidStateTransition"])
    error, told = obeys("tell")
    assert error is None and b"second" not in told


def test_a_runtime_that_answers_for_another_is_refused(obeys):
    assert obeys("answer for another") == (None, b'[400, "InvalidRequestID"]')


def test_a_runtime_that_asks_twice_is_refused(obeys):
    assert obeys("ask twice") == (None, b'[403, "InvalidStateTransition"]')


def test_a_runtime_that_never_answers_is_timed_out(obeys):
    error, payload = obeys("never answer")
    assert error == "Unhandled" and json.loads(payload)["errorType"] == "Sandbox.Timedout"
    assert obeys("tell") == (None, b"null")


def test_garbage_to_the_runtime_api_does_no_harm(obeys, create, invoke):
    other = create(HELLO)
    for _ in range(3):
        assert obeys("garbage") == (None, b'"sent"')
        assert invoke(other)["Payload"] == {"hello": "world"}


def test_an_answer_that_breaks_off_is_told(server, obeys):
    error, payload = obeys("break off")
    assert error == "Unhandled" and json.loads(payload)["errorType"] == "Runtime.TruncatedResponse"
    assert heard(server, obeys.function) == "HTTP/1.1 400"
    assert obeys("tell") == (None, b"null")


def test_what_a_runtime_answers_is_passed_on_as_it_is(obeys):
    assert obeys("not json") == (None, b"\xff\xfe{")
    assert obeys("tell") == (None, b"null")


def test_a_runtime_that_sends_only_garbage_and_ends_is_told(create, client):
    source = "#!/usr/bin/python3\nimport os, socket\nhost, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')\n" \
             "socket.create_connection((host, int(port))).sendall(b'\\0' * 100000)\nos._exit(3)\n"  # fmt: skip
    answer = client.invoke(FunctionName=create(custom(source, Timeout=5)))
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "Runtime.ExitError"
