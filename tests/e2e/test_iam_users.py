"""Users and their access keys through boto3."""

import datetime
import re

import pytest
from iam_api import ALLOW, LOGS, fails, iam_of, pages, unique


@pytest.fixture
def iam(server):
    return iam_of(server)


@pytest.fixture
def user(iam):
    """The name of a user that is gone after the test."""
    name = unique("user")
    iam.create_user(UserName=name)
    yield name
    try:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)
    except iam.exceptions.NoSuchEntityException:
        pass


@pytest.mark.operation("CreateUser")
@pytest.mark.operation("GetUser")
@pytest.mark.operation("DeleteUser")
def test_a_user_is_made_once_whatever_its_case(iam):
    name = unique("User")
    made = iam.create_user(UserName=name, Path="/team/", Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": ""}])
    user = made["User"]
    assert user.pop("CreateDate") <= datetime.datetime.now(datetime.timezone.utc)
    assert re.fullmatch("AIDA[A-Z0-9]{17}", user.pop("UserId"))
    assert user == {
        "Path": "/team/",
        "UserName": name,
        "Arn": f"arn:aws:iam::000000000000:user/team/{name}",
        "Tags": [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "1"}],
    }
    assert iam.get_user(UserName=name)["User"]["Tags"] == user["Tags"]
    fails(iam.create_user, "EntityAlreadyExists", f"User with name {name.lower()} already exists.", UserName=name.lower())
    iam.delete_user(UserName=name)
    for call in [iam.get_user, iam.delete_user, iam.list_groups_for_user]:
        fails(call, "NoSuchEntity", f"The user with name {name} cannot be found.", UserName=name)


def test_what_is_no_user_is_refused(iam):
    words = "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
    fails(iam.create_user, "ValidationError", words, UserName="a b")
    fails(iam.create_user, "ValidationError", UserName="x" * 65)
    fails(iam.create_user, "ValidationError", UserName="a", Path="none")
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    words = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    fails(iam.create_user, "InvalidInput", words, UserName="a", Tags=twice)
    boundary = "arn:aws:iam::000000000000:policy/nothing"
    words = f"Scope ARN: {boundary} does not exist or is not attachable."
    fails(iam.create_user, "NoSuchEntity", words, UserName="a", PermissionsBoundary=boundary)


def test_without_a_name_it_is_who_asks(iam):
    owner = iam.get_user()["User"]
    assert (owner["Arn"], owner["UserId"]) == ("arn:aws:iam::000000000000:root", "000000000000")
    assert "UserName" not in owner and "Path" not in owner


@pytest.mark.operation("UpdateUser")
def test_a_user_gets_another_name_and_keeps_the_rest(iam, user):
    key = iam.create_access_key(UserName=user)["AccessKey"]
    before, other = iam.get_user(UserName=user)["User"], unique("user")
    iam.update_user(UserName=user, NewUserName=other, NewPath="/b/")
    after = iam.get_user(UserName=other)["User"]
    assert (after["UserId"], after["Path"]) == (before["UserId"], "/b/")
    [listed] = iam.list_access_keys(UserName=other)["AccessKeyMetadata"]
    assert (listed["AccessKeyId"], listed["UserName"]) == (key["AccessKeyId"], other)
    fails(iam.get_user, "NoSuchEntity", UserName=user)
    iam.create_user(UserName=user)
    fails(iam.update_user, "EntityAlreadyExists", f"User with name {user} already exists.", UserName=other, NewUserName=user)
    iam.update_user(UserName=other, NewUserName=other.upper())
    iam.delete_access_key(UserName=other, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=other)


