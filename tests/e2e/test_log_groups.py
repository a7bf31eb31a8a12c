"""Log groups and streams, retention and tags as boto3 uses them, and who may do what."""

import boto3
import pytest
from log_groups import group, logs, logs_of, now_ms, put, refused, texts

__all__ = ["group", "logs"]


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
