"""Which interpreter a function runs on, where the host has not the one it asks for."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from conftest import active
from packages import python
from test_options import answer


@pytest.fixture
def poor(tmp_path):
    """What a server finds on a host that has only the system's own Python; and a Python runtime that is not that one."""
    home, programs = tmp_path / "home", tmp_path / "programs"
    home.mkdir()
    programs.mkdir()
    system = pathlib.Path(shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable)
    (programs / "python3").symlink_to(system.resolve())
    version = subprocess.run(
        [system, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    environment = {"PATH": f"{programs}:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(home)}
    environment |= {name: "" for name in os.environ if name.startswith(("PYENV", "NVM", "ASDF"))}
    wanted = next(runtime for runtime in ("3.13", "3.12") if runtime != version)
    return environment, wanted, version


VERSION = "import sys\ndef handler(event, context):\n    return '%d.%d' % sys.version_info[:2]\n"


def test_a_version_that_is_not_there_runs_on_the_nearest_with_one_warning(own_server, poor):
    environment, wanted, version = poor
    running = own_server(environment=environment)
    for name in ("one", "two"):
        assert answer(running, name, python(VERSION, Runtime=f"python{wanted}")) == version
    warnings = [line for line in running.log().splitlines() if "nearest version" in line]
    assert len(warnings) == 1 and f"python{wanted}" in warnings[0] and version in warnings[0]


def test_strict_runtimes_refuse_the_nearest(own_server, poor):
    environment, wanted, version = poor
    running = own_server("--strict-runtimes", environment=environment)
    assert answer(running, "exact", python(VERSION, Runtime=f"python{version}")) == version
    client = running.client()
    client.create_function(FunctionName="other", **python(VERSION, Runtime=f"python{wanted}"))
    told = {}
    try:
        active(client, "other")
        told = client.invoke(FunctionName="other")
        assert told["FunctionError"] == "Unhandled"
        words = json.loads(told["Payload"].read())["errorMessage"]
    except client.exceptions.ClientError as refusal:
        words = refusal.response["Error"]["Message"]
    assert f"python{wanted}" in words, words


def test_an_interpreter_can_be_named(own_server, poor, tmp_path):
    environment, wanted, version = poor
    mine = tmp_path / "mine"
    mine.symlink_to((tmp_path / "programs/python3").resolve())
    running = own_server("--strict-runtimes", "--interpreter", f"python{version}={mine}", environment=environment)
    assert answer(running, "named", python(VERSION, Runtime=f"python{version}")) == version