@pytest.mark.operation("ListUsers")
@pytest.mark.operation("ListGroupsForUser")
def test_lists_come_in_pages(iam):
    path, names = f"/{unique('path')}/", [unique("listed") for _ in range(3)]
    for name in names:
        iam.create_user(UserName=name, Path=path, Tags=[{"Key": "a", "Value": "b"}])
    listed = pages(iam, "list_users", "Users", PathPrefix=path)
    assert [one["UserName"] for one in listed] == sorted(names)
    assert all("Tags" not in one for one in listed), "lists show no tags"
    assert iam.list_users(PathPrefix=path)["IsTruncated"] is False
    fails(iam.list_users, "ValidationError", Marker="nonsense")
    assert iam.list_groups_for_user(UserName=names[0])["Groups"] == []
    for name in names:
        iam.delete_user(UserName=name)


@pytest.mark.operation("CreateAccessKey")
@pytest.mark.operation("UpdateAccessKey")
@pytest.mark.operation("ListAccessKeys")
@pytest.mark.operation("DeleteAccessKey")
@pytest.mark.operation("GetAccessKeyLastUsed")
def test_access_keys(iam, user):
    first, second = (iam.create_access_key(UserName=user)["AccessKey"] for _ in range(2))
    assert re.fullmatch("AKIA[A-Z2-7]{16}", first["AccessKeyId"]) and len(first["SecretAccessKey"]) == 40
    assert (first["Status"], first["UserName"]) == ("Active", user)
    assert first["SecretAccessKey"] != second["SecretAccessKey"]
    words = "Cannot exceed quota for AccessKeysPerUser: 2"
    fails(iam.create_access_key, "LimitExceeded", words, UserName=user)
    which = {"UserName": user, "AccessKeyId": first["AccessKeyId"]}
    iam.update_access_key(**which, Status="Inactive")
    listed = pages(iam, "list_access_keys", "AccessKeyMetadata", UserName=user)
    assert [(one["AccessKeyId"], one["Status"]) for one in listed] == [
        (first["AccessKeyId"], "Inactive"),
        (second["AccessKeyId"], "Active"),
    ]
    assert all("SecretAccessKey" not in one for one in listed)
    used = iam.get_access_key_last_used(AccessKeyId=first["AccessKeyId"])
    assert (used["UserName"], used["AccessKeyLastUsed"]) == (user, {"ServiceName": "N/A", "Region": "N/A"})
    fails(iam.delete_user, "DeleteConflict", "Cannot delete entity, must delete access keys first.", UserName=user)
    iam.delete_access_key(**which)
    words = f"The Access Key with id {first['AccessKeyId']} cannot be found."
    fails(iam.delete_access_key, "NoSuchEntity", words, **which)
    fails(iam.update_access_key, "NoSuchEntity", words, **which, Status="Active")
    fails(iam.get_access_key_last_used, "NoSuchEntity", words, AccessKeyId=first["AccessKeyId"])
    fails(iam.update_access_key, "ValidationError", **which, Status="Sleeping")
    words = "Must specify userName when calling with non-User credentials"
    fails(iam.create_access_key, "ValidationError", words)


@pytest.mark.operation("PutUserPolicy")
@pytest.mark.operation("GetUserPolicy")
@pytest.mark.operation("ListUserPolicies")
@pytest.mark.operation("DeleteUserPolicy")
@pytest.mark.operation("AttachUserPolicy")
@pytest.mark.operation("ListAttachedUserPolicies")
@pytest.mark.operation("DetachUserPolicy")
@pytest.mark.operation("PutUserPermissionsBoundary")
@pytest.mark.operation("DeleteUserPermissionsBoundary")
def test_what_a_user_holds(iam, user):
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=ALLOW)
    got = iam.get_user_policy(UserName=user, PolicyName="p")
    assert (got["UserName"], got["PolicyName"], got["PolicyDocument"]["Statement"][0]["Action"]) == (user, "p", "s3:GetObject")
    assert iam.list_user_policies(UserName=user)["PolicyNames"] == ["p"]
    words = "The user policy with name q cannot be found."
    fails(iam.get_user_policy, "NoSuchEntity", words, UserName=user, PolicyName="q")
    fails(iam.delete_user_policy, "NoSuchEntity", words, UserName=user, PolicyName="q")
    long = ALLOW.replace("s3:GetObject", "s3:" + "x" * 2048)
    words = f"Maximum policy size of 2048 bytes exceeded for user {user}"
    fails(iam.put_user_policy, "LimitExceeded", words, UserName=user, PolicyName="q", PolicyDocument=long)
    iam.attach_user_policy(UserName=user, PolicyArn=LOGS)
    [attached] = iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
    assert attached == {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": LOGS}
    fails(iam.delete_user, "DeleteConflict", "Cannot delete entity, must detach all policies first.", UserName=user)
    iam.detach_user_policy(UserName=user, PolicyArn=LOGS)
    fails(iam.detach_user_policy, "NoSuchEntity", f"Policy {LOGS} was not found.", UserName=user, PolicyArn=LOGS)
    fails(iam.delete_user, "DeleteConflict", "Cannot delete entity, must delete policies first.", UserName=user)
    iam.delete_user_policy(UserName=user, PolicyName="p")
    iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=LOGS)
    bounded = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": LOGS}
    assert iam.get_user(UserName=user)["User"]["PermissionsBoundary"] == bounded
    iam.delete_user_permissions_boundary(UserName=user)
    assert "PermissionsBoundary" not in iam.get_user(UserName=user)["User"]


