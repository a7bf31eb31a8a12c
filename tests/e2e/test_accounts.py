"""Several accounts and regions in one server, which share nothing but the server."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import active
from packages import python

ARN = """
import os
def handler(event, context):
    return [context.invoked_function_arn, os.environ["AWS_REGION"]]
"""
PLACES = [("111111111111", "us-east-1"), ("111111111111", "eu-west-1"), ("222222222222", "us-east-1")]
PARTITIONS = [("111111111111", "us-gov-west-1", "aws-us-gov"), ("111111111111", "cn-north-1", "aws-cn")]


@pytest.fixture
def client_in(own_server):
    """Clients of one server, by account and region."""
    running = own_server("--auth", "open")
    return lambda account, region: running.client(aws_access_key_id=account, region_name=region)


def test_one_name_is_another_function_in_each_account_and_region(client_in):
    for account, region in PLACES:
        client = client_in(account, region)
        created = client.create_function(FunctionName="f", Description=account + region, **python(ARN))
        assert created["FunctionArn"] == f"arn:aws:lambda:{region}:{account}:function:f"
    for account, region in PLACES:
        client, arn = client_in(account, region), f"arn:aws:lambda:{region}:{account}:function:f"
        active(client, "f")
        [listed] = client.list_functions()["Functions"]
        assert (listed["FunctionArn"], listed["Description"]) == (arn, account + region)
        assert json.load(client.invoke(FunctionName="f")["Payload"]) == [arn, region]
        assert client.publish_version(FunctionName="f")["Version"] == "1"
        assert client.get_account_settings()["AccountUsage"]["FunctionCount"] == 1
    client_in(*PLACES[0]).delete_function(FunctionName="f")
    assert client_in(*PLACES[0]).list_functions()["Functions"] == []
    for account, region in PLACES[1:]:
        assert len(client_in(account, region).list_versions_by_function(FunctionName="f")["Versions"]) == 2


@pytest.mark.parametrize(("account", "region", "partition"), PARTITIONS)
def test_arns_have_the_partition_of_their_region(client_in, account, region, partition):
    client, arn = client_in(account, region), f"arn:{partition}:lambda:{region}:{account}:function:f"
    assert client.create_function(FunctionName="f", **python(ARN))["FunctionArn"] == arn
    assert client.get_function(FunctionName=arn)["Configuration"]["FunctionArn"] == arn


def test_what_another_account_may_do_is_what_the_policy_says(client_in):
    owner, other = client_in("222222222222", "us-east-1"), client_in("111111111111", "us-east-1")
    arn = owner.create_function(FunctionName="f", **python(ARN))["FunctionArn"]
    active(owner, "f")
    with pytest.raises(ClientError, match="no resource-based policy allows the lambda:InvokeFunction action"):
        other.invoke(FunctionName=arn)
    owner.add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="111111111111"
    )
    assert json.load(other.invoke(FunctionName=arn)["Payload"])[0] == arn
    for operation in ("get_function", "delete_function"):
        with pytest.raises(ClientError) as refusal:
            getattr(other, operation)(FunctionName=arn)
        assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"
    with pytest.raises(ClientError, match="arn:aws:lambda:us-east-1:111111111111:function:f:"):
        other.invoke(FunctionName="f")
