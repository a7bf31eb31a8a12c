"""What a function sees of its world, item by item, beside what AWS documents and shows. One function per runtime tells all it
can see (world/); each row of the tables is a test.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (variables),
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html and the environments AWS's own runtimes print.
"""

import pathlib
import re

import pytest
from jars import classes, java
from packages import BOOTSTRAP, nodejs, python, zip_of
from test_ruby import ruby

WORLD = pathlib.Path(__file__).parent / "world"
PLACES = ["/", "/tmp", "/var/task", "/var/runtime", "/opt", "/etc", "/var/tmp", "/home", "/dev/shm"]

# A custom runtime that answers by the same Python code: all that differs is what AWS sets for provided.*.
CUSTOM = BOOTSTRAP.split("while True")[0] + """
import json, types
import app
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    event = api.getresponse()
    body = json.dumps(app.handler(json.loads(event.read()), types.SimpleNamespace()))
    path = "/2018-06-01/runtime/invocation/" + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    api.request("POST", path, body)
    api.getresponse().read()
"""

RUNTIMES = {
    "python3.12": lambda: python("", Code={"ZipFile": zip_of({"app.py": (WORLD / "app.py").read_text()})}),
    "nodejs22.x": lambda: nodejs((WORLD / "app.cjs").read_text(), "app.cjs"),
    "java17": lambda: java("App::handler", classes({"App.java": (WORLD / "App.java").read_text()}), MemorySize=128),
    "ruby3.3": lambda: ruby((WORLD / "app.rb").read_text()),
    "provided.al2023": lambda: python(
        "",
        Runtime="provided.al2023",
        Code={"ZipFile": zip_of({"app.py": (WORLD / "app.py").read_text(), "bootstrap": (CUSTOM, 0o755)})},
    ),
}


@pytest.fixture(scope="module")
def worlds(client):
    """What the function of each runtime tells, and the settings of the function."""
    import json

    told = {}
    for runtime, settings in RUNTIMES.items():
        name = f"world-{runtime.replace('.', '-')}"
        client.create_function(FunctionName=name, **{"Timeout": 30} | settings())
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        answer = client.invoke(FunctionName=name, Payload=json.dumps({"places": PLACES}))
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        told[runtime] = payload | {"name": name}
    yield told
    for world in told.values():
        client.delete_function(FunctionName=world["name"])


