"""Interpreters that were started before it was known for which function: functions cannot tell."""

import json
import pathlib
import time

import pytest
from conftest import active
from packages import nodejs, python, zip_of
from server import descendants

PYTHON = """
import ctypes, os, sys, time
import beside
def handler(event, context):
    ctypes.CDLL("libown.so")
    with open("/proc/self/environ") as started:
        parked = "_LAMBENT_PARKED" in started.read()
    seen = {
        "variables": dict(os.environ), "child": os.popen("env").read(), "path": sys.path, "folder": os.getcwd(),
        "zone": time.strftime("%Z", time.gmtime(0)) and time.tzname, "beside": beside.__file__,
        "files": sorted(os.listdir("/proc/self/fd"))[:3] + [str(len(os.listdir("/proc/self/fd")))],
        "opt": os.listdir("/opt"), "group": context.log_group_name[:12],
    }
    return parked, seen
"""

NODE = """
const fs = require('fs');
exports.handler = async (event, context) => [
  fs.readFileSync('/proc/self/environ', 'utf8').includes('_LAMBENT_PARKED'),
  {
    variables: { ...process.env }, child: require('child_process').execSync('env').toString(), folder: process.cwd(),
    zone: new Date(0).getTimezoneOffset(), beside: require('beside'), paths: require('module').globalPaths,
    arguments: process.execArgv, opt: fs.readdirSync('/opt'), memory: context.memoryLimitInMB,
  },
];
"""

# What differs from one environment to the next, and what makes the second be started for itself.
OWN = ("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_LOG_", "AWS_ACCESS_KEY_ID", "AWS_SECRET", "AWS_SESSION", "_X_AMZN", "MALLOC_")


@pytest.fixture
def seen(own_server, name):
    """What a function sees in a parked interpreter, and in one that is started for itself."""
    server = own_server("--parked", "4", "--network", "none")
    client = server.client()

    def run(settings, **more):
        variables = settings["Environment"]["Variables"] | more
        function = f"{name}-{len(client.list_functions()['Functions'])}"
        client.create_function(FunctionName=function, **settings | {"Environment": {"Variables": variables}})
        active(client, function)
        parked, seen = json.loads(client.invoke(FunctionName=function)["Payload"].read())
        seen["child"] = sorted(line for line in seen["child"].splitlines() if not line.startswith((*OWN, "_=")))
        seen["variables"] = {name: value for name, value in seen["variables"].items() if not name.startswith(OWN)}
        return parked, seen

    def both(settings):
        parked, alone = run(settings, MALLOC_ARENA_MAX="2")
        assert not parked, "what the C library reads at its start is not changed later"
        run(settings)
        until_parked(server)
        parked, seen = run(settings)
        assert parked
        return seen, alone

    return both


def until_parked(server):
    """Waits until an interpreter waits."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for pid, _ in descendants(server.process.pid):
            try:
                waits = b"_LAMBENT_PARKED" in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
                if waits and pathlib.Path(f"/proc/{pid}/wchan").read_text().startswith(("pipe", "anon_pipe")):
                    return
            except OSError:
                pass  # It ended meanwhile.
        time.sleep(0.01)
    raise AssertionError(f"nobody waits:\n{server.log_tail()}")


def test_python_sees_what_it_sees_when_started_for_itself(seen):
    library = next(pathlib.Path("/lib").glob("*-linux-gnu/libz.so.1")).read_bytes()
    files = {"app.py": PYTHON, "extra/beside.py": "", "lib/libown.so": (library, 0o755)}
    variables = {"TZ": "Asia/Tokyo", "PYTHONPATH": "/var/runtime:/var/task/extra", "WITH": "a=b\nc\u00e9"}
    settings = python("", Code={"ZipFile": zip_of(files)}, Environment={"Variables": variables}, MemorySize=200)
    parked, alone = seen(settings)
    assert parked == alone
    assert parked["variables"]["WITH"] == "a=b\nc\u00e9" and parked["zone"][0] == "JST"


def test_node_js_sees_what_it_sees_when_started_for_itself(seen):
    files = {"app.js": NODE, "extra/beside.js": "module.exports = __filename;"}
    variables = {"TZ": "Asia/Tokyo", "NODE_PATH": "/var/task/extra", "WITH": "a=b\nc\u00e9"}
    settings = nodejs("", Code={"ZipFile": zip_of(files)}, Environment={"Variables": variables}, MemorySize=200)
    parked, alone = seen(settings)
    assert parked == alone
    assert parked["zone"] == -540 and parked["beside"] == "/var/task/extra/beside.js"
