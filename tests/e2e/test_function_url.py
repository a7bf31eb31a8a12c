"""Function URLs as resources."""

import re

import pytest
from packages import HELLO

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture
def published(client, create):
    """A function with version 1 and the alias `live`."""
    name = create(HELLO)
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def shown(answer):
    """An answer without what is around it."""
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@pytest.mark.operation("CreateFunctionUrlConfig")
@pytest.mark.operation("GetFunctionUrlConfig")
@pytest.mark.operation("UpdateFunctionUrlConfig")
@pytest.mark.operation("DeleteFunctionUrlConfig")
def test_a_url_keeps_its_id_until_it_is_deleted(client, create, server):
    name = create(HELLO)
    cors = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "AllowCredentials": True, "MaxAge": 5}
    made = client.create_function_url_config(FunctionName=name, AuthType="NONE", Cors=cors)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    form = rf"http://[a-z0-9]{{32}}\.lambda-url\.us-east-1\.localhost:{server.port}/"
    assert re.fullmatch(form, made["FunctionUrl"]), made["FunctionUrl"]
    assert made["FunctionArn"] == ARN + name and made["InvokeMode"] == "BUFFERED" and made["Cors"] == cors
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", made["CreationTime"])
    client.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    read = client.get_function_url_config(FunctionName=name)
    assert read["AuthType"] == "AWS_IAM" and read["Cors"] == cors
    assert (read["FunctionUrl"], read["CreationTime"]) == (made["FunctionUrl"], made["CreationTime"])
    cleared = client.update_function_url_config(FunctionName=name, Cors={}, InvokeMode="RESPONSE_STREAM")
    assert "Cors" not in cleared and cleared["InvokeMode"] == "RESPONSE_STREAM"
    answer = client.delete_function_url_config(FunctionName=name)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    again = client.create_function_url_config(FunctionName=name, AuthType="NONE")
    assert again["FunctionUrl"] != made["FunctionUrl"]


@pytest.mark.operation("ListFunctionUrlConfigs")
def test_a_function_and_each_alias_have_one(client, published, refused):
    for more in [{}, {"Qualifier": "live"}]:
        client.create_function_url_config(FunctionName=published, AuthType="NONE", **more)
        status, code, message = refused("create_function_url_config", FunctionName=published, AuthType="NONE", **more)
        assert (status, code) == (409, "ResourceConflictException")
        arn = ARN + published + (":live" if more else "")
        assert message == (
            f"Failed to create function url config for [functionArn = {arn}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )
    paginator = client.get_paginator("list_function_url_configs")
    pages = list(paginator.paginate(FunctionName=published, PaginationConfig={"PageSize": 1}))
    urls = [one for page in pages for one in page["FunctionUrlConfigs"]]
    assert len(pages) == 2
    assert {one["FunctionArn"] for one in urls} == {ARN + published, f"{ARN}{published}:live"}
    alone = client.get_function_url_config(FunctionName=published, Qualifier="live")
    assert shown(alone) in urls


def test_what_is_refused(published, refused):
    for qualifier in ["1", "$LATEST"]:
        status, code, message = refused(
            "create_function_url_config", FunctionName=published, Qualifier=qualifier, AuthType="NONE"
        )
        assert (status, code) == (400, "ValidationException") and f"Value '{qualifier}' at 'qualifier'" in message
    none, gone = "Function does not exist", "The resource you requested does not exist."
    other = ARN.replace("000000000000", "123456789012") + published
    for operation, more, words in [
        ("create_function_url_config", {"AuthType": "NONE"}, none),
        ("update_function_url_config", {"AuthType": "NONE"}, none),
        ("list_function_url_configs", {}, none),
        ("get_function_url_config", {}, gone),
        ("delete_function_url_config", {}, gone),
    ]:
        assert refused(operation, FunctionName="nowhere", **more) == (404, "ResourceNotFoundException", words)
        assert refused(operation, FunctionName=other, **more)[:2] == (403, "AccessDeniedException")
    answer = refused("update_function_url_config", FunctionName=published, AuthType="NONE")
    assert answer == (404, "ResourceNotFoundException", gone)
    answer = refused("create_function_url_config", FunctionName=published, AuthType="NONE", Cors={"MaxAge": 86_401})
    assert answer[:2] == (400, "ValidationException")