# --- Variables: the name, and the whole value as a pattern. Every runtime has all of these. ---
COMMON = {
    "AWS_ACCESS_KEY_ID": "ASIA[A-Z0-9]{16}",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_NAME": "world-.*",
    "AWS_LAMBDA_FUNCTION_VERSION": re.escape("$LATEST"),
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/world-.*",
    "AWS_LAMBDA_LOG_STREAM_NAME": r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}",
    "AWS_LAMBDA_RUNTIME_API": r"127\.0\.0\.1:9001",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": ".+",
    "AWS_SESSION_TOKEN": ".+",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LANG": "en_US.UTF-8",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "TZ": ":UTC",
    "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
    "_AWS_XRAY_DAEMON_PORT": "2000",
    "_HANDLER": "app.handler",
}
# Managed runtimes are started by a shell, which leaves two.
SHELL = {"PWD": "/var/task", "SHLVL": "0"}
MANAGED = SHELL | {"_X_AMZN_TRACE_ID": "Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0.*"}
NODE_PATH = "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"
OF_RUNTIME = {
    "python3.12": MANAGED | {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.12", "PYTHONPATH": "/var/runtime"},
    "nodejs22.x": MANAGED | {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x", "NODE_PATH": NODE_PATH},
    # The trace is a property of the virtual machine there.
    "java17": SHELL | {"AWS_EXECUTION_ENV": "AWS_Lambda_java17", "_HANDLER": "App::handler"},
    "ruby3.3": MANAGED
    | {
        "AWS_EXECUTION_ENV": "AWS_Lambda_ruby3.3",
        "GEM_PATH": "/var/task/vendor/bundle/ruby/3.3.0:/opt/ruby/gems/3.3.0",
        "RUBYLIB": "/var/task:/var/runtime/lib:/opt/ruby/lib",
    },
    "provided.al2023": {},
}
# Names that are not AWS's, and why they are there.
OURS = {
    "LC_CTYPE": "Python's own, where the host has no locale en_US.UTF-8; AWS's images have none either",
    "AWS_ENDPOINT_URL": "how a function reaches this server in place of AWS",
}
VARIABLES = [(runtime, name) for runtime in RUNTIMES for name in COMMON | OF_RUNTIME[runtime]]


@pytest.mark.parametrize(("runtime", "name"), VARIABLES)
def test_a_variable_has_aws_s_value(worlds, runtime, name):
    wanted = (COMMON | OF_RUNTIME[runtime])[name]
    assert re.fullmatch(wanted, worlds[runtime]["environment"][name])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_there_is_no_other_variable(worlds, runtime):
    assert set(worlds[runtime]["environment"]) - set(COMMON | OF_RUNTIME[runtime]) <= set(OURS)


# --- Everything else: the item, and what it must be for each runtime, or for all. ---
DEVICES = ["fd", "full", "null", "random", "stderr", "stdin", "stdout", "urandom", "zero"]
READ_ONLY, MISSING = "Read-only file system", "No such file or directory"
ITEMS = {
    "cwd": "/var/task",
    "user": "sbx_user1051",
    "umask": 0o022,
    "open files": [1024, 1024],
    "core": -1,
    # The program and process 1, which hides: nothing of the host, nothing of other sandboxes.
    "own pid": 2,
    "processes seen": [2],
    "dev": DEVICES,
    "writable": {
        "/": READ_ONLY,
        "/tmp": True,
        "/var/task": READ_ONLY,
        "/var/runtime": READ_ONLY,
        "/opt": READ_ONLY,
        "/etc": READ_ONLY,
        "/var/tmp": MISSING,
        "/home": MISSING,
        # As on AWS: multiprocessing's queues and pools do not work.
        "/dev/shm": MISSING,
    },
    "tmp": [],
    # AWS has the name of the machine's address; nothing may rely on it.
    "host name": "lambda",
    "zone": "UTC",
    "capabilities": "0000000000000000",
    "no new privileges": "1",
    "seccomp": "2",
    "cgroup": ["/"],
}


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("item", ITEMS)
def test_an_item_is_as_on_aws(worlds, runtime, item):
    assert worlds[runtime][item] == ITEMS[item]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_tmp_has_the_size_of_ephemeral_storage(worlds, runtime):
    assert 500 <= worlds[runtime]["tmp size"] <= 540


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_root_has_aws_s_folders(worlds, runtime):
    assert {"bin", "dev", "etc", "lib64", "mnt", "opt", "proc", "tmp", "usr", "var"} <= set(worlds[runtime]["root"])


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_it_is_nobody_else(worlds, runtime):
    # AWS: 993 and 990. Here a user of its own for each sandbox, so that not even the kernel takes two for one.
    assert worlds[runtime]["uid"] == worlds[runtime]["gid"] >= 993


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_localhost_is_known(worlds, runtime):
    assert "127.0.0.1 localhost" in worlds[runtime]["hosts"]


@pytest.mark.parametrize(
    ("runtime", "argv"),
    [
        ("python3.12", ["/var/lang/bin/python3.12", "/var/runtime/bootstrap.py"]),
        ("nodejs22.x", ["node", "/var/runtime/bootstrap.cjs"]),
        ("java17", ["java", "../runtime/lambent.jar"]),
        ("ruby3.3", ["ruby", "/var/runtime/bootstrap.rb"]),
        ("provided.al2023", ["/usr/bin/python3", "/var/task/bootstrap"]),
    ],
)
def test_the_command_is_the_interpreter_and_its_file(worlds, runtime, argv):
    told = worlds[runtime]["argv"]
    assert told[-1] == argv[-1]
    assert pathlib.PurePath(told[0]).name.startswith(re.match("[a-z]+", pathlib.PurePath(argv[0]).name)[0])


def test_python_looks_for_modules_in_aws_s_order(worlds):
    path = worlds["python3.12"]["module path"]
    assert path[:3] == ["/var/task", "/opt/python/lib/python3.12/site-packages", "/opt/python"]
    assert path[-1] == "/var/runtime" and not any("dist-packages" in place for place in path)


def test_node_js_looks_for_modules_in_aws_s_order(worlds):
    assert worlds["nodejs22.x"]["module path"][:5] == NODE_PATH.split(":")


def test_java_shows_the_trace_as_a_property(worlds):
    assert re.fullmatch(MANAGED["_X_AMZN_TRACE_ID"], worlds["java17"]["trace"])


def test_ruby_looks_for_code_and_gems_in_aws_s_order(worlds):
    world = worlds["ruby3.3"]
    assert world["module path"][0] == "/var/task" and "/opt/ruby/lib" in world["module path"]


@pytest.mark.parametrize(
    ("runtime", "names"),
    [
        ("python3.12", ("aws_request_id", "function_name", "function_version", "memory_limit_in_mb", "log_group_name")),
        ("nodejs22.x", ("awsRequestId", "functionName", "functionVersion", "memoryLimitInMB", "logGroupName")),
        ("java17", ("awsRequestId", "functionName", "functionVersion", "memoryLimitInMB", "logGroupName")),
        ("ruby3.3", ("aws_request_id", "function_name", "function_version", "memory_limit_in_mb", "log_group_name")),
    ],
)
def test_the_context_tells_whose_invocation_it_is(worlds, runtime, names):
    world = worlds[runtime]
    told = [world["context"][name] for name in names]
    assert told[1:] == [world["name"], "$LATEST", "128", f"/aws/lambda/{world['name']}"]
    assert re.fullmatch("[0-9a-f-]{36}", told[0])
