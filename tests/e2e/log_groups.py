"""Clients of CloudWatch Logs, and groups that are deleted again."""

import time
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError


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
