"""Invoke, as it should go: payloads, headers, logs, and the world a function finds itself in."""

import base64
import json
import re

import pytest
from packages import BOOTSTRAP, ECHO, HELLO, HELLO_NODE, custom, nodejs, python, zip_of


@pytest.mark.operation("Invoke")
@pytest.mark.parametrize("settings", [python(HELLO), nodejs(HELLO_NODE)], ids=["python", "nodejs"])
def test_a_function_answers(create, invoke, settings):
    answer = invoke(create(settings), {"name": "Ada"})
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer and "LogResult" not in answer
    assert answer["Payload"] == {"hello": "Ada"}


def test_a_runtime_of_ones_own_answers(create, invoke):
    assert invoke(create(custom()), {"a": "b"})["Payload"] == {"A": "B"}


def test_commonjs_works(create, invoke):
    source = "exports.handler = (event, context, callback) => callback(null, { got: event });"
    assert invoke(create(nodejs(source, name="app.js")), [1])["Payload"] == {"got": [1]}


@pytest.mark.parametrize(
    "payload", [{}, [], "text", 7, 1.5, None, True, {"deep": [{"a": None}]}, "ü€😀", "x" * 1_000_000]
)
def test_payloads_come_back_as_they_went(client, create, payload):
    answer = client.invoke(FunctionName=create(ECHO), Payload=json.dumps(payload))
    assert json.loads(answer["Payload"].read()) == payload


def test_an_absent_payload_is_an_empty_object(client, create):
    answer = client.invoke(FunctionName=create(ECHO))
    assert json.loads(answer["Payload"].read()) == {}


def test_the_largest_payload_passes(client, create):
    payload = json.dumps("x" * (6_291_456 - 2))
    answer = client.invoke(FunctionName=create(python("def handler(e, c):\n    return len(e)\n", Timeout=30, MemorySize=512)), Payload=payload)
    assert json.loads(answer["Payload"].read()) == 6_291_454


def test_the_wire_is_that_of_aws(raw, create):
    name = create(HELLO)
    answer = raw.send("POST", f"/2015-03-31/functions/{name}/invocations", b"{}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Amz-Executed-Version"] == "$LATEST"
    assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", answer.headers["x-amzn-RequestId"])
    assert answer.headers["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert "X-Amz-Function-Error" not in answer.headers and "X-Amz-Log-Result" not in answer.headers
    assert answer.content == b'{"hello": "world"}'


def test_the_tail_of_the_log_comes_with_the_answer(client, create):
    name = create("import sys\ndef handler(e, c):\n    print('to out')\n    print('to err', file=sys.stderr)\n")
    answer = client.invoke(FunctionName=name, LogType="Tail")
    request_id = answer["ResponseMetadata"]["RequestId"]
    log = base64.b64decode(answer["LogResult"]).decode()
    assert f"START RequestId: {request_id} Version: $LATEST\n" in log
    assert log.index("START") < log.index("to out\n") < log.index("to err\n") < log.index("END RequestId")
    assert f"END RequestId: {request_id}\n" in log
    report = re.search(
        r"REPORT RequestId: (\S+)\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: (\d+) MB\tInit Duration: ([\d.]+) ms\t\n",
        log,
    )
    assert report and report[1] == request_id, log
    assert int(report[3]) >= float(report[2]) > 0 and 1 <= int(report[4]) <= 128
    again = base64.b64decode(client.invoke(FunctionName=name, LogType="Tail")["LogResult"]).decode()
    assert "Init Duration" not in again and "INIT_START" not in again


def test_the_tail_is_the_last_4_kb(client, create):
    name = create("def handler(e, c):\n    for i in range(2000):\n        print('line', i)\n")
    log = base64.b64decode(client.invoke(FunctionName=name, LogType="Tail")["LogResult"])
    assert len(log) <= 4096
    assert b"line 1999\n" in log and b"REPORT" in log and b"line 0\n" not in log


def test_a_dry_run_runs_nothing(client, create):
    answer = client.invoke(FunctionName=create("raise SystemExit(3)"), InvocationType="DryRun")
    assert answer["StatusCode"] == 204
    assert "ExecutedVersion" not in answer and "FunctionError" not in answer


# Here and below the log is asked for: the answer then waits until the environment is free again, on a slow machine too.
def test_init_runs_once_and_state_stays(create, invoke):
    name = create("count = 0\ndef handler(e, c):\n    global count\n    count += 1\n    return count\n")
    assert [invoke(name, LogType="Tail")["Payload"] for _ in range(3)] == [1, 2, 3]


def test_tmp_stays_between_invocations(create, invoke):
    source = "import os\ndef handler(e, c):\n    there = os.path.exists('/tmp/x')\n    open('/tmp/x', 'w').close()\n    return there\n"
    name = create(source)
    assert [invoke(name, LogType="Tail")["Payload"] for _ in range(2)] == [False, True]


WORLD = """
import os
def handler(event, context):
    return {
        "environ": dict(os.environ),
        "cwd": os.getcwd(),
        "uid": os.getuid(),
        "context": {
            "name": context.function_name,
            "version": context.function_version,
            "arn": context.invoked_function_arn,
            "memory": context.memory_limit_in_mb,
            "id": context.aws_request_id,
            "group": context.log_group_name,
            "stream": context.log_stream_name,
            "remaining": context.get_remaining_time_in_millis(),
            "client": context.client_context and context.client_context.custom,
        },
    }
"""


def test_the_world_of_a_function(create, invoke):
    name = create(python(WORLD, MemorySize=256, Timeout=10, Environment={"Variables": {"MINE": "yes", "PATH": "/x:/bin"}}))
    client_context = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()
    answer = invoke(name, ClientContext=client_context)
    world, context = answer["Payload"], answer["Payload"]["context"]
    environ = world["environ"]
    assert world["cwd"] == "/var/task" and world["uid"] != 0
    expected = {
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "_HANDLER": "app.handler",
        "TZ": ":UTC",
        "MINE": "yes",
        "PATH": "/x:/bin",
    }
    assert {key: environ.get(key) for key in expected} == expected
    assert environ["AWS_ACCESS_KEY_ID"] and environ["AWS_SECRET_ACCESS_KEY"]
    assert context["name"] == name and context["version"] == "$LATEST"
    assert context["arn"].endswith(f":function:{name}") and context["memory"] == "256"
    assert context["id"] == answer["ResponseMetadata"]["RequestId"]
    assert context["group"] == f"/aws/lambda/{name}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", context["stream"])
    assert environ["AWS_LAMBDA_LOG_STREAM_NAME"] == context["stream"]
    assert 0 < context["remaining"] <= 10_000
    assert context["client"] == {"k": "v"}


PROBE = """
import os
def handler(event, context):
    mode = oct(os.stat("bootstrap").st_mode & 0o777)
    try:
        open("/var/task/new", "w")
    except OSError as error:
        return [mode, error.strerror]
"""


def test_the_code_is_read_only_and_keeps_its_modes(create, invoke):
    package = zip_of({"app.py": PROBE, "bootstrap": (BOOTSTRAP, 0o755)})
    mode, refusal = invoke(create(python("", Code={"ZipFile": package})))["Payload"]
    assert mode == "0o755"
    assert refusal in ("Read-only file system", "Permission denied")
