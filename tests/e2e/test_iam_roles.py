"""Roles through boto3, as Terraform and others make, read and delete them, and as functions have them."""

import json
import re

import pytest
from botocore.exceptions import ClientError
from conftest import updated
from iam_api import ALLOW, LOGS, TRUST, document, fails, iam_of, pages, unique
from log_groups import logs
from packages import HELLO, python

__all__ = ["logs"]


@pytest.fixture
def iam(server):
    return iam_of(server)


@pytest.fixture
def role(iam):
    """The name of a role that is gone after the test."""
    name = unique("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    yield name
    try:
        iam.delete_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        pass


@pytest.mark.operation("CreateRole")
@pytest.mark.operation("GetRole")
@pytest.mark.operation("DeleteRole")
def test_a_role_is_made_shown_and_gone(iam):
    name = unique("Role")
    arn = f"arn:aws:iam::000000000000:role/a/b/{name}"
    made = iam.create_role(RoleName=name, Path="/a/b/", AssumeRolePolicyDocument=TRUST)["Role"]
    assert re.fullmatch("AROA[A-Z0-9]{17}", made["RoleId"])
    assert set(made) == {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
    assert (made["Arn"], made["AssumeRolePolicyDocument"]) == (arn, json.loads(TRUST))
    shown = iam.get_role(RoleName=name)["Role"]
    assert shown == made | {"MaxSessionDuration": 3600, "RoleLastUsed": {}}
    words = f"Role with name {name.lower()} already exists."
    fails(iam.create_role, "EntityAlreadyExists", words, RoleName=name.lower(), AssumeRolePolicyDocument=TRUST)
    iam.delete_role(RoleName=name)
    for call in [iam.get_role, iam.delete_role, iam.list_instance_profiles_for_role, iam.list_role_policies]:
        fails(call, "NoSuchEntity", f"The role with name {name} cannot be found.", RoleName=name)


def test_a_role_with_everything(iam):
    name = unique("role")
    tags = [{"Key": "a", "Value": "b"}]
    more = {"Description": "d", "MaxSessionDuration": 7200, "PermissionsBoundary": LOGS, "Tags": tags}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)
    shown = iam.get_role(RoleName=name)["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"], shown["Tags"]) == ("d", 7200, tags)
    assert shown["PermissionsBoundary"]["PermissionsBoundaryArn"] == LOGS
    [listed] = [one for one in iam.list_roles(MaxItems=1000)["Roles"] if one["RoleName"] == name]
    assert (listed["Description"], listed["MaxSessionDuration"]) == ("d", 7200)
    assert not {"Tags", "PermissionsBoundary", "RoleLastUsed"} & set(listed), "lists show less"
    iam.delete_role(RoleName=name)


@pytest.mark.operation("UpdateRole")
@pytest.mark.operation("UpdateRoleDescription")
@pytest.mark.operation("UpdateAssumeRolePolicy")
def test_a_role_is_changed(iam, role):
    iam.update_role(RoleName=role, Description="d", MaxSessionDuration=43200)
    shown = iam.get_role(RoleName=role)["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("d", 43200)
    assert iam.update_role_description(RoleName=role, Description="e")["Role"]["Description"] == "e"
    iam.update_role(RoleName=role)
    assert "Description" not in iam.get_role(RoleName=role)["Role"]
    fails(iam.update_role, "ValidationError", RoleName=role, MaxSessionDuration=3599)
    other = TRUST.replace("lambda.", "ec2.")
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=other)
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == json.loads(other)
    fails(iam.update_assume_role_policy, "MalformedPolicyDocument", RoleName=role, PolicyDocument="{")
    fails(iam.update_assume_role_policy, "NoSuchEntity", RoleName="none", PolicyDocument=TRUST)


def test_a_trust_policy_says_who(iam):
    def refused(statement, words):
        policy = statement if isinstance(statement, str) else document(statement)
        fails(iam.create_role, "MalformedPolicyDocument", words, RoleName="r", AssumeRolePolicyDocument=policy)

    allow = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    refused("{", "This policy contains invalid Json")
    refused(allow, "Missing required field Principal")
    refused(allow | {"Principal": "*", "Resource": "*"}, "Has prohibited field Resource")
    refused(allow | {"Principal": {"AWS": "nobody"}}, 'Invalid principal in policy: "AWS":"nobody"')
    missing = "arn:aws:iam::000000000000:user/never"
    refused(allow | {"Principal": {"AWS": missing}}, f'Invalid principal in policy: "AWS":"{missing}"')
    words = "AssumeRole policy may only specify STS AssumeRole actions."
    refused({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}, words)
    many = document(allow | {"Principal": {"AWS": [f"{number:012}" for number in range(150)]}})
    words = "Cannot exceed quota for ACLSizePerRole: 2048"
    fails(iam.create_role, "LimitExceeded", words, RoleName="r", AssumeRolePolicyDocument=many)


