"""Provisioned concurrency through boto3: environments are there before the first request, stay there and come back."""

import json
import os
import signal

import pytest
import requests
from conftest import active
from packages import python
from test_survival import programs

KIND = """
import os, time
BORN = time.time()
def handler(event, context):
    return {"kind": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "born": BORN, "began": time.time(), "pid": os.getpid()}
"""

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."


@pytest.fixture
def published(client, create):
    """A function with version 1 and an alias of it."""
    name = create(KIND)
    publish(client, name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def publish(client, name):
    version = client.publish_version(FunctionName=name)["Version"]
    waiter = client.get_waiter("published_version_active")
    waiter.wait(FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 0.02})
    return version


def settled(client, name, qualifier):
    """The configuration once it is no longer in progress."""
    while True:
        state = client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
        if state["Status"] != "IN_PROGRESS":
            return state


def put(client, name, qualifier, count):
    return client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count
    )


def call(client, name, qualifier):
    # Asked for the log, the answer waits until the environment is free again.
    answer = client.invoke(FunctionName=name, Qualifier=qualifier, LogType="Tail")
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())


@pytest.mark.operation("PutProvisionedConcurrencyConfig")
@pytest.mark.operation("GetProvisionedConcurrencyConfig")
@pytest.mark.operation("DeleteProvisionedConcurrencyConfig")
def test_init_happens_before_the_first_request(client, published):
    begun = put(client, published, "1", 2)
    assert begun["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert begun["Status"] == "IN_PROGRESS"
    assert begun["RequestedProvisionedConcurrentExecutions"] == 2
    there = settled(client, published, "1")
    assert there["Status"] == "READY"
    assert "StatusReason" not in there
    assert there["AvailableProvisionedConcurrentExecutions"] == there["AllocatedProvisionedConcurrentExecutions"] == 2
    assert there["LastModified"] == begun["LastModified"]
    first = call(client, published, "1")
    assert first["kind"] == "provisioned-concurrency"
    assert call(client, published, "live")["kind"] == "provisioned-concurrency"
    assert call(client, published, "$LATEST")["kind"] == "on-demand"
    gone = client.delete_provisioned_concurrency_config(FunctionName=published, Qualifier="1")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert call(client, published, "1")["kind"] == "on-demand"
    with pytest.raises(client.exceptions.ProvisionedConcurrencyConfigNotFoundException) as missing:
        client.get_provisioned_concurrency_config(FunctionName=published, Qualifier="1")
    words = "No Provisioned Concurrency Config found for this function"
    assert missing.value.response["Error"]["Message"] == words
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_it_moves_with_its_alias(client, published):
    put(client, published, "live", 1)
    assert settled(client, published, "live")["Status"] == "READY"
    client.update_function_configuration(FunctionName=published, Description="second")
    client.get_waiter("function_updated_v2").wait(FunctionName=published, WaiterConfig={"Delay": 0.02})
    second = publish(client, published)
    assert call(client, published, second)["kind"] == "on-demand"
    client.update_alias(FunctionName=published, Name="live", FunctionVersion=second)
    assert settled(client, published, "live")["Status"] == "READY"
    assert call(client, published, "live")["kind"] == "provisioned-concurrency"
    assert call(client, published, "1")["kind"] == "on-demand"


@pytest.mark.operation("ListProvisionedConcurrencyConfigs")
def test_lists_come_in_pages(client, published):
    def items(**more):
        return client.list_provisioned_concurrency_configs(FunctionName=published, **more)

    assert items()["ProvisionedConcurrencyConfigs"] == []
    put(client, published, "live", 1)
    client.update_function_configuration(FunctionName=published, Description="second")
    client.get_waiter("function_updated_v2").wait(FunctionName=published, WaiterConfig={"Delay": 0.02})
    second = publish(client, published)
    put(client, published, second, 1)
    first = items(MaxItems=1)
    rest = items(Marker=first["NextMarker"])
    arns = [item["FunctionArn"] for page in (first, rest) for item in page["ProvisionedConcurrencyConfigs"]]
    assert arns == [f"{ARN}{published}:{second}", f"{ARN}{published}:live"]
    assert "NextMarker" not in rest


def test_refusals(client, published, refused):
    def put_refused(qualifier, count=1):
        return refused(
            "put_provisioned_concurrency_config",
            FunctionName=published,
            Qualifier=qualifier,
            ProvisionedConcurrentExecutions=count,
        )

    invalid, conflict, missing = (
        (400, "InvalidParameterValueException"),
        (409, "ResourceConflictException"),
        (404, "ResourceNotFoundException"),
    )
    client.create_alias(FunctionName=published, Name="latest", FunctionVersion="$LATEST")
    assert put_refused("$LATEST") == (*invalid, UNPUBLISHED)
    assert put_refused("latest") == (*invalid, UNPUBLISHED)
    assert put_refused("9") == (*missing, f"Function not found: {ARN}{published}:9")
    assert put_refused("none") == (*missing, f"Cannot find alias arn: {ARN}{published}:none")
    status, code, words = put_refused("1", 0)
    assert (status, code) == (400, "ValidationException")
    assert "Member must have value greater than or equal to 1" in words
    words = "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency"
    assert put_refused("1", 5000)[2].startswith(words)
    words = "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum"
    unreserved = client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    assert put_refused("1", unreserved - 99) == (*invalid, f"{words} value of [100].")
    put(client, published, "live", 1)
    assert put_refused("1") == (*conflict, "Version is pointed by a Provisioned Concurrency alias")
    client.delete_provisioned_concurrency_config(FunctionName=published, Qualifier="live")
    put(client, published, "1", 1)
    words = "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    assert put_refused("live") == (*conflict, words)
    client.put_function_concurrency(FunctionName=published, ReservedConcurrentExecutions=1)
    words = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    assert put_refused("1", 2) == (*invalid, words)
    words = " ReservedConcurrentExecutions  0 should not be lower than function's total provisioned concurrency [1]."
    lower = refused("put_function_concurrency", FunctionName=published, ReservedConcurrentExecutions=0)
    assert lower == (*invalid, words)
    for operation in ("get_provisioned_concurrency_config", "delete_provisioned_concurrency_config"):
        words = "The function resource provided must be an alias or a published version."
        assert refused(operation, FunctionName=published, Qualifier="$LATEST") == (*invalid, words)
        alias = refused(operation, FunctionName="missing", Qualifier="none")
        assert alias == (*missing, f"Cannot find alias arn: {ARN}missing:none")


def test_another_account_is_refused(client, published, refused):
    other = client.get_function_configuration(FunctionName=published)["FunctionArn"].replace("000000000000", "111111111111")
    for operation, more in (
        ("put_provisioned_concurrency_config", {"Qualifier": "1", "ProvisionedConcurrentExecutions": 1}),
        ("get_provisioned_concurrency_config", {"Qualifier": "1"}),
        ("delete_provisioned_concurrency_config", {"Qualifier": "1"}),
        ("list_provisioned_concurrency_configs", {}),
    ):
        assert refused(operation, FunctionName=other, **more)[0] in (403, 404)


def test_a_failing_init_is_told(client, create):
    name = create("raise RuntimeError('never')\ndef handler(event, context):\n    return 1\n")
    publish(client, name)
    put(client, name, "1", 1)
    failed = settled(client, name, "1")
    assert (failed["Status"], failed["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    assert failed["AvailableProvisionedConcurrentExecutions"] == 0


def test_they_come_back_after_a_power_cut_and_when_they_are_killed(own_server):
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="kept", **python(KIND))
    active(client, "kept")
    publish(client, "kept")
    put(client, "kept", "1", 2)
    assert settled(client, "kept", "1")["Status"] == "READY"
    running.kill()
    running.start()
    client = running.client()
    assert settled(client, "kept", "1")["AvailableProvisionedConcurrentExecutions"] == 2
    before = set(programs(running))
    assert len(before) == 2
    assert call(client, "kept", "1")["kind"] == "provisioned-concurrency"
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    # What is killed while it is frozen is found dead when it is thawed, or dies with the event in its hands. Until others
    # are there, calls start their own.
    while True:
        answer = client.invoke(FunctionName="kept", Qualifier="1", LogType="Tail")
        if "FunctionError" not in answer and json.load(answer["Payload"])["kind"] == "provisioned-concurrency":
            break
    assert settled(client, "kept", "1")["Status"] == "READY"
    client.delete_function(FunctionName="kept")
    while "\nlambent_environments 0\n" not in requests.get(f"{running.endpoint}/_lambent/metrics", timeout=5).text:
        pass
