"""CreateAlias, GetAlias, ListAliases, UpdateAlias, DeleteAlias, and where the traffic of an alias goes."""

import collections

import pytest
from conftest import updated

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
NOT_FOUND = "ResourceNotFoundException"
INVALID = "InvalidParameterValueException"
WHO = """
def handler(event, context):
    return [context.function_version, context.invoked_function_arn]
"""


@pytest.fixture
def versions(client, create):
    """A function with the versions 1 and 2."""
    name = create(WHO)
    for number in (1, 2):
        assert client.publish_version(FunctionName=name)["Version"] == str(number)
        client.update_function_configuration(FunctionName=name, MemorySize=128 + number)
        updated(client, name)
    return name


def body(reply):
    """A reply without what every reply has."""
    return {member: value for member, value in reply.items() if member != "ResponseMetadata"}


@pytest.mark.operation("CreateAlias")
@pytest.mark.operation("GetAlias")
def test_an_alias_is_read_as_it_was_made(client, versions):
    made = client.create_alias(FunctionName=versions, Name="live", FunctionVersion="1", Description="d")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert body(made) == {
        "AliasArn": f"{ARN}{versions}:live",
        "Name": "live",
        "FunctionVersion": "1",
        "Description": "d",
        "RevisionId": made["RevisionId"],
    }
    assert body(client.get_alias(FunctionName=versions, Name="live")) == body(made)
    latest = client.create_alias(FunctionName=f"{ARN}{versions}", Name="edge", FunctionVersion="$LATEST")
    assert (latest["FunctionVersion"], latest["Description"]) == ("$LATEST", "")


@pytest.mark.operation("UpdateAlias")
def test_an_update_keeps_what_it_does_not_name(client, versions, refused):
    made = client.create_alias(FunctionName=versions, Name="live", FunctionVersion="1", Description="d")
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    routed = client.update_alias(
        FunctionName=versions, Name="live", RoutingConfig=weights, RevisionId=made["RevisionId"]
    )
    assert body(routed) == body(made) | {"RoutingConfig": weights, "RevisionId": routed["RevisionId"]}
    assert routed["RevisionId"] != made["RevisionId"]
    stale = refused("update_alias", FunctionName=versions, Name="live", RevisionId=made["RevisionId"])
    assert stale[:2] == (412, "PreconditionFailedException")
    cleared = client.update_alias(
        FunctionName=versions, Name="live", FunctionVersion="2", RoutingConfig={"AdditionalVersionWeights": {}}
    )
    assert (cleared["FunctionVersion"], "RoutingConfig" in cleared) == ("2", False)


@pytest.mark.operation("DeleteAlias")
def test_a_deleted_alias_is_gone(client, versions, refused):
    client.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")
    for _ in range(2):
        reply = client.delete_alias(FunctionName=versions, Name="live")
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 204
    missing = refused("get_alias", FunctionName=versions, Name="live")
    assert missing == (404, NOT_FOUND, f"Cannot find alias arn: {ARN}{versions}:live")
    missing = refused("invoke", FunctionName=versions, Qualifier="live")
    assert missing == (404, NOT_FOUND, f"Function not found: {ARN}{versions}:live")


@pytest.mark.operation("ListAliases")
def test_aliases_are_listed_in_pages(client, versions):
    for name, version in [("c", "1"), ("a", "2"), ("b", "1")]:
        client.create_alias(FunctionName=versions, Name=name, FunctionVersion=version)

    def names(**more):
        pages = client.get_paginator("list_aliases").paginate(FunctionName=versions, **more)
        return [[alias["Name"] for alias in page["Aliases"]] for page in pages]

    assert names(PaginationConfig={"PageSize": 2}) == [["a", "b"], ["c"]]
    assert names(FunctionVersion="1") == [["b", "c"]]


def test_what_is_refused(client, versions, refused):
    client.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")

    def create(name="x", version="1", function=versions, **weights):
        more = {"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}
        return refused("create_alias", FunctionName=function, Name=name, FunctionVersion=version, **more)

    arn = f"{ARN}{versions}"
    assert create("live") == (409, "ResourceConflictException", f"Alias already exists: {arn}:live")
    assert create(version="9") == (404, NOT_FOUND, f"Function not found: {arn}:9")
    assert create(function="nowhere") == (404, NOT_FOUND, f"Function not found: {ARN}nowhere:1")
    assert create(**{"1": 0.1})[:2] == (400, INVALID)
    assert create(**{"2": 0.1, "1": 0.1})[:2] == (400, INVALID)
    assert create(version="$LATEST", **{"1": 0.1})[:2] == (400, INVALID)
    assert create(**{"9": 0.1})[:2] == (404, NOT_FOUND)
    assert create(**{"2": 1.1})[:2] == (400, "ValidationException")
    assert create("7")[:2] == (400, "ValidationException")
    assert create("$LATEST")[:2] == (400, "ValidationException")
    missing = refused("update_alias", FunctionName=versions, Name="x")
    assert missing == (404, NOT_FOUND, f"Alias not found: {arn}:x")
    for operation in ("create_alias", "update_alias", "get_alias", "delete_alias"):
        more = {"FunctionVersion": "1"} if operation == "create_alias" else {}
        other = f"arn:aws:lambda:us-east-1:111111111111:function:{versions}"
        assert refused(operation, FunctionName=other, Name="x", **more)[:2] == (403, "AccessDeniedException")


def test_an_alias_invokes_its_version_under_its_own_name(client, versions, invoke):
    client.create_alias(FunctionName=versions, Name="live", FunctionVersion="1")
    for where in ({"name": versions, "Qualifier": "live"}, {"name": f"{ARN}{versions}:live"}):
        answer = invoke(**where)
        assert answer["Payload"] == ["1", f"{ARN}{versions}:live"]
        assert answer["ExecutedVersion"] == "1"
    shown = client.get_function(FunctionName=versions, Qualifier="live")["Configuration"]
    assert (shown["Version"], shown["FunctionArn"]) == ("1", f"{ARN}{versions}:live")


def test_weights_split_the_traffic(client, versions, invoke):
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    client.create_alias(FunctionName=versions, Name="live", FunctionVersion="1", RoutingConfig=weights)
    counts = collections.Counter(invoke(versions, Qualifier="live")["ExecutedVersion"] for _ in range(100))
    # Both halves of a fair coin: less than 15 of 100 is rarer than once in 10^13.
    assert set(counts) == {"1", "2"}
    assert min(counts.values()) >= 15
    client.update_alias(FunctionName=versions, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}})
    assert {invoke(versions, Qualifier="live")["ExecutedVersion"] for _ in range(10)} == {"2"}
