"""UpdateFunctionCode, UpdateFunctionConfiguration and DeleteFunction."""

import pytest
from conftest import updated
from packages import ECHO, HELLO, python, zip_of

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


def code_that_says(word):
    """A package whose function answers with one word."""
    return zip_of({"app.py": f"def handler(event, context):\n    return {word!r}\n"})


@pytest.mark.operation("UpdateFunctionCode")
def test_new_code_is_served_once_the_update_is_successful(client, create, invoke):
    name = create(python("", Code={"ZipFile": code_that_says("old")}))
    assert invoke(name)["Payload"] == "old"
    before = client.get_function_configuration(FunctionName=name)
    reply = client.update_function_code(FunctionName=name, ZipFile=code_that_says("new"))
    assert reply["State"] == "Active"
    assert reply["LastUpdateStatus"] == "InProgress"
    assert reply["LastUpdateStatusReasonCode"] == "Creating"
    assert reply["LastUpdateStatusReason"] == "The function is being created."
    updated(client, name)
    after = client.get_function_configuration(FunctionName=name)
    assert after["LastUpdateStatus"] == "Successful"
    assert len({before["RevisionId"], reply["RevisionId"], after["RevisionId"]}) == 3
    assert before["CodeSha256"] != after["CodeSha256"]
    assert invoke(name)["Payload"] == "new"


def test_the_same_code_again_is_still_an_update(client, create):
    settings = python(HELLO)
    name = create(settings)
    before = client.get_function_configuration(FunctionName=name)
    client.update_function_code(FunctionName=name, ZipFile=settings["Code"]["ZipFile"])
    updated(client, name)
    after = client.get_function_configuration(FunctionName=name)
    assert after["CodeSha256"] == before["CodeSha256"]
    assert after["RevisionId"] != before["RevisionId"]


def test_a_dry_run_changes_nothing(client, create, invoke):
    name = create(python("", Code={"ZipFile": code_that_says("old")}))
    before = client.get_function_configuration(FunctionName=name)
    reply = client.update_function_code(FunctionName=name, ZipFile=code_that_says("new"), DryRun=True)
    assert reply["CodeSha256"] != before["CodeSha256"]
    after = client.get_function_configuration(FunctionName=name)
    assert (after["CodeSha256"], after["RevisionId"]) == (before["CodeSha256"], before["RevisionId"])
    assert invoke(name)["Payload"] == "old"


@pytest.mark.parametrize("operation", ["update_function_code", "update_function_configuration"])
def test_a_stale_revision_is_refused(refused, client, create, operation):
    name = create(HELLO)
    change = {"ZipFile": code_that_says("x")} if operation == "update_function_code" else {"Timeout": 9}
    status, code, _ = refused(operation, FunctionName=name, RevisionId="00000000-0000-4000-8000-000000000000", **change)
    assert (status, code) == (412, "PreconditionFailedException")
    current = client.get_function_configuration(FunctionName=name)["RevisionId"]
    assert getattr(client, operation)(FunctionName=name, RevisionId=current, **change)["FunctionName"] == name


def test_a_bad_package_leaves_the_old_code(refused, create, invoke):
    name = create(HELLO)
    status, code, _ = refused("update_function_code", FunctionName=name, ZipFile=b"no zip")
    assert (status, code) == (400, "InvalidParameterValueException")
    assert invoke(name)["Payload"] == {"hello": "world"}


@pytest.mark.operation("UpdateFunctionConfiguration")
def test_only_what_is_given_changes(client, create):
    name = create(python(HELLO, Description="before", Timeout=5, Environment={"Variables": {"KEPT": "1"}}))
    reply = client.update_function_configuration(FunctionName=name, Timeout=9)
    assert (reply["Timeout"], reply["Description"]) == (9, "before")
    assert reply["Environment"] == {"Variables": {"KEPT": "1"}}
    assert reply["LastUpdateStatus"] == "InProgress"
    updated(client, name)
    reply = client.update_function_configuration(FunctionName=name, Environment={}, Description="")
    assert "Environment" not in reply or reply["Environment"] == {"Variables": {}}
    assert reply["Description"] == ""


def test_a_new_environment_reaches_the_function(client, create, invoke):
    source = "import os\ndef handler(event, context):\n    return os.environ.get('COLOUR')\n"
    name = create(python(source, Environment={"Variables": {"COLOUR": "red"}}))
    assert invoke(name)["Payload"] == "red"
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"COLOUR": "blue"}})
    updated(client, name)
    assert invoke(name)["Payload"] == "blue"


def test_a_new_handler_is_used(client, create, invoke):
    name = create(HELLO + "\ndef other(event, context):\n    return 'other'\n")
    client.update_function_configuration(FunctionName=name, Handler="app.other")
    updated(client, name)
    assert invoke(name)["Payload"] == "other"


def test_a_configuration_over_5_kb_is_refused(refused, create):
    name = create(HELLO)
    variables = {"BIG": "x" * 5200}
    status, code, message = refused("update_function_configuration", FunctionName=name, Environment={"Variables": variables})
    assert (status, code) == (413, "RequestEntityTooLargeException")
    assert message == "Request must be smaller than 5120 bytes for the UpdateFunctionConfiguration operation"


@pytest.mark.parametrize("operation", ["update_function_code", "update_function_configuration", "delete_function"])
def test_changing_what_is_not_there_is_not_found(refused, operation):
    change = {"update_function_code": {"ZipFile": code_that_says("x")}}.get(operation, {})
    answer = refused(operation, FunctionName="nowhere", **change)
    assert answer == (404, "ResourceNotFoundException", f"Function not found: {ARN}nowhere")


@pytest.mark.operation("DeleteFunction")
def test_a_deleted_function_is_gone(client, refused, create, invoke):
    name = create(HELLO)
    invoke(name)
    assert client.delete_function(FunctionName=name)["ResponseMetadata"]["HTTPStatusCode"] in (200, 204)
    assert refused("get_function", FunctionName=name)[0] == 404
    status, code, message = refused("invoke", FunctionName=name)
    assert (status, code, message) == (404, "ResourceNotFoundException", f"Function not found: {ARN}{name}:$LATEST")
    pages = client.get_paginator("list_functions").paginate()
    assert name not in {function["FunctionName"] for page in pages for function in page["Functions"]}


def test_a_new_function_of_an_old_name_runs_the_new_code(client, create, invoke):
    name = create(HELLO)
    assert invoke(name)["Payload"] == {"hello": "world"}
    client.delete_function(FunctionName=name)
    create(ECHO, FunctionName=name)
    assert invoke(name, {"a": 1})["Payload"] == {"a": 1}


def test_latest_cannot_be_deleted_alone(refused, client, create):
    name = create(HELLO)
    status, code, _ = refused("delete_function", FunctionName=name, Qualifier="$LATEST")
    assert (status, code) == (400, "InvalidParameterValueException")
    assert client.get_function(FunctionName=name)
