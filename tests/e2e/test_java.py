"""Java functions: packages as jars and zips, layers, every version, failures, logs. Each form of handler and of JSON is in
runtimes/tests/test_java.py."""

import base64
import json

import pytest
from jars import classes, example, jar, java
from packages import zip_of

GREETER = """package lib;
public class Greeter {
    public static String greet(Object who) { return "hello " + who; }
}
"""
USES = """package app;
import com.amazonaws.services.lambda.runtime.*;
public class Uses implements RequestHandler<Object, String> {
    public String handleRequest(Object event, Context context) { return lib.Greeter.greet(event); }
}
"""
WORLD = """package app;
import java.util.*;
public class Properties {
    public Object told(List<String> names) {
        Map<String, String> told = new LinkedHashMap<>();
        for (String name : names) told.put(name, System.getProperty(name));
        told.put("heap", String.valueOf(Runtime.getRuntime().maxMemory() >> 20));
        told.put("charset", String.valueOf(java.nio.charset.Charset.defaultCharset()));
        told.put("loader", String.valueOf(Thread.currentThread().getContextClassLoader() == getClass().getClassLoader()));
        told.put("resource", String.valueOf(getClass().getResource("/app/Properties.class")));
        told.put("thread", Thread.currentThread().getName());
        told.put("tmp", String.valueOf(Arrays.asList(new java.io.File("/tmp").list())));
        return told;
    }
    public int grows(Object event) {
        List<byte[]> all = new ArrayList<>();
        while (true) all.add(new byte[8 << 20]);
    }
    public int threads(int count) throws Exception {
        Thread[] threads = new Thread[count];
        java.util.concurrent.CountDownLatch started = new java.util.concurrent.CountDownLatch(count);
        for (int i = 0; i < count; i++) (threads[i] = new Thread(started::countDown)).start();
        started.await();
        return count;
    }
}
"""


@pytest.fixture(scope="module")
def compiled():
    """The classes of the sources above: the library, what uses it, and the rest."""
    made = classes({"lib/Greeter.java": GREETER, "app/Uses.java": USES, "app/Properties.java": WORLD})
    return {
        "library": {path: data for path, data in made.items() if path.startswith("lib/")},
        "user": {path: data for path, data in made.items() if path == "app/Uses.class"},
        "properties": {path: data for path, data in made.items() if path.startswith("app/Properties")},
    }


@pytest.mark.parametrize("runtime", ["java8.al2", "java11", "java17", "java21", "java25"])
def test_every_version_runs_a_jar(create, invoke, runtime):
    function = create(java("example.Forms$Inherited", runtime=runtime))
    assert invoke(function, {"name": "é", "age": 3})["Payload"] == {"of": {"name": "é", "age": 3}}
    assert invoke(function, {})["Payload"] == {"of": {"age": 0}}


@pytest.mark.parametrize("memory", [128, 256, 3008])
def test_it_starts_in_little_and_in_much_memory(create, invoke, memory):
    assert invoke(create(java("example.Forms$Upper", MemorySize=memory)), "ab")["Payload"] == "AB"


def test_jars_in_lib_are_on_the_class_path(create, invoke, compiled):
    package = zip_of(compiled["user"] | {"lib/greeter.jar": jar(compiled["library"])})
    assert invoke(create(java("app.Uses", package)), "you")["Payload"] == "hello you"
    package = zip_of({"lib/app.jar": jar(compiled["user"]), "lib/greeter.jar": jar(compiled["library"])})
    assert invoke(create(java("app.Uses::handleRequest", package)), "all")["Payload"] == "hello all"


def test_jars_of_layers_are_on_the_class_path(client, create, invoke, name, compiled):
    content = {"ZipFile": zip_of({"java/lib/greeter.jar": jar(compiled["library"])})}
    layer = client.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]
    settings = java("app.Uses", compiled["user"])
    assert invoke(create(settings | {"Layers": [layer]}), 1)["Payload"] == "hello 1"
    answer = invoke(create(settings), 1)
    assert (answer["FunctionError"], answer["Payload"]["errorType"]) == ("Unhandled", "java.lang.NoClassDefFoundError")


