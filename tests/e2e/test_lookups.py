"""What functions refer to in other services is looked up there: roles, networks, keys, queues, topics and buses."""

import pytest
from botocore.exceptions import ClientError
from conftest import active, updated
from moto_server import ACCOUNT
from packages import HELLO, python
from upstream import TRUST, Asking

CANNOT = "The role defined for the function cannot be assumed by Lambda."


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A server and the services it asks."""
    running = Asking(tmp_path_factory.mktemp("lookups"))
    running.good_role = running.role()
    yield running
    running.stop()


@pytest.fixture
def refused(asking):
    """Calls an operation of Lambda that must fail, and gives (status, code, message)."""

    def call(operation, **parameters):
        with pytest.raises(ClientError) as failure:
            getattr(asking.client("lambda"), operation)(**parameters)
        told = failure.value.response
        return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"], told["Error"]["Message"]

    return call


def test_a_role_with_a_path_is_found(asking, name):
    iam, client = asking.client("iam"), asking.client("lambda")
    document = '{"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:*"}}'
    made = iam.create_role(RoleName=name, Path="/a/path/", AssumeRolePolicyDocument=document)
    client.create_function(FunctionName=name, **python(HELLO, Role=made["Role"]["Arn"]))
    active(client, name)


def test_a_role_that_lambda_cannot_assume_is_refused(asking, refused, name):
    other = TRUST | {"Statement": [TRUST["Statement"][0] | {"Principal": {"Service": "ec2.amazonaws.com"}}]}
    ec2 = asking.role(f"{name}-ec2", other)
    for role in [f"arn:aws:iam::{ACCOUNT}:role/nowhere", asking.good_role.replace("role/", "role/path/"), ec2]:
        told = refused("create_function", FunctionName=name, **python(HELLO, Role=role))
        assert told == (400, "InvalidParameterValueException", CANNOT), role


def test_a_role_of_another_account_is_refused(refused, name):
    role = "arn:aws:iam::999999999999:role/lambda-role"
    told = refused("create_function", FunctionName=name, **python(HELLO, Role=role))
    assert told == (403, "AccessDeniedException", "Cross-account pass role is not allowed.")


@pytest.fixture(scope="module")
def network(asking):
    """A subnet and a security group of one VPC."""
    ec2 = asking.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    return {"vpc": vpc, "subnet": subnet, "group": group}


def attached(asking, network, **more):
    """A function's settings with a network."""
    config = {"SubnetIds": [network["subnet"]], "SecurityGroupIds": [network["group"]]}
    return python(HELLO, Role=asking.good_role, VpcConfig=config, **more)


@pytest.mark.operation("UpdateFunctionConfiguration")
def test_the_vpc_is_that_of_the_subnets(asking, network, refused, name):
    client = asking.client("lambda")
    made = client.create_function(FunctionName=name, **attached(asking, network))
    assert made["VpcConfig"]["VpcId"] == network["vpc"]
    active(client, name)
    missing = {"SubnetIds": [network["subnet"]], "SecurityGroupIds": ["sg-00000000000000000"]}
    told = refused("update_function_configuration", FunctionName=name, VpcConfig=missing)
    assert told[:2] == (400, "InvalidParameterValueException")
    words = "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error Message: "
    assert told[2].startswith(words), "moto writes the id in a form of its own"
    missing = {"SubnetIds": ["subnet-00000000000000000"], "SecurityGroupIds": [network["group"]]}
    told = refused("update_function_configuration", FunctionName=name, VpcConfig=missing)
    words = (
        "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
        "EC2 Error Message: The subnet ID 'subnet-00000000000000000' does not exist"
    )
    assert told == (400, "InvalidParameterValueException", words)
    told = refused("update_function_configuration", FunctionName=name, VpcConfig={"SubnetIds": [network["subnet"]]})
    words = "SubnetIds and SecurityIds must coexist or be both empty list."
    assert told == (400, "InvalidParameterValueException", words)
    assert client.get_function_configuration(FunctionName=name)["VpcConfig"]["VpcId"] == network["vpc"]


def test_a_key_must_be_there_and_enabled(asking, refused, name):
    client, kms = asking.client("lambda"), asking.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    made = client.create_function(FunctionName=name, **python(HELLO, Role=asking.good_role, KMSKeyArn=key))
    assert made["KMSKeyArn"] == key
    kms.disable_key(KeyId=key.rsplit("/")[-1])
    for arn, words in [(key, "the KMS key used is disabled."), (key[:-12] + "0" * 12, "the KMS key was not found.")]:
        settings = python(HELLO, Role=asking.good_role, KMSKeyArn=arn)
        status, kind, message = refused("create_function", FunctionName="other", **settings)
        assert (status, kind) == (400, "InvalidParameterValueException") and words in message


def test_a_dead_letter_target_must_be_there(asking, refused, name):
    client = asking.client("lambda")
    url = asking.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    queue = asking.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    queue = queue["Attributes"]["QueueArn"]
    topic = asking.client("sns").create_topic(Name=name)["TopicArn"]
    client.create_function(FunctionName=name, **python(HELLO, Role=asking.good_role))
    active(client, name)
    for arn in [queue, topic]:
        made = client.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": arn})
        assert made["DeadLetterConfig"] == {"TargetArn": arn}
        updated(client, name)
    for arn in [queue + "-nowhere", topic + "-nowhere", "arn:aws:s3:::bucket"]:
        told = refused("update_function_configuration", FunctionName=name, DeadLetterConfig={"TargetArn": arn})
        assert told == (400, "InvalidParameterValueException", f"The dead letter target ARN {arn} is invalid.")


@pytest.mark.operation("PutFunctionEventInvokeConfig")
def test_a_destination_must_be_there(asking, refused, name):
    client = asking.client("lambda")
    client.create_function(FunctionName=name, **python(HELLO, Role=asking.good_role))
    url = asking.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    queue = asking.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    queue = queue["Attributes"]["QueueArn"]
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    for arn in [queue, bus]:
        config = {"OnFailure": {"Destination": arn}}
        made = client.put_function_event_invoke_config(FunctionName=name, DestinationConfig=config)
        assert made["DestinationConfig"]["OnFailure"] == {"Destination": arn}
    for arn in [queue + "-nowhere", bus.replace("default", "nowhere")]:
        config = {"OnFailure": {"Destination": arn}}
        told = refused("put_function_event_invoke_config", FunctionName=name, DestinationConfig=config)
        assert told == (400, "InvalidParameterValueException", f"The destination ARN {arn} is invalid.")


def test_without_another_endpoint_all_is_taken_at_its_word(client, name):
    key, queue = "arn:aws:kms:us-east-1:000000000000:key/nowhere", "arn:aws:sqs:us-east-1:000000000000:nowhere"
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    made = client.create_function(
        FunctionName=name,
        KMSKeyArn=key,
        DeadLetterConfig={"TargetArn": queue},
        VpcConfig=vpc,
        **python(HELLO, Role="arn:aws:iam::999999999999:role/nowhere"),
    )
    assert made["VpcConfig"] == vpc | {"VpcId": "", "Ipv6AllowedForDualStack": False}, "no VPC is made up"
    assert (made["KMSKeyArn"], made["DeadLetterConfig"]) == (key, {"TargetArn": queue})
    client.delete_function(FunctionName=name)
