"""Functions whose LoggingConfig says JSON: what the platform, `logging` and `console` write then, and at which levels."""

import base64
import json
import re

import pytest

from packages import nodejs, python

pytestmark = pytest.mark.operation("Invoke")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"
PYTHON = """
import logging
log = logging.getLogger('mine')
def handler(e, c):
    print('printed', flush=True)
    log.debug('d'); log.info('i %s', 1); log.warning({'w': 1}, extra={'user': 'u'})
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception('caught')
    if e.get('raise'):
        raise KeyError('k')
"""
NODEJS = """
export const handler = async (e) => {
  console.trace('t'); console.debug('d'); console.log('a %s\\nb', 1); console.warn({ w: 1 });
  console.error('failed', new RangeError('r'));
  if (e.raise) throw Object.assign(new TypeError('thrown'), { code: 'C' });
};
"""


def json_logs(application="INFO", system="INFO"):
    return {"LogFormat": "JSON", "ApplicationLogLevel": application, "SystemLogLevel": system}


@pytest.fixture
def told(client):
    """Invokes a function; gives (platform's events, the function's lines, request id)."""

    def call(name, event=None):
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event or {}), LogType="Tail")
        lines = base64.b64decode(answer["LogResult"]).decode().split("\n")
        assert lines.pop() == ""
        parsed = [json.loads(line) if line.startswith("{") else line for line in lines]
        events = [line for line in parsed if "type" in line]
        assert all(re.fullmatch(TIME, event["time"]) for event in events)
        said = [line for line in parsed if line not in events]
        return events, said, answer["ResponseMetadata"]["RequestId"]

    return call


def types(events):
    return [event["type"].removeprefix("platform.") for event in events]


def test_the_platform_writes_json_by_its_level(client, create, told):
    name = create("def handler(e, c): return 'é'", LoggingConfig=json_logs(system="DEBUG"))
    events, said, request_id = told(name)
    assert said == []
    # The log begins with initStart; what a caller is shown begins after it.
    assert types(events) == ["initRuntimeDone", "initReport", "start", "runtimeDone", "report"]
    start, done, report = (event["record"] for event in events[2:])
    assert start["requestId"] == done["requestId"] == report["requestId"] == request_id
    assert start["version"] == "$LATEST" and start["tracing"]["type"] == "X-Amzn-Trace-Id"
    assert [span["name"] for span in done["spans"]] == ["responseLatency", "responseDuration", "runtimeOverhead"]
    assert done["metrics"]["producedBytes"] == len('"é"'.encode())
    metrics = report["metrics"]
    assert metrics["billedDurationMs"] >= metrics["durationMs"] + metrics["initDurationMs"] - 0.01
    assert metrics["memorySizeMB"] == 128 and 1 <= metrics["maxMemoryUsedMB"] <= 128
    assert report["status"] == "success" and "errorType" not in report

    for level, expected in (("INFO", ["start", "report"]), ("WARN", [])):
        client.update_function_configuration(FunctionName=name, LoggingConfig={"SystemLogLevel": level})
        client.get_waiter("function_updated_v2").wait(FunctionName=name)
        assert types(told(name)[0]) == expected


def test_failures_are_statuses(create, told):
    slow = create("import time\ndef handler(e, c): time.sleep(60)", Timeout=1, LoggingConfig=json_logs())
    events, said, _ = told(slow)
    assert types(events) == ["start", "runtimeDone", "report"] and said == []
    assert [event["record"]["status"] for event in events[1:]] == ["timeout"] * 2
    assert events[-1]["record"]["metrics"]["durationMs"] >= 1000
    crash = create("import os\ndef handler(e, c): os._exit(3)", LoggingConfig=json_logs(system="WARN"))
    events, said, _ = told(crash)
    assert types(events) == ["runtimeDone", "report"] and said == []
    assert {event["record"]["errorType"] for event in events} == {"Runtime.ExitError"}


