"""Queues that event source mappings name are read, and their functions run: against the queues of MiniStack."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import active
from ministack_server import ACCOUNT, MiniStack
from packages import python
from test_event_invocations import until
from upstream import TRUST, Asking

# Tells what it got, fails on what it is told to, and reports it if it is told to.
READS = """
import json
def handler(event, context):
    print("event", json.dumps(event), flush=True)
    bodies = {record["messageId"]: record["body"] for record in event["Records"]}
    if "fail" in bodies.values():
        raise ValueError("told to")
    return {"batchItemFailures": [{"itemIdentifier": id} for id in bodies if bodies[id] == "report"]}
"""


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A server with MiniStack behind it."""
    both = Asking(tmp_path_factory.mktemp("sources"), services=MiniStack, account=ACCOUNT)
    yield both
    both.stop()


def queue(asking, name, **attributes):
    """A new queue: its URL and ARN."""
    queues = asking.client("sqs")
    attributes = {"VisibilityTimeout": "1"} | attributes
    url = queues.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def mapped(asking, name, source, **more):
    """A new function that reads a queue: the mapping's UUID."""
    client = asking.client("lambda")
    role = more.pop("Role", None) or asking.role(name)
    client.create_function(FunctionName=name, **python(READS, Role=role, Timeout=1))
    active(client, name)
    return client.create_event_source_mapping(FunctionName=name, EventSourceArn=source, **more)["UUID"]


def events(asking, source):
    """What functions got from a queue, in the order in which they did."""
    read = lambda line: json.JSONDecoder().raw_decode(line.split("event ", 1)[1])[0]
    got = [read(line) for line in asking.server.log().splitlines() if "event {" in line]
    return [event for event in got if event["Records"][0]["eventSourceARN"] == source]


def size(asking, url):
    """How many messages a queue has, shown or hidden."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = asking.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_a_message_reaches_the_function_and_is_deleted(asking):
    url, arn = queue(asking, "reads")
    mapping = mapped(asking, "reads", arn)
    attributes = {"kind": {"DataType": "String", "StringValue": "x"}}
    sent = asking.client("sqs").send_message(QueueUrl=url, MessageBody="one", MessageAttributes=attributes)
    [event] = until(lambda: events(asking, arn))
    [record] = event["Records"]
    assert list(record) == [
        "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfMessageAttributes", "md5OfBody",
        "eventSource", "eventSourceARN", "awsRegion",
    ]  # fmt: skip
    assert (record["messageId"], record["body"]) == (sent["MessageId"], "one")
    assert (record["md5OfBody"], record["md5OfMessageAttributes"]) == (
        sent["MD5OfMessageBody"],
        sent["MD5OfMessageAttributes"],
    )
    assert record["messageAttributes"]["kind"]["stringValue"] == "x"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    until(lambda: size(asking, url) == 0)
    shown = asking.client("lambda").get_event_source_mapping(UUID=mapping)
    assert (shown["State"], shown["StateTransitionReason"]) == ("Enabled", "USER_INITIATED")


def test_what_fails_comes_again_and_goes_to_the_dead_letter_queue(asking):
    dead, dead_arn = queue(asking, "dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    url, arn = queue(asking, "fails", RedrivePolicy=redrive)
    mapped(asking, "fails", arn, FunctionResponseTypes=["ReportBatchItemFailures"])
    for body in ["report", "fine"]:
        asking.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    receive = lambda: asking.client("sqs").receive_message(QueueUrl=dead).get("Messages")
    [message] = until(receive)
    assert (message["Body"], size(asking, url)) == ("report", 0)


def test_filters_let_through_what_they_say(asking):
    url, arn = queue(asking, "filtered")
    filters = {"Filters": [{"Pattern": json.dumps({"body": {"n": [{"numeric": [">", 1]}]}})}]}
    mapped(asking, "filtered", arn, FilterCriteria=filters)
    for n in [1, 2]:
        asking.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"n": n}))
    until(lambda: size(asking, url) == 0)
    until(lambda: events(asking, arn))
    got = [record["body"] for event in events(asking, arn) for record in event["Records"]]
    assert got == ['{"n": 2}']


def test_a_disabled_mapping_leaves_messages_and_reads_them_when_enabled(asking):
    url, arn = queue(asking, "switched")
    mapping = mapped(asking, "switched", arn, Enabled=False)
    asking.client("sqs").send_message(QueueUrl=url, MessageBody="waits")
    assert asking.client("lambda").get_event_source_mapping(UUID=mapping)["State"] == "Disabled"
    assert events(asking, arn) == []
    asking.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    until(lambda: events(asking, arn))


def test_mappings_are_read_again_after_a_restart(asking):
    url, arn = queue(asking, "restarts")
    mapped(asking, "restarts", arn)
    asking.server.stop()
    asking.server.start()
    asking.client("sqs").send_message(QueueUrl=url, MessageBody="after")
    until(lambda: events(asking, arn))


def test_the_role_must_be_allowed_to_read(asking):
    iam = asking.client("iam")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    _, arn = queue(asking, "guarded")

    def allow(*actions):
        statement = {"Effect": "Allow", "Action": [f"sqs:{action}" for action in actions], "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_role_policy(RoleName="reader", PolicyName="reads", PolicyDocument=policy)

    allow("GetQueueUrl")
    with pytest.raises(ClientError) as failure:
        mapped(asking, "guarded", arn, Role=role)
    told = failure.value.response["Error"]
    words = "The provided execution role does not have permissions to call ReceiveMessage on SQS"
    assert (told["Code"], told["Message"]) == ("InvalidParameterValueException", words)

    allow("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    client = asking.client("lambda")
    mapping = client.create_event_source_mapping(FunctionName="guarded", EventSourceArn=arn)["UUID"]
    iam.delete_role_policy(RoleName="reader", PolicyName="reads")
    shown = lambda: client.get_event_source_mapping(UUID=mapping).get("LastProcessingResult")
    words = f"PROBLEM: User: arn:aws:sts::{ACCOUNT}:assumed-role/reader/guarded is not authorized to perform: sqs:Rec"
    assert until(shown).startswith(words)
