"""Invoke, when it goes wrong: each failure has the payload, header and log lines of AWS, and the next call works."""

import base64
import json
import re

import pytest
from packages import ECHO, HELLO, custom, nodejs, python
from raw import error_of

FAILS_ONCE = """
import os, time
def handler(event, context):
    if event.get("fail"):
        {fault}
    return "fine"
"""


def failing(fault, **more):
    """A Python function that fails when told to."""
    return python(FAILS_ONCE.format(fault=fault), **more)


@pytest.fixture
def fail(client):
    """Invokes a function that must fail; gives (payload, log, request id)."""

    def call(name, payload=None):
        answer = client.invoke(FunctionName=name, Payload=json.dumps(payload or {"fail": True}), LogType="Tail")
        assert answer["StatusCode"] == 200
        assert answer["FunctionError"] == "Unhandled"
        log = base64.b64decode(answer["LogResult"]).decode()
        return json.loads(answer["Payload"].read()), log, answer["ResponseMetadata"]["RequestId"]

    return call


@pytest.mark.operation("Invoke")
def test_a_python_exception(create, fail, invoke):
    name = create(failing('raise ValueError("boom")'))
    payload, log, request_id = fail(name)
    assert payload["errorMessage"] == "boom" and payload["errorType"] == "ValueError"
    assert payload["requestId"] == request_id
    assert payload["stackTrace"] == ['  File "/var/task/app.py", line 5, in handler\n    raise ValueError("boom")\n']
    assert "[ERROR] ValueError: boom" in log
    assert invoke(name)["Payload"] == "fine"


def test_a_nodejs_exception(create, fail):
    name = create(nodejs("export const handler = async () => { throw new TypeError('boom'); };"))
    payload, log, request_id = fail(name)
    assert payload["errorType"] == "TypeError" and payload["errorMessage"] == "boom"
    assert payload["trace"][0] == "TypeError: boom" and "/var/task/app.mjs" in payload["trace"][1]
    assert f"\t{request_id}\tERROR\tInvoke Error" in log


def test_a_timeout(create, fail, invoke):
    name = create(failing("time.sleep(60)", Timeout=1))
    payload, log, request_id = fail(name)
    assert payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 1.00 seconds",
    }
    assert re.search(rf"\d{{4}}-\d\d-\d\dT\S+Z {request_id} Task timed out after 1\.00 seconds\n", log)
    assert re.search(r"REPORT .*Duration: 1\d{3}\.\d\d ms\tBilled Duration: 1\d{3} ms", log), log
    assert "\tStatus: timeout" in log
    assert invoke(name)["Payload"] == "fine"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("os._exit(1)", "Runtime exited with error: exit status 1"),
        ("os._exit(77)", "Runtime exited with error: exit status 77"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_runtime_that_ends(create, fail, invoke, fault, words):
    name = create(failing(fault))
    payload, log, request_id = fail(name)
    assert payload == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {words}"}
    assert f"RequestId: {request_id} Error: {words}\nRuntime.ExitError\n" in log
    assert "\tStatus: error\tError Type: Runtime.ExitError" in log
    assert invoke(name)["Payload"] == "fine"


def test_running_out_of_memory(create, fail, invoke):
    name = create(failing("held = [bytearray(1 << 20) for _ in range(1000)]", Timeout=30))
    payload, log, request_id = fail(name)
    assert payload["errorType"] in ("Runtime.OutOfMemory", "Runtime.ExitError")
    assert payload["errorMessage"] == f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    assert "Error Type: Runtime.OutOfMemory" in log
    assert invoke(name)["Payload"] == "fine"


@pytest.mark.parametrize(
    ("source", "error_type", "words"),
    [
        ("import no_such_module", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'no_such_module'"),
        ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': "),
        ("def other(e, c): pass", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("raise KeyError('early')", "KeyError", "'early'"),
    ],
)
def test_an_init_that_fails(create, fail, source, error_type, words):
    name = create(source)
    for _ in range(2):  # Each call tries to initialise anew.
        payload, log, _ = fail(name)
        assert payload["errorType"] == error_type
        assert payload["errorMessage"].startswith(words)
        assert "INIT_REPORT Init Duration: " in log and "Status: error" in log


def test_an_init_that_exits(create, fail):
    payload, log, request_id = fail(create("import os\nos._exit(9)"))
    words = f"RequestId: {request_id} Error: Runtime exited with error: exit status 9"
    assert payload == {"errorType": "Runtime.ExitError", "errorMessage": words}
    assert re.search(r"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError", log)


def test_a_slow_init_is_limited_by_the_timeout_when_it_runs_in_the_invocation(create, fail):
    # 10 seconds of init, then again inside the invocation, under the function's own timeout.
    name = create(python("import time\ntime.sleep(30)\n" + HELLO, Timeout=1))
    payload, log, _ = fail(name)
    assert payload["errorType"] == "Sandbox.Timedout"
    assert "Phase: init\tStatus: timeout" in log


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (custom(mode=0o644), "fork/exec /var/task/bootstrap: permission denied"),
        (custom("no script\n"), "fork/exec /var/task/bootstrap: exec format error"),
        (custom("#!/nope\n"), "fork/exec /var/task/bootstrap: no such file or directory"),
        (custom() | {"Code": python(HELLO)["Code"]}, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
    ],
    ids=["no-x", "no-script", "no-interpreter", "none"],
)
def test_a_bootstrap_that_cannot_be_run(create, fail, settings, words):
    payload, _, request_id = fail(create(settings))
    assert payload == {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": f"RequestId: {request_id} Error: {words}"}


def test_a_response_that_is_too_large(create, fail, invoke):
    name = create(python("def handler(e, c):\n    return 'x' * (7_000_000 if e.get('fail') else 1)\n", MemorySize=512, Timeout=20))
    payload, _, _ = fail(name)
    words = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert payload == {"errorMessage": words, "errorType": "Function.ResponseSizeTooLarge"}
    assert invoke(name)["Payload"] == "x"


def test_a_result_that_is_not_json(create, fail):
    payload, _, _ = fail(create("def handler(e, c):\n    return object()\n"))
    assert payload["errorType"] == "Runtime.MarshalError"
    assert payload["errorMessage"].startswith("Unable to marshal response: ")


def test_a_payload_that_is_too_large(raw, create):
    name = create(ECHO)
    body = b'"' + b"x" * 6_291_455 + b'"'
    status, code, message = error_of(raw.send("POST", f"/2015-03-31/functions/{name}/invocations", body))
    assert (status, code) == (413, "RequestTooLargeException")
    assert message == f"{len(body)} byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)"


def test_a_payload_that_is_not_json(raw, create):
    name = create(ECHO)
    for body in (b"{", b"nonsense", b'{"a":}', b"\xff\xfe"):
        status, code, message = error_of(raw.send("POST", f"/2015-03-31/functions/{name}/invocations", body))
        assert (status, code) == (400, "InvalidRequestContentException")
        assert message.startswith("Could not parse request body into json: Could not parse payload into json: ")


def test_an_unknown_invocation_type(refused, create):
    status, code, message = refused("invoke", FunctionName=create(ECHO), InvocationType="Later")
    assert (status, code) == (400, "ValidationException")
    assert "Value 'Later' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [" in message


def test_an_unknown_qualifier(refused, create):
    name = create(ECHO)
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert refused("invoke", FunctionName=name, Qualifier="5") == (404, "ResourceNotFoundException", f"Function not found: {arn}:5")
