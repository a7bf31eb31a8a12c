"""InvokeWithResponseStream through real clients against the real binary."""

import base64
import json
import pathlib
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from packages import HELLO, ROLE
from streams import events, node, raw, stream

SCRIPT = pathlib.Path(__file__).parent / "js/stream.mjs"
MIB = 1 << 20


@pytest.fixture
def steps(create):
    """A Node.js function that streams what its event says."""
    return create(node(Timeout=30, MemorySize=256))


@pytest.mark.operation("InvokeWithResponseStream")
def test_what_a_function_streams_comes_as_events(client, steps):
    answer = stream(client, steps, ["type", "text/plain"], ["write", "one,"], ["write", "two"], LogType="Tail")
    head = answer["ResponseMetadata"]["HTTPHeaders"]
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["ResponseStreamContentType"] == head["content-type"] == "application/vnd.amazon.eventstream"
    assert head["x-amzn-requestid"] and head["x-amzn-trace-id"]
    body, end = events(answer)
    assert body == b"one,two" and set(end) == {"LogResult"}
    log = base64.b64decode(end["LogResult"]).decode()
    assert f"REPORT RequestId: {head['x-amzn-requestid']}" in log


def test_a_function_that_does_not_stream_answers_in_one_event(client, create):
    answer = client.invoke_with_response_stream(FunctionName=create(HELLO), Payload=b'{"name": "Ada"}')
    one, end = list(answer["EventStream"])
    assert json.loads(one["PayloadChunk"]["Payload"]) == {"hello": "Ada"} and end == {"InvokeComplete": {}}


def test_nothing_is_streamed_to_who_invokes_without_a_stream(client, steps):
    event = [["http", {"statusCode": 201}], ["write", "body"]]
    answer = client.invoke(FunctionName=steps, Payload=json.dumps(event))
    assert answer["Payload"].read() == b'{"statusCode":201}' + bytes(8) + b"body"
    answer = client.invoke(FunctionName=steps, Payload=json.dumps([["write", "x"], ["throw", "no"]]))
    assert answer["FunctionError"] == "Unhandled" and json.loads(answer["Payload"].read())["errorMessage"] == "no"
    answer = client.invoke(FunctionName=steps, Payload=json.dumps([["repeat", "x" * MIB, 7]]))
    assert json.loads(answer["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"


@pytest.mark.parametrize("make", [node, raw])
def test_the_beginning_is_there_before_the_end_is_made(own_server, make):
    server = own_server()
    client = server.client()
    client.create_function(FunctionName="f", **make(Timeout=900))
    client.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.02})
    begun = iter(stream(client, "f", ["write", "first"], ["forever"])["EventStream"])
    assert next(begun) == {"PayloadChunk": {"Payload": b"first"}}
    server.kill()


def test_an_error_in_the_middle_is_told_at_the_end(client, steps):
    body, end = events(stream(client, steps, ["repeat", "x" * 1024, 1024], ["throw", "broken"]))
    assert body == b"x" * MIB and end["ErrorCode"]
    details = json.loads(end["ErrorDetails"])
    assert (details["errorType"], details["errorMessage"]) == ("RangeError", "broken") and details["trace"]
    body, end = events(stream(client, steps, ["throw", "before the first"]))
    assert body == b"" and json.loads(end["ErrorDetails"])["errorMessage"] == "before the first"


@pytest.mark.parametrize("make", [node, raw])
def test_an_end_of_the_program_is_told_too(client, create, make):
    name = create(make())
    body, end = events(stream(client, name, ["write", "one"], ["write", "two"], ["exit", 3]))
    assert b"onetwo".startswith(body) and end["ErrorCode"] == "Runtime.ExitError"
    assert json.loads(end["ErrorDetails"])["errorMessage"].endswith("Runtime exited with error: exit status 3")
    assert events(stream(client, name, ["write", "again"])) == (b"again", {})


def test_a_response_that_is_broken_off_is_an_error(client, create):
    name = create(raw())
    body, end = events(stream(client, name, ["write", "one"], ["break"]))
    assert body == b"one" and end["ErrorCode"] == "Runtime.TruncatedResponse"
    assert events(stream(client, name, ["write", "again"])) == (b"again", {})


def test_a_pipeline_into_the_stream_ends_it_and_its_failure_breaks_it_off(client, steps):
    assert events(stream(client, steps, ["pipe", "one,", "two"])) == (b"one,two", {})
    body, end = events(stream(client, steps, ["pipeBroken", "one"]))
    assert b"one".startswith(body) and end["ErrorCode"] == "Runtime.TruncatedResponse"
    assert events(stream(client, steps, ["write", "again"])) == (b"again", {})


