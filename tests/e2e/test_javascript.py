"""The AWS SDK for JavaScript against the real binary."""

import json
import pathlib
import subprocess

import pytest
from packages import HELLO, HELLO_NODE, ROLE, zip_of

SCRIPT = pathlib.Path(__file__).parent / "js/life.mjs"


@pytest.mark.operation("UpdateFunctionConfiguration")
@pytest.mark.operation("DeleteFunction")
@pytest.mark.parametrize(
    ("runtime", "files"), [("nodejs22.x", {"app.mjs": HELLO_NODE}), ("python3.12", {"app.py": HELLO})]
)
def test_one_functions_life(server, tmp_path, name, runtime, files):
    package = tmp_path / "function.zip"
    package.write_bytes(zip_of(files))
    command = ["node", str(SCRIPT), server.endpoint, name, runtime, ROLE, str(package)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    life = json.loads(done.stdout)
    assert life["state"] == "Pending" and life["status"] == 200
    assert life["payload"] == {"hello": "Ada"}
    assert "REPORT RequestId: " in life["log"]
    assert life["timeout"] == 11
    assert name in life["listed"]
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}:$LATEST"
    assert life["refusal"] == {
        "name": "ResourceNotFoundException",
        "message": f"Function not found: {arn}",
        "status": 404,
    }
