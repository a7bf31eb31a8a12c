"""Loops of functions are found by the trace that SDKs pass on, and stopped: through Lambda, SQS and SNS."""

import json
import re

import pytest
import requests
from conftest import active
from packages import nodejs, python
from test_event_invocations import until
from upstream import Asking

# Calls itself as its event says, and tells each turn.
TURNS = """
import boto3, json, os
lambdas = boto3.client("lambda")
def handler(event, context):
    print("turn of", event["chain"], flush=True)
    answer = lambdas.invoke(FunctionName=context.function_name, InvocationType=event["kind"], Payload=json.dumps(event))
    return json.loads(answer["Payload"].read() or "null")
"""

TURNS_OF_NODE = """
import { LambdaClient, InvokeCommand } from "@aws-sdk/client-lambda";
const lambdas = new LambdaClient({});
export const handler = async (event, context) => {
  console.log("turn of", event.chain);
  await lambdas.send(new InvokeCommand({
    FunctionName: context.functionName, InvocationType: event.kind, Payload: JSON.stringify(event) }));
};
"""

SENDS = """
import boto3, os
def handler(event, context):
    queue = boto3.client("sqs")
    queue.send_message(QueueUrl=event["url"], MessageBody="one")
    return os.environ["_X_AMZN_TRACE_ID"]
"""


# Sends a message to the queue that it reads.
ROUND = """
import boto3, json
queues = boto3.client("sqs")
def handler(event, context):
    for record in event.get("Records", [event]):
        url = record.get("url") or json.loads(record["body"])["url"]
        print("turn of", url.rsplit("/", 1)[1], flush=True)
        queues.send_message(QueueUrl=url, MessageBody=json.dumps({"url": url}))
"""


# Publishes to a topic that sends to the queue it reads.
PUBLISHES = """
import boto3, json
topics = boto3.client("sns")
def handler(event, context):
    for record in event.get("Records", [event]):
        topic = record.get("topic") or json.loads(json.loads(record["body"])["Message"])["topic"]
        print("turn of", topic.rsplit(":", 1)[1], flush=True)
        topics.publish(TopicArn=topic, Message=json.dumps({"topic": topic}))
"""


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A server that has the SDKs, with moto behind it."""
    both = Asking(tmp_path_factory.mktemp("loops"), "--runtime-sdk", "auto")
    yield both
    both.stop()


def made(asking, name, settings, **more):
    """A new function that has its SDK."""
    client = asking.client("lambda")
    client.create_function(FunctionName=name, Timeout=60, MemorySize=512, **settings | {"Role": asking.role(name)} | more)
    active(client, name)
    return client


def invoked(client, name, event, kind="RequestResponse"):
    """An answer, once the SDK is there."""
    for _ in range(20):
        try:
            return client.invoke(FunctionName=name, InvocationType=kind, Payload=json.dumps(event))
        except client.exceptions.ServiceException as fault:
            assert "is being installed: try again" in str(fault)
    raise AssertionError("the SDK was never installed")


def turns(asking, chain):
    """How often a function of a chain ran."""
    return len(re.findall(rf"turn of {chain}\b", asking.server.log()))


def dropped(asking):
    """How many invocations were stopped."""
    metrics = requests.get(f"{asking.server.endpoint}/_lambent/metrics", timeout=30).text
    return int(re.search(r"^lambent_recursive_invocations_dropped_total (\d+)", metrics, re.MULTILINE)[1])


def test_a_python_function_that_calls_itself_is_stopped(asking):
    client = made(asking, "turns", python(TURNS))
    before = dropped(asking)
    answer = json.load(invoked(client, "turns", {"kind": "RequestResponse", "chain": "sync"})["Payload"])
    assert answer["errorType"] == "RecursiveInvocationException", answer
    assert (turns(asking, "sync"), dropped(asking)) == (16, before + 1)
    assert invoked(client, "turns", {"kind": "Event", "chain": "async"}, "Event")["StatusCode"] == 202
    until(lambda: dropped(asking) == before + 2)
    assert turns(asking, "async") == 16


def test_a_node_function_that_calls_itself_is_stopped(asking):
    client = made(asking, "turns-of-node", nodejs(TURNS_OF_NODE))
    before = dropped(asking)
    assert "FunctionError" not in invoked(client, "turns-of-node", {"kind": "Event", "chain": "node"})
    until(lambda: dropped(asking) == before + 1)
    assert turns(asking, "node") == 16


def test_a_loop_that_is_allowed_goes_on(asking):
    client = made(asking, "allowed", python(TURNS))
    client.put_function_recursion_config(FunctionName="allowed", RecursiveLoop="Allow")
    before = dropped(asking)
    invoked(client, "allowed", {"kind": "Event", "chain": "allowed"}, "Event")
    until(lambda: turns(asking, "allowed") > 20)
    client.put_function_recursion_config(FunctionName="allowed", RecursiveLoop="Terminate")
    until(lambda: dropped(asking) == before + 1)


def test_messages_to_a_queue_carry_the_trace(asking):
    queues = asking.client("sqs")
    url = queues.create_queue(QueueName="carries")["QueueUrl"]
    client = made(asking, "sends", python(SENDS))
    trace = json.load(invoked(client, "sends", {"url": url})["Payload"])
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0", trace)

    receive = lambda: queues.receive_message(QueueUrl=url, AttributeNames=["All"]).get("Messages")
    [message] = until(receive)
    assert (message["Body"], message["Attributes"]["AWSTraceHeader"]) == ("one", trace)


def looped(asking, name, source=ROUND):
    """A function that sends to the queue it reads, and the queue's URL."""
    queues = asking.client("sqs")
    url = queues.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client = made(asking, name, python(source))
    client.create_event_source_mapping(FunctionName=name, EventSourceArn=arn)
    return client, url


