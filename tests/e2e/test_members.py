"""The members of a function's configuration, its versions by Publish, and how it is deleted, as clients see them."""

import pytest
from conftest import active
from packages import HELLO, ROLE, python, zip_of

QUEUE = "arn:aws:sqs:us-east-1:000000000000:dead"
KEY = "arn:aws:kms:us-east-1:000000000000:key/1"
JSON_LOGS = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
LOGS = """
import os

def handler(event, context):
    names = ("FORMAT", "LEVEL", "GROUP_NAME")
    return [os.environ.get(f"AWS_LAMBDA_LOG_{name}") for name in names]
"""


@pytest.mark.operation("UpdateFunctionConfiguration")
@pytest.mark.parametrize(
    ("member", "given", "clearing"),
    [
        ("KMSKeyArn", KEY, ""),
        ("DeadLetterConfig", {"TargetArn": QUEUE}, {"TargetArn": ""}),
        ("Environment", {"Variables": {"AB": "1"}}, {}),
        ("TracingConfig", {"Mode": "Active"}, None),
        ("SnapStart", {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}, None),
    ],
)
def test_what_is_written_is_read_and_what_is_cleared_is_gone(client, create, member, given, clearing):
    asked = {key: value for key, value in given.items() if key != "OptimizationStatus"} if isinstance(given, dict) else given
    name = create(python(HELLO, **{member: asked}))
    assert client.get_function_configuration(FunctionName=name)[member] == given
    client.update_function_configuration(FunctionName=name, Timeout=9)
    assert client.get_function(FunctionName=name)["Configuration"][member] == given
    if clearing is not None:
        client.update_function_configuration(FunctionName=name, **{member: clearing})
        assert member not in client.get_function_configuration(FunctionName=name)


def test_a_network_is_shown_and_left_empty(client, create):
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    name = create(python(HELLO, VpcConfig=vpc))
    shown = client.get_function_configuration(FunctionName=name)["VpcConfig"]
    assert shown == vpc | {"VpcId": "", "Ipv6AllowedForDualStack": False}
    left = client.update_function_configuration(FunctionName=name, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    assert left["VpcConfig"] == {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False}


def test_a_function_sees_how_it_is_to_log(client, create):
    name = create(python(LOGS, LoggingConfig={"LogFormat": "JSON", "LogGroup": "own"}))
    assert client.get_function_configuration(FunctionName=name)["LoggingConfig"] == JSON_LOGS | {"LogGroup": "own"}
    assert client.invoke(FunctionName=name)["Payload"].read() == b'["JSON", "INFO", "own"]'
    text = client.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "Text"})
    assert text["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "own"}


@pytest.mark.operation("UpdateFunctionCode")
def test_create_and_update_may_publish(client, name):
    created = client.create_function(FunctionName=name, Publish=True, **python(HELLO))
    assert created["Version"] == "1"
    package = zip_of({"app.py": HELLO + "\n"})
    updated = client.update_function_code(FunctionName=name, ZipFile=package, Publish=True)
    assert updated["Version"] == "2" and updated["FunctionArn"].endswith(f":{name}:2")
    active(client, name)
    listed = client.get_paginator("list_functions").paginate(FunctionVersion="ALL", PaginationConfig={"PageSize": 1})
    versions = [f["Version"] for page in listed for f in page["Functions"] if f["FunctionName"] == name]
    assert versions == ["$LATEST", "1", "2"]
    client.delete_function(FunctionName=name)


@pytest.mark.operation("DeleteFunction")
def test_a_version_is_deleted_unless_an_alias_needs_it(client, refused, create):
    name = create(HELLO)
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    words = "Unable to delete version because the following aliases reference it: [live]"
    told = refused("delete_function", FunctionName=name, Qualifier="1")
    assert told == (409, "ResourceConflictException", words)
    client.delete_alias(FunctionName=name, Name="live")
    client.delete_function(FunctionName=name, Qualifier="1")
    assert refused("get_function", FunctionName=name, Qualifier="1")[0] == 404
    for qualifier in ("$LATEST", "live"):
        assert refused("delete_function", FunctionName=name, Qualifier=qualifier)[0] == 400


def test_waiters_see_states_that_are_held_also_after_a_crash(own_server):
    running = own_server("--transition-min-ms", "1500")
    client = running.client()
    client.create_function(FunctionName="held", **python(HELLO))
    assert client.get_function_configuration(FunctionName="held")["State"] == "Pending"
    running.kill()
    running.start()
    client = running.client()
    assert client.get_function_configuration(FunctionName="held")["State"] == "Pending"
    client.get_waiter("function_active_v2").wait(FunctionName="held")
    updated = client.update_function_configuration(FunctionName="held", Role=ROLE, Timeout=9)
    assert updated["LastUpdateStatus"] == "InProgress"
    with pytest.raises(client.exceptions.ResourceConflictException):
        client.publish_version(FunctionName="held")
    client.get_waiter("function_updated_v2").wait(FunctionName="held")
    assert client.get_function_configuration(FunctionName="held")["Timeout"] == 9
