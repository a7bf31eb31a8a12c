"""In whose name the ends of asynchronous invocations are told: the function's role, held to its policies."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import active, updated
from packages import HELLO, python
from test_event_invocations import until
from upstream import TRUST, Asking


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A server that keeps roles, with moto behind it."""
    both = Asking(tmp_path_factory.mktemp("roles"))
    yield both
    both.stop()


def test_a_role_tells_ends_only_as_its_policies_allow(asking):
    client, queues, iam = asking.client("lambda"), asking.client("sqs"), asking.client("iam")
    url = queues.create_queue(QueueName="ends")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    role = iam.create_role(RoleName="held", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    client.create_function(FunctionName="held", **python(HELLO, Role=role))
    active(client, "held")
    config = {"FunctionName": "held", "DestinationConfig": {"OnSuccess": {"Destination": arn}}}

    def refused(operation, **parameters):
        with pytest.raises(ClientError) as failure:
            getattr(client, operation)(**parameters)
        error = failure.value.response["Error"]
        assert error["Code"] == "InvalidParameterValueException"
        return error["Message"]

    words = f"The function's execution role does not have permissions to call SendMessage on {arn}"
    assert refused("put_function_event_invoke_config", **config) == words
    dead = {"FunctionName": "held", "DeadLetterConfig": {"TargetArn": arn}}
    words = "The provided execution role does not have permissions to call SendMessage on SQS"
    assert refused("update_function_configuration", **dead) == words

    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_role_policy(RoleName="held", PolicyName="sends", PolicyDocument=policy)
    client.put_function_event_invoke_config(**config)
    client.update_function_configuration(**dead)
    updated(client, "held")
    request_id = client.invoke(FunctionName="held", InvocationType="Event")["ResponseMetadata"]["RequestId"]
    [message] = until(lambda: queues.receive_message(QueueUrl=url).get("Messages"))
    assert json.loads(message["Body"])["requestContext"]["requestId"] == request_id

    iam.delete_role_policy(RoleName="held", PolicyName="sends")
    client.invoke(FunctionName="held", InvocationType="Event")
    until(lambda: "the record of an async event is lost" in asking.server.log())
    words = f"User: arn:aws:sts::{asking.account}:assumed-role/held/held is not authorized to perform: sqs:SendMessage"
    assert words in asking.server.log()