def test_an_init_that_fails_is_told_for_both_phases(create, told):
    events, said, _ = told(create("raise KeyError('early')", LoggingConfig=json_logs()))
    assert types(events) == ["initRuntimeDone", "initReport"] * 2 + ["start", "runtimeDone", "report"]
    assert [event["record"].get("phase") for event in events if "init" in event["type"]] == ["init"] * 2 + ["invoke"] * 2
    assert [(line["level"], line["errorType"], line["errorMessage"]) for line in said] == [("ERROR", "KeyError", "'early'")] * 2


def test_python_s_records_are_objects_and_what_is_printed_is_not(create, told):
    name = create(python(PYTHON, LoggingConfig=json_logs()))
    _, said, request_id = told(name, {"raise": True})
    assert said[0] == "printed"
    info, warning, caught, raised = said[1:]
    usual = {"logger": "mine", "requestId": request_id}
    assert re.fullmatch(TIME, info.pop("timestamp"))
    assert info == {**usual, "level": "INFO", "message": "i 1"}
    assert (warning["level"], warning["message"], warning["user"]) == ("WARNING", {"w": 1}, "u")
    assert (caught["level"], caught["message"], caught["errorType"]) == ("ERROR", "caught", "ZeroDivisionError")
    assert caught["errorMessage"] == "division by zero" and "1 / 0" in caught["stackTrace"][0]
    assert re.fullmatch(r"/var/task/app\.py:handler:\d+", caught["location"])
    assert (raised["level"], raised["errorType"], raised["errorMessage"]) == ("ERROR", "KeyError", "'k'")
    assert raised["requestId"] == request_id and "raise KeyError" in raised["stackTrace"][0]


def test_nodejs_s_lines_are_objects(create, told):
    name = create(nodejs(NODEJS, LoggingConfig=json_logs("DEBUG")))
    _, said, request_id = told(name, {"raise": True})
    debug, log, warning, error, thrown = said
    assert re.fullmatch(TIME, debug.pop("timestamp"))
    assert debug == {"level": "DEBUG", "requestId": request_id, "message": "d"}
    assert (log["level"], log["message"]) == ("INFO", "a 1\nb")
    assert (warning["level"], warning["message"]) == ("WARN", {"w": 1})
    assert (error["errorType"], error["errorMessage"], error["stackTrace"][0]) == ("RangeError", "r", "RangeError: r")
    assert thrown["level"] == "ERROR" and thrown["requestId"] == request_id
    message = thrown["message"]
    assert (message["errorType"], message["errorMessage"], message["code"]) == ("TypeError", "thrown", "C")
    assert message["stackTrace"][0] == "TypeError: thrown"


@pytest.mark.parametrize(
    ("level", "of_python", "of_nodejs"),
    [
        ("TRACE", ["DEBUG", "INFO", "WARNING", "ERROR"], ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"]),
        ("INFO", ["INFO", "WARNING", "ERROR"], ["INFO", "WARN", "ERROR"]),
        ("ERROR", ["ERROR"], ["ERROR"]),
        ("FATAL", [], []),
    ],
)
def test_levels_below_the_application_s_are_dropped(create, told, level, of_python, of_nodejs):
    for function, expected in ((python(PYTHON), of_python), (nodejs(NODEJS), of_nodejs)):
        said = told(create({**function, "LoggingConfig": json_logs(level)}))[1]
        assert [line["level"] for line in said if line != "printed"] == expected


def test_json_a_function_writes_itself_is_judged_by_its_level(create, told):
    source = """
import json
def handler(e, c):
    for level in ('debug', 'INFO', 'WARN', None):
        print(json.dumps({'level': level, 'mine': True}))
    print('text')
"""
    said = told(create(source, LoggingConfig=json_logs("WARN")))[1]
    assert said == [{"level": "WARN", "mine": True}, "text"]


def test_a_log_group_of_its_own_has_streams_with_the_function_s_name(create, invoke):
    source = "import os\ndef handler(e, c): return [os.environ['AWS_LAMBDA_LOG_GROUP_NAME'], c.log_stream_name]"
    name = create(source, LoggingConfig={"LogGroup": "shared"})
    group, stream = invoke(name)["Payload"]
    assert group == "shared"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/" + re.escape(name) + r"\[\$LATEST\][0-9a-f]{32}", stream)
