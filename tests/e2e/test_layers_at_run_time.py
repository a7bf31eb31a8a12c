"""Layers where functions see them: at /opt, in order, and where each language looks for modules."""

import importlib.util
import io
import json
import pathlib
import sys
import zipfile

import pytest
from conftest import updated
from packages import BOOTSTRAP, HELLO, custom, nodejs, python, zip_of

READ = """
import pathlib
def handler(event, context):
    return {name: pathlib.Path("/opt", name).read_text() for name in event}
"""


@pytest.fixture
def layer(client, name):
    """Publishes a layer of these files and gives the ARN of its version."""
    made = []

    def publish(files):
        made.append(None)
        content = {"ZipFile": files if isinstance(files, bytes) else zip_of(files)}
        return client.publish_layer_version(LayerName=f"{name}-{len(made)}", Content=content)["LayerVersionArn"]

    return publish


def test_later_layers_win(client, create, invoke, layer):
    one, two = layer({"both": "one", "only/one": "1"}), layer({"both": "two", "only/two": "2"})
    function = create(READ, Layers=[one, two])
    wanted = ["both", "only/one", "only/two"]
    assert list(invoke(function, wanted)["Payload"].values()) == ["two", "1", "2"]
    shown = client.get_function_configuration(FunctionName=function)["Layers"]
    assert [layer["Arn"] for layer in shown] == [one, two] and all(layer["CodeSize"] > 0 for layer in shown)
    client.update_function_configuration(FunctionName=function, Layers=[two, one])
    updated(client, function)
    assert list(invoke(function, wanted)["Payload"].values()) == ["one", "1", "2"]
    client.update_function_configuration(FunctionName=function, Layers=[])
    updated(client, function)
    assert "Layers" not in client.get_function_configuration(FunctionName=function)
    assert invoke(function, ["both"])["Payload"]["errorType"] == "FileNotFoundError"


def test_opt_cannot_be_written(create, invoke, layer):
    source = "def handler(event, context):\n    open('/opt/both', 'w')\n"
    answer = invoke(create(source, Layers=[layer({"both": "1"}), layer({"more": "2"})]))
    assert "Read-only file system" in answer["Payload"]["errorMessage"]


def test_python_finds_modules_in_layers(create, invoke, layer):
    source = "import one, two, task\ndef handler(event, context):\n    return [one.x, two.x, task.x]\n"
    version = f"python3.{sys.version_info.minor}"
    modules = layer(
        {
            "python/one.py": "x = 'python'",
            f"python/lib/{version}/site-packages/two.py": "x = 'site-packages'",
            "python/task.py": "x = 'layer'",
        }
    )
    code = {"ZipFile": zip_of({"app.py": source, "task.py": "x = 'task'"})}
    function = create(python(source, Code=code, Layers=[modules], Runtime=version))
    assert invoke(function)["Payload"] == ["python", "site-packages", "task"]


def test_node_finds_modules_in_layers(create, invoke, layer):
    modules = layer(
        {
            "nodejs/node_modules/one/index.js": "module.exports = 'any'",
            "nodejs/node22/node_modules/two/index.js": "module.exports = 'node22'",
        }
    )
    source = "exports.handler = async () => [require('one'), require('two')]"
    function = create(nodejs(source, name="app.cjs", Layers=[modules]))
    assert invoke(function)["Payload"] == ["any", "node22"]


def test_a_runtime_comes_from_a_layer(create, invoke, layer):
    runtime = layer({"bootstrap": (BOOTSTRAP, 0o755)})
    code = {"ZipFile": zip_of({"handler": "x"})}
    assert invoke(create(custom(Code=code, Layers=[runtime])), "hello")["Payload"] == "HELLO"
    both = custom(BOOTSTRAP.replace("body.upper()", "body"), Layers=[runtime])
    assert invoke(create(both), "hello")["Payload"] == "hello", "the code's own bootstrap comes first"


