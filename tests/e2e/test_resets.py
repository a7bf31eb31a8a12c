"""An environment is reset, not replaced: what a crash and a time-out leave, with and without extensions."""

import pytest
from packages import zip_of

CODE = """
import json, os, signal, subprocess, time

LIFE = str(time.time_ns())

def handler(event, context):
    told = {"life": LIFE, "kept": sorted(os.listdir("/tmp")), "stream": context.log_stream_name}
    told["others"] = sum(open(f"/proc/{p}/cmdline").read().startswith("sleep") for p in os.listdir("/proc") if p.isdigit())
    if "leave" in event:
        open("/tmp/" + event["leave"], "w").close()
        subprocess.Popen(["setsid", "sleep", "1000"])
    if event.get("end") == "exit":
        os._exit(3)
    if event.get("end") == "kill":
        os.kill(0, signal.SIGKILL)
    if event.get("end") == "memory":
        b"x" * (200 << 20)
    if event.get("end") == "hang":
        time.sleep(60)
    return told
"""
EXTENSION = """#!/usr/bin/python3 -IS
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
api.request("POST", "/2020-01-01/extension/register", json.dumps({"events": ["INVOKE"]}), {"Lambda-Extension-Name": "beside"})
answer = api.getresponse()
me = {"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]}
answer.read()
while True:
    api.request("GET", "/2020-01-01/extension/event/next", headers=me)
    api.getresponse().read()
"""
ENDS = {
    "exit": ("Runtime.ExitError", "exit status 3"),
    "kill": ("Runtime.ExitError", "signal: killed"),
    "memory": ("Runtime.OutOfMemory", "signal: killed"),
    "hang": ("Sandbox.Timedout", "Task timed out after 3.00 seconds"),
}


def ended(invoke, name, how):
    answer = invoke(name, {"leave": how, "end": how})
    payload = answer["Payload"]
    kind, words = ENDS[how]
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == kind and words in payload["errorMessage"], payload


def check_resets(invoke, name):
    """One environment through all ends: `/tmp` stays, processes do not."""
    first = invoke(name)["Payload"]
    kept = []
    for how in ENDS:
        ended(invoke, name, how)
        kept = sorted([*kept, how])
        after = invoke(name)["Payload"]
        assert (after["kept"], after["others"]) == (kept, 0)
        assert after["stream"] == first["stream"] and after["life"] != first["life"]
        again = invoke(name)["Payload"]
        assert again == after, "it runs on"


@pytest.fixture
def alone(client, invoke):
    """Invokes as soon as the one environment the function may have is free: it may be reset, or an extension be
    at work, after an answer."""

    def call(name, payload=None):
        while True:
            try:
                return invoke(name, payload)
            except client.exceptions.TooManyRequestsException:
                continue

    return call


def test_an_environment_keeps_tmp_and_no_process_whatever_its_end(client, create, alone):
    made = create(CODE, Timeout=3)
    client.put_function_concurrency(FunctionName=made, ReservedConcurrentExecutions=1)
    check_resets(alone, made)


def test_extensions_begin_anew_with_their_function(client, create, alone, name):
    layer = client.publish_layer_version(
        LayerName=name, Content={"ZipFile": zip_of({"extensions/beside": EXTENSION}, 0o755)}
    )
    made = create(CODE, Timeout=3, Layers=[layer["LayerVersionArn"]])
    client.put_function_concurrency(FunctionName=made, ReservedConcurrentExecutions=1)
    check_resets(alone, made)
