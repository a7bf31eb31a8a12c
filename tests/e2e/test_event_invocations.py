"""Asynchronous invocations: accepted durably, run once or again, and told of when they have ended."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from conftest import active
from ministack_server import ACCOUNT, MiniStack
from packages import python
from upstream import Asking

# Says what it got, by its request id, and fails if it is told to.
TELLS = """
def handler(event, context):
    print("got", context.aws_request_id, event.get("n"), event, flush=True)
    if event.get("fail"):
        raise ValueError("told to fail")
    return {"n": event.get("n")}
"""
RECORD_KEYS = ["version", "timestamp", "requestContext", "requestPayload", "responseContext", "responsePayload"]


def invoke_event(client, name, payload=b"{}", **more):
    """One event: the answer, which says nothing but that it was accepted."""
    answer = client.invoke(FunctionName=name, InvocationType="Event", Payload=payload, **more)
    assert answer["StatusCode"] == 202 and answer["Payload"].read() == b""
    assert "ExecutedVersion" not in answer and "FunctionError" not in answer
    return answer["ResponseMetadata"]["RequestId"]


def got(running):
    """What the function said it got: request id and number, in order."""
    return re.findall(r"got ([0-9a-f-]{36}) (\w+)", running.log())


def until(holds, seconds=60):
    """Waits until something is there, and gives it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


@pytest.fixture
def telling(own_server):
    """A server of its own with the function `tells`."""
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="tells", **python(TELLS, Timeout=60))
    active(client, "tells")
    return running, client


@pytest.mark.operation("Invoke")
def test_an_event_is_accepted_and_run_under_its_request_id(telling):
    running, client = telling
    request_id = invoke_event(client, "tells", b'{"n": 7}')
    assert until(lambda: got(running)) == [(request_id, "7")]


@pytest.mark.operation("InvokeAsync")
def test_the_older_operation_accepts_too(telling):
    running, client = telling
    assert client.invoke_async(FunctionName="tells", InvokeArgs=b'{"n": 8}')["Status"] == 202
    assert until(lambda: got(running))[0][1] == "8"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke_async(FunctionName="missing", InvokeArgs=b"{}")
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.invoke_async(FunctionName="tells", InvokeArgs=b"{bad")


@pytest.mark.operation("Invoke")
def test_what_an_event_may_not_be_is_refused_at_once(create, refused):
    name = create(TELLS)
    event = {"FunctionName": name, "InvocationType": "Event"}
    assert refused("invoke", **event, Payload=b"{bad")[:2] == (400, "InvalidRequestContentException")
    assert refused("invoke", **event | {"FunctionName": "missing"})[:2] == (404, "ResourceNotFoundException")
    large = refused("invoke", **event, Payload=b'"' + b"x" * 1_048_575 + b'"')
    words = "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"
    assert large == (413, "RequestTooLargeException", words)


@pytest.mark.operation("Invoke")
def test_another_account_may_not_invoke(client, create):
    # An id of twelve digits names the account only where signatures are not checked: here the key is unknown.
    name = create(TELLS)
    url = f"{client.meta.endpoint_url}/2015-03-31/functions/{name}/invocations"
    answer = requests.post(url, headers={"X-Amz-Invocation-Type": "Event"}, data=b"{}", timeout=30)
    assert answer.status_code == 403


def test_five_hundred_events_all_run(telling):
    running, client = telling
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda n: invoke_event(client, "tells", json.dumps({"n": n}).encode()), range(500)))
    until(lambda: len({request_id for request_id, _ in got(running)}) == 500, 120)
    assert sorted(got(running)) == sorted((request_id, str(n)) for n, request_id in enumerate(ids))


def test_what_was_accepted_survives_a_server_that_is_killed(telling):
    running, client = telling
    ids = {invoke_event(client, "tells", json.dumps({"n": n}).encode()) for n in range(40)}
    running.kill()
    running.start()
    until(lambda: {request_id for request_id, _ in got(running)} == ids)
    # An environment that idles shows that the queue is done; what ran is not run again by the next start.
    running.stop()
    ran = len(got(running))
    running.start()
    invoke_event(running.client(), "tells", b'{"n": "last"}')
    until(lambda: got(running)[-1][1] == "last")
    assert len(got(running)) == ran + 1


def test_an_alias_and_its_settings_hold_for_what_is_sent_to_it(telling):
    running, client = telling
    client.publish_version(FunctionName="tells")
    client.create_alias(FunctionName="tells", Name="live", FunctionVersion="1")
    client.put_function_event_invoke_config(FunctionName="tells", Qualifier="live", MaximumRetryAttempts=0)
    request_id = invoke_event(client, "tells", b'{"fail": 1}', Qualifier="live")
    until(lambda: f"async event dropped" in running.log())
    [line] = [line for line in running.log().splitlines() if "async event dropped" in line]
    assert request_id in line and "RetriesExhausted" in line


@pytest.fixture(scope="module", params=["moto", "ministack"])
def asking(request, tmp_path_factory):
    """A server with the services of one hand or another behind it."""
    other = {"services": MiniStack, "account": ACCOUNT} if request.param == "ministack" else {}
    both = Asking(tmp_path_factory.mktemp("asking"), **other)
    yield both
    both.stop()


