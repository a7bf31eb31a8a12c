"""The examples, zipped as their README says, run."""

import pathlib
import shutil
import subprocess

import pytest
from packages import ROLE

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize(
    ("folder", "runtime", "handler"),
    [
        ("python", "python3.12", "app.handler"),
        ("nodejs", "nodejs22.x", "index.handler"),
        ("provided", "provided.al2023", "any"),
    ],
)
def test_an_example_runs(create, invoke, tmp_path, folder, runtime, handler):
    shutil.copytree(EXAMPLES / folder, tmp_path / folder)
    subprocess.run("zip -q function.zip *", shell=True, cwd=tmp_path / folder, check=True)
    package = (tmp_path / folder / "function.zip").read_bytes()
    name = create({"Runtime": runtime, "Handler": handler, "Role": ROLE, "Code": {"ZipFile": package}})
    for _ in range(2):
        answer = invoke(name, {"name": "Ada"})
        if folder == "provided":
            assert answer["Payload"] == {"echo": {"name": "Ada"}}
        else:
            request_id = answer["ResponseMetadata"]["RequestId"]
            assert answer["Payload"] == {"hello": "Ada", "region": "us-east-1", "request": request_id}
