"""Functions that bring AWS's own runtime interface client, as container images and custom runtimes do."""

import base64
import importlib.metadata
import json
import sys

import pytest
from packages import ROLE, zip_of

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
