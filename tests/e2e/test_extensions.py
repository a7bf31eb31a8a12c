"""External extensions from layers: they hear of the function's life, and what they do to it is told as on AWS."""

import pathlib
import time

import pytest
from conftest import updated
from packages import zip_of
from test_logs import logs_of

EXTENSION = pathlib.Path(__file__).parents[2] / "crates/sandbox/tests/isolation/extension.py"
WORKS = "def handler(event, context):\n    print('working')\n    return context.aws_request_id\n"


@pytest.fixture
def beside(client, create, name):
    """A function with this script as its extension `ext`."""

    def make(source, script=None, **more):
        files = {"extensions/ext": script or EXTENSION.read_text()}
        layer = client.publish_layer_version(LayerName=name, Content={"ZipFile": zip_of(files, mode=0o755)})
        return create(source, Layers=[layer["LayerVersionArn"]], Timeout=20, **more)

    return make


@pytest.fixture
def lines(server):
    """What a function's log says so far."""
    logs = logs_of(server)

    def read(function):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        return [event["message"].rstrip("\n") for page in pages for event in page["events"]]

    return read


def until(lines, function, wanted, again=lambda: None):
    """Waits until the log says all that is wanted."""
    end = time.monotonic() + 30
    while True:
        there = lines(function)
        missing = [line for line in wanted if not any(line in other for other in there)]
        if not missing:
            return there
        assert time.monotonic() < end, (missing, there)
        again()


def test_an_extension_hears_of_invocations_and_gets_telemetry(beside, invoke, lines):
    function = beside(WORKS)
    request = invoke(function)["Payload"]
    wanted = [
        f'registered {{"functionName":"{function}","functionVersion":"$LATEST","handler":"app.handler"}}',
        "subscribed 200 OK",
        f"INVOKE {request}",
        "telemetry platform.initStart",
        "telemetry platform.telemetrySubscription",
        "telemetry platform.extension",
        "telemetry platform.start",
        'telemetry function "working"',
        "telemetry platform.runtimeDone",
        "telemetry platform.report",
        "EXTENSION\tName: ext\tState: Ready\tEvents: [INVOKE, SHUTDOWN]",
        "TELEMETRY\tName: ext\tState: Subscribed\tTypes: [Platform, Function]",
    ]
    # The report of one invocation is brought during the next.
    until(lines, function, wanted, again=lambda: invoke(function))


def test_a_time_out_is_the_reason_of_the_shutdown_and_all_begins_anew(beside, client, invoke, lines):
    source = "import time\ndef handler(event, context):\n    time.sleep(event or 0)\n    return 'done'\n"
    function = beside(source)
    client.update_function_configuration(FunctionName=function, Timeout=1)
    updated(client, function)
    assert invoke(function, 60)["Payload"]["errorType"] == "Sandbox.Timedout"
    until(lines, function, ["SHUTDOWN timeout"])
    assert invoke(function, 0)["Payload"] == "done"


def test_an_extension_that_dies_fails_the_invocation(beside, invoke):
    function = beside("import time\ndef handler(event, context):\n    time.sleep(60)\n", Environment={"Variables": {"EXTENSION_DIES": "1"}})
    answer = invoke(function)
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Extension.Crash"


@pytest.mark.parametrize(
    ("script", "kind"), [("#!/bin/sh\nexit 3\n", "Extension.Crash"), ("no program", "Extension.LaunchError")]
)
def test_an_extension_that_does_not_start_fails_the_init(beside, invoke, script, kind):
    answer = invoke(beside(WORKS, script))
    assert (answer["FunctionError"], answer["Payload"]["errorType"]) == ("Unhandled", kind)