def test_a_loop_through_a_queue_is_stopped(asking):
    client, url = looped(asking, "through-queue")
    before = dropped(asking)
    assert "FunctionError" not in invoked(client, "through-queue", {"url": url})
    until(lambda: dropped(asking) == before + 1)
    assert turns(asking, "through-queue") == 16
    # It is the queue's to show it again, and in the end to its dead-letter queue.
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = asking.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert [left[name] for name in names] == ["0", "1"]


def test_a_loop_through_a_queue_that_is_allowed_goes_on(asking):
    client, url = looped(asking, "allowed-queue")
    client.put_function_recursion_config(FunctionName="allowed-queue", RecursiveLoop="Allow")
    before = dropped(asking)
    invoked(client, "allowed-queue", {"url": url})
    until(lambda: turns(asking, "allowed-queue") > 20)
    client.put_function_recursion_config(FunctionName="allowed-queue", RecursiveLoop="Terminate")
    until(lambda: dropped(asking) > before)


def test_a_loop_through_a_topic_and_a_queue_is_stopped(asking):
    client, url = looped(asking, "through-topic", PUBLISHES)
    topics = asking.client("sns")
    topic = topics.create_topic(Name="through-topic")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=topic.replace(":sns:", ":sqs:"))
    before = dropped(asking)
    assert "FunctionError" not in invoked(client, "through-topic", {"topic": topic})
    until(lambda: dropped(asking) == before + 1)
    assert turns(asking, "through-topic") == 16


def test_the_records_of_ends_carry_the_trace(asking):
    queues = asking.client("sqs")
    url = queues.create_queue(QueueName="ends-here")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client = made(asking, "ends", python("def handler(event, context): return 1"))
    client.put_function_event_invoke_config(
        FunctionName="ends", DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    answer = client.invoke(FunctionName="ends", InvocationType="Event")
    trace = answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"]
    receive = lambda: queues.receive_message(QueueUrl=url, AttributeNames=["AWSTraceHeader"]).get("Messages")
    [message] = until(receive)
    assert message["Attributes"]["AWSTraceHeader"] == trace


def test_an_event_that_is_stopped_goes_to_the_dead_letter_queue(asking):
    queues = asking.client("sqs")
    url = queues.create_queue(QueueName="stopped")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client = made(asking, "dead", python(TURNS), DeadLetterConfig={"TargetArn": arn})
    invoked(client, "dead", {"kind": "Event", "chain": "dead"}, "Event")
    receive = lambda: queues.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages")
    [message] = until(receive)
    assert json.loads(message["Body"]) == {"kind": "Event", "chain": "dead"}
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "400"
    assert "recursive loop" in message["MessageAttributes"]["ErrorMessage"]["StringValue"]
