"""File systems through boto3, and functions that share one."""

import itertools
import json
import os
import threading

import boto3
import pytest
from botocore.exceptions import ClientError
from conftest import active
from packages import python

SUBNET = "subnet-0123456789abcdef0"
NETWORK = {"SubnetIds": [SUBNET], "SecurityGroupIds": ["sg-0123456789abcdef0"]}
TOKENS = itertools.count(1)
EVALUATE = """
import fcntl, os, time

def write(path, text):
    with open(path, "w") as file:
        file.write(text)

def read(path):
    with open(path) as file:
        return file.read()

def add(path):
    with open(path, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        number = int(file.read() or 0) + 1
        time.sleep(0.05)
        file.seek(0)
        file.truncate()
        file.write(str(number))
    return number

def handler(event, context):
    try:
        return eval(event)
    except OSError as error:
        return error.strerror
"""


def client_of(server, account="test"):
    return boto3.client(
        "efs",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="test",
    )


@pytest.fixture
def efs(server):
    return client_of(server)


@pytest.fixture
def file_system(efs):
    """A file system with a mount target; gone after the test."""
    made = efs.create_file_system(CreationToken=f"token-{next(TOKENS)}")["FileSystemId"]
    target = efs.create_mount_target(FileSystemId=made, SubnetId=SUBNET)["MountTargetId"]
    yield made
    efs.delete_mount_target(MountTargetId=target)
    efs.delete_file_system(FileSystemId=made)


def access_point(efs, file_system, uid, path="/shared", permissions="0775", **more):
    root = {"Path": path, "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": permissions}}
    user = {"Uid": uid, "Gid": uid} | more
    token = f"token-{next(TOKENS)}"
    made = efs.create_access_point(ClientToken=token, FileSystemId=file_system, PosixUser=user, RootDirectory=root)
    return made["AccessPointArn"]


def mounting(arn):
    return python(
        EVALUATE, VpcConfig=NETWORK, FileSystemConfigs=[{"Arn": arn, "LocalMountPath": "/mnt/data"}], Timeout=20
    )


def fails(call, code, **parameters):
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    assert failure.value.response["Error"]["Code"] == code
    return failure.value.response


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount as another user")


@needs_root
def test_two_functions_share_files_each_as_its_own_user(efs, file_system, create, invoke):
    one = create(mounting(access_point(efs, file_system, 1000)))
    two = create(mounting(access_point(efs, file_system, 2000, SecondaryGids=[1000])))
    do = lambda name, what: invoke(name, what)["Payload"]  # noqa: E731
    assert do(one, "write('/mnt/data/x', 'hello')") is None
    assert do(two, "read('/mnt/data/x')") == "hello"
    assert do(two, "write('/mnt/data/x', 'no')") == "Permission denied"
    assert do(two, "write('/mnt/data/y', 'mine')") is None, "by its other group"
    assert do(one, "[os.stat('/mnt/data/' + n).st_uid == os.getuid() for n in 'xy']") == [True, False]
    assert do(one, "os.rename('/mnt/data/x', '/mnt/data/z')") is None
    assert do(one, "os.chmod('/mnt/data/z', 0o600)") is None
    assert do(two, "read('/mnt/data/z')") == "Permission denied"
    assert do(one, "os.chown('/mnt/data/z', 0, 0)") == "Operation not permitted"
    assert do(one, "write('/opt/x', 'no')") == "Read-only file system"