def test_a_package_with_machine_code_works_from_a_layer(own_server, name):
    folder = pathlib.Path(importlib.util.find_spec("markupsafe").origin).parent
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in folder.rglob("*"):
            if path.suffix in (".py", ".so"):
                archive.write(path, f"python/markupsafe/{path.relative_to(folder)}")
    server = own_server("--interpreter", f"python={sys.executable}")
    client = server.client()
    arn = client.publish_layer_version(LayerName=name, Content={"ZipFile": made.getvalue()})["LayerVersionArn"]
    source = """
import markupsafe, markupsafe._speedups
def handler(event, context):
    return [markupsafe._speedups.__file__, str(markupsafe.escape("<"))]
"""
    runtime = f"python3.{sys.version_info.minor}"
    client.create_function(FunctionName=name, **python(source, Runtime=runtime, Layers=[arn]))
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.02})
    found, escaped = json.load(client.invoke(FunctionName=name)["Payload"])
    assert found.startswith("/opt/python/markupsafe/_speedups.") and escaped == "&lt;"


def test_a_deleted_layer_goes_on_working_and_after_a_restart(own_server, name):
    server = own_server()
    client = server.client()
    arn = client.publish_layer_version(LayerName=name, Content={"ZipFile": zip_of({"x": "kept"})})["LayerVersionArn"]
    client.create_function(FunctionName=name, **python(READ, Layers=[arn]))
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.02})
    client.delete_layer_version(LayerName=name, VersionNumber=1)
    assert client.get_function_configuration(FunctionName=name)["Layers"][0]["Arn"] == arn
    assert client.invoke(FunctionName=name, Payload=b'["x"]')["Payload"].read() == b'{"x": "kept"}'
    server.stop()
    server.start()
    client = server.client()
    assert client.invoke(FunctionName=name, Payload=b'["x"]')["Payload"].read() == b'{"x": "kept"}'
    with pytest.raises(client.exceptions.InvalidParameterValueException, match="Layer version .* does not exist."):
        client.update_function_configuration(FunctionName=name, Layers=[arn, arn.replace(":1", ":2")])


def test_layers_that_cannot_be_had_are_refused(create, refused, layer, name):
    function, one = create(HELLO), layer({"a": "1"})
    with_layers = {"operation": "update_function_configuration", "FunctionName": function}
    invalid = (400, "InvalidParameterValueException")
    missing = one[:-1] + "9"
    assert refused(**with_layers, Layers=[missing]) == (*invalid, f"Layer version {missing} does not exist.")
    six = [layer({"a": str(number)}) for number in range(6)]
    assert refused(**with_layers, Layers=six) == (*invalid, "Cannot reference more than 5 layers.")
    elsewhere = one.replace("us-east-1", "eu-west-1")
    words = "Layers are not in the same region as the function. Layers are expected to be in region us-east-1."
    assert refused(**with_layers, Layers=[elsewhere]) == (*invalid, words)
    other = one.replace("000000000000", "111111111111")
    status, code, words = refused(**with_layers, Layers=[other])
    assert (status, code) == (403, "AccessDeniedException")
    assert words.endswith(
        f"is not authorized to perform: lambda:GetLayerVersion on resource: {other} because no resource-based policy "
        "allows the lambda:GetLayerVersion action"
    )


def test_two_versions_of_one_layer_are_refused(client, create, refused, name):
    versions = [
        client.publish_layer_version(LayerName=name, Content={"ZipFile": zip_of({"a": text})})["LayerVersionArn"]
        for text in ("1", "2")
    ]
    words = (
        "Two different versions of the same layer are not allowed to be referenced in the same function. "
        f"{versions[0]} and {versions[1]} are versions of the same layer."
    )
    answer = refused("update_function_configuration", FunctionName=create(HELLO), Layers=versions)
    assert answer == (400, "InvalidParameterValueException", words)
