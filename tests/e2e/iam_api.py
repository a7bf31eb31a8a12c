"""What the tests of IAM share: a client, names that no other test has, documents, and refusals."""

import itertools
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

NUMBERS = itertools.count(1)


def document(statement, version="2012-10-17"):
    """A policy of one statement."""
    return json.dumps({"Version": version, "Statement": [statement]})


TRUST = document({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
ALLOW = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
DENY = document({"Effect": "Deny", "Action": "*", "Resource": "*"})
LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def iam_of(server, **more):
    """A client of IAM that says each error at once, and sends what botocore would refuse."""
    settings = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"} | more
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    return boto3.client("iam", endpoint_url=server.endpoint, config=config, **settings)


def unique(kind):
    """A name."""
    return f"{kind}-{next(NUMBERS)}"


def fails(call, code, message=None, **parameters):
    """A call that must be refused, with the status that IAM's model gives the code."""
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    answer = failure.value.response
    assert answer["Error"]["Code"] == code, answer
    assert message is None or answer["Error"]["Message"] == message, answer
    statuses = {"NoSuchEntity": 404, "EntityAlreadyExists": 409, "DeleteConflict": 409, "LimitExceeded": 409}
    expected = 403 if code == "AccessDenied" else statuses.get(code, 400)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == expected, answer
    assert answer["Error"]["Type"] == "Sender" and answer["ResponseMetadata"]["RequestId"], answer


def pages(iam, operation, key, **parameters):
    """What all pages of one item show."""
    found = iam.get_paginator(operation).paginate(**parameters, PaginationConfig={"PageSize": 1})
    return [item for page in found for item in page[key]]
