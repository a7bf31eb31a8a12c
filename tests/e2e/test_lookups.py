"""What functions refer to in other services is looked up there: roles first of all."""

import pytest
from botocore.exceptions import ClientError
from conftest import active
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


def test_without_another_endpoint_a_role_is_taken_at_its_word(client, name):
    client.create_function(FunctionName=name, **python(HELLO, Role="arn:aws:iam::999999999999:role/nowhere"))
    client.delete_function(FunctionName=name)
