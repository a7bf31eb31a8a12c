"""What an extension that subscribes to the Telemetry API is told of its function, event by event."""

import json
import time

from packages import python, zip_of

EXTENSION = """#!/usr/bin/python3
import http.client, http.server, json, os, threading
class Taker(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        events = self.rfile.read(int(self.headers["Content-Length"]))
        with open("/tmp/events", "ab") as taken:
            taken.write(events + b"\\n")
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Taker)
threading.Thread(target=server.serve_forever, daemon=True).start()
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def ask(method, path, body=None, **headers):
    api.request(method, path, json.dumps(body) if body else None, headers)
    answer = api.getresponse()
    return answer.headers, answer.read()
headers, _ = ask("POST", "/2020-01-01/extension/register", {"events": ["INVOKE"]}, **{"Lambda-Extension-Name": "taker"})
me = {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
ask("PUT", "/2022-07-01/telemetry", {
    "schemaVersion": "2022-12-13", "types": ["platform", "function", "extension"],
    "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080"},
}, **me)
while True:
    ask("GET", "/2020-01-01/extension/event/next", **me)
    print("the extension was told", flush=True)
"""

FUNCTION = """
import json, pathlib, time
def handler(event, context):
    print("spoken", flush=True)
    time.sleep(0.2)
    taken = pathlib.Path("/tmp/events")
    return [event for line in taken.read_text().splitlines() for event in json.loads(line)] if taken.exists() else []
"""


def test_an_extension_is_told_of_every_phase(client, create):
    layer = client.publish_layer_version(LayerName="taker", Content={"ZipFile": zip_of({"extensions/taker": (EXTENSION, 0o755)})})
    # SystemLogLevel filters the log, and nothing of this.
    logging = {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    name = create(python(FUNCTION, Layers=[layer["LayerVersionArn"]], Timeout=20, LoggingConfig=logging))
    events, until = [], time.monotonic() + 60
    while not any(event["type"] == "platform.report" for event in events):
        assert time.monotonic() < until, events
        answer = client.invoke(FunctionName=name)
        events = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, events
    told = {}
    for event in events:
        told.setdefault(event["type"], event["record"])
    kinds = [event["type"] for event in events]
    phases = ["platform.initStart", "platform.initRuntimeDone", "platform.initReport", "platform.start", "platform.runtimeDone", "platform.report"]
    assert [kind for kind in kinds if kind in phases][:6] == phases
    start = told["platform.initStart"]
    assert start | {"instanceId": "", "runtimeVersion": "", "runtimeVersionArn": ""} == {
        "initializationType": "on-demand", "phase": "init", "functionName": name, "functionVersion": "$LATEST",
        "instanceId": "", "instanceMaxMemory": 128, "runtimeVersion": "", "runtimeVersionArn": "",
    }
    shown = client.get_function_configuration(FunctionName=name)["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert start["runtimeVersion"].startswith("python:3.12.v") and start["runtimeVersionArn"] == shown
    assert told["platform.extension"] == {"name": "taker", "state": "Ready", "events": ["INVOKE"]}
    assert told["platform.telemetrySubscription"]["name"] == "taker"
    assert told["function"] == "spoken\n" or told["function"] == "spoken"
    assert told["extension"].rstrip("\n") == "the extension was told"
    done, report = told["platform.runtimeDone"], told["platform.report"]
    assert done["status"] == "success" and done["requestId"] == told["platform.start"]["requestId"] == report["requestId"]
    assert [span["name"] for span in done["spans"]] == ["responseLatency", "responseDuration", "runtimeOverhead"]
    assert done["spans"][0]["durationMs"] >= 200 and done["metrics"]["producedBytes"] >= 2
    assert [span["name"] for span in report["spans"]] == ["extensionOverhead"]
    assert report["metrics"]["billedDurationMs"] >= 200 and report["metrics"]["initDurationMs"] > 0
