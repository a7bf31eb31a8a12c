"""Layers as resources: PublishLayerVersion, GetLayerVersion, GetLayerVersionByArn, ListLayers, ListLayerVersions,
DeleteLayerVersion."""

import base64
import hashlib
import itertools
import re

import pytest
import requests
from packages import zip_of

NAMES = itertools.count(1)
MISSING = (404, "ResourceNotFoundException", "The resource you requested does not exist.")


@pytest.fixture
def layer():
    """A layer name that no other test has."""
    return f"layer-{next(NAMES)}"


@pytest.fixture
def publish(client):
    """Publishes a version of a layer."""

    def call(name, text="x", **more):
        return client.publish_layer_version(LayerName=name, Content={"ZipFile": zip_of({"file": text})}, **more)

    return call


def arn_of(layer):
    """The ARN of a layer of the server's own account."""
    return f"arn:aws:lambda:us-east-1:000000000000:layer:{layer}"


@pytest.mark.operation("PublishLayerVersion")
def test_a_version_shows_what_it_was_published_with(client, layer):
    package = zip_of({"python/one.py": "x = 1"})
    made = client.publish_layer_version(
        LayerName=layer,
        Content={"ZipFile": package},
        Description="d",
        LicenseInfo="MIT",
        CompatibleRuntimes=["python3.12", "nodejs22.x"],
        CompatibleArchitectures=["x86_64", "arm64"],
    )
    content = made.pop("Content")
    assert made.pop("ResponseMetadata")["HTTPStatusCode"] == 201
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", made.pop("CreatedDate"))
    assert made == {
        "LayerArn": arn_of(layer),
        "LayerVersionArn": arn_of(layer) + ":1",
        "Version": 1,
        "Description": "d",
        "LicenseInfo": "MIT",
        "CompatibleRuntimes": ["python3.12", "nodejs22.x"],
        "CompatibleArchitectures": ["x86_64", "arm64"],
    }
    assert content["CodeSize"] == len(package)
    assert content["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert requests.get(content["Location"], timeout=10).content == package


@pytest.mark.operation("GetLayerVersion")
@pytest.mark.operation("GetLayerVersionByArn")
def test_a_version_is_read_by_name_and_by_arn(client, layer, publish):
    made = publish(layer)
    found = [
        client.get_layer_version(LayerName=layer, VersionNumber=1),
        client.get_layer_version(LayerName=made["LayerArn"], VersionNumber=1),
        client.get_layer_version_by_arn(Arn=made["LayerVersionArn"]),
    ]
    for answer in [made, *found]:
        answer.pop("ResponseMetadata")
        answer["Content"].pop("Location")
    assert made["Description"] == "" and "LicenseInfo" not in made and "CompatibleRuntimes" not in made
    assert found == [made] * 3


def test_what_is_not_there_is_not_found(refused, layer):
    assert refused("get_layer_version", LayerName=layer, VersionNumber=1) == MISSING
    assert refused("get_layer_version_by_arn", Arn=arn_of(layer) + ":1") == MISSING


@pytest.mark.parametrize("operation", ["get_layer_version", "delete_layer_version"])
def test_versions_count_from_one(refused, layer, operation):
    words = "Layer Version Cannot be less than 1"
    for number in (0, -1):
        answer = refused(operation, LayerName=layer, VersionNumber=number)
        assert answer == (400, "InvalidParameterValueException", words)


def test_an_arn_without_a_version_is_no_arn_of_a_version(refused, layer):
    status, code, words = refused("get_layer_version_by_arn", Arn=arn_of(layer))
    assert (status, code) == (400, "ValidationException")
    assert words.startswith(f"1 validation error detected: Value '{arn_of(layer)}' at 'arn' failed to satisfy constraint: ")


@pytest.mark.operation("DeleteLayerVersion")
def test_a_number_never_comes_again(client, refused, layer, publish):
    for _ in range(2):
        publish(layer)
    for _ in range(2):
        gone = client.delete_layer_version(LayerName=layer, VersionNumber=2)
        assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused("get_layer_version", LayerName=layer, VersionNumber=2) == MISSING
    assert publish(layer)["Version"] == 3


@pytest.mark.operation("ListLayerVersions")
def test_versions_are_listed_newest_first_and_in_pages(client, layer, publish):
    for runtime in ["python3.12", "nodejs22.x", "python3.12"]:
        publish(layer, CompatibleRuntimes=[runtime])
    pages = client.get_paginator("list_layer_versions").paginate(LayerName=layer, PaginationConfig={"PageSize": 2})
    pages = [[version["Version"] for version in page["LayerVersions"]] for page in pages]
    assert pages == [[3, 2], [1]]
    python = client.list_layer_versions(LayerName=layer, CompatibleRuntime="python3.12")["LayerVersions"]
    assert [version["Version"] for version in python] == [3, 1]
    python[0].pop("CreatedDate")
    assert python[0] == {
        "LayerVersionArn": arn_of(layer) + ":3",
        "Version": 3,
        "CompatibleRuntimes": ["python3.12"],
    }
    assert client.list_layer_versions(LayerName=layer + "-none")["LayerVersions"] == []


@pytest.mark.operation("ListLayers")
def test_layers_are_listed_with_their_latest_matching_version(client, layer, publish):
    publish(layer, CompatibleArchitectures=["x86_64"])
    publish(layer, CompatibleArchitectures=["arm64"])

    def latest(**filters):
        pages = client.get_paginator("list_layers").paginate(**filters, PaginationConfig={"PageSize": 1})
        found = {item["LayerName"]: item for page in pages for item in page["Layers"]}
        return found[layer]["LatestMatchingVersion"]["Version"] if layer in found else None

    assert latest() == 2
    assert latest(CompatibleArchitecture="x86_64") == 1
    assert latest(CompatibleRuntime="ruby3.4") is None
    for number in (1, 2):
        client.delete_layer_version(LayerName=layer, VersionNumber=number)
    assert latest() is None


def test_all_that_is_wrong_is_told_together(refused, layer):
    status, code, words = refused(
        "publish_layer_version",
        LayerName=layer,
        Content={"ZipFile": zip_of({"a": "b"})},
        CompatibleRuntimes=["runtime1", "runtime2"],
        CompatibleArchitectures=["arch1"],
    )
    assert (status, code) == (400, "ValidationException")
    assert words.startswith("2 validation errors detected: ")
    assert "Value '[runtime1, runtime2]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy" in words
    assert "Value '[arch1]' at 'compatibleArchitectures' failed to satisfy constraint: Member must satisfy" in words
    for operation, name in [("list_layers", {}), ("list_layer_versions", {"LayerName": layer})]:
        status, code, words = refused(operation, **name, CompatibleRuntime="none", CompatibleArchitecture="none")
        assert (status, code, words[:29]) == (400, "ValidationException", "2 validation errors detected:")


def test_an_archive_must_be_one(refused, layer):
    bad = "Could not unzip uploaded file. Please check your file, then try to upload again."
    for archive, words in [(b"no zip", bad), (b"", "Uploaded file must be a non-empty zip")]:
        answer = refused("publish_layer_version", LayerName=layer, Content={"ZipFile": archive})
        assert answer == (400, "InvalidParameterValueException", words)
    answer = refused("publish_layer_version", LayerName=layer, Content={})
    assert answer == (400, "InvalidParameterValueException", "Missing Content")


def test_another_accounts_layers_are_refused(refused, layer):
    other = arn_of(layer).replace("000000000000", "111111111111")
    content = {"ZipFile": zip_of({"a": "b"})}
    for operation, action, more in [
        ("publish_layer_version", "PublishLayerVersion", {"Content": content}),
        ("get_layer_version", "GetLayerVersion", {"VersionNumber": 1}),
        ("delete_layer_version", "DeleteLayerVersion", {"VersionNumber": 1}),
        ("list_layer_versions", "ListLayerVersions", {}),
    ]:
        status, code, words = refused(operation, LayerName=other, **more)
        assert (status, code) == (403, "AccessDeniedException")
        assert f"is not authorized to perform: lambda:{action} on resource: {other}" in words
