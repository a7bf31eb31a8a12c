"""`AWS_LAMBDA_EXEC_WRAPPER`: a script of a layer or of the function that starts the managed runtime."""

import base64
import json

import pytest
from packages import custom, nodejs, python, zip_of

SEEN = """
import os, sys
def handler(event, context):
    return [os.environ.get("WRAPPED"), sys.flags.dev_mode, os.environ["_HANDLER"]]
def other(event, context):
    return "other"
"""

SEEN_NODE = """
exports.handler = async () => [process.env.WRAPPED, process.execArgv];
"""

# As in AWS's guide: options go between the interpreter and its file.
ADDS_OPTIONS = """#!/bin/bash
args=("$@")
export WRAPPED=yes
exec "${args[0]}" OPTION "${args[@]:1}"
"""


@pytest.fixture
def wrapper(client, name):
    """Publishes a layer with this script as /opt/wrapper."""

    def publish(script, mode=0o755):
        content = {"ZipFile": zip_of({"wrapper": (script, mode)})}
        return client.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]

    return publish


def wrapped(layers=(), path="/opt/wrapper", **more):
    """The settings of a function that names a wrapper."""
    return {"Layers": list(layers), "Environment": {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": path} | more}}


def test_a_layer_s_wrapper_starts_python(create, invoke, wrapper):
    layer = wrapper(ADDS_OPTIONS.replace("OPTION", "-X dev"))
    function = create(SEEN, **wrapped([layer]))
    assert invoke(function)["Payload"] == ["yes", True, "app.handler"]


def test_a_layer_s_wrapper_starts_node_js(create, invoke, wrapper):
    layer = wrapper(ADDS_OPTIONS.replace("OPTION", "--max-http-header-size=20000"))
    function = create(nodejs(SEEN_NODE, "app.cjs"), **wrapped([layer]))
    wrapped_by, options = invoke(function)["Payload"]
    assert (wrapped_by, options[0]) == ("yes", "--max-http-header-size=20000")


def test_a_wrapper_may_choose_another_handler(create, invoke, wrapper):
    layer = wrapper('#!/bin/sh\nexport _HANDLER=app.other\nexec "$@"\n')
    assert invoke(create(SEEN, **wrapped([layer])))["Payload"] == "other"


def test_the_function_may_bring_its_own(create, invoke):
    files = {"app.py": SEEN, "start": ('#!/bin/sh\nexport WRAPPED=mine\nexec "$@"\n', 0o755)}
    function = create(python("") | {"Code": {"ZipFile": zip_of(files)}}, **wrapped(path="/var/task/start"))
    assert invoke(function)["Payload"][0] == "mine"


@pytest.mark.parametrize(
    ("path", "mode", "status", "line"),
    [
        ("/opt/none", 0o755, 127, "/opt/none: does not exist"),
        ("/opt/wrapper", 0o644, 126, "/opt/wrapper: is not an executable"),
    ],
)
def test_one_that_cannot_be_started_ends_the_runtime(create, invoke, wrapper, path, mode, status, line):
    answer = invoke(create(SEEN, **wrapped([wrapper(ADDS_OPTIONS, mode)], path)), LogType="Tail")
    assert answer["Payload"]["errorType"] == "Runtime.ExitError"
    assert answer["Payload"]["errorMessage"].endswith(f"Error: Runtime exited with error: exit status {status}")
    assert line in base64.b64decode(answer["LogResult"]).decode()


def test_a_runtime_of_one_s_own_has_to_honour_it_itself(create, invoke):
    assert invoke(create(custom(), **wrapped()), "x")["Payload"] == "X"


def test_variables_of_the_interpreters_are_honoured(create, invoke):
    node = create(nodejs(SEEN_NODE, "app.cjs"), Environment={"Variables": {"NODE_OPTIONS": "--require /var/task/app.cjs"}})
    assert invoke(node)["Payload"][0] is None
    source = "import mine\ndef handler(event, context): return mine.X"
    files = zip_of({"app.py": source, "lib/mine.py": "X = 7"})
    path = {"Variables": {"PYTHONPATH": "/var/task/lib"}}
    assert invoke(create(python("") | {"Code": {"ZipFile": files}}, Environment=path))["Payload"] == json.loads("7")


def test_node_js_keeps_its_heap_within_the_function_s_memory(create, invoke):
    source = "exports.handler = async () => [require('v8').getHeapStatistics().heap_size_limit / 2 ** 20, typeof gc]\n"
    small, collects = invoke(create(nodejs(source, "app.cjs"), MemorySize=256))["Payload"]
    assert 200 < small < 320 and collects == "function"
    own = {"Variables": {"NODE_OPTIONS": "--max-old-space-size=700"}}
    assert invoke(create(nodejs(source, "app.cjs"), MemorySize=256, Environment=own))["Payload"][0] > 600


def test_a_tracer_on_the_pythonpath_attaches(create, invoke):
    source = "import builtins\ndef handler(event, context): return getattr(builtins, 'traced', None)"
    files = zip_of({"app.py": source, "auto/sitecustomize.py": "import builtins\nbuiltins.traced = 'yes'"})
    function = python("") | {"Code": {"ZipFile": files}}
    assert invoke(create(function))["Payload"] is None
    path = {"Variables": {"PYTHONPATH": "/var/task/auto"}}
    assert invoke(create(function, Environment=path))["Payload"] == "yes"


@pytest.mark.parametrize(("settings", "program"), [(nodejs("", "app.cjs"), "node"), (python(""), "python3")])
def test_the_interpreter_is_where_scripts_look_for_it(create, invoke, settings, program):
    # The wrapper starts the runtime with it, in place of what it was given.
    code = {"app.cjs": "exports.handler = async () => 'here'", "app.py": "def handler(e, c): return 'here'"}
    start = f'#!/bin/sh\nshift\nexec /var/lang/bin/{program} "$@"\n'
    files = zip_of(code | {"start": (start, 0o755)})
    assert invoke(create(settings | {"Code": {"ZipFile": files}}, **wrapped(path="/var/task/start")))["Payload"] == "here"
