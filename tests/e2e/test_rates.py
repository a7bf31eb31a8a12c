"""How fast invocations may begin, what each account may run, and what the host's memory holds, through boto3."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from conftest import active
from packages import HELLO, python

SLOW = "import time\ndef handler(event, context):\n    time.sleep(event.get('s', 0))\n    return 'done'\n"
LIMITS = {
    "ReservedFunctionConcurrentInvocationLimitExceeded",
    "ReservedFunctionInvocationRateLimitExceeded",
}


def test_what_is_reserved_begins_ten_a_second(client, create):
    name = create(HELLO)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    refusals, ends = {}, threading.Event()
    deadline = time.monotonic() + 60

    def rush(_):
        while not ends.is_set() and time.monotonic() < deadline:
            try:
                client.invoke(FunctionName=name)
            except client.exceptions.TooManyRequestsException as refusal:
                refusals[refusal.response["Reason"]] = refusal.response
                if set(refusals) == LIMITS:
                    ends.set()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(rush, range(8)))
    assert set(refusals) == LIMITS
    told = refusals["ReservedFunctionInvocationRateLimitExceeded"]
    assert (told["Error"]["Message"], told["Type"], told["retryAfterSeconds"]) == ("Rate Exceeded.", "User", "1")
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert "retryAfterSeconds" not in refusals["ReservedFunctionConcurrentInvocationLimitExceeded"]


def test_an_account_may_have_another_limit_in_one_region(own_server):
    options = ["--auth", "open", "--concurrency", "500"]
    of = ["--concurrency-of", "111111111111=200", "--concurrency-of", "111111111111:eu-west-1=150"]
    running = own_server(*options, *of)

    def limit(account, region):
        client = running.client(aws_access_key_id=account, region_name=region)
        return client.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]

    assert limit("111111111111", "us-east-1") == 200
    assert limit("111111111111", "eu-west-1") == 150
    assert limit("222222222222", "eu-west-1") == 500
    client = running.client(aws_access_key_id="111111111111", region_name="eu-west-1")
    client.create_function(FunctionName="f", **python(HELLO))
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=50)
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=51)


def test_who_finds_no_memory_is_told_at_once_and_the_log_says_why(own_server):
    running = own_server("--memory-mb", "300")
    client = running.client()
    for name in ("f", "g", "h"):
        client.create_function(FunctionName=name, **python(SLOW, Timeout=60))
        active(client, name)
    for name in ("f", "g", "h", "f"):
        assert json.loads(client.invoke(FunctionName=name)["Payload"].read()) == "done", "an idle one makes room"
    metrics = f"{running.endpoint}/_lambent/metrics"
    with ThreadPoolExecutor(2) as pool:
        starts = cold_starts(metrics)
        busy = [pool.submit(client.invoke, FunctionName=name, Payload='{"s": 15}') for name in ("g", "h")]
        while cold_starts(metrics) < starts + 1:
            time.sleep(0.05)
        refused_within(client, 14)
        assert [json.loads(done.result()["Payload"].read()) for done in busy] == ["done"] * 2
    assert "256 of 300 are promised to others" in running.log()
    assert json.loads(client.invoke(FunctionName="f")["Payload"].read()) == "done"


def refused_within(client, limit_s):
    """Invokes until there is no memory left for it."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        try:
            client.invoke(FunctionName="f")
        except client.exceptions.ServiceException as refusal:
            words = "Lambda could not start an execution environment. Please try again."
            assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 500
            assert refusal.response["Error"]["Message"] == words
            return
    pytest.fail("memory was found for three of them")


def cold_starts(metrics):
    """How many environments were started so far."""
    text = requests.get(metrics, timeout=30).text
    [line] = [line for line in text.splitlines() if line.startswith("lambent_cold_starts_total ")]
    return int(line.split()[1])
