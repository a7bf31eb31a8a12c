"""Clients of CloudWatch, in each protocol that boto3 has spoken to it."""

import time
import uuid

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

PROTOCOLS = ["smithy-rpc-v2-cbor", "json", "query"]


def cloudwatch_of(server, account="test", secret="test", protocol=None, region="us-east-1"):
    """A client of the server's CloudWatch, which speaks what it likes best or this protocol."""
    session = botocore.session.Session()
    if protocol:
        loader = session.get_component("data_loader")
        model = loader.load_service_model("cloudwatch", "service-2")
        chosen = {**model, "metadata": {**model["metadata"], "protocol": protocol, "protocols": [protocol]}}
        load = loader.load_service_model

        def chosen_model(service, kind, api_version=None):
            return chosen if (service, kind) == ("cloudwatch", "service-2") else load(service, kind, api_version)

        loader.load_service_model = chosen_model
    return boto3.Session(botocore_session=session).client(
        "cloudwatch",
        endpoint_url=server.endpoint,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


@pytest.fixture(scope="session")
def cloudwatch(server):
    return cloudwatch_of(server)


@pytest.fixture
def namespace():
    """A namespace that no other test has."""
    return f"Test/{uuid.uuid4().hex}"


def sums(cloudwatch, name, metric, stat="Sum", **dimensions):
    """What CloudWatch has of a metric of a function in the last quarter of an hour, all in one."""
    dimensions = {"FunctionName": name} | dimensions
    found = cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=time.time() - 600,
        EndTime=time.time() + 60,
        Period=900,
        Statistics=[stat],
    )
    return [point[stat] for point in found["Datapoints"]]


def refused(code, call, **arguments):
    """The message of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]