@pytest.mark.operation("ListRoles")
@pytest.mark.operation("ListInstanceProfilesForRole")
def test_roles_come_in_pages(iam):
    path, names = f"/{unique('path')}/", [unique("listed") for _ in range(3)]
    for name in names:
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)
    assert [one["RoleName"] for one in pages(iam, "list_roles", "Roles", PathPrefix=path)] == sorted(names)
    assert iam.list_instance_profiles_for_role(RoleName=names[0])["InstanceProfiles"] == []
    for name in names:
        iam.delete_role(RoleName=name)


@pytest.mark.operation("PutRolePolicy")
@pytest.mark.operation("GetRolePolicy")
@pytest.mark.operation("ListRolePolicies")
@pytest.mark.operation("DeleteRolePolicy")
def test_inline_policies(iam, role):
    for name in ["b", "a"]:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=ALLOW)
    assert pages(iam, "list_role_policies", "PolicyNames", RoleName=role) == ["a", "b"]
    got = iam.get_role_policy(RoleName=role, PolicyName="a")
    assert (got["RoleName"], got["PolicyDocument"]) == (role, json.loads(ALLOW))
    words = "The role policy with name c cannot be found."
    fails(iam.get_role_policy, "NoSuchEntity", words, RoleName=role, PolicyName="c")
    fails(iam.delete_role_policy, "NoSuchEntity", words, RoleName=role, PolicyName="c")
    fails(iam.delete_role, "DeleteConflict", "Cannot delete entity, must delete policies first.", RoleName=role)
    long = ALLOW.replace("s3:GetObject", "s3:" + "x" * 10240)
    words = f"Maximum policy size of 10240 bytes exceeded for role {role}"
    fails(iam.put_role_policy, "LimitExceeded", words, RoleName=role, PolicyName="c", PolicyDocument=long)
    fails(iam.put_role_policy, "MalformedPolicyDocument", RoleName=role, PolicyName="c", PolicyDocument=TRUST)
    for name in ["a", "b"]:
        iam.delete_role_policy(RoleName=role, PolicyName=name)


@pytest.mark.operation("AttachRolePolicy")
@pytest.mark.operation("ListAttachedRolePolicies")
@pytest.mark.operation("DetachRolePolicy")
def test_attached_policies(iam, role):
    for _ in range(2):
        iam.attach_role_policy(RoleName=role, PolicyArn=LOGS)
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == [
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": LOGS}
    ]
    assert iam.list_attached_role_policies(RoleName=role, PathPrefix="/other/")["AttachedPolicies"] == []
    fails(iam.delete_role, "DeleteConflict", "Cannot delete entity, must detach all policies first.", RoleName=role)
    for arn in ["arn:aws:iam::aws:policy/Nothing", "arn:aws:iam::000000000000:policy/nothing"]:
        words = f"Policy {arn} does not exist or is not attachable."
        fails(iam.attach_role_policy, "NoSuchEntity", words, RoleName=role, PolicyArn=arn)
    fails(iam.attach_role_policy, "ValidationError", "Invalid ARN:  Could not be parsed!", RoleName=role, PolicyArn="x" * 30)
    words = "ARN arn:aws:s3:::bucket-of-mine is not valid."
    fails(iam.attach_role_policy, "InvalidInput", words, RoleName=role, PolicyArn="arn:aws:s3:::bucket-of-mine")
    service = "arn:aws:iam::aws:policy/aws-service-role/AWSLambdaReplicator"
    words = "Cannot attach a Service Role Policy to a Customer Role."
    fails(iam.attach_role_policy, "PolicyNotAttachable", words, RoleName=role, PolicyArn=service)
    iam.detach_role_policy(RoleName=role, PolicyArn=LOGS)
    fails(iam.detach_role_policy, "NoSuchEntity", f"Policy {LOGS} was not found.", RoleName=role, PolicyArn=LOGS)


def test_no_more_than_ten_are_attached(iam, role):
    names = [unique("many") for _ in range(11)]
    arns = [iam.create_policy(PolicyName=name, PolicyDocument=ALLOW)["Policy"]["Arn"] for name in names]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    words = "Cannot exceed quota for PoliciesPerRole: 10"
    fails(iam.attach_role_policy, "LimitExceeded", words, RoleName=role, PolicyArn=arns[10])
    listed = pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=role)
    assert [one["PolicyArn"] for one in listed] == arns[:10]
    for arn in arns[:10]:
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in arns:
        iam.delete_policy(PolicyArn=arn)


