"""CreateFunction: what a new function looks like."""

import base64
import hashlib
import json
import re

import pytest
from conftest import active
from packages import HELLO, ROLE, python, zip_of

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.mark.operation("CreateFunction")
def test_a_new_function_has_the_defaults_of_aws(client, name):
    settings = python(HELLO)
    reply = client.create_function(FunctionName=name, **settings)
    package = settings["Code"]["ZipFile"]
    assert reply.pop("ResponseMetadata")["HTTPStatusCode"] == 201
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", reply.pop("LastModified"))
    assert UUID.fullmatch(reply.pop("RevisionId"))
    reply.pop("RuntimeVersionConfig", None)
    assert reply == {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "app.handler",
        "CodeSize": len(package),
        "CodeSha256": base64.b64encode(hashlib.sha256(package).digest()).decode(),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    active(client, name)
    client.delete_function(FunctionName=name)


@pytest.mark.operation("GetFunctionConfiguration")
def test_a_function_becomes_active_and_its_revision_moves(client, name):
    created = client.create_function(FunctionName=name, **python(HELLO))
    active(client, name)
    shown = client.get_function_configuration(FunctionName=name)
    client.delete_function(FunctionName=name)
    assert shown["RevisionId"] != created["RevisionId"]
    assert shown["State"] == "Active"
    assert shown["LastUpdateStatus"] == "Successful"
    assert not shown.keys() & {"StateReason", "StateReasonCode", "LastUpdateStatusReason"}


def test_what_was_asked_for_is_shown(client, create):
    name = create(
        python(
            HELLO,
            Description="greets",
            Timeout=7,
            MemorySize=256,
            Environment={"Variables": {"GREETING": "hü"}},
            EphemeralStorage={"Size": 1024},
            Tags={"team": "a"},
        )
    )
    shown = client.get_function(FunctionName=name)
    config = shown["Configuration"]
    assert shown["Tags"] == {"team": "a"}
    assert config["Description"] == "greets"
    assert config["Timeout"] == 7
    assert config["MemorySize"] == 256
    assert config["Environment"] == {"Variables": {"GREETING": "hü"}}
    assert config["EphemeralStorage"] == {"Size": 1024}


def test_absent_members_are_absent_on_the_wire(raw, create):
    name = create(HELLO)
    shown = raw.send("GET", f"/2015-03-31/functions/{name}/configuration").json()
    # botocore drops nulls, so only the raw body tells an absent member from a null one.
    assert not [key for key, value in shown.items() if value is None]
    assert not shown.keys() & {"Environment", "Layers", "DeadLetterConfig", "KMSKeyArn", "ImageConfigResponse"}


def test_the_collection_path_may_end_in_a_slash(raw, client, name):
    package = base64.b64encode(zip_of({"app.py": HELLO})).decode()
    body = {"FunctionName": name, "Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE}
    answer = raw.send("POST", "/2015-03-31/functions/", json.dumps(body | {"Code": {"ZipFile": package}}))
    assert answer.status_code == 201, answer.text
    assert answer.json()["FunctionName"] == name
    active(client, name)
    client.delete_function(FunctionName=name)


def test_a_deleted_name_can_be_used_again_at_once(client, create):
    name = create(HELLO)
    client.delete_function(FunctionName=name)
    assert create(HELLO, FunctionName=name) == name
