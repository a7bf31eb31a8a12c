"""Deployment tools that others wrote, against us, with a moto server for every other service."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from moto_server import ACCOUNT, Moto
from server import clean_environment

CHALICE = pathlib.Path(sys.executable).parent / "chalice"
GREET = """
from chalice import Chalice
app = Chalice(app_name="greeter")

@app.lambda_function(name="greet")
def greet(event, context):
    return {"WORD": event["name"]}
"""


@pytest.fixture
def stack(own_server, tmp_path):
    """Our server with all of AWS behind it."""
    moto = Moto(tmp_path / "moto.txt")
    try:
        yield own_server("--account-id", ACCOUNT, "--upstream-endpoint", moto.endpoint)
    finally:
        moto.stop()


@pytest.fixture
def run(stack, tmp_path):
    """Runs a tool in a folder of its own, with no settings but ours."""
    folder = tmp_path / "project"
    folder.mkdir()
    environment = clean_environment() | {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
        # Chalice and its pip find the interpreter of this test.
        "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def call(*command, given=None):
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    call.folder = folder
    return call


def test_chalice_deploys_changes_and_deletes(run, stack):
    client = stack.client()
    (run.folder / ".chalice").mkdir()
    config = {"lambda_memory_size": 256, "lambda_timeout": 9, "tags": {"k": "v"}}
    config["environment_variables"] = {"MODE": "a"}
    settings = {"version": "2.0", "app_name": "greeter", "stages": {"dev": config}}
    (run.folder / ".chalice/config.json").write_text(json.dumps(settings))
    (run.folder / "requirements.txt").write_text("")
    (run.folder / "app.py").write_text(GREET.replace("WORD", "hello"))
    run(CHALICE, "deploy")
    shown = client.get_function(FunctionName="greeter-dev-greet")
    assert (shown["Configuration"]["MemorySize"], shown["Configuration"]["Timeout"]) == (256, 9)
    assert shown["Tags"]["k"] == "v"
    assert json.loads(run(CHALICE, "invoke", "-n", "greet", given='{"name": "Ada"}')) == {"hello": "Ada"}

    config |= {"lambda_memory_size": 512, "reserved_concurrency": 3, "tags": {"k": "w"}}
    (run.folder / ".chalice/config.json").write_text(json.dumps(settings))
    (run.folder / "app.py").write_text(GREET.replace("WORD", "salut"))
    run(CHALICE, "deploy")
    shown = client.get_function(FunctionName="greeter-dev-greet")
    assert shown["Configuration"]["MemorySize"] == 512
    assert shown["Tags"]["k"] == "w"
    assert shown["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    assert json.loads(run(CHALICE, "invoke", "-n", "greet", given='{"name": "Ada"}')) == {"salut": "Ada"}

    run(CHALICE, "delete")
    assert client.list_functions()["Functions"] == []
