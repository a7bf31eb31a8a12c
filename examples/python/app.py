"""The smallest useful function: says hello, and keeps what it made outside the handler."""

import os

started_in = os.environ["AWS_REGION"]


def handler(event, context):
    return {"hello": event.get("name", "world"), "region": started_in, "request": context.aws_request_id}