@needs_root
def test_locks_hold_between_environments(efs, file_system, create, invoke):
    arn = access_point(efs, file_system, 1000)
    names = [create(mounting(arn)) for _ in range(2)]
    counts = []
    workers = [
        threading.Thread(target=lambda n=name: counts.append(invoke(n, "add('/mnt/data/count')")["Payload"]))
        for name in names * 4
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(counts) == list(range(1, 9))


@needs_root
def test_the_root_is_what_the_access_point_says(efs, file_system, create, invoke):
    inner = create(mounting(access_point(efs, file_system, 1000, path="/a/b", permissions="0700")))
    assert invoke(inner, "write('/mnt/data/x', '1')")["Payload"] is None
    whole = efs.create_access_point(ClientToken=f"token-{next(TOKENS)}", FileSystemId=file_system)
    outer = create(mounting(whole["AccessPointArn"]))
    assert invoke(outer, "os.listdir('/mnt/data')")["Payload"] == ["a"]
    assert invoke(outer, "write('/mnt/data/x', '1')")["Payload"] == "Permission denied", "it is root's"
    # A link that leads out of the file system does so from where it is followed, which is the sandbox.
    assert invoke(inner, "os.symlink('/etc/hostname', '/mnt/data/out')")["Payload"] is None
    missing = efs.create_access_point(
        ClientToken=f"token-{next(TOKENS)}", FileSystemId=file_system, RootDirectory={"Path": "/nowhere"}
    )
    lost = create(mounting(missing["AccessPointArn"]))
    with pytest.raises(ClientError) as failure:
        invoke(lost, "1")
    assert failure.value.response["Error"]["Code"] == "EFSMountFailureException"
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@needs_root
def test_files_survive_a_stop_and_a_crash(own_server):
    server = own_server()
    efs, client = client_of(server), server.client()
    made = efs.create_file_system(CreationToken="t")["FileSystemId"]
    efs.create_mount_target(FileSystemId=made, SubnetId=SUBNET)
    client.create_function(FunctionName="f", **mounting(access_point(efs, made, 1000)))
    active(client, "f")

    def do(what):
        return json.loads(client.invoke(FunctionName="f", Payload=json.dumps(what))["Payload"].read())

    assert do("write('/mnt/data/x', '1')") is None
    server.stop()
    server.start()
    client = server.client()
    assert do("read('/mnt/data/x')") == "1"
    assert do("write('/mnt/data/x', '2')") is None
    server.kill()
    server.start()
    client = server.client()
    assert do("read('/mnt/data/x')") == "2"
    assert client_of(server).describe_file_systems()["FileSystems"][0]["SizeInBytes"]["Value"] > 0


@needs_root
def test_one_connection_an_environment(own_server):
    server = own_server("--efs-connections", "1")
    efs, client = client_of(server), server.client()
    made = efs.create_file_system(CreationToken="t")["FileSystemId"]
    efs.create_mount_target(FileSystemId=made, SubnetId=SUBNET)
    arn = access_point(efs, made, 1000)
    for name in ["f", "g"]:
        client.create_function(FunctionName=name, **mounting(arn))
        active(client, name)
    for _ in range(2):
        assert json.loads(client.invoke(FunctionName="f", Payload='"1"')["Payload"].read()) == 1
    response = fails(client.invoke, "EFSMountConnectivityException", FunctionName="g", Payload='"1"')
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 408


@needs_root
def test_the_owner_names_the_folder(own_server, tmp_path):
    server = own_server("--efs-dir", str(tmp_path / "shared"))
    efs, client = client_of(server), server.client()
    made = efs.create_file_system(CreationToken="t")["FileSystemId"]
    target = efs.create_mount_target(FileSystemId=made, SubnetId=SUBNET)["MountTargetId"]
    client.create_function(FunctionName="f", **mounting(access_point(efs, made, 1234)))
    active(client, "f")
    client.invoke(FunctionName="f", Payload=json.dumps("write('/mnt/data/x', 'text')"))
    written = tmp_path / "shared" / made / "shared" / "x"
    # The root directory is of 1000, and 1234 is in no group of it: nothing could be written.
    assert not written.exists()
    (tmp_path / "shared" / made / "shared").chmod(0o777)
    client.invoke(FunctionName="f", Payload=json.dumps("write('/mnt/data/x', 'text')"))
    assert (written.read_text(), written.stat().st_uid, written.stat().st_gid) == ("text", 1234, 1234)
    efs.delete_mount_target(MountTargetId=target)
    efs.delete_file_system(FileSystemId=made)
    assert not (tmp_path / "shared" / made).exists()


def test_a_function_needs_an_access_point_with_a_mount_target(efs, client):
    made = efs.create_file_system(CreationToken=f"token-{next(TOKENS)}")["FileSystemId"]
    arn = efs.create_access_point(ClientToken="t", FileSystemId=made)["AccessPointArn"]
    response = fails(client.create_function, "InvalidParameterValueException", FunctionName="x", **mounting(arn))
    assert "does not have mount targets" in response["Error"]["Message"]
    efs.delete_file_system(FileSystemId=made)
    response = fails(client.create_function, "InvalidParameterValueException", FunctionName="x", **mounting(arn))
    assert "EFS Error Code: AccessPointNotFound" in response["Error"]["Message"]
