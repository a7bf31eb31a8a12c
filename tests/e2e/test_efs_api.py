"""The API of EFS through boto3: what is made, shown, changed, refused."""

import itertools

import boto3
import pytest
from botocore.exceptions import ClientError

SUBNET = "subnet-0123456789abcdef0"
TOKENS = itertools.count(1)


@pytest.fixture
def efs(server):
    settings = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("efs", endpoint_url=server.endpoint, **settings)


def token():
    return f"api-token-{next(TOKENS)}"


@pytest.fixture
def made(efs):
    """The id of a file system that the test may delete."""
    made = efs.create_file_system(CreationToken=token())["FileSystemId"]
    yield made
    try:
        efs.delete_file_system(FileSystemId=made)
    except efs.exceptions.FileSystemNotFound:
        pass


def fails(call, status, code, **parameters):
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    answer = failure.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (status, code)
    return answer


@pytest.mark.operation("CreateFileSystem")
@pytest.mark.operation("DescribeFileSystems")
@pytest.mark.operation("UpdateFileSystem")
@pytest.mark.operation("UpdateFileSystemProtection")
@pytest.mark.operation("DeleteFileSystem")
def test_file_systems(efs):
    asked = {"CreationToken": token(), "Tags": [{"Key": "Name", "Value": "n"}]}
    made = efs.create_file_system(**asked)
    assert (made["ResponseMetadata"]["HTTPStatusCode"], made["Name"], made["NumberOfMountTargets"]) == (201, "n", 0)
    again = fails(efs.create_file_system, 409, "FileSystemAlreadyExists", **asked)
    assert again["FileSystemId"] == made["FileSystemId"]
    fails(efs.create_file_system, 400, "BadRequest", CreationToken=token(), ThroughputMode="provisioned")
    fails(efs.create_file_system, 400, "ValidationException", CreationToken=token(), PerformanceMode="fast")
    zone = {"CreationToken": token(), "AvailabilityZoneName": "eu-west-1a"}
    fails(efs.create_file_system, 400, "UnsupportedAvailabilityZone", **zone)
    shown = efs.describe_file_systems(FileSystemId=made["FileSystemArn"])["FileSystems"]
    assert [one["LifeCycleState"] for one in shown] == ["available"]
    which = {"FileSystemId": made["FileSystemId"]}
    assert efs.update_file_system(**which, ThroughputMode="elastic")["ThroughputMode"] == "elastic"
    off = efs.update_file_system_protection(**which, ReplicationOverwriteProtection="DISABLED")
    assert off["ReplicationOverwriteProtection"] == "DISABLED"
    efs.delete_file_system(**which)
    for call in [efs.describe_file_systems, efs.update_file_system, efs.delete_file_system]:
        fails(call, 404, "FileSystemNotFound", **which)


def test_pages_of_file_systems(efs):
    ids = {efs.create_file_system(CreationToken=token())["FileSystemId"] for _ in range(3)}
    pages = efs.get_paginator("describe_file_systems").paginate(PaginationConfig={"PageSize": 1})
    found = [one["FileSystemId"] for page in pages for one in page["FileSystems"]]
    assert ids <= set(found) and len(found) == len(set(found))
    for one in ids:
        efs.delete_file_system(FileSystemId=one)


@pytest.mark.operation("CreateAccessPoint")
@pytest.mark.operation("DescribeAccessPoints")
@pytest.mark.operation("DeleteAccessPoint")
def test_access_points(efs, made):
    asked = {"ClientToken": token(), "FileSystemId": made}
    point = efs.create_access_point(**asked)
    assert (point["RootDirectory"], "PosixUser" in point) == ({"Path": "/"}, False)
    again = fails(efs.create_access_point, 409, "AccessPointAlreadyExists", **asked)
    assert again["AccessPointId"] == point["AccessPointId"]
    fails(efs.create_access_point, 404, "FileSystemNotFound", ClientToken="t", FileSystemId="fs-01234567")
    shown = efs.describe_access_points(FileSystemId=made)["AccessPoints"]
    assert [one["LifeCycleState"] for one in shown] == ["available"]
    efs.delete_access_point(AccessPointId=point["AccessPointId"])
    for call in [efs.describe_access_points, efs.delete_access_point]:
        fails(call, 404, "AccessPointNotFound", AccessPointId=point["AccessPointId"])


