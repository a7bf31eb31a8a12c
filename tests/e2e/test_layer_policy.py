"""The policies of layer versions, and what they let other accounts do."""

import json

import pytest
from botocore.exceptions import ClientError
from packages import zip_of

OWNER, OTHER = "111111111111", "222222222222"
GET = {"Action": "lambda:GetLayerVersion"}
STALE = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetLayerPolicy API to retrieve the latest Revision Id"
)


def refusal(call, **parameters):
    """Calls what must fail, and gives (status, code, message)."""
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    answer = failure.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.fixture
def layer(client, name):
    """A version of a layer that no other test has: how requests name it, and its ARN."""
    published = client.publish_layer_version(LayerName=name, Content={"ZipFile": zip_of({"python/x.py": "X = 1"})})
    yield {"LayerName": name, "VersionNumber": published["Version"]}, published["LayerVersionArn"]
    client.delete_layer_version(LayerName=name, VersionNumber=published["Version"])


@pytest.mark.operation("AddLayerVersionPermission")
@pytest.mark.operation("GetLayerVersionPolicy")
@pytest.mark.operation("RemoveLayerVersionPermission")
def test_a_permission_is_added_shown_and_removed(client, layer, refused):
    names, arn = layer
    account = {"AWS": f"arn:aws:iam::{OTHER}:root"}
    organization = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    statements, revisions = [], []
    for sid, given, principal, condition in [
        ("all", {"Principal": "*"}, "*", None),
        ("one", {"Principal": OTHER}, account, None),
        ("root", {"Principal": f"arn:aws:iam::{OTHER}:root"}, account, None),
        ("org", {"Principal": "*", "OrganizationId": "o-1234567890"}, "*", organization),
    ]:
        known = {"RevisionId": revisions[-1]} if revisions else {}
        added = client.add_layer_version_permission(**names, StatementId=sid, **GET, **given, **known)
        statement = {"Sid": sid, "Effect": "Allow", "Principal": principal, **GET, "Resource": arn}
        statements.append(statement | ({"Condition": condition} if condition else {}))
        assert added["Statement"] == json.dumps(statements[-1], separators=(",", ":"))
        assert added["RevisionId"] not in revisions
        revisions.append(added["RevisionId"])
    shown = client.get_layer_version_policy(**names)
    assert json.loads(shown["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    assert shown["RevisionId"] == revisions[-1]
    removed = client.remove_layer_version_permission(**names, StatementId="all", RevisionId=revisions[-1])
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204
    for sid in ["one", "root", "org"]:
        client.remove_layer_version_permission(**names, StatementId=sid)
    gone = refused("get_layer_version_policy", **names)
    assert gone == (404, "ResourceNotFoundException", "The resource you requested does not exist.")


def test_each_refusal_has_awss_words(client, layer, refused):
    names, arn = layer
    missing, nobody = "ResourceNotFoundException", {"LayerName": "nobody", "VersionNumber": 1}
    permission = {"StatementId": "s", "Principal": "*", **GET}
    none = (404, missing, "No policy is associated with the given resource.")
    assert refused("get_layer_version_policy", **names) == none
    assert refused("remove_layer_version_permission", **names, StatementId="s") == none
    client.add_layer_version_permission(**names, **permission)
    twice = (
        "The statement id (s) provided already exists. "
        "Please provide a new statement id, or remove the existing statement."
    )
    again = refused("add_layer_version_permission", **names, **permission)
    assert again == (409, "ResourceConflictException", twice)
    unknown = refused("remove_layer_version_permission", **names, StatementId="x")
    assert unknown == (404, missing, "Statement x is not found in resource policy.")
    stale = (412, "PreconditionFailedException", STALE)
    other = permission | {"StatementId": "t"}
    assert refused("add_layer_version_permission", **names, **other, RevisionId="other") == stale
    assert refused("remove_layer_version_permission", **names, StatementId="s", RevisionId="other") == stale
    for there, words in [
        (nobody, "Layer version arn:aws:lambda:us-east-1:000000000000:layer:nobody:1 does not exist."),
        (names | {"VersionNumber": 7}, f"Layer version {arn.removesuffix(':1')}:7 does not exist."),
    ]:
        assert refused("add_layer_version_permission", **there, **permission) == (404, missing, words)
        assert refused("get_layer_version_policy", **there) == (404, missing, words)
        assert refused("remove_layer_version_permission", **there, StatementId="s") == (404, missing, words)
    below = refused("get_layer_version_policy", **names | {"VersionNumber": 0})
    assert below == (400, "InvalidParameterValueException", "Layer Version Cannot be less than 1")
    wrong = refused("add_layer_version_permission", **names, **other | {"Action": "*", "Principal": "s3.amazonaws.com"})
    assert wrong == (
        400,
        "ValidationException",
        "2 validation errors detected: Value '*' at 'action' failed to satisfy constraint: Member must satisfy regular "
        "expression pattern: lambda:GetLayerVersion; Value 's3.amazonaws.com' at 'principal' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: \\d{12}|\\*|arn:(aws[a-zA-Z-]*):iam::\\d{12}:root",
    )


def test_another_account_may_read_what_the_policy_allows(own_server):
    running = own_server("--auth", "open")
    owner, other = (running.client(aws_access_key_id=account) for account in (OWNER, OTHER))
    content = {"ZipFile": zip_of({"python/x.py": "X = 1"})}
    arn = owner.publish_layer_version(LayerName="shared", Content=content)["LayerVersionArn"]
    by_name = {"LayerName": arn.removesuffix(":1"), "VersionNumber": 1}
    words = (
        f"User: arn:aws:iam::{OTHER}:root is not authorized to perform: lambda:GetLayerVersion on resource: {arn} "
        "because no resource-based policy allows the lambda:GetLayerVersion action"
    )
    denied = (403, "AccessDeniedException", words)

    def refusals():
        return [refusal(other.get_layer_version_by_arn, Arn=arn), refusal(other.get_layer_version, **by_name)]

    assert refusals() == [denied, denied]
    assert refusal(other.get_layer_version_policy, **by_name)[:2] == denied[:2]
    permission = {"StatementId": "s", "Principal": OTHER, **GET}
    owner.add_layer_version_permission(LayerName="shared", VersionNumber=1, **permission)
    assert other.get_layer_version_by_arn(Arn=arn)["LayerVersionArn"] == arn
    assert other.get_layer_version(**by_name)["Version"] == 1
    # What the layer's policy cannot give stays the owner's.
    assert refusal(other.get_layer_version_policy, **by_name)[:2] == denied[:2]
    assert refusal(other.delete_layer_version, **by_name)[:2] == denied[:2]
    owner.remove_layer_version_permission(LayerName="shared", VersionNumber=1, StatementId="s")
    assert refusals() == [denied, denied]
