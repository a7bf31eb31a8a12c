"""A server whose other services are a moto server's or another's, and clients of those services, which it passes requests on to. IAM is our
own; roles of others are made behind it."""

import json

import boto3
from botocore.config import Config
from moto_server import ACCOUNT, Moto
from server import Server

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Asking:
    """The server, with the other services behind it."""

    def __init__(self, folder, *options, services=Moto, account=ACCOUNT):
        """Starts both."""
        self.moto, self.account = services(folder / "services.txt"), account
        options = ["--upstream-endpoint", self.moto.endpoint, "--account-id", account, *options]
        self.server = Server(folder / "data", folder / "log.txt", *options)
        try:
            self.server.start()
        except AssertionError:
            self.moto.stop()
            raise

    def stop(self):
        """Stops both."""
        try:
            self.server.stop()
        finally:
            self.moto.stop()

    def client(self, service, region="us-east-1"):
        """A client of any service, through the server."""
        return boto3.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )

    def role(self, name="lambda-role", trust=None):
        """Creates a role behind the server, which Lambda may assume if nothing else is said, and gives its ARN."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        iam = boto3.client("iam", endpoint_url=self.moto.endpoint, **keys)
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust or TRUST))["Role"]["Arn"]
