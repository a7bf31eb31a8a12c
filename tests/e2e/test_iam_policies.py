"""Managed policies through boto3, the account's own and AWS's, and through the CLI."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from iam_api import ALLOW, DENY, LOGS, TRUST, document, fails, iam_of, pages, unique

AWS = pathlib.Path(sys.executable).parent / "aws"


@pytest.fixture
def iam(server):
    return iam_of(server)


@pytest.fixture
def policy(iam):
    """The ARN of a policy that is gone after the test."""
    arn = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=ALLOW)["Policy"]["Arn"]
    yield arn
    try:
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)
    except iam.exceptions.NoSuchEntityException:
        pass


@pytest.mark.operation("CreatePolicy")
@pytest.mark.operation("GetPolicy")
@pytest.mark.operation("DeletePolicy")
def test_a_policy_is_made_shown_and_gone(iam):
    name = unique("Policy")
    tags = [{"Key": "a", "Value": "b"}]
    asked = {"PolicyName": name, "Path": "/p/", "PolicyDocument": ALLOW}
    made = iam.create_policy(**asked, Description="d", Tags=tags)["Policy"]
    arn = f"arn:aws:iam::000000000000:policy/p/{name}"
    assert re.fullmatch("ANPA[A-Z0-9]{17}", made["PolicyId"])
    assert {key: made[key] for key in made if key not in ("PolicyId", "CreateDate", "UpdateDate")} == {
        "PolicyName": name,
        "Arn": arn,
        "Path": "/p/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "Tags": tags,
    }
    assert iam.get_policy(PolicyArn=arn)["Policy"] == made | {"Description": "d"}
    words = f"A policy called {name.lower()} already exists. Duplicate names are not allowed."
    fails(iam.create_policy, "EntityAlreadyExists", words, PolicyName=name.lower(), PolicyDocument=ALLOW)
    iam.delete_policy(PolicyArn=arn)
    for call in [iam.get_policy, iam.delete_policy, iam.list_policy_versions, iam.list_entities_for_policy]:
        fails(call, "NoSuchEntity", f"Policy {arn} was not found.", PolicyArn=arn)


def test_what_is_no_policy_is_refused(iam):
    def refused(policy, words):
        fails(iam.create_policy, "MalformedPolicyDocument", words, PolicyName="p", PolicyDocument=policy)

    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    refused("no json", "Syntax errors in policy.")
    refused(document(allow, "2008-10-17"), "Policy document must be version 2012-10-17 or greater.")
    refused(document(allow | {"Principal": "*"}), "Policy document should not specify a principal.")
    refused(document({"Effect": "Allow", "Action": "s3:*"}), "Policy statement must contain resources.")
    refused(document(allow | {"Resource": "b"}), 'Resource b must be in ARN format or "*".')
    words = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    refused(document(allow | {"Action": "GetObject"}), words)
    long = ALLOW.replace("s3:GetObject", "s3:" + "x" * 6144)
    fails(iam.create_policy, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144", PolicyName="p", PolicyDocument=long)


@pytest.mark.operation("CreatePolicyVersion")
@pytest.mark.operation("GetPolicyVersion")
@pytest.mark.operation("ListPolicyVersions")
@pytest.mark.operation("SetDefaultPolicyVersion")
@pytest.mark.operation("DeletePolicyVersion")
def test_versions(iam, policy):
    made = iam.create_policy_version(PolicyArn=policy, PolicyDocument=DENY)["PolicyVersion"]
    assert (made["VersionId"], made["IsDefaultVersion"], "Document" in made) == ("v2", False, False)
    got = iam.get_policy_version(PolicyArn=policy, VersionId="v2")["PolicyVersion"]
    assert got == made | {"Document": json.loads(DENY)}
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
    assert iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"] == "v2"
    for _ in range(3):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOW, SetAsDefault=True)
    words = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."
    fails(iam.create_policy_version, "LimitExceeded", words, PolicyArn=policy, PolicyDocument=ALLOW)
    listed = pages(iam, "list_policy_versions", "Versions", PolicyArn=policy)
    assert [one["VersionId"] for one in listed] == ["v5", "v4", "v3", "v2", "v1"]
    assert [one["VersionId"] for one in listed if one["IsDefaultVersion"]] == ["v5"]
    words = "Cannot delete the default version of a policy."
    fails(iam.delete_policy_version, "DeleteConflict", words, PolicyArn=policy, VersionId="v5")
    fails(iam.delete_policy, "DeleteConflict", PolicyArn=policy)
    iam.delete_policy_version(PolicyArn=policy, VersionId="v1")
    words = f"Policy {policy} version v1 does not exist or is not attachable."
    for call in [iam.get_policy_version, iam.delete_policy_version, iam.set_default_policy_version]:
        fails(call, "NoSuchEntity", words, PolicyArn=policy, VersionId="v1")
    fails(iam.get_policy_version, "ValidationError", PolicyArn=policy, VersionId="one")


@pytest.mark.operation("ListEntitiesForPolicy")
@pytest.mark.operation("ListPolicies")
def test_who_has_a_policy(iam, policy):
    role, user = unique("role"), unique("user")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    iam.create_user(UserName=user, PermissionsBoundary=policy)
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    shown = iam.get_policy(PolicyArn=policy)["Policy"]
    assert (shown["AttachmentCount"], shown["PermissionsBoundaryUsageCount"]) == (1, 1)
    both = iam.list_entities_for_policy(PolicyArn=policy)
    assert ([one["RoleName"] for one in both["PolicyRoles"]], [one["UserName"] for one in both["PolicyUsers"]]) == ([role], [user])
    assert pages(iam, "list_entities_for_policy", "PolicyRoles", PolicyArn=policy, EntityFilter="User") == []
    bounded = iam.list_entities_for_policy(PolicyArn=policy, PolicyUsageFilter="PermissionsBoundary")
    assert (bounded["PolicyRoles"], len(bounded["PolicyUsers"])) == ([], 1)
    listed = iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"]
    assert policy in [one["Arn"] for one in listed] and all("Tags" not in one for one in listed)
    fails(iam.delete_policy, "DeleteConflict", "Cannot delete a policy attached to entities.", PolicyArn=policy)
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    fails(iam.delete_policy, "DeleteConflict", "Cannot delete a policy attached to entities.", PolicyArn=policy)
    iam.delete_user(UserName=user)
    iam.delete_role(RoleName=role)
    iam.delete_policy(PolicyArn=policy)


def test_policies_of_aws(iam):
    shown = iam.get_policy(PolicyArn=LOGS)["Policy"]
    assert (shown["PolicyName"], shown["Path"], shown["DefaultVersionId"]) == ("AWSLambdaBasicExecutionRole", "/service-role/", "v1")
    version = iam.get_policy_version(PolicyArn=LOGS, VersionId="v1")["PolicyVersion"]
    assert "logs:PutLogEvents" in version["Document"]["Statement"][0]["Action"]
    listed = pages(iam, "list_policies", "Policies", Scope="AWS", PathPrefix="/service-role/")
    assert LOGS in [one["Arn"] for one in listed] and all(one["Path"] == "/service-role/" for one in listed)
    words = "Policy is outside your own account."
    fails(iam.delete_policy, "AccessDenied", words, PolicyArn=LOGS)
    fails(iam.create_policy_version, "AccessDenied", words, PolicyArn=LOGS, PolicyDocument=ALLOW)
    fails(iam.get_policy, "NoSuchEntity", PolicyArn="arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")


@pytest.mark.operation("TagPolicy")
@pytest.mark.operation("UntagPolicy")
@pytest.mark.operation("ListPolicyTags")
def test_tags_of_a_policy(iam, policy):
    assert iam.get_policy(PolicyArn=policy)["Policy"]["Tags"] == []
    iam.tag_policy(PolicyArn=policy, Tags=[{"Key": "k", "Value": "v"}])
    assert pages(iam, "list_policy_tags", "Tags", PolicyArn=policy) == [{"Key": "k", "Value": "v"}]
    iam.untag_policy(PolicyArn=policy, TagKeys=["k"])
    assert iam.list_policy_tags(PolicyArn=policy)["Tags"] == []


def test_the_cli_makes_a_role_as_its_users_do(server, tmp_path):
    def aws(*args):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
        environment |= keys | {"AWS_PAGER": "", "HOME": str(tmp_path)}
        command = [str(AWS), "--endpoint-url", server.endpoint, "iam", *args]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    name = unique("cli")
    made = aws("create-role", "--role-name", name, "--assume-role-policy-document", TRUST)
    assert made["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    aws("attach-role-policy", "--role-name", name, "--policy-arn", LOGS)
    aws("put-role-policy", "--role-name", name, "--policy-name", "p", "--policy-document", ALLOW)
    assert aws("list-role-policies", "--role-name", name)["PolicyNames"] == ["p"]
    aws("delete-role-policy", "--role-name", name, "--policy-name", "p")
    aws("detach-role-policy", "--role-name", name, "--policy-arn", LOGS)
    aws("wait", "role-exists", "--role-name", name)
    aws("delete-role", "--role-name", name)


@pytest.mark.operation("GetAccountSummary")
@pytest.mark.operation("GetAccountAuthorizationDetails")
def test_what_an_account_has(own_server):
    iam = iam_of(own_server())
    iam.create_user(UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=ALLOW)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "a", "Value": "b"}])
    iam.attach_role_policy(RoleName="r", PolicyArn=LOGS)
    arn = iam.create_policy(PolicyName="m", PolicyDocument=ALLOW)["Policy"]["Arn"]
    counted = iam.get_account_summary()["SummaryMap"]
    assert (counted["Users"], counted["Roles"], counted["Policies"], counted["AccessKeysPerUserQuota"]) == (1, 1, 1, 2)
    shown = iam.get_account_authorization_details()
    [user], [role] = shown["UserDetailList"], shown["RoleDetailList"]
    assert user["UserPolicyList"] == [{"PolicyName": "p", "PolicyDocument": json.loads(ALLOW)}]
    assert (role["AttachedManagedPolicies"][0]["PolicyArn"], role["Tags"]) == (LOGS, [{"Key": "a", "Value": "b"}])
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert {policy["Arn"] for policy in shown["Policies"]} == {arn, LOGS}, "of AWS only what somebody has"
    assert shown["Policies"][0]["PolicyVersionList"][0]["Document"] == json.loads(ALLOW)
    only = iam.get_account_authorization_details(Filter=["Role"])
    assert (only["UserDetailList"], only["Policies"]) == ([], [])
    assert len(pages(iam, "get_account_authorization_details", "RoleDetailList")) == 1
