"""TagResource, UntagResource, ListTags."""

import pytest
from packages import HELLO

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/abcdefghij"


@pytest.mark.operation("TagResource")
@pytest.mark.operation("UntagResource")
@pytest.mark.operation("ListTags")
def test_tags_are_added_replaced_and_removed(client, create):
    arn = ARN + create(HELLO, Tags={"team": "red"})
    client.tag_resource(Resource=arn, Tags={"team": "blue", "größe": "S, M +-=._:/@".replace(",", "")})
    assert client.list_tags(Resource=arn)["Tags"] == {"team": "blue", "größe": "S M +-=._:/@"}
    assert client.get_function(FunctionName=arn)["Tags"]["team"] == "blue"
    answer = client.untag_resource(Resource=arn, TagKeys=["größe", "nowhere"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.list_tags(Resource=arn)["Tags"] == {"team": "blue"}


def test_tagging_is_a_change(client, create):
    name = create(HELLO)
    before = client.get_function_configuration(FunctionName=name)
    client.tag_resource(Resource=ARN + name, Tags={"a": "b"})
    after = client.get_function_configuration(FunctionName=name)
    assert before["RevisionId"] != after["RevisionId"]
    assert before["LastModified"] == after["LastModified"]


def test_what_cannot_be_tagged(client, create, refused):
    missing = ARN + "nowhere"
    for operation, more in [("tag_resource", {"Tags": {"a": "b"}}), ("untag_resource", {"TagKeys": ["a"]}), ("list_tags", {})]:
        assert refused(operation, Resource=missing, **more) == (
            404,
            "ResourceNotFoundException",
            f"Function not found: {missing}",
        )
        status, code, _ = refused(operation, Resource="arn:aws:s3:::bucket", **more)
        assert (status, code) == (400, "ValidationException")
        assert refused(operation, Resource=ARN + "nowhere:1", **more) == (
            400,
            "InvalidParameterValueException",
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        )
        other = missing.replace("000000000000", "123456789012")
        assert refused(operation, Resource=other, **more)[:2] == (403, "AccessDeniedException")
    arn = ARN + create(HELLO)
    assert refused("tag_resource", Resource=arn, Tags={}) == (
        400,
        "InvalidParameterValueException",
        "An error occurred and the request cannot be processed.",
    )
    many = {f"key-{n}": "" for n in range(50)}
    client.tag_resource(Resource=arn, Tags=many)
    assert refused("tag_resource", Resource=arn, Tags={"one": "more"}) == (
        400,
        "InvalidParameterValueException",
        "Number of tags exceeds resource tag limit.",
    )
    assert client.list_tags(Resource=arn)["Tags"] == many


def test_a_code_signing_configuration_has_tags(client):
    publishers = {"SigningProfileVersionArns": [PROFILE]}
    made = client.create_code_signing_config(AllowedPublishers=publishers, Tags={"a": "1"})
    arn = made["CodeSigningConfig"]["CodeSigningConfigArn"]
    client.tag_resource(Resource=arn, Tags={"b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    client.delete_code_signing_config(CodeSigningConfigArn=arn)
