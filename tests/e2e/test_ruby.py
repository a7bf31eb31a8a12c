"""Ruby functions: gems, layers, failures, logs. Each form of handler is in runtimes/tests/test_ruby.py."""

import base64
import json

import pytest
from packages import ROLE, zip_of

ECHO = "def handler(event:, context:)\n  { event: event, function: context.function_name }\nend\n"
GEM = """Gem::Specification.new { |s| s.name = 'greeter'; s.version = '1.0.0'; s.summary = 's'; s.authors = ['a']; s.files = [] }"""


def ruby(source=ECHO, files=None, runtime="ruby3.3", handler="app.handler", **more):
    """A Ruby function: what CreateFunction takes for it."""
    settings = {"Runtime": runtime, "Handler": handler, "Role": ROLE, "Timeout": 30}
    return settings | {"Code": {"ZipFile": zip_of({"app.rb": source} | (files or {}))}} | more


def gem(folder, greeting):
    """An installed gem, below a folder of GEM_PATH."""
    return {
        f"{folder}/gems/greeter-1.0.0/lib/greeter.rb": f"GREETING = '{greeting}'",
        f"{folder}/specifications/greeter-1.0.0.gemspec": GEM,
    }


@pytest.mark.parametrize("runtime", ["ruby3.2", "ruby3.3", "ruby3.4"])
def test_every_version_answers(create, invoke, runtime):
    function = create(ruby(runtime=runtime))
    for event in ({"é": [1.5, None]}, "x"):
        assert invoke(function, event)["Payload"] == {"event": event, "function": function}


def test_handlers_may_be_methods_of_classes(create, invoke):
    source = "module A; class B; def self.run(event:, context:) = [event]; end; end"
    assert invoke(create(ruby(source, handler="app.A::B.run")), 1)["Payload"] == [1]


def test_gems_are_found_in_the_package_and_in_layers(client, create, invoke, name):
    source = "require 'greeter'\ndef handler(event:, context:) = GREETING"
    bundled = ruby(source, gem("vendor/bundle/ruby/3.3.0", "bundled"))
    assert invoke(create(bundled))["Payload"] == "bundled"
    content = {"ZipFile": zip_of(gem("ruby/gems/3.3.0", "layer"))}
    layer = client.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]
    assert invoke(create(ruby(source, Layers=[layer])))["Payload"] == "layer"
    content = {"ZipFile": zip_of({"ruby/lib/greeter.rb": "GREETING = 'plain'"})}
    layer = client.publish_layer_version(LayerName=f"{name}-lib", Content=content)["LayerVersionArn"]
    assert invoke(create(ruby(source, Layers=[layer])))["Payload"] == "plain"


def test_what_a_function_raises_is_told(create, invoke):
    answer = invoke(create(ruby("def handler(event:, context:)\n  raise ArgumentError, 'oops'\nend")), LogType="Tail")
    told = {"errorMessage": "oops", "errorType": "Function<ArgumentError>", "stackTrace": ["/var/task/app.rb:2:in `handler'"]}
    assert (answer["FunctionError"], answer["Payload"]) == ("Unhandled", told)
    log = base64.b64decode(answer["LogResult"]).decode()
    assert 'Error raised from handler method\n{\n  "errorMessage": "oops",' in log


def test_critical_errors_end_the_process_and_the_next_invocation_has_a_new_one(create, invoke):
    source = "def handler(event:, context:) = event == 1 ? nobody : (@n = (@n || 0) + 1)"
    function = create(ruby(source))
    assert [invoke(function, 0)["Payload"], invoke(function, 0)["Payload"]] == [1, 2]
    assert invoke(function, 1)["Payload"]["errorType"] == "Function<NameError>"
    assert invoke(function, 0)["Payload"] == 1


def test_what_does_not_load_fails_init(create, invoke):
    answer = invoke(create(ruby("require 'nowhere'")))
    told = answer["Payload"]
    assert (answer["FunctionError"], told["errorType"]) == ("Unhandled", "Init<LoadError>")
    assert told["errorMessage"] == "cannot load such file -- nowhere"


def test_loggers_write_the_request_id(create, invoke):
    source = "require 'logger'\ndef handler(event:, context:) = Logger.new($stdout).warn('careful').to_s"
    answer = invoke(create(ruby(source)), LogType="Tail")
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert f"  WARN {request_id} -- : careful" in base64.b64decode(answer["LogResult"]).decode()
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"}
    answer = invoke(create(ruby(source, LoggingConfig=logging)), LogType="Tail")
    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    (record,) = [json.loads(line) for line in lines if '"careful"' in line]
    assert (record["level"], record["requestId"]) == ("WARN", answer["ResponseMetadata"]["RequestId"])
