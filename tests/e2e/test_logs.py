"""CloudWatch Logs as boto3 and the AWS CLI use it: what functions write, groups, streams, retention and tags."""

import json
import pathlib
import subprocess
import sys
import time
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import active
from packages import python
from server import clean_environment

PRINTS = """
import json
def handler(event, context):
    for number in range(event.get("lines", 1)):
        print(f"line {number} of {context.aws_request_id}")
    print(json.dumps({"level": "ERROR", "took": 250}))
    return context.log_stream_name
"""


def logs_of(server, account="test"):
    """A client of the server's CloudWatch Logs."""
    return boto3.client(
        "logs",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


@pytest.fixture(scope="session")
def logs(server):
    return logs_of(server)


@pytest.fixture
def group(logs):
    """A log group that no other test has, with one stream."""
    name = f"/test/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    yield name
    try:
        logs.delete_log_group(logGroupName=name)
    except logs.exceptions.ResourceNotFoundException:
        pass  # The test deleted it itself.


def refused(call, **parameters):
    """Calls what must fail, and gives (status, code, message)."""
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    answer = failure.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def now_ms():
    return int(time.time() * 1000)


def put(logs, group, *messages, stream="s"):
    events = [{"timestamp": now_ms(), "message": message} for message in messages]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def texts(logs, group, **more):
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **more)
    return [event["message"] for page in pages for event in page["events"]]


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
    cli = pathlib.Path(sys.executable).parent / "aws"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    environment = clean_environment() | keys
    tail = [cli, "--endpoint-url", server.endpoint, "logs", "tail", f"/aws/lambda/{name}"]
    done = subprocess.run(tail, capture_output=True, text=True, timeout=60, env=environment)
    if "Found invalid choice" in done.stderr or "invalid choice" in done.stderr.lower():
        pytest.skip("this version of the AWS CLI has no `logs tail`")
    assert done.returncode == 0, done.stderr
    assert "line 0 of " in done.stdout and "REPORT RequestId" in done.stdout
    with subprocess.Popen([*tail, "--follow"], stdout=subprocess.PIPE, text=True, env=environment) as following:
        request_id = invoke(name)["ResponseMetadata"]["RequestId"]
        assert any(f"line 0 of {request_id}" in line for line in following.stdout)
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


@pytest.mark.operation("CreateLogGroup")
@pytest.mark.operation("DescribeLogGroups")
@pytest.mark.operation("DeleteLogGroup")
def test_groups_are_created_described_and_deleted(logs, group):
    prefix = f"{group}/many/"
    for number in range(3):
        logs.create_log_group(logGroupName=f"{prefix}{number}")
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=prefix, PaginationConfig={"PageSize": 2}
    )
    found = [shown for page in pages for shown in page["logGroups"]]
    assert [shown["logGroupName"] for shown in found] == [f"{prefix}{number}" for number in range(3)]
    assert set(found[0]) == {
        "logGroupName", "creationTime", "metricFilterCount", "arn", "storedBytes", "logGroupClass", "logGroupArn",
    }  # fmt: skip
    assert found[0]["arn"] == found[0]["logGroupArn"] + ":*"
    status, code, message = refused(logs.create_log_group, logGroupName=group)
    assert (status, code, message) == (
        400,
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
    )
    for shown in found:
        logs.delete_log_group(logGroupName=shown["logGroupName"])
    assert logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"] == []
    assert refused(logs.delete_log_group, logGroupName=prefix)[1] == "ResourceNotFoundException"
    assert refused(logs.create_log_group, logGroupName="no spaces")[1] == "InvalidParameterException"


