"""Reserved concurrency and account settings through boto3, as AWS answers, and what they do to invocations."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import active
from packages import HELLO, python

WAITS = """
import time
def handler(event, context):
    time.sleep(event.get("s", 0))
    return "done"
"""

TOO_HIGH = (
    "Specified ReservedConcurrentExecutions for function decreases account's"
    " UnreservedConcurrentExecution below its minimum value of [100]."
)
QUALIFIED = (
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation."
    " Please specify either a function name or an unqualified function ARN."
)


@pytest.mark.operation("PutFunctionConcurrency")
@pytest.mark.operation("GetFunctionConcurrency")
@pytest.mark.operation("DeleteFunctionConcurrency")
def test_what_was_put_is_read_until_it_is_deleted(client, create):
    name = create(HELLO)

    def read():
        answer = client.get_function_concurrency(FunctionName=name)
        assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
        return answer

    assert read() == {}
    for reserved in (5, 0):
        put = client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        assert put["ReservedConcurrentExecutions"] == reserved
        assert read() == {"ReservedConcurrentExecutions": reserved}
        assert client.get_function(FunctionName=name)["Concurrency"] == read()
    for _ in range(2):
        gone = client.delete_function_concurrency(FunctionName=name)
        assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert read() == {}
    assert "Concurrency" not in client.get_function(FunctionName=name)


@pytest.mark.operation("PutFunctionConcurrency")
def test_refusals(client, create, refused):
    name = create(HELLO)
    arn = client.get_function_configuration(FunctionName=name)["FunctionArn"]
    assert refused("put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=901) == (
        400,
        "InvalidParameterValueException",
        TOO_HIGH,
    )
    for operation, more in (
        ("put_function_concurrency", {"ReservedConcurrentExecutions": 1}),
        ("get_function_concurrency", {}),
        ("delete_function_concurrency", {}),
    ):
        qualified = refused(operation, FunctionName=f"{arn}:$LATEST", **more)
        assert qualified == (400, "InvalidParameterValueException", QUALIFIED)
        missing = refused(operation, FunctionName="missing", **more)
        words = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:missing"
        assert missing == (404, "ResourceNotFoundException", words)
        other = arn.replace("000000000000", "111111111111")
        status, code, _ = refused(operation, FunctionName=other, **more)
        assert (status, code) in ((403, "AccessDeniedException"), (404, "ResourceNotFoundException"))


def test_zero_stops_a_function(client, create, invoke, refused):
    name = create(HELLO)
    invoke(name)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException) as failure:
        client.invoke(FunctionName=name)
    answer = failure.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer["Error"]["Message"] == "Rate Exceeded."
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert answer["Type"] == "User"
    client.delete_function_concurrency(FunctionName=name)
    assert invoke(name)["StatusCode"] == 200


def test_a_function_never_runs_more_than_it_reserved(client, create):
    name = create(WAITS, Timeout=30)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)

    def call(_):
        try:
            client.invoke(FunctionName=name, Payload=json.dumps({"s": 1}))
            return "done"
        except client.exceptions.TooManyRequestsException as refusal:
            return refusal.response["Reason"]

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(call, range(6)))
    throttled = "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert outcomes.count("done") >= 2 and outcomes.count(throttled) + outcomes.count("done") == 6
    assert throttled in outcomes


def test_what_others_reserved_cannot_be_used(own_server):
    client = own_server("--concurrency", "102").client()
    for name in ("kept", "other"):
        client.create_function(FunctionName=name, **python(HELLO))
        active(client, name)
    client.put_function_concurrency(FunctionName="kept", ReservedConcurrentExecutions=2)
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.put_function_concurrency(FunctionName="other", ReservedConcurrentExecutions=1)
    client.delete_function(FunctionName="kept")
    client.put_function_concurrency(FunctionName="other", ReservedConcurrentExecutions=2)


@pytest.mark.operation("GetAccountSettings")
def test_account_settings(own_server):
    client = own_server().client()

    def settings():
        answer = client.get_account_settings()
        return answer["AccountLimit"], answer["AccountUsage"]

    limit, usage = settings()
    assert limit == {
        "TotalCodeSize": 80530636800,
        "CodeSizeUnzipped": 262144000,
        "CodeSizeZipped": 52428800,
        "ConcurrentExecutions": 1000,
        "UnreservedConcurrentExecutions": 1000,
    }
    assert usage == {"TotalCodeSize": 0, "FunctionCount": 0}
    created = client.create_function(FunctionName="counted", **python(HELLO))
    active(client, "counted")
    client.put_function_concurrency(FunctionName="counted", ReservedConcurrentExecutions=7)
    limit, usage = settings()
    assert limit["UnreservedConcurrentExecutions"] == 993
    assert usage == {"TotalCodeSize": created["CodeSize"], "FunctionCount": 1}
    client.publish_version(FunctionName="counted")
    assert settings()[1] == {"TotalCodeSize": 2 * created["CodeSize"], "FunctionCount": 1}
    client.delete_function(FunctionName="counted")
    limit, usage = settings()
    assert limit["UnreservedConcurrentExecutions"] == 1000
    assert usage == {"TotalCodeSize": 0, "FunctionCount": 0}
