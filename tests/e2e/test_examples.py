"""The examples, zipped as their README says, run."""

import json
import pathlib
import shutil
import subprocess

import pytest
from packages import ROLE

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize(
    ("folder", "runtime"), [("python", "python3.12"), ("nodejs", "nodejs22.x"), ("provided", "provided.al2023")]
)
def test_an_example_counts_words(create, invoke, tmp_path, folder, runtime):
    shutil.copytree(EXAMPLES / folder, tmp_path / folder)
    subprocess.run("zip -q function.zip *", shell=True, cwd=tmp_path / folder, check=True)
    package = (tmp_path / folder / "function.zip").read_bytes()
    name = create({"Runtime": runtime, "Handler": "app.handler", "Role": ROLE, "Code": {"ZipFile": package}})
    assert invoke(name, {"words": ["to", "be", "to"]})["Payload"] == {"to": 2, "be": 1}
    answer = invoke(name, {"none": json.dumps(1)})
    assert answer["FunctionError"] == "Unhandled"
