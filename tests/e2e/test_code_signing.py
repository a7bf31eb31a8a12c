"""Code signing configurations, and the functions that use them."""

import re

import pytest
from packages import HELLO, python, zip_of

PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/abcdefghij"
MISSING = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0"


@pytest.fixture
def config(client):
    """Makes a code signing configuration, which is deleted after the test."""
    made = []

    def make(**more):
        publishers = {"SigningProfileVersionArns": [PROFILE]}
        answer = client.create_code_signing_config(AllowedPublishers=publishers, **more)
        made.append(answer["CodeSigningConfig"]["CodeSigningConfigArn"])
        return answer["CodeSigningConfig"]

    yield make
    for arn in made:
        for name in client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]:
            client.delete_function_code_signing_config(FunctionName=name)
        client.delete_code_signing_config(CodeSigningConfigArn=arn)


@pytest.mark.operation("CreateCodeSigningConfig")
@pytest.mark.operation("GetCodeSigningConfig")
@pytest.mark.operation("UpdateCodeSigningConfig")
def test_what_an_update_does_not_give_stays(client, config):
    made = config(Description="first")
    arn = made["CodeSigningConfigArn"]
    assert re.fullmatch(r"csc-[0-9a-f]{17}", made["CodeSigningConfigId"]) and arn.endswith(made["CodeSigningConfigId"])
    assert made["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    assert client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == made
    policies = {"UntrustedArtifactOnDeployment": "Enforce"}
    changed = client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=policies)
    expected = made | {"CodeSigningPolicies": policies, "LastModified": changed["CodeSigningConfig"]["LastModified"]}
    assert changed["CodeSigningConfig"] == expected


@pytest.mark.operation("ListCodeSigningConfigs")
def test_listing_shows_each_once_over_pages(client, config):
    made = {config()["CodeSigningConfigArn"] for _ in range(3)}
    pages = list(client.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 2}))
    shown = [one["CodeSigningConfigArn"] for page in pages for one in page["CodeSigningConfigs"]]
    assert len(pages) > 1 and made <= set(shown) and len(shown) == len(set(shown))


@pytest.mark.operation("PutFunctionCodeSigningConfig")
@pytest.mark.operation("GetFunctionCodeSigningConfig")
@pytest.mark.operation("DeleteFunctionCodeSigningConfig")
@pytest.mark.operation("ListFunctionsByCodeSigningConfig")
@pytest.mark.operation("DeleteCodeSigningConfig")
def test_a_configuration_in_use_cannot_be_deleted(client, config, create, refused):
    arn, name = config()["CodeSigningConfigArn"], create(HELLO)
    assert "CodeSigningConfigArn" not in client.get_function_code_signing_config(FunctionName=name)
    client.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)
    shown = client.get_function_code_signing_config(FunctionName=name)
    assert (shown["CodeSigningConfigArn"], shown["FunctionName"]) == (arn, name)
    users = client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
    assert users == [f"arn:aws:lambda:us-east-1:000000000000:function:{name}"]
    status, code, _ = refused("delete_code_signing_config", CodeSigningConfigArn=arn)
    assert (status, code) == (409, "ResourceConflictException")
    client.delete_function_code_signing_config(FunctionName=name)
    assert client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"] == []


def test_the_users_of_a_configuration_come_in_pages(client, config, create):
    arn = config()["CodeSigningConfigArn"]
    names = sorted(create(HELLO, CodeSigningConfigArn=arn) for _ in range(3))
    shown, marker = [], {}
    for _ in names:
        page = client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn, MaxItems=1, **marker)
        assert len(page["FunctionArns"]) == 1
        shown += page["FunctionArns"]
        marker = {"Marker": page.get("NextMarker")}
    assert marker == {"Marker": None}
    assert shown == [f"arn:aws:lambda:us-east-1:000000000000:function:{name}" for name in names]


def test_code_that_is_not_signed_is_refused_where_it_must_be(client, config, create, refused):
    arn, name = config()["CodeSigningConfigArn"], create(HELLO)
    client.put_function_code_signing_config(FunctionName=name, CodeSigningConfigArn=arn)
    package = zip_of({"app.py": HELLO})
    client.update_function_code(FunctionName=name, ZipFile=package)
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.02})
    policies = {"UntrustedArtifactOnDeployment": "Enforce"}
    client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=policies)
    status, code, _ = refused("update_function_code", FunctionName=name, ZipFile=package)
    assert (status, code) == (400, "CodeVerificationFailedException")


def test_what_is_not_there(client, create, refused):
    words = f"The Lambda code signing configuration {MISSING} can not be found."
    for operation in [
        "get_code_signing_config",
        "update_code_signing_config",
        "delete_code_signing_config",
        "list_functions_by_code_signing_config",
    ]:
        answer = refused(operation, CodeSigningConfigArn=MISSING)
        assert answer == (404, "ResourceNotFoundException", words)
        other = MISSING.replace("000000000000", "123456789012")
        assert refused(operation, CodeSigningConfigArn=other)[:2] == (403, "AccessDeniedException")
    answer = refused("put_function_code_signing_config", FunctionName=create(HELLO), CodeSigningConfigArn=MISSING)
    assert answer[:2] == (404, "CodeSigningConfigNotFoundException")
    arn = "arn:aws:lambda:us-east-1:000000000000:function:nowhere"
    for operation in ["get_function_code_signing_config", "delete_function_code_signing_config"]:
        answer = refused(operation, FunctionName="nowhere")
        assert answer == (404, "ResourceNotFoundException", f"Function not found: {arn}")
    status, code, _ = refused("create_code_signing_config", AllowedPublishers={"SigningProfileVersionArns": ["x"]})
    assert (status, code) == (400, "ValidationException")


def test_a_new_function_may_have_a_configuration_from_the_start(client, config, create, refused):
    arn = config()["CodeSigningConfigArn"]
    name = create(HELLO, CodeSigningConfigArn=arn)
    assert client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == arn
    strict = config(CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})["CodeSigningConfigArn"]
    settings = python(HELLO) | {"CodeSigningConfigArn": strict}
    status, code, _ = refused("create_function", FunctionName="unsigned", **settings)
    assert (status, code) == (400, "CodeVerificationFailedException")
    answer = refused("create_function", FunctionName="unsigned", **settings | {"CodeSigningConfigArn": MISSING})
    assert answer[:2] == (404, "CodeSigningConfigNotFoundException")
