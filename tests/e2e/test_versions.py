"""PublishVersion, ListVersionsByFunction, and what a version runs."""

import pytest
from conftest import updated
from packages import HELLO, python, zip_of

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
WHO = """
import os
def handler(event, context):
    return {
        "version": context.function_version,
        "variable": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        "stream": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        "arn": context.invoked_function_arn,
        "colour": os.environ.get("COLOUR"),
    }
"""


def published(client, name, **more):
    """A new version that is active."""
    version = client.publish_version(FunctionName=name, **more)["Version"]
    client.get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 0.02}
    )
    return version


def recolour(client, name, colour):
    """Changes `$LATEST`, so that it can be published again."""
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"COLOUR": colour}})
    updated(client, name)


@pytest.mark.operation("PublishVersion")
def test_a_version_keeps_what_latest_was(client, create, invoke):
    name = create(WHO, Environment={"Variables": {"COLOUR": "red"}})
    reply = client.publish_version(FunctionName=name, Description="first")
    assert (reply["Version"], reply["FunctionArn"]) == ("1", f"{ARN}{name}:1")
    assert (reply["State"], reply["StateReasonCode"]) == ("Pending", "Creating")
    recolour(client, name, "blue")
    answer = invoke(name, Qualifier="1")
    assert answer["ExecutedVersion"] == "1"
    said = answer["Payload"]
    assert (said["version"], said["variable"], said["colour"]) == ("1", "1", "red")
    assert "[1]" in said["stream"]
    assert said["arn"] == f"{ARN}{name}:1"
    assert invoke(name)["Payload"]["colour"] == "blue"
    shown = client.get_function(FunctionName=name, Qualifier="1")
    assert shown["Configuration"]["Environment"] == {"Variables": {"COLOUR": "red"}}
    assert (shown["Configuration"]["State"], shown["Configuration"]["Description"]) == ("Active", "first")
    assert "Tags" not in shown


def test_only_an_update_makes_a_version(client, create):
    name = create(HELLO)
    assert published(client, name) == "1"
    assert client.publish_version(FunctionName=name, Description="other")["Version"] == "1"
    code = zip_of({"app.py": "x = 1"})
    for number in ("2", "3"):
        client.update_function_code(FunctionName=name, ZipFile=code)
        updated(client, name)
        assert published(client, name) == number


def test_conditions_of_publishing(client, create, refused):
    name = create(HELLO)
    latest = client.get_function_configuration(FunctionName=name)
    sha = latest["CodeSha256"]
    assert refused("publish_version", FunctionName=name, CodeSha256="x") == (
        400,
        "InvalidParameterValueException",
        f"CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ({sha}). "
        "Please try again with the CodeSHA256 in $LATEST.",
    )
    assert refused("publish_version", FunctionName=name, RevisionId="x")[:2] == (412, "PreconditionFailedException")
    assert refused("publish_version", FunctionName="nowhere") == (
        404,
        "ResourceNotFoundException",
        f"Function not found: {ARN}nowhere",
    )
    published(client, name, CodeSha256=sha, RevisionId=latest["RevisionId"])
    again = client.get_function_configuration(FunctionName=name)
    assert again["RevisionId"] == latest["RevisionId"], "publishing does not change $LATEST"


def test_another_account_may_not_publish(create, server, refused):
    name = create(HELLO)
    arn = f"arn:aws:lambda:us-east-1:111111111111:function:{name}"
    for operation in ("publish_version", "list_versions_by_function", "list_aliases"):
        assert refused(operation, FunctionName=arn)[:2] == (403, "AccessDeniedException")


@pytest.mark.operation("ListVersionsByFunction")
def test_versions_are_listed_in_pages(client, create, refused):
    name = create(HELLO)
    for number in range(1, 5):
        published(client, name, Description=f"version {number}")
        recolour(client, name, str(number))
    pages = list(client.get_paginator("list_versions_by_function").paginate(FunctionName=name, PaginationConfig={"PageSize": 2}))
    assert [len(page["Versions"]) for page in pages] == [2, 2, 1]
    versions = [version for page in pages for version in page["Versions"]]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2", "3", "4"]
    assert [version["FunctionArn"] for version in versions[:2]] == [f"{ARN}{name}:$LATEST", f"{ARN}{name}:1"]
    assert versions[1]["Description"] == "version 1"
    assert all("State" not in version and "LastUpdateStatus" not in version for version in versions)
    assert refused("list_versions_by_function", FunctionName="nowhere")[:2] == (404, "ResourceNotFoundException")


@pytest.mark.parametrize("operation", ["get_function", "get_function_configuration", "invoke"])
def test_a_version_that_is_not_there_is_named(create, refused, operation):
    name = create(HELLO)
    for qualifier in ("7", "nobody"):
        answer = refused(operation, FunctionName=name, Qualifier=qualifier)
        assert answer == (404, "ResourceNotFoundException", f"Function not found: {ARN}{name}:{qualifier}")
    answer = refused(operation, FunctionName=f"{name}:1", Qualifier="2")
    assert answer[:2] == (400, "InvalidParameterValueException")


def test_versions_and_aliases_are_there_after_a_kill(own_server):
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="f", **python(WHO, Environment={"Variables": {"COLOUR": "red"}}))
    client.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.02})
    published(client, "f")
    recolour(client, "f", "blue")
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    # Published a moment before the end: its state may not be written yet.
    client.publish_version(FunctionName="f")
    before = client.get_alias(FunctionName="f", Name="live")
    running.kill()
    running.start()
    after = client.get_alias(FunctionName="f", Name="live")
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    client.get_waiter("published_version_active").wait(FunctionName="f", Qualifier="2", WaiterConfig={"Delay": 0.02})
    for qualifier, version, colour in [("live", "1", b"red"), ("2", "2", b"blue")]:
        answer = client.invoke(FunctionName="f", Qualifier=qualifier)
        assert (answer["ExecutedVersion"], colour in answer["Payload"].read()) == (version, True)
    recolour(client, "f", "green")
    assert client.publish_version(FunctionName="f")["Version"] == "3", "no number comes twice"
