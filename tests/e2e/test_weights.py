"""The weights of an alias, drawn for each invocation whatever way it comes in."""

import collections
import json
import time

import pytest
from conftest import updated
from function_urls import ask, permit, url
from log_groups import logs  # noqa: F401

WHO = """
def handler(event, context):
    print(f"version {context.function_version} ran")
    return context.function_version
"""
DRAWS, WEIGHT = 150, 0.3
# Chi-squared with one degree of freedom is above this once in a million times.
CHI_SQUARED_MAX = 24


@pytest.fixture
def weighted(client, create):
    """A function whose alias sends three of ten invocations to version 2."""
    name = create(WHO, Timeout=60)
    client.publish_version(FunctionName=name)
    client.update_function_configuration(FunctionName=name, Description="another")
    updated(client, name)
    client.publish_version(FunctionName=name)
    for version in ("1", "2"):
        client.get_waiter("published_version_active").wait(
            FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 0.02}
        )
    routing = {"AdditionalVersionWeights": {"2": WEIGHT}}
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=routing)
    return name


def check(versions):
    """Whether so many of each version are what the weights make likely."""
    counts = collections.Counter(versions)
    assert set(counts) <= {"1", "2"} and sum(counts.values()) == DRAWS
    expected = {"1": DRAWS * (1 - WEIGHT), "2": DRAWS * WEIGHT}
    chi_squared = sum((counts[version] - likely) ** 2 / likely for version, likely in expected.items())
    assert chi_squared < CHI_SQUARED_MAX, counts


def test_synchronous_invocations(client, weighted):
    def version():
        answer = client.invoke(FunctionName=weighted, Qualifier="live")
        ran = json.loads(answer["Payload"].read())
        assert answer["ExecutedVersion"] == ran
        return ran

    check(version() for _ in range(DRAWS))


def test_streams(client, weighted):
    def version():
        answer = client.invoke_with_response_stream(FunctionName=weighted, Qualifier="live")
        chunks = [event["PayloadChunk"]["Payload"] for event in answer["EventStream"] if "PayloadChunk" in event]
        ran = json.loads(b"".join(chunks))
        assert answer["ExecutedVersion"] == ran
        return ran

    check(version() for _ in range(DRAWS))


def test_function_urls(client, server, weighted):
    permit(client, weighted, Qualifier="live")
    host = url(client, weighted, Qualifier="live")
    check(ask(server, host)[2].decode() for _ in range(DRAWS))


def test_asynchronous_invocations(client, logs, weighted):
    for _ in range(DRAWS):
        answer = client.invoke(FunctionName=weighted, Qualifier="live", InvocationType="Event")
        assert answer["StatusCode"] == 202 and "ExecutedVersion" not in answer
    deadline = time.monotonic() + 120
    while len(told := told_by(logs, weighted)) < DRAWS:
        assert time.monotonic() < deadline, f"{len(told)} of {DRAWS} events ran"
        time.sleep(0.2)
    check(told)


def told_by(logs, name):
    """The versions that ran, as the function itself logged them."""
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}", filterPattern="ran")
        return [event["message"].split()[1] for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []  # Nothing has run yet.