@pytest.mark.operation("PutRolePermissionsBoundary")
@pytest.mark.operation("DeleteRolePermissionsBoundary")
@pytest.mark.operation("TagRole")
@pytest.mark.operation("UntagRole")
@pytest.mark.operation("ListRoleTags")
def test_boundary_and_tags(iam, role):
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=LOGS)
    assert iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == LOGS
    iam.delete_role_permissions_boundary(RoleName=role)
    assert "PermissionsBoundary" not in iam.get_role(RoleName=role)["Role"]
    fails(iam.put_role_permissions_boundary, "NoSuchEntity", RoleName="none", PermissionsBoundary=LOGS)
    iam.tag_role(RoleName=role, Tags=[{"Key": "k", "Value": "v"}])
    assert iam.list_role_tags(RoleName=role)["Tags"] == [{"Key": "k", "Value": "v"}]
    iam.untag_role(RoleName=role, TagKeys=["k"])
    assert iam.list_role_tags(RoleName=role)["Tags"] == [] and "Tags" not in iam.get_role(RoleName=role)["Role"]


@pytest.mark.operation("CreateServiceLinkedRole")
@pytest.mark.operation("DeleteServiceLinkedRole")
@pytest.mark.operation("GetServiceLinkedRoleDeletionStatus")
def test_roles_of_services(iam):
    asked = {"AWSServiceName": "autoscaling.amazonaws.com", "CustomSuffix": "mine"}
    made = iam.create_service_linked_role(**asked)["Role"]
    name = made["RoleName"]
    assert (name, made["Path"]) == ("AWSServiceRoleForAutoScaling_mine", "/aws-service-role/autoscaling.amazonaws.com/")
    words = f"Service role name {name} has been taken in this account, please try a different suffix."
    fails(iam.create_service_linked_role, "InvalidInput", words, **asked)
    suffix = {"AWSServiceName": "ecs.amazonaws.com", "CustomSuffix": "x"}
    fails(iam.create_service_linked_role, "InvalidInput", "Custom suffix is not allowed for ecs.amazonaws.com", **suffix)
    words = f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    fails(iam.delete_role, "UnmodifiableEntity", words, RoleName=name)
    fails(iam.attach_role_policy, "UnmodifiableEntity", words, RoleName=name, PolicyArn=LOGS)
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/autoscaling.amazonaws.com/{name}/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    fails(iam.get_service_linked_role_deletion_status, "NoSuchEntity", DeletionTaskId=task + "x")
    fails(iam.get_role, "NoSuchEntity", RoleName=name)


def test_a_function_logs_where_its_role_lets_it_and_the_role_was_used_then(iam, client, create, invoke, role, logs):
    shown = iam.get_role(RoleName=role)["Role"]
    assert shown["RoleLastUsed"] == {}
    name = create(python(HELLO) | {"Role": shown["Arn"]})
    answer = invoke(name, LogType="Tail")
    assert "FunctionError" not in answer and answer["LogResult"], "its caller sees the log all the same"
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.describe_log_streams(logGroupName=f"/aws/lambda/{name}")
    last = iam.get_role(RoleName=role)["Role"]["RoleLastUsed"]
    assert (last["Region"], last["LastUsedDate"] >= shown["CreateDate"]) == ("us-east-1", True)
    iam.attach_role_policy(RoleName=role, PolicyArn=LOGS)
    client.update_function_configuration(FunctionName=name, Description="another environment")
    updated(client, name)
    invoke(name)
    assert len(logs.describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]) == 1
    iam.detach_role_policy(RoleName=role, PolicyArn=LOGS)


def test_a_function_has_only_a_role_that_lambda_may_assume(iam, client, create, role):
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    name = create(python(HELLO) | {"Role": arn})
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=TRUST.replace("lambda.", "ec2."))
    for call, settings in [
        (client.create_function, python(HELLO) | {"FunctionName": unique("never"), "Role": arn}),
        (client.update_function_configuration, {"FunctionName": name, "Role": arn}),
        (client.create_function, python(HELLO) | {"FunctionName": unique("never"), "Role": arn.replace("role/", "role/p/")}),
    ]:
        with pytest.raises(ClientError) as failure:
            call(**settings)
        error = failure.value.response["Error"]
        words = "The role defined for the function cannot be assumed by Lambda."
        assert (error["Code"], error["Message"]) == ("InvalidParameterValueException", words)