def test_the_virtual_machine_is_set_up_as_on_aws(create, invoke, compiled):
    variables = {"Variables": {"JAVA_TOOL_OPTIONS": "-Dmine=set"}}
    function = create(java("app.Properties::told", compiled["properties"], Environment=variables))
    told = invoke(function, ["user.dir", "java.io.tmpdir", "file.encoding", "java.net.preferIPv4Stack", "mine"])["Payload"]
    # 85% of the memory, of which one of two survivor spaces does not count.
    assert 400 <= int(told.pop("heap")) <= 436
    assert told == {
        "user.dir": "/var/task",
        "java.io.tmpdir": "/tmp",
        "file.encoding": "UTF-8",
        "java.net.preferIPv4Stack": "true",
        "mine": "set",
        "charset": "UTF-8",
        "loader": "true",
        "resource": "file:/var/task/app/Properties.class",
        "thread": "main",
        "tmp": "[]",
    }


def test_hundreds_of_threads_fit(create, invoke, compiled):
    assert invoke(create(java("app.Properties::threads", compiled["properties"])), 500)["Payload"] == 500


def test_what_a_function_throws_is_told(create, invoke):
    answer = invoke(create(java("example.Failures")), {}, LogType="Tail")
    frames = ["example.Failures.handleRequest(Failures.java:11)", "example.Failures.handleRequest(Failures.java:8)"]
    told = {"errorMessage": "wrong state", "errorType": "java.lang.IllegalStateException", "stackTrace": frames}
    assert (answer["FunctionError"], answer["Payload"]) == ("Unhandled", told)
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "wrong state: java.lang.IllegalStateException\njava.lang.IllegalStateException: wrong state\n\tat " in log
    assert "\nCaused by: java.lang.RuntimeException: its cause\n" in log


def test_what_is_not_there_is_told(create, invoke):
    told = {"errorMessage": "Class not found: none.There", "errorType": "java.lang.ClassNotFoundException"}
    assert invoke(create(java("none.There")))["Payload"] == told


def test_what_cannot_be_made_fails_init(create, invoke):
    answer = invoke(create(java("example.Failures$Unmade::handle")))
    assert (answer["FunctionError"], answer["Payload"]["errorType"]) == ("Unhandled", "java.lang.IllegalArgumentException")
    assert answer["Payload"]["errorMessage"] == "not today"


def test_too_much_on_the_heap_ends_the_process(create, invoke, compiled):
    function = create(java("app.Properties::grows", compiled["properties"]))
    for _ in range(2):
        told = invoke(function)["Payload"]
        assert (told["errorType"], told["errorMessage"]) == ("java.lang.OutOfMemoryError", "Java heap space")


def test_exits_are_told(create, invoke):
    told = invoke(create(java("example.Failures::exits")))["Payload"]
    assert told["errorType"] == "Runtime.ExitError" and told["errorMessage"].endswith("exit status 3")


def test_json_logs_are_objects(create, invoke):
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN"}
    answer = invoke(create(java("example.Forms::logs", LoggingConfig=logging)), {}, LogType="Tail")
    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    records = [json.loads(line) for line in lines if line.startswith('{"timestamp"')]
    assert ("WARN", "at WARN") in [(record["level"], record["message"]) for record in records]
    assert {record["AWSRequestId"] for record in records} == {answer["ResponseMetadata"]["RequestId"]}
    assert "INFO" not in [record["level"] for record in records]


def test_streams_answer_with_any_bytes(client, create):
    answer = client.invoke(FunctionName=create(java("example.Forms$Raw")), Payload=b'{ "a" :1}')
    assert answer["Payload"].read() == b'[{ "a" :1}]'


def test_a_class_of_the_package_never_stands_for_the_runtime_s(create, invoke):
    # Jars commonly bring AWS's interfaces along; were they loaded beside ours, no handler would be one.
    source = "package com.amazonaws.services.lambda.runtime; public interface RequestHandler<I, O> { O handleRequest(I i, Context c); }"
    brought = classes({"RequestHandler.java": source})
    assert invoke(create(java("example.Forms$Upper", brought | example())), "ab")["Payload"] == "AB"