@pytest.mark.operation("CreateMountTarget")
@pytest.mark.operation("DescribeMountTargets")
@pytest.mark.operation("DeleteMountTarget")
@pytest.mark.operation("DescribeMountTargetSecurityGroups")
@pytest.mark.operation("ModifyMountTargetSecurityGroups")
def test_mount_targets(efs, made):
    target = efs.create_mount_target(FileSystemId=made, SubnetId=SUBNET, IpAddress="10.0.0.9")
    assert (target["SubnetId"], target["IpAddress"]) == (SUBNET, "10.0.0.9")
    fails(efs.create_mount_target, 409, "MountTargetConflict", FileSystemId=made, SubnetId=SUBNET)
    fails(efs.create_mount_target, 404, "FileSystemNotFound", FileSystemId="fs-01234567", SubnetId=SUBNET)
    fails(efs.delete_file_system, 409, "FileSystemInUse", FileSystemId=made)
    assert efs.describe_file_systems(FileSystemId=made)["FileSystems"][0]["NumberOfMountTargets"] == 1
    which = {"MountTargetId": target["MountTargetId"]}
    assert len(efs.describe_mount_targets(**which)["MountTargets"]) == 1
    groups = ["sg-0123456789abcdef0"]
    efs.modify_mount_target_security_groups(**which, SecurityGroups=groups)
    assert efs.describe_mount_target_security_groups(**which)["SecurityGroups"] == groups
    efs.delete_mount_target(**which)
    for call in [efs.delete_mount_target, efs.describe_mount_targets, efs.describe_mount_target_security_groups]:
        fails(call, 404, "MountTargetNotFound", **which)
    fails(efs.modify_mount_target_security_groups, 404, "MountTargetNotFound", **which, SecurityGroups=groups)


POLICY = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"elasticfilesystem:ClientMount","Resource":"*"}]}'


@pytest.mark.operation("PutFileSystemPolicy")
@pytest.mark.operation("DescribeFileSystemPolicy")
@pytest.mark.operation("DeleteFileSystemPolicy")
@pytest.mark.operation("PutBackupPolicy")
@pytest.mark.operation("DescribeBackupPolicy")
@pytest.mark.operation("PutLifecycleConfiguration")
@pytest.mark.operation("DescribeLifecycleConfiguration")
def test_policies(efs, made):
    which = {"FileSystemId": made}
    fails(efs.describe_file_system_policy, 404, "PolicyNotFound", **which)
    fails(efs.put_file_system_policy, 400, "InvalidPolicyException", **which, Policy="{")
    assert efs.put_file_system_policy(**which, Policy=POLICY)["Policy"] == POLICY
    assert efs.describe_file_system_policy(**which)["Policy"] == POLICY
    efs.delete_file_system_policy(**which)
    fails(efs.describe_backup_policy, 404, "PolicyNotFound", **which)
    efs.put_backup_policy(**which, BackupPolicy={"Status": "DISABLED"})
    assert efs.describe_backup_policy(**which)["BackupPolicy"] == {"Status": "DISABLED"}
    rules = [{"TransitionToIA": "AFTER_30_DAYS"}]
    assert efs.put_lifecycle_configuration(**which, LifecyclePolicies=rules)["LifecyclePolicies"] == rules
    assert efs.describe_lifecycle_configuration(**which)["LifecyclePolicies"] == rules
    unknown = {"FileSystemId": "fs-01234567"}
    fails(efs.describe_lifecycle_configuration, 404, "FileSystemNotFound", **unknown)
    fails(efs.delete_file_system_policy, 404, "FileSystemNotFound", **unknown)


@pytest.mark.operation("TagResource")
@pytest.mark.operation("UntagResource")
@pytest.mark.operation("ListTagsForResource")
@pytest.mark.operation("CreateTags")
@pytest.mark.operation("DescribeTags")
@pytest.mark.operation("DeleteTags")
def test_tags(efs, made):
    tags = [{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}]
    efs.tag_resource(ResourceId=made, Tags=tags)
    assert efs.list_tags_for_resource(ResourceId=made)["Tags"] == tags
    efs.untag_resource(ResourceId=made, TagKeys=["b"])
    efs.create_tags(FileSystemId=made, Tags=[{"Key": "c", "Value": "3"}])
    efs.delete_tags(FileSystemId=made, TagKeys=["a"])
    assert efs.describe_tags(FileSystemId=made)["Tags"] == [{"Key": "c", "Value": "3"}]
    fails(efs.tag_resource, 404, "AccessPointNotFound", ResourceId="fsap-01234567", Tags=tags)
    reserved = [{"Key": "aws:x", "Value": "1"}]
    fails(efs.tag_resource, 400, "ValidationException", ResourceId=made, Tags=reserved)
    many = [{"Key": f"k{n}", "Value": ""} for n in range(51)]
    fails(efs.tag_resource, 400, "BadRequest", ResourceId=made, Tags=many)


@pytest.mark.operation("PutAccountPreferences")
@pytest.mark.operation("DescribeAccountPreferences")
def test_preferences(efs):
    fails(efs.put_account_preferences, 400, "BadRequest", ResourceIdType="SHORT_ID")
    put = efs.put_account_preferences(ResourceIdType="LONG_ID")["ResourceIdPreference"]
    assert efs.describe_account_preferences()["ResourceIdPreference"] == put


def test_what_is_not_built_says_so(efs, made):
    with pytest.raises(ClientError, match="Lambent does not have"):
        efs.create_replication_configuration(SourceFileSystemId=made, Destinations=[{"Region": "us-west-2"}])
