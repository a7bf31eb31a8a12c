"""Runtime management and function scaling configs."""

import pytest
from packages import HELLO

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
RUNTIME = "arn:aws:lambda:us-east-1::runtime:b475b23763329123d9e6f79f51886d0e1054f727f5b90ec945fcb2a3ec09afdd"


@pytest.mark.operation("PutRuntimeManagementConfig")
@pytest.mark.operation("GetRuntimeManagementConfig")
def test_each_version_has_its_own(client, create):
    name = create(HELLO)
    client.publish_version(FunctionName=name)
    assert client.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"] == "Auto"
    put = client.put_runtime_management_config(
        FunctionName=name, Qualifier="1", UpdateRuntimeOn="Manual", RuntimeVersionArn=RUNTIME
    )
    read = client.get_runtime_management_config(FunctionName=name, Qualifier="1")
    for answer in [put, read]:
        assert (answer["UpdateRuntimeOn"], answer["RuntimeVersionArn"]) == ("Manual", RUNTIME)
        assert answer["FunctionArn"] == f"{ARN}{name}:1"
    put = client.put_runtime_management_config(FunctionName=name, UpdateRuntimeOn="FunctionUpdate")
    assert put["FunctionArn"] == ARN + name and "RuntimeVersionArn" not in put
    client.put_runtime_management_config(FunctionName=name, UpdateRuntimeOn="Auto")
    read = client.get_runtime_management_config(FunctionName=name)
    assert read["UpdateRuntimeOn"] == "Auto" and "RuntimeVersionArn" not in read


def test_what_is_refused(client, create, refused):
    name = create(HELLO)
    put = "put_runtime_management_config"
    assert refused(put, FunctionName=name, UpdateRuntimeOn="Manual")[:2] == (400, "InvalidParameterValueException")
    assert refused(put, FunctionName=name, UpdateRuntimeOn="Never")[:2] == (400, "ValidationException")
    other = ARN.replace("000000000000", "123456789012") + name
    for operation, more in [(put, {"UpdateRuntimeOn": "Auto"}), ("get_runtime_management_config", {})]:
        answer = refused(operation, FunctionName=name, Qualifier="7", **more)
        assert answer == (404, "ResourceNotFoundException", f"Function not found: {ARN}{name}:7")
        assert refused(operation, FunctionName=other, **more)[:2] == (403, "AccessDeniedException")


@pytest.mark.operation("PutFunctionScalingConfig")
@pytest.mark.operation("GetFunctionScalingConfig")
def test_no_ordinary_function_is_scaled(client, create, refused):
    name = create(HELLO)
    client.publish_version(FunctionName=name)
    other = ARN.replace("000000000000", "123456789012") + name
    scaling = {"MinExecutionEnvironments": 1}
    for operation, more in [
        ("put_function_scaling_config", {"FunctionScalingConfig": scaling}),
        ("get_function_scaling_config", {}),
    ]:
        status, code, _ = refused(operation, FunctionName=name, Qualifier="1", **more)
        assert (status, code) == (400, "InvalidParameterValueException")
        answer = refused(operation, FunctionName=name, Qualifier="7", **more)
        assert answer[:2] == (404, "ResourceNotFoundException")
        assert refused(operation, FunctionName=other, Qualifier="1", **more)[:2] == (403, "AccessDeniedException")
