"""Users, roles and sessions for the tests of who may do what. Never a test itself."""

import itertools
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"
NAMES = itertools.count(1)
CONFIG = Config(retries={"total_max_attempts": 1}, parameter_validation=False)


def policy(*statements):
    """A policy of these statements; a statement is (action, resource) or a whole one."""
    whole = [s if isinstance(s, dict) else {"Effect": "Allow", "Action": s[0], "Resource": s[1]} for s in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": whole})


def trust(principal, **more):
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"} | more
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


LAMBDA = {"Service": "lambda.amazonaws.com"}


class World:
    """Clients of one server, by who uses them."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.root = self.by("test", "test")

    def by(self, key, secret, token=None):
        """A factory of clients with these keys."""
        session = boto3.Session(key, secret, token, region_name="us-east-1")
        return lambda service: session.client(service, endpoint_url=self.endpoint, config=CONFIG)

    def user(self, document, **more):
        """A new user with an inline policy: name and factory of clients."""
        iam, name = self.root("iam"), f"access-user-{next(NAMES)}"
        iam.create_user(UserName=name, **more)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return name, self.by(key["AccessKeyId"], key["SecretAccessKey"])

    def role(self, trusting, document=None, **more):
        """A new role's ARN."""
        iam, name = self.root("iam"), f"access-role-{next(NAMES)}"
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting, **more)["Role"]
        if document:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        return made["Arn"]

    def assume(self, clients, role, **more):
        """The factory of clients of a role that these clients assume."""
        made = clients("sts").assume_role(RoleArn=role, RoleSessionName="session", **more)["Credentials"]
        return self.by(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def denied(call, **parameters):
    """Status, code and message of a refusal."""
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    answer = failure.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def unallowed(who, action, resource, kind="identity-based policy"):
    """AWS's words for what nothing allows."""
    return f"User: {who} is not authorized to perform: {action} on resource: {resource} because no {kind} allows the {action} action"