@pytest.fixture(scope="module")
def sent(asking):
    """The function `told`, its client, and a queue by name that says what came to it."""
    client, queues = asking.client("lambda"), asking.client("sqs")
    client.create_function(FunctionName="told", **python(TELLS, Timeout=60, Role=asking.role()))
    active(client, "told")

    class Queue:
        """A queue of moto's."""

        def __init__(self, name):
            self.url = queues.create_queue(QueueName=name)["QueueUrl"]
            attributes = queues.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
            self.arn = attributes["Attributes"]["QueueArn"]

        def received(self):
            """The next message."""

            def receive():
                return queues.receive_message(QueueUrl=self.url, MessageAttributeNames=["All"]).get("Messages")

            [message] = until(receive)
            queues.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            return message

    return client, Queue


def configure(client, on_success=None, on_failure=None):
    """Where ends are told, and no retries."""
    config = {"OnSuccess": on_success, "OnFailure": on_failure}
    config = {key: {"Destination": arn} for key, arn in config.items() if arn}
    client.put_function_event_invoke_config(FunctionName="told", MaximumRetryAttempts=0, DestinationConfig=config)


def test_a_queue_gets_the_records(asking, sent):
    client, queue = sent
    succeeded, failed = queue("succeeded"), queue("failed")
    configure(client, succeeded.arn, failed.arn)
    request_id = invoke_event(client, "told", b'{"n": 1.0}')
    record = json.loads(succeeded.received()["Body"])
    assert list(record) == RECORD_KEYS
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"arn:aws:lambda:us-east-1:{asking.account}:function:told:$LATEST",
        "condition": "Success",
        "approximateInvokeCount": 1,
    }
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert (record["requestPayload"], record["responsePayload"]) == ({"n": 1.0}, {"n": 1.0})
    invoke_event(client, "told", b'{"fail": true}')
    record = json.loads(failed.received()["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "told to fail"


def test_a_topic_and_a_bus_get_the_records(asking, sent):
    client, queue = sent
    topics, buses = asking.client("sns"), asking.client("events")
    from_topic, from_bus = queue("from-topic"), queue("from-bus")
    topic = topics.create_topic(Name="ends")["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=from_topic.arn, Attributes=raw)
    bus = buses.create_event_bus(Name="ends")["EventBusArn"]
    buses.put_rule(Name="all", EventBusName="ends", EventPattern='{"source": ["lambda"]}')
    buses.put_targets(Rule="all", EventBusName="ends", Targets=[{"Id": "1", "Arn": from_bus.arn}])
    configure(client, bus, topic)
    invoke_event(client, "told", b'{"fail": true}')
    assert json.loads(from_topic.received()["Body"])["requestPayload"] == {"fail": True}
    invoke_event(client, "told", b'{"n": 3}')
    event = json.loads(from_bus.received()["Body"])
    assert (event["source"], event["detail-type"]) == ("lambda", "Lambda Function Invocation Result - Success")
    assert event["resources"] == [f"{event['detail']['requestContext']['functionArn']}", bus]
    assert event["detail"]["responsePayload"] == {"n": 3}


def test_a_bucket_gets_the_records_of_failures(asking, sent):
    client, _ = sent
    bucket = asking.client("s3")
    bucket.create_bucket(Bucket="ends")
    configure(client, on_failure="arn:aws:s3:::ends")
    invoke_event(client, "told", b'{"fail": true}')
    [found] = until(lambda: bucket.list_objects_v2(Bucket="ends").get("Contents"))
    assert re.fullmatch(r"aws/lambda/async/told/\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}", found["Key"])
    record = json.load(bucket.get_object(Bucket="ends", Key=found["Key"])["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"


def test_another_function_gets_the_records(asking, sent):
    client, queue = sent
    last = queue("last")
    made = client.create_function(FunctionName="next", **python(TELLS, Role=asking.role("next-role")))
    active(client, "next")
    client.put_function_event_invoke_config(
        FunctionName="next", DestinationConfig={"OnSuccess": {"Destination": last.arn}}
    )
    configure(client, made["FunctionArn"])
    invoke_event(client, "told", b'{"n": 4}')
    record = json.loads(last.received()["Body"])
    assert record["requestContext"]["functionArn"] == f"{made['FunctionArn']}:$LATEST"
    assert record["requestPayload"]["requestPayload"] == {"n": 4}


def test_a_dead_letter_queue_gets_the_event_itself(asking, sent):
    client, queue = sent
    dead = queue("dead")
    configure(client, None, None)
    client.update_function_configuration(FunctionName="told", DeadLetterConfig={"TargetArn": dead.arn})
    client.get_waiter("function_updated_v2").wait(FunctionName="told", WaiterConfig={"Delay": 0.02})
    request_id = invoke_event(client, "told", b'{"fail":  true}')
    message = dead.received()
    assert message["Body"] == '{"fail":  true}'
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "told to fail"}
    assert message["MessageAttributes"]["ErrorCode"]["DataType"] == "Number"


def test_a_destination_that_is_gone_is_counted(asking, sent):
    client, queue = sent
    gone = queue("gone")
    configure(client, gone.arn)
    asking.client("sqs").delete_queue(QueueUrl=gone.url)
    invoke_event(client, "told", b'{"n": 5}')

    def failures():
        metrics = requests.get(f"{asking.server.endpoint}/_lambent/metrics", timeout=30).text
        return re.search(r"^lambent_destination_delivery_failures_total [1-9]", metrics, re.MULTILINE)

    until(failures)
    assert "cannot be delivered" in asking.server.log()
