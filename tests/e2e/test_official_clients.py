"""Functions that bring AWS's own runtime interface client, as container images and custom runtimes do."""

import base64
import importlib.metadata
import json
import sys

import pytest
from log_groups import logs_of
from packages import ROLE, zip_of
from programs import MADE, binary, package

PARTS = ("awslambdaric", "simplejson", "snapshot-restore-py")

APP = """
import logging
def handler(event, context):
    if event.get("fail"):
        raise ValueError("boom")
    logging.getLogger().warning("said by %s", context.function_name)
    return {"hello": event["name"], "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 0}
"""

# The interpreter is the one that the packages were installed for. Its path inside is what a Python function finds.
STARTS_RIC = """
import os, sys
os.environ["PYTHONPATH"] = "/var/task"
os.execv(sys.executable, [sys.executable, "-m", "awslambdaric", "real.handler"])
"""


def installed():
    """The files of the client and what it needs, as `pip install --target` lays them out."""
    files = {}
    for part in PARTS:
        for file in importlib.metadata.files(part):
            if ".." not in file.parts and "__pycache__" not in file.parts:
                files[str(file)] = file.locate().read_bytes()
    return files


@pytest.fixture
def ric(create):
    """A function whose events are fetched by awslambdaric."""
    files = installed()
    assert any(name.startswith("runtime_client.") for name in files), "the native part is missing"
    package = zip_of(files | {"app.py": STARTS_RIC, "real.py": APP}, mode=0o755)
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return create({"Runtime": runtime, "Handler": "app.handler", "Role": ROLE, "Timeout": 20, "Code": {"ZipFile": package}})


def test_awslambdaric_serves_a_function(ric, invoke):
    for name in ("Ada", "ü€😀"):
        answer = invoke(ric, {"name": name})
        assert answer["Payload"] == {"hello": name, "id": answer["ResponseMetadata"]["RequestId"], "left": True}


def test_awslambdaric_tells_errors_and_logs(ric, client):
    answer = client.invoke(FunctionName=ric, Payload='{"fail":true}', LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    payload = json.loads(answer["Payload"].read())
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "boom")
    assert payload["requestId"] == answer["ResponseMetadata"]["RequestId"]
    assert "[ERROR] ValueError: boom" in base64.b64decode(answer["LogResult"]).decode()
    answer = client.invoke(FunctionName=ric, Payload='{"name":"x"}', LogType="Tail")
    assert f"said by {ric}" in base64.b64decode(answer["LogResult"]).decode()


NODE_APP = """
exports.handler = async (event, context) => {
  if (event.fail) throw new TypeError("boom");
  console.log("said by", context.functionName);
  return { hello: event.name, id: context.awsRequestId, left: context.getRemainingTimeInMillis() > 0 };
};
"""

STARTS_NODE_RIC = """#!/bin/sh
exec /usr/bin/env node /var/task/node_modules/aws-lambda-ric/bin/index.mjs app.handler
"""


@pytest.fixture(scope="module")
def node_package():
    """A custom runtime of Node.js with AWS's own client, as images have it."""
    folder = MADE / "ric/node_modules"
    kept = package(folder, under="node_modules", leave_out=("/deps/", "/src/", "/build/", "/node-gyp/"), files={
        "app.js": NODE_APP,
        "bootstrap": (STARTS_NODE_RIC, 0o755),
    })
    return {"Runtime": "provided.al2023", "Handler": "app.handler", "Role": ROLE, "Timeout": 20, "Code": {"ZipFile": kept}}


def test_aws_lambda_ric_serves_a_function(create, invoke, node_package):
    function = create(node_package, MemorySize=512)
    for name in ("Ada", "ü€😀"):
        answer = invoke(function, {"name": name})
        assert answer["Payload"] == {"hello": name, "id": answer["ResponseMetadata"]["RequestId"], "left": True}
    failed = invoke(function, {"fail": True})
    assert failed["FunctionError"] == "Unhandled"
    assert (failed["Payload"]["errorType"], failed["Payload"]["errorMessage"]) == ("TypeError", "boom")


def rust(program="hello", **more):
    """A function made with the Rust crate lambda_runtime."""
    code = {"ZipFile": package(files={"bootstrap": binary(program)})}
    return {"Runtime": "provided.al2023", "Handler": "any", "Role": ROLE, "Timeout": 20, "Code": code} | more


def test_lambda_runtime_serves_a_function(create, invoke, client):
    function = create(rust())
    answer = invoke(function, {"name": "Ada"})
    told = answer["Payload"]
    assert (told["hello"], told["id"]) == ("Ada", answer["ResponseMetadata"]["RequestId"])
    assert told["arn"].endswith(f":function:{function}") and told["function"] == function
    failed = invoke(function, {"fail": "boom"})
    assert failed["FunctionError"] == "Unhandled" and failed["Payload"]["errorMessage"] == "boom"


def test_lambda_runtime_streams(create, client):
    function = create(rust(Environment={"Variables": {"STREAMS": "1"}}))
    answer = client.invoke_with_response_stream(FunctionName=function, Payload='{"pieces": 1000}')
    events = list(answer["EventStream"])
    whole = b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)
    # The crate begins every stream with a prelude for function URLs, which only they take off.
    assert whole.split(bytes(8), 1)[1].decode() == "".join(f"piece {number}\n" for number in range(1000))
    assert "ErrorCode" not in events[-1]["InvokeComplete"]


def test_lambda_extension_gets_events_and_telemetry(create, invoke, client, name, server):
    content = {"ZipFile": package(files={"extensions/watcher": binary("watcher")})}
    layer = client.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]
    function = create("def handler(event, context):\n    print('said', event)\n    return context.aws_request_id", Layers=[layer])
    ids = [invoke(function, number)["Payload"] for number in range(3)]
    logs = logs_of(server)

    def told():
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", filterPattern="watcher")
        return "".join(event["message"] for event in found["events"])

    def complete(text):
        return all(f"watcher: invoke {id}" in text for id in ids) and ids[1] in text.split("telemetry", 1)[-1]

    # Telemetry of an invocation comes with the next at the latest.
    for _ in range(100):
        if complete(told()):
            break
        invoke(function)
    assert complete(told()), told()
