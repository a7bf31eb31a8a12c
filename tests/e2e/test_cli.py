"""The AWS CLI against the real binary, as its users type it."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from packages import BOOTSTRAP, HELLO, HELLO_NODE, ROLE, python, zip_of

AWS = pathlib.Path(sys.executable).parent / "aws"

KINDS = {
    "python": ("python3.12", {"app.py": HELLO}, '{"name":"Ada"}', {"hello": "Ada"}),
    "nodejs": ("nodejs22.x", {"app.mjs": HELLO_NODE}, '{"name":"Ada"}', {"hello": "Ada"}),
    "provided": ("provided.al2023", {"bootstrap": (BOOTSTRAP, 0o755)}, '{"name":"Ada"}', {"NAME": "ADA"}),
}


@pytest.fixture
def aws(server, tmp_path):
    """Runs the CLI with settings of its own, never those of whoever runs the tests."""

    def run(*args, statuses=(0,)):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        environment |= {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "HOME": str(tmp_path),
        }
        command = [str(AWS), "--endpoint-url", server.endpoint, "lambda", *args]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode in statuses, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr

    return run


@pytest.mark.operation("CreateFunction")
@pytest.mark.operation("Invoke")
@pytest.mark.parametrize("kind", KINDS)
def test_create_wait_invoke_delete(aws, tmp_path, name, kind):
    runtime, files, event, expected = KINDS[kind]
    (tmp_path / "function.zip").write_bytes(zip_of(files))
    created = aws("create-function", "--function-name", name, "--runtime", runtime, "--handler", "app.handler",
                  "--role", ROLE, "--zip-file", "fileb://function.zip")  # fmt: skip
    assert created["State"] == "Pending"
    aws("wait", "function-active-v2", "--function-name", name)
    answer = aws("invoke", "--function-name", name, "--payload", event, "--log-type", "Tail", "out.json")
    assert answer["StatusCode"] == 200 and answer["LogResult"]
    assert json.loads((tmp_path / "out.json").read_text()) == expected
    assert name in {f["FunctionName"] for f in aws("list-functions")["Functions"]}
    aws("delete-function", "--function-name", name)
    # Version 1 of the CLI ends with 255 where version 2 ends with 254.
    assert "ResourceNotFoundException" in aws("get-function", "--function-name", name, statuses=(254, 255))


def test_queries_waiters_and_pages(aws, create, name):
    names = [create(python(HELLO), FunctionName=f"{name}-{number}") for number in range(3)]
    assert aws("get-function", "--function-name", names[0], "--query", "Configuration.[State,Timeout]") == ["Active", 3]
    aws("update-function-configuration", "--function-name", names[0], "--timeout", "9")
    for waiter in ("function-active", "function-active-v2", "function-updated", "function-updated-v2", "function-exists"):
        aws("wait", waiter, "--function-name", names[0])
    shown = aws("get-function-configuration", "--function-name", names[0], "--query", "{t:Timeout,u:LastUpdateStatus}")
    assert shown == {"t": 9, "u": "Successful"}
    page = aws("list-functions", "--max-items", "1")
    seen = [page["Functions"][0]["FunctionName"]]
    while "NextToken" in page:
        page = aws("list-functions", "--max-items", "50", "--starting-token", page["NextToken"])
        seen += [function["FunctionName"] for function in page["Functions"]]
    assert set(names) <= set(seen) and len(seen) == len(set(seen))
    query = f"Functions[?starts_with(FunctionName, '{name}-')].FunctionName"
    assert sorted(aws("list-functions", "--page-size", "1", "--query", query)) == names
