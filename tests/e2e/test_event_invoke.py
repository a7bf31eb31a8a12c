"""Event-invoke configs: how asynchronous invocations are handled."""

import datetime

import pytest
from packages import HELLO

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue"


@pytest.fixture
def published(client, create):
    """A function with version 1 and the alias `live`."""
    name = create(HELLO)
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


@pytest.mark.operation("PutFunctionEventInvokeConfig")
@pytest.mark.operation("UpdateFunctionEventInvokeConfig")
@pytest.mark.operation("GetFunctionEventInvokeConfig")
@pytest.mark.operation("DeleteFunctionEventInvokeConfig")
def test_put_replaces_and_update_merges(client, create, refused):
    name = create(HELLO)
    put = client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    assert put["FunctionArn"] == f"{ARN}{name}:$LATEST"
    assert put["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    assert isinstance(put["LastModified"], datetime.datetime) and "MaximumEventAgeInSeconds" not in put
    destinations = {"OnSuccess": {"Destination": QUEUE}}
    client.update_function_event_invoke_config(FunctionName=name, DestinationConfig=destinations)
    shown = client.get_function_event_invoke_config(FunctionName=name)
    assert shown["DestinationConfig"] == {"OnSuccess": {"Destination": QUEUE}, "OnFailure": {}}
    assert shown["MaximumRetryAttempts"] == 0
    client.put_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60)
    shown = client.get_function_event_invoke_config(FunctionName=name)
    assert shown["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}} and "MaximumRetryAttempts" not in shown
    client.delete_function_event_invoke_config(FunctionName=name)
    words = f"The function {ARN}{name}:$LATEST doesn't have an EventInvokeConfig"
    for operation, more in [
        ("get_function_event_invoke_config", {}),
        ("delete_function_event_invoke_config", {}),
        ("update_function_event_invoke_config", {"MaximumRetryAttempts": 1}),
    ]:
        answer = refused(operation, FunctionName=name, **more)
        assert answer == (404, "ResourceNotFoundException", words)


@pytest.mark.operation("ListFunctionEventInvokeConfigs")
def test_each_qualifier_has_its_own(client, published):
    for attempts, qualifier in enumerate(["$LATEST", "1", "live"]):
        client.put_function_event_invoke_config(
            FunctionName=published, Qualifier=qualifier, MaximumRetryAttempts=attempts
        )
    paginator = client.get_paginator("list_function_event_invoke_configs")
    pages = list(paginator.paginate(FunctionName=published, PaginationConfig={"PageSize": 2}))
    shown = [one for page in pages for one in page["FunctionEventInvokeConfigs"]]
    assert len(pages) == 2
    assert {(one["FunctionArn"], one["MaximumRetryAttempts"]) for one in shown} == {
        (f"{ARN}{published}:$LATEST", 0),
        (f"{ARN}{published}:1", 1),
        (f"{ARN}{published}:live", 2),
    }


def test_a_deleted_alias_takes_its_settings_along(client, published, refused):
    client.put_function_event_invoke_config(FunctionName=published, Qualifier="live", MaximumRetryAttempts=1)
    client.delete_alias(FunctionName=published, Name="live")
    client.create_alias(FunctionName=published, Name="live", FunctionVersion="1")
    answer = refused("get_function_event_invoke_config", FunctionName=published, Qualifier="live")
    assert answer[:2] == (404, "ResourceNotFoundException")


def test_what_is_refused(client, published, refused):
    put = "put_function_event_invoke_config"
    for missing in ["nowhere", f"{published}:nowhere", f"{published}:7"]:
        answer = refused(put, FunctionName=missing, MaximumRetryAttempts=1)
        assert answer == (404, "ResourceNotFoundException", "The function doesn't exist.")
    answer = refused("list_function_event_invoke_configs", FunctionName="nowhere")
    assert answer == (404, "ResourceNotFoundException", "The function doesn't exist.")
    assert refused(put, FunctionName=published) == (
        400,
        "InvalidParameterValueException",
        "You must specify at least one of error handling or destination setting.",
    )
    assert refused(put, FunctionName=published, MaximumRetryAttempts=3)[:2] == (400, "ValidationException")
    bucket = {"OnSuccess": {"Destination": "arn:aws:s3:::bucket"}}
    assert refused(put, FunctionName=published, DestinationConfig=bucket) == (
        400,
        "InvalidParameterValueException",
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::bucket), "
        "onFailure=null) is invalid.",
    )
    itself = {"OnFailure": {"Destination": ARN + published}}
    assert refused(put, FunctionName=published, DestinationConfig=itself) == (
        400,
        "InvalidParameterValueException",
        "You can't specify the function as a destination for itself.",
    )
    other = ARN.replace("000000000000", "123456789012") + published
    for operation, more in [
        (put, {"MaximumRetryAttempts": 1}),
        ("update_function_event_invoke_config", {"MaximumRetryAttempts": 1}),
        ("get_function_event_invoke_config", {}),
        ("list_function_event_invoke_configs", {}),
        ("delete_function_event_invoke_config", {}),
    ]:
        assert refused(operation, FunctionName=other, **more)[:2] == (403, "AccessDeniedException")