def test_the_log_tells_how_much_was_streamed(client, create):
    name = create(node(LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG"}))
    _, end = events(stream(client, name, ["repeat", "x" * 1000, 10], LogType="Tail"))
    lines = base64.b64decode(end["LogResult"]).decode().splitlines()
    (done,) = [line["record"] for line in map(json.loads, lines) if line["type"] == "platform.runtimeDone"]
    assert done["status"] == "success" and done["metrics"]["producedBytes"] == 10_000


def test_a_timeout_in_the_middle_is_told_at_the_end(client, create):
    name = create(node(Timeout=1))
    answer = stream(client, name, ["write", "one"], ["forever"])
    request_id = answer["ResponseMetadata"]["RequestId"]
    body, end = events(answer)
    assert body == b"one" and end["ErrorCode"] == "Sandbox.Timedout"
    message = f"RequestId: {request_id} Error: Task timed out after 1.00 seconds"
    assert json.loads(end["ErrorDetails"]) == {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert events(stream(client, name, ["write", "again"])) == (b"again", {})


def test_more_than_an_answer_may_hold_can_be_streamed(client, steps, server):
    begun = time.monotonic()
    body, end = events(stream(client, steps, ["repeat", "0123456789abcdef" * 4096, 320]))
    assert body == b"0123456789abcdef" * (4096 * 320) and end == {}
    # 20 MiB: six at once, then two a second. Never faster; how much slower is the machine's.
    assert time.monotonic() - begun >= 6.9


def test_a_caller_who_goes_away_stops_nothing(client, create):
    name = create(node(Timeout=30))
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    gone = stream(client, name, ["write", "one"], ["repeat", "x" * 65536, 90])["EventStream"]
    next(iter(gone))
    gone.close()
    # The only environment takes another event when it is through with the first.
    while True:
        try:
            answer = stream(client, name, ["ended"])
            break
        except client.exceptions.TooManyRequestsException:
            pass
    assert events(answer) == (b"1", {})


def test_a_server_that_is_told_to_stop_lets_streams_end(own_server):
    server = own_server()
    client = server.client()
    client.create_function(FunctionName="f", **node(Timeout=60))
    client.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.02})
    answer = stream(client, "f", ["write", "one"], ["pause", 1000], ["write", "two"])
    read = iter(answer["EventStream"])
    assert next(read)["PayloadChunk"]["Payload"] == b"one"
    server.process.send_signal(signal.SIGTERM)
    assert next(read)["PayloadChunk"]["Payload"] == b"two" and next(read) == {"InvokeComplete": {}}
    assert server.process.wait(60) == 0
    server.process = None


def test_many_stream_at_once(client, create):
    name = create(node(Timeout=60))

    def one(number):
        return events(stream(client, name, ["repeat", f"{number:08}" * 1024, 16]))

    with ThreadPoolExecutor(50) as pool:
        for number, (body, end) in enumerate(pool.map(one, range(50))):
            assert body == f"{number:08}".encode() * (1024 * 16) and end == {}, number


def test_nobody_holds_what_is_not_read(own_server):
    server = own_server()
    client = server.client()
    client.create_function(FunctionName="f", **node(Timeout=60, MemorySize=512))
    client.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.02})
    events(stream(client, "f", ["write", "warm"]))
    before = resident(server.process.pid)
    # A reader who never reads again.
    unread = [stream(client, "f", ["repeat", "x" * 65536, 2000]) for _ in range(4)]
    for answer in unread:
        next(iter(answer["EventStream"]))
    events(stream(client, "f", ["repeat", "x" * 65536, 96]))
    assert resident(server.process.pid) - before < 40 * MIB
    server.kill()


def resident(pid):
    """The memory a process has, in bytes."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def test_what_is_refused(client, steps, server, refused):
    dry = client.invoke_with_response_stream(FunctionName=steps, InvocationType="DryRun", Payload=b"[]")
    assert dry["StatusCode"] == 204
    for more, status, code in [
        ({"FunctionName": "nobody"}, 404, "ResourceNotFoundException"),
        ({"Qualifier": "9"}, 404, "ResourceNotFoundException"),
        ({"Payload": b"{"}, 400, "InvalidRequestContentException"),
        ({"Payload": b'"' + b"x" * 6 * MIB + b'"'}, 413, "RequestTooLargeException"),
        ({"InvocationType": "Event"}, 400, "ValidationException"),
    ]:
        assert refused("invoke_with_response_stream", **{"FunctionName": steps} | more)[:2] == (status, code), more
    client.put_function_concurrency(FunctionName=steps, ReservedConcurrentExecutions=0)
    assert refused("invoke_with_response_stream", FunctionName=steps)[:2] == (429, "TooManyRequestsException")
    other = server.client(aws_access_key_id="other", aws_secret_access_key="other")
    with pytest.raises(other.exceptions.ClientError) as failure:
        other.invoke_with_response_stream(FunctionName=steps)
    assert failure.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_the_sdk_for_javascript_reads_it(server, steps):
    done = subprocess.run(
        ["node", str(SCRIPT), server.endpoint, steps], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["type"] == "application/vnd.amazon.eventstream" and told["version"] == "$LATEST"
    assert told["body"] == "one,two" and "REPORT RequestId" in told["log"]
    assert json.loads(told["error"]["ErrorDetails"])["errorMessage"] == "broken"
