"""What functions write, as boto3, the AWS CLI and `lambent logs` read it."""

import json
import subprocess
import uuid

import pytest
from conftest import active
from log_groups import logs, logs_of, now_ms, put, refused, texts
from packages import python
from server import BINARY, clean_environment

__all__ = ["logs"]

PRINTS = """
import json
def handler(event, context):
    for number in range(event.get("lines", 1)):
        print(f"line {number} of {context.aws_request_id}")
    print(json.dumps({"level": "ERROR", "took": 250}))
    return context.log_stream_name
"""


@pytest.mark.operation("GetLogEvents")
def test_an_invocation_is_read_at_once_with_its_report(create, invoke, logs):
    name = create(PRINTS)
    answer = invoke(name, {"lines": 2})
    group, stream = f"/aws/lambda/{name}", answer["Payload"]
    request_id = answer["ResponseMetadata"]["RequestId"]
    found = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
    messages = [event["message"] for event in found["events"] if not event["message"].startswith("INIT_START")]
    assert messages[0] == f"START RequestId: {request_id} Version: $LATEST\n"
    assert messages[1:3] == [f"line 0 of {request_id}\n", f"line 1 of {request_id}\n"]
    assert messages[4] == f"END RequestId: {request_id}\n"
    assert messages[5].startswith(f"REPORT RequestId: {request_id}\tDuration: ")
    assert all(abs(event["timestamp"] - now_ms()) < 60_000 for event in found["events"])
    [shown] = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert shown["logStreamName"] == stream and shown["storedBytes"] == 0
    end = logs.get_log_events(logGroupName=group, logStreamName=stream, nextToken=found["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == found["nextForwardToken"]


def test_a_chosen_group_takes_the_lines_of_several_functions(create, invoke, logs):
    group = f"/shared/{uuid.uuid4().hex}"
    for name in [create(PRINTS, LoggingConfig={"LogGroup": group}) for _ in range(2)]:
        stream = invoke(name)["Payload"]
        assert f"/{name}[$LATEST]" in stream
        assert len(texts(logs, group, logStreamNames=[stream])) >= 5


@pytest.mark.operation("FilterLogEvents")
def test_events_are_filtered_by_pattern(create, invoke, logs):
    name = create(PRINTS)
    invoke(name, {"lines": 30})
    group = f"/aws/lambda/{name}"
    assert len(texts(logs, group, filterPattern="line")) == 30
    assert len(texts(logs, group, filterPattern="line", PaginationConfig={"PageSize": 7})) == 30
    [found] = texts(logs, group, filterPattern='{ $.level = "ERROR" && $.took >= 250 }')
    assert json.loads(found)["took"] == 250
    [line] = texts(logs, group, filterPattern="[word=line, number=17, ...]")
    assert line.startswith("line 17 of ")
    assert refused(logs.filter_log_events, logGroupName=group, filterPattern="a:b") == (
        400,
        "InvalidParameterException",
        "Invalid character(s) in term 'a:b'",
    )
    assert refused(logs.filter_log_events, logGroupName="/gone")[1:] == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )


def test_the_cli_tails_and_follows(create, invoke, logs, server):
    name = create(PRINTS)
    invoke(name)
    # Version 2, which has `logs tail`; PyPI has version 1 only.
    cli = "/usr/bin/aws"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    environment = clean_environment() | keys
    tail = [cli, "--endpoint-url", server.endpoint, "logs", "tail", f"/aws/lambda/{name}"]
    done = subprocess.run(tail, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    assert "line 0 of " in done.stdout and "REPORT RequestId" in done.stdout
    with subprocess.Popen([*tail, "--follow"], stdout=subprocess.PIPE, text=True, env=environment) as following:
        request_id = invoke(name)["ResponseMetadata"]["RequestId"]
        assert any(f"line 0 of {request_id}" in line for line in following.stdout)
        following.kill()


def lambent_logs(server, *args):
    return [BINARY, "logs", "--endpoint", server.endpoint, *args]


def test_lambent_logs_prints_what_is_wanted(create, invoke, server):
    name = create(PRINTS)
    invoke(name, {"lines": 3})
    run = {"capture_output": True, "text": True, "timeout": 60, "env": clean_environment()}
    done = subprocess.run(lambent_logs(server, name, "--filter", "line"), **run)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1:3] for line in done.stdout.splitlines()] == [["line", str(n)] for n in range(3)]
    shown = subprocess.run(lambent_logs(server, f"/aws/lambda/{name}", "--json", "--since", "1h"), **run)
    messages = [json.loads(line)["message"] for line in shown.stdout.splitlines()]
    assert sum(message.startswith("line ") for message in messages) == 3
    gone = subprocess.run(lambent_logs(server, "gone"), **run)
    assert gone.returncode != 0 and "The specified log group does not exist." in gone.stderr
    wrong = subprocess.run(lambent_logs(server, name, "--since", "soon"), **run)
    assert wrong.returncode == 2 and "soon is not a number" in wrong.stderr


def test_lambent_logs_follows_a_function_that_shares_its_group(create, invoke, server):
    group = f"/shared/{uuid.uuid4().hex}"
    name, other = [create(PRINTS, LoggingConfig={"LogGroup": group}) for _ in range(2)]
    follow = lambent_logs(server, name, "-f")
    with subprocess.Popen(follow, stdout=subprocess.PIPE, text=True, env=clean_environment()) as following:
        foreign = invoke(other)["ResponseMetadata"]["RequestId"]
        request_id = invoke(name)["ResponseMetadata"]["RequestId"]
        for line in following.stdout:
            assert foreign not in line
            if f"REPORT RequestId: {request_id}" in line:
                break
        again = invoke(name)["ResponseMetadata"]["RequestId"]
        assert any(f"REPORT RequestId: {again}" in line for line in following.stdout)
        following.kill()


def test_what_was_read_survives_a_kill(own_server):
    server = own_server()
    client, logs = server.client(), logs_of(server)
    client.create_function(FunctionName="f", **python(PRINTS))
    active(client, "f")
    for _ in range(3):
        client.invoke(FunctionName="f", Payload=b'{"lines": 500}')
    before = texts(logs, "/aws/lambda/f")
    assert len([line for line in before if line.startswith("line ")]) == 1500
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    put(logs, "g", "acknowledged")
    server.kill()
    server.start()
    assert texts(logs, "/aws/lambda/f") == before
    assert texts(logs, "g") == ["acknowledged"]
    client.invoke(FunctionName="f", Payload=b"{}")
    assert texts(logs, "/aws/lambda/f")[: len(before)] == before


def test_a_flood_loses_no_line(create, invoke, logs):
    name = create(
        "def handler(event, context):\n    for number in range(30000):\n        print(number)\n", Timeout=60
    )
    invoke(name)
    numbers = [line for line in texts(logs, f"/aws/lambda/{name}") if line.strip().isdigit()]
    assert numbers == [f"{number}\n" for number in range(30000)]


def test_a_traceback_is_one_event_with_its_lines(create, invoke, logs):
    name = create("def handler(event, context):\n    raise ValueError('boom')")
    invoke(name)
    found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="ValueError")["events"]
    (message,) = {event["message"] for event in found}
    assert message.startswith("[ERROR] ValueError: boom\nTraceback (most recent call last):\n") and "\r" not in message