@pytest.mark.operation("TagUser")
@pytest.mark.operation("UntagUser")
@pytest.mark.operation("ListUserTags")
def test_tags_of_a_user(iam, user):
    iam.tag_user(UserName=user, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])
    iam.tag_user(UserName=user, Tags=[{"Key": "B", "Value": "3"}])
    expected = [{"Key": "a", "Value": "2"}, {"Key": "B", "Value": "3"}]
    assert pages(iam, "list_user_tags", "Tags", UserName=user) == expected
    iam.untag_user(UserName=user, TagKeys=["A", "none"])
    assert iam.list_user_tags(UserName=user)["Tags"] == expected[1:]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    fails(iam.tag_user, "LimitExceeded", UserName=user, Tags=many)
    fails(iam.tag_user, "ValidationError", UserName=user, Tags=[*many, {"Key": "one", "Value": ""}])
    fails(iam.tag_user, "NoSuchEntity", UserName="nobody", Tags=[])


def test_the_last_use_of_a_key_is_told(server, iam, user):
    key = iam.create_access_key(UserName=user)["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    fails(iam_of(server, region_name="eu-west-1", **keys).get_user, "AccessDenied")
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("iam", "eu-west-1")
    assert used["LastUsedDate"] >= key["CreateDate"]


def test_another_account_sees_none_of_it(own_server):
    running = own_server("--auth", "open")
    one, other = (iam_of(running, aws_access_key_id=account * 12) for account in "12")
    one.create_user(UserName="u")
    assert other.list_users()["Users"] == []
    fails(other.get_user, "NoSuchEntity", UserName="u")
    assert other.create_user(UserName="u")["User"]["Arn"] == "arn:aws:iam::222222222222:user/u"
    abroad = iam_of(running, aws_access_key_id="111111111111", region_name="eu-west-1")
    assert [user["UserName"] for user in abroad.list_users()["Users"]] == ["u"], "IAM has no regions"
    china = iam_of(running, aws_access_key_id="111111111111", region_name="cn-north-1")
    assert china.list_users()["Users"] == []
    assert china.create_user(UserName="u")["User"]["Arn"] == "arn:aws-cn:iam::111111111111:user/u"


def test_users_and_keys_survive_a_kill(own_server):
    running = own_server()
    iam = iam_of(running)
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    running.kill()
    running.start()
    iam = iam_of(running)
    assert [one["AccessKeyId"] for one in iam.list_access_keys(UserName="u")["AccessKeyMetadata"]] == [key]
    assert iam.get_access_key_last_used(AccessKeyId=key)["UserName"] == "u"


def test_what_is_not_built_says_so(iam):
    fails(iam.create_group, "InvalidAction", "Lambent does not have the operation CreateGroup yet.", GroupName="g")