@pytest.mark.operation("CreateLogStream")
@pytest.mark.operation("DescribeLogStreams")
@pytest.mark.operation("DeleteLogStream")
@pytest.mark.operation("PutLogEvents")
def test_streams_take_events_in_order(logs, group):
    for name in ("a", "b"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    assert "rejectedLogEventsInfo" not in put(logs, group, "one", "two", stream="b")
    ordered = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)
    assert ordered["logStreams"][0]["logStreamName"] == "b"
    pages = logs.get_paginator("describe_log_streams").paginate(
        logGroupName=group, PaginationConfig={"PageSize": 1}
    )
    assert [shown["logStreamName"] for page in pages for shown in page["logStreams"]] == ["a", "b", "s"]
    assert refused(logs.create_log_stream, logGroupName=group, logStreamName="a")[1:] == (
        "ResourceAlreadyExistsException",
        "The specified log stream already exists",
    )
    events = [{"timestamp": now_ms(), "message": "late"}, {"timestamp": now_ms() - 9, "message": "early"}]
    assert refused(logs.put_log_events, logGroupName=group, logStreamName="a", logEvents=events)[1:] == (
        "InvalidParameterException",
        "Log events in a single PutLogEvents request must be in chronological order.",
    )
    old = [{"timestamp": now_ms() - 15 * 86_400_000, "message": "old"}]
    answer = logs.put_log_events(logGroupName=group, logStreamName="a", logEvents=old)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    logs.delete_log_stream(logGroupName=group, logStreamName="b")
    assert texts(logs, group) == []
    gone = {"logGroupName": group, "logStreamName": "b"}
    for call in (logs.delete_log_stream, logs.get_log_events):
        assert refused(call, **gone)[1:] == (
            "ResourceNotFoundException",
            "The specified log stream does not exist.",
        )


@pytest.mark.operation("PutRetentionPolicy")
@pytest.mark.operation("DeleteRetentionPolicy")
def test_retention_is_one_of_the_days_aws_has(logs, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    [shown] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert shown["retentionInDays"] == 7
    refusal = refused(logs.put_retention_policy, logGroupName=group, retentionInDays=2)
    assert refusal[1] == "InvalidParameterException" and "retentionInDays" in refusal[2]
    logs.delete_retention_policy(logGroupName=group)
    [shown] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert "retentionInDays" not in shown
    for call, more in ((logs.put_retention_policy, {"retentionInDays": 7}), (logs.delete_retention_policy, {})):
        assert refused(call, logGroupName="/gone", **more)[1] == "ResourceNotFoundException"


@pytest.mark.operation("TagResource")
@pytest.mark.operation("UntagResource")
@pytest.mark.operation("ListTagsForResource")
@pytest.mark.operation("TagLogGroup")
@pytest.mark.operation("UntagLogGroup")
@pytest.mark.operation("ListTagsLogGroup")
def test_groups_are_tagged(logs, group):
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.tag_log_group(logGroupName=group, tags={"c": "3"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    logs.untag_log_group(logGroupName=group, tags=["b"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"c": "3"}
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"c": "3"}
    assert refused(logs.tag_resource, resourceArn=f"{arn}-gone", tags={"a": "1"})[1] == "ResourceNotFoundException"
    assert refused(logs.list_tags_log_group, logGroupName="/gone")[1] == "ResourceNotFoundException"
    foreign = arn.replace("000000000000", "111111111111")
    assert refused(logs.list_tags_for_resource, resourceArn=foreign)[:2] == (400, "AccessDeniedException")


def test_another_account_has_groups_of_its_own(own_server):
    server = own_server("--auth", "open")
    ours, theirs = logs_of(server), logs_of(server, account="111111111111")
    ours.create_log_group(logGroupName="g")
    assert theirs.describe_log_groups()["logGroups"] == []
    theirs.create_log_group(logGroupName="g")
    theirs.delete_log_group(logGroupName="g")
    assert len(ours.describe_log_groups()["logGroups"]) == 1


def test_a_function_may_write_logs_and_delete_none(create, invoke, logs, group):
    name = create(
        f"""
import base64, hashlib, hmac, datetime, json, os, urllib.request
def handler(event, context):
    return {{"key": os.environ["AWS_ACCESS_KEY_ID"], "secret": os.environ["AWS_SECRET_ACCESS_KEY"],
             "token": os.environ["AWS_SESSION_TOKEN"], "group": {group!r}}}
"""
    )
    keys = invoke(name)["Payload"]
    session = boto3.client(
        "logs",
        endpoint_url=logs.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=keys["key"],
        aws_secret_access_key=keys["secret"],
        aws_session_token=keys["token"],
    )
    session.create_log_stream(logGroupName=group, logStreamName="mine")
    put(session, group, "from inside", stream="mine")
    assert texts(logs, group) == ["from inside"]
    status, code, message = refused(session.delete_log_group, logGroupName=group)
    assert (status, code) == (400, "AccessDeniedException")
    assert "is not authorized to perform: logs:DeleteLogGroup on resource: arn:aws:logs:" in message
