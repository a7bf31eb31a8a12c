"""What is not built answers with a clear error: nothing is taken, stored and then ignored."""

import pytest
from packages import HELLO, ROLE, python

ARN = "arn:aws:{}:us-east-1:000000000000:{}"
PROVIDER = {"CapacityProviderArn": ARN.format("lambda", "capacity-provider:p")}
SETTINGS = {
    "PublishTo": "LATEST_PUBLISHED",
    "TenancyConfig": {"TenantIsolationMode": "PER_TENANT"},
    "CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": PROVIDER},
    "DurableConfig": {"ExecutionTimeout": 60},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_is_not_built_is_refused_by_name(client, refused, name, setting):
    told = refused("create_function", FunctionName=name, **python(HELLO, **{setting: SETTINGS[setting]}))
    assert told[:2] == (400, "InvalidParameterValueException")
    assert setting in told[2] and "not there yet in Lambent" in told[2]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName=name)


def test_an_image_is_refused(refused, name):
    told = refused("create_function", FunctionName=name, PackageType="Image", Role=ROLE, Code={"ImageUri": "x"})
    assert told[0] == 400 and "not there yet in Lambent" in told[2]


@pytest.mark.parametrize("runtime", ["dotnet8", "dotnet10"])
def test_a_language_that_is_not_built_says_so(create, refused, runtime):
    status, code, message = refused("invoke", FunctionName=create(python(HELLO, Runtime=runtime)))
    assert (status, code) == (502, "InvalidRuntimeException")
    assert message.startswith(f"runtime {runtime} is not there yet")


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("list_capacity_providers", {}),
        ("list_durable_executions_by_function", {"FunctionName": "any"}),
    ],
)
def test_an_operation_that_is_not_built_is_named(refused, operation, parameters):
    status, code, message = refused(operation, **parameters)
    assert (status, code) == (404, "UnknownOperationException")
    assert message == f"Lambent does not have the operation {operation.title().replace('_', '')} yet."
