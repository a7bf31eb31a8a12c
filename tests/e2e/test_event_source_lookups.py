"""The source of a mapping is looked up where there is a service to ask."""

import pytest
from botocore.exceptions import ClientError
from conftest import active
from moto_server import ACCOUNT
from packages import HELLO, python
from upstream import Asking


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A server and the services it asks."""
    running = Asking(tmp_path_factory.mktemp("sources"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def function(asking):
    """A function that mappings can name."""
    client = asking.client("lambda")
    client.create_function(FunctionName="reader", **python(HELLO, Role=asking.role()))
    active(client, "reader")
    return "reader"


def refused(asking, **parameters):
    """The words in which a mapping is refused."""
    with pytest.raises(ClientError) as failure:
        asking.client("lambda").create_event_source_mapping(**parameters)
    told = failure.value.response["Error"]
    assert told["Code"] == "InvalidParameterValueException"
    return told["Message"]


def test_a_queue_must_be_there(asking, function, name):
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    words = (
        "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
        "SQS Error Message: The specified queue does not exist."
    )
    assert refused(asking, FunctionName=function, EventSourceArn=arn) == words
    asking.client("sqs").create_queue(QueueName=name)
    made = asking.client("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=arn)
    assert made["EventSourceArn"] == arn


def test_a_queue_must_hide_messages_as_long_as_the_function_runs(asking, function, name):
    asking.client("sqs").create_queue(QueueName=name, Attributes={"VisibilityTimeout": "2"})
    words = (
        "Invalid request provided: Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds"
    )
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    assert refused(asking, FunctionName=function, EventSourceArn=arn) == words


def test_a_stream_must_be_there(asking, function, name):
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{name}"
    given = {"FunctionName": function, "EventSourceArn": arn, "StartingPosition": "LATEST"}
    assert refused(asking, **given) == f"Stream not found: {arn}"
    asking.client("kinesis").create_stream(StreamName=name, ShardCount=1)
    assert asking.client("lambda").create_event_source_mapping(**given)["EventSourceArn"] == arn


def test_a_table_must_have_the_stream(asking, function, name):
    made = asking.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    arn = made["TableDescription"]["LatestStreamArn"]
    given = {"FunctionName": function, "StartingPosition": "TRIM_HORIZON"}
    for wrong in [arn.replace(name, name + "-none"), arn.rsplit("/", 1)[0] + "/2000-01-01T00:00:00.000"]:
        assert refused(asking, EventSourceArn=wrong, **given) == f"Stream not found: {wrong}"
    assert asking.client("lambda").create_event_source_mapping(EventSourceArn=arn, **given)["EventSourceArn"] == arn
