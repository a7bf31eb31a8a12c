"""The life of an execution environment, as functions see it: phases, resets, what is kept, and what ends it."""

import base64
import json
import re
import time
import urllib.request

import pytest
from packages import python, zip_of

# What a function can tell of its environment: how often it was initialised and invoked, and where it writes its log.
TELLS = """
import os, pathlib, threading, time
NOTES = pathlib.Path("/tmp/notes")
def note(text):
    with NOTES.open("a") as notes:
        notes.write(text + "\\n")
note("init")
{init}
def handler(event, context):
    note("invoke")
    {body}
    return {{
        "notes": NOTES.read_text().split(), "stream": context.log_stream_name,
        "key": os.environ["AWS_ACCESS_KEY_ID"], "left": context.get_remaining_time_in_millis(),
    }}
"""

ENDS = """if event.get("exit") is not None: os._exit(event["exit"])
    if event.get("sleep"): time.sleep(event["sleep"])"""


def tells(init="", body=ENDS, **more):
    """A Python function that tells of its environment, and fails as it is asked to."""
    return python(TELLS.format(init=init, body=body), **more)


@pytest.fixture
def call(client):
    """Invokes a function; gives (payload, log, whether it failed)."""

    def invoke(name, **event):
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
        log = base64.b64decode(answer["LogResult"]).decode()
        return json.loads(answer["Payload"].read()), log, "FunctionError" in answer

    return invoke


def test_after_a_crash_the_environment_is_initialised_anew_and_keeps_its_tmp(create, call):
    name = create(tells())
    before, log, _ = call(name)
    assert before["notes"] == ["init", "invoke"] and "Init Duration" in log
    payload, log, failed = call(name, exit=3)
    assert failed and payload["errorType"] == "Runtime.ExitError"
    assert log.rstrip().endswith("Status: error\tError Type: Runtime.ExitError")
    after, log, _ = call(name)
    assert after["notes"] == ["init", "invoke", "invoke", "init", "invoke"]
    assert (after["stream"], after["key"]) == (before["stream"], before["key"])
    assert "Init Duration" not in log, "an Init inside the invocation is part of its Duration"


def test_after_a_timeout_the_environment_is_initialised_anew_and_keeps_its_tmp(create, call):
    name = create(tells(Timeout=2))
    before, _, _ = call(name)
    payload, log, failed = call(name, sleep=30)
    assert failed and payload["errorType"] == "Sandbox.Timedout" and log.rstrip().endswith("Status: timeout")
    after, _, _ = call(name)
    assert after["notes"] == ["init", "invoke", "invoke", "init", "invoke"]
    assert after["stream"] == before["stream"]


def test_an_init_of_more_than_10_seconds_is_done_again_under_the_functions_timeout(create, call):
    # Only the second Init is slower than 10 seconds allow: the first would be, too, without the file it leaves.
    init = "time.sleep(60 if NOTES.read_text().count('init') == 1 else 1)"
    name = create(tells(init=init, Timeout=30))
    payload, log, failed = call(name)
    assert not failed and payload["notes"] == ["init", "init", "invoke"]
    first, duration = re.search(r"INIT_REPORT Init Duration: ([\d.]+) ms\tPhase: init\tStatus: timeout\n", log), report(log, "Duration")
    assert 9_900 < float(first[1]) < 15_000, log
    assert duration >= 1000 and "\tInit Duration" not in log, log
    assert payload["left"] <= 29_000, "the deadline counts from before the Init"


def test_an_init_that_fails_once_is_done_again_inside_the_invocation(create, call):
    name = create(tells(init="if NOTES.read_text().count('init') == 1: os._exit(7)"))
    payload, log, failed = call(name)
    assert not failed and payload["notes"] == ["init", "init", "invoke"]
    assert "Phase: init\tStatus: error\tError Type: Runtime.ExitError\n" in log and "Phase: invoke" not in log
    assert log.index("INIT_REPORT") < log.index("START")


def test_what_runs_in_the_background_stands_still_between_invocations(create, call):
    init = """
ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        time.sleep(0.005)
threading.Thread(target=tick, daemon=True).start()
"""
    name = create(tells(init=init, body="first = ticks; time.sleep(0.3); return [first, ticks]"))
    (_, before), _, _ = call(name)
    time.sleep(2)
    (first, after), _, _ = call(name)
    assert first - before < 200, "400 would have fitted into the two seconds"
    assert after > first, "and it goes on in the invocation"


def test_what_a_woken_environment_writes_comes_after_start(create, call):
    init = """
def tick():
    while True:
        print("tick")
        time.sleep(0.001)
threading.Thread(target=tick, daemon=True).start()
"""
    name = create(tells(init=init, body="return time.sleep(0.05)"))
    call(name)
    for _ in range(5):
        time.sleep(0.2)
        _, log, _ = call(name)
        assert log.startswith("START") and "tick" in log, log


def test_environments_are_recycled_by_age_even_when_they_are_busy(own_server):
    server = own_server("--age-max-s", "2")
    client = server.client()
    client.create_function(FunctionName="f", **tells())
    client.get_waiter("function_active_v2").wait(FunctionName="f")
    streams, until = set(), time.monotonic() + 60
    while len(streams) < 2:
        assert time.monotonic() < until, "no environment was recycled"
        answer = client.invoke(FunctionName="f")
        assert "FunctionError" not in answer
        streams.add(json.loads(answer["Payload"].read())["stream"])


def report(log, field):
    """A number of REPORT."""
    return float(re.search(rf"REPORT .*?\t{field}: ([\d.]+) ms", log)[1])


def resets(server):
    """How many environments were reset so far."""
    with urllib.request.urlopen(f"{server.endpoint}/_lambent/metrics") as metrics:
        return int(re.search(r"^lambent_resets_total (\d+)$", metrics.read().decode(), re.M)[1])


EXTENSION = """#!/usr/bin/python3
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
name = os.path.basename(__file__)
def note(text):
    with open("/tmp/notes", "a") as notes:
        notes.write(text + "\\n")
def ask(method, path, body=None, **headers):
    api.request(method, "/2020-01-01/extension" + path, body, headers)
    answer = api.getresponse()
    return answer.headers, json.loads(answer.read())
headers, told = ask("POST", "/register", json.dumps({"events": ["INVOKE", "SHUTDOWN"]}), **{"Lambda-Extension-Name": name})
assert told["functionVersion"] == "$LATEST" and told["handler"] == "app.handler", told
seen = {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
print("extension speaks of", ",".join(sorted(n for n in os.environ if n in ("MINE", "_HANDLER", "LAMBDA_TASK_ROOT", "AWS_SESSION_TOKEN"))), flush=True)
while True:
    _, event = ask("GET", "/event/next", **seen)
    if event["eventType"] == "SHUTDOWN":
        note("shutdown:" + event["shutdownReason"])
        sys.exit()
    note("extension")
"""


@pytest.fixture
def extended(client, create):
    """Creates a function with an external extension."""

    def make(settings, source=EXTENSION, mode=0o755):
        content = {"ZipFile": zip_of({"extensions/watcher": (source, mode)})}
        layer = client.publish_layer_version(LayerName="watcher", Content=content)
        return create(settings | {"Layers": [layer["LayerVersionArn"]]})

    return make


def test_extensions_are_told_of_invocations_and_of_the_reset_after_a_timeout(server, extended, call):
    name = extended(tells(Timeout=3, Environment={"Variables": {"MINE": "x"}}))
    payload, log, failed = call(name)
    assert not failed and "init" in payload["notes"], log
    assert "EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\nSTART" in log
    assert "extension speaks of AWS_SESSION_TOKEN,MINE\n" in log
    before = resets(server)
    _, _, failed = call(name, sleep=30)
    assert failed
    # While it is reset the environment is not there for others: a call would get a new one.
    until = time.monotonic() + 30
    while resets(server) == before:
        assert time.monotonic() < until, "the reset has no end"
        time.sleep(0.05)
    notes = call(name)[0]["notes"]
    assert notes.count("shutdown:timeout") == 1 and notes.count("init") == 2, notes


def test_an_extension_that_cannot_be_executed_fails_the_function(extended, call):
    name = extended(tells(), mode=0o644)
    payload, _, failed = call(name)
    assert failed and payload["errorType"] == "Extension.LaunchError", payload
    assert payload["errorMessage"].endswith(" Error: fork/exec /opt/extensions/watcher: permission denied")


def test_an_extension_that_ends_in_its_init_fails_the_function(extended, call):
    for ends, words in (("exit 0", "exit code 0"), ("exit 3", "exit status 3")):
        payload, log, failed = call(extended(tells(), source=f"#!/bin/sh\n{ends}\n"))
        assert failed and payload["errorType"] == "Extension.Crash", payload
        assert payload["errorMessage"].endswith(f" Error: {words}")
        assert "Phase: init\tStatus: error\tError Type: Extension.Crash" in log
