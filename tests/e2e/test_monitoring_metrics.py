"""Metrics as boto3 reads and puts them, in the three protocols of CloudWatch, and as Prometheus reads them."""

import json
import time

import pytest
import requests
from cloudwatch import PROTOCOLS, cloudwatch, cloudwatch_of, namespace, refused, sums
from conftest import active
from function_urls import ask, permit, url
from packages import python

__all__ = ["cloudwatch", "namespace"]

FAILS_WHEN_TOLD = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("told to")
"""


def query(id, namespace, name, stat="Sum", **more):
    """A query of GetMetricData."""
    metric = {"Namespace": namespace, "MetricName": name}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}} | more


@pytest.mark.operation("GetMetricStatistics")
def test_invocations_are_measured_at_once(client, create, cloudwatch):
    name = create(FAILS_WHEN_TOLD)
    for event in ({}, {}, {"fail": True}):
        client.invoke(FunctionName=name, Payload=json.dumps(event))
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.invoke(FunctionName=name, Qualifier="live", Payload="{}")
    assert sums(cloudwatch, name, "Invocations") == [4]
    assert sums(cloudwatch, name, "Errors") == [1]
    assert sums(cloudwatch, name, "Throttles") == [0]
    assert sums(cloudwatch, name, "Invocations", Resource=name) == [3]
    assert sums(cloudwatch, name, "Invocations", Resource=f"{name}:live", ExecutedVersion="1") == [1]
    assert sums(cloudwatch, name, "ConcurrentExecutions", "Maximum") == [1]
    [longest] = sums(cloudwatch, name, "Duration", "Maximum")
    assert 0 < longest < 10_000
    listed = cloudwatch.list_metrics(Namespace="AWS/Lambda", Dimensions=[{"Name": "FunctionName", "Value": name}])
    assert {"Invocations", "Errors", "Throttles", "Duration"} <= {metric["MetricName"] for metric in listed["Metrics"]}


def test_throttles_and_asynchronous_events_are_measured(client, create, cloudwatch):
    name = create(FAILS_WHEN_TOLD)
    client.invoke(FunctionName=name, InvocationType="Event", Payload="{}")
    deadline = time.monotonic() + 60
    while sums(cloudwatch, name, "AsyncEventAge", "SampleCount") != [1]:
        assert time.monotonic() < deadline
    assert sums(cloudwatch, name, "AsyncEventsReceived") == [1]
    assert sums(cloudwatch, name, "AsyncEventsDropped") == []
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=name)
    assert sums(cloudwatch, name, "Throttles") == [1]
    assert sums(cloudwatch, name, "Invocations") == [1]


def test_requests_to_a_url_are_measured(client, create, cloudwatch, server):
    name = create("def handler(event, context):\n    return {'statusCode': int(event['rawPath'][1:])}")
    host = url(client, name)
    permit(client, name)
    assert [ask(server, host, path=f"/{status}")[0] for status in (200, 404, 500, 503)] == [200, 404, 500, 503]
    assert sums(cloudwatch, name, "UrlRequestCount") == [4]
    assert sums(cloudwatch, name, "UrlRequestCount", Resource=name) == [4]
    assert sums(cloudwatch, name, "Url4xxCount") == [1]
    assert sums(cloudwatch, name, "Url5xxCount") == [2]
    [longest] = sums(cloudwatch, name, "UrlRequestLatency", "Maximum")
    assert 0 < longest < 10_000


@pytest.mark.operation("PutMetricData")
@pytest.mark.operation("GetMetricData")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_put_is_read_in_every_protocol(server, namespace, protocol):
    client, now = cloudwatch_of(server, protocol=protocol), time.time()
    data = [
        {"MetricName": "m", "Value": 0.1, "Timestamp": now, "Unit": "Seconds"},
        {"MetricName": "m", "Values": [1.5, 2.5], "Counts": [2, 1], "Timestamp": now, "Unit": "Seconds"},
        {"MetricName": "n", "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4}},
    ]
    client.put_metric_data(Namespace=namespace, MetricData=data)
    queries = [
        query("m", namespace, "m", "Sum"),
        query("n", namespace, "n", "Average", Label="mean"),
        query("median", namespace, "m", "p50", ReturnData=False),
        {"Id": "e1", "Expression": "m + n * 100 + median - 1.5", "Label": "computed"},
    ]
    found = client.get_metric_data(MetricDataQueries=queries, StartTime=now - 3600, EndTime=now + 3600)
    assert [(result["Id"], result["Label"], result["StatusCode"]) for result in found["MetricDataResults"]] == [
        ("m", "m Sum", "Complete"),
        ("n", "mean", "Complete"),
        ("e1", "computed", "Complete"),
    ]
    assert [result["Values"] for result in found["MetricDataResults"]] == [[5.6], [2.5], [pytest.approx(255.6)]]
    [at] = found["MetricDataResults"][0]["Timestamps"]
    assert at.timestamp() == now // 60 * 60 and found["Messages"] == []
    points = client.get_metric_statistics(
        Namespace=namespace, MetricName="m", StartTime=now - 60, EndTime=now + 60, Period=3600,
        Statistics=["SampleCount", "Minimum"], ExtendedStatistics=["p100"],
    )  # fmt: skip
    assert points["Label"] == "m"
    [point] = points["Datapoints"]
    assert point.pop("Timestamp").timestamp() == (now - 60) // 60 * 60
    assert point == {"SampleCount": 4, "Minimum": 0.1, "Unit": "Seconds", "ExtendedStatistics": {"p100": 2.5}}
    message = refused("InvalidParameterValue", client.put_metric_data, Namespace="AWS/Mine", MetricData=data)
    assert message == "The value AWS/Mine for parameter Namespace is invalid."
    message = refused("ValidationError", client.put_metric_data, Namespace=namespace, MetricData=[{"Value": 1}])
    assert message.startswith("1 validation error detected")


def test_a_large_request_comes_compressed(cloudwatch, namespace):
    data = [{"MetricName": f"metric-{number}", "Value": number} for number in range(1000)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace))
    assert [len(page["Metrics"]) for page in pages] == [500, 500]
    message = refused(
        "InvalidParameterValue", cloudwatch.put_metric_data, Namespace=namespace, MetricData=data * 2
    )
    assert message == "The collection MetricData must not have a size greater than 1000."


@pytest.mark.operation("ListMetrics")
def test_metrics_are_listed_by_what_they_are_called(server, cloudwatch, namespace):
    dimensions = [{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}]
    data = [{"MetricName": "m", "Value": 1, "Dimensions": dimensions[:count]} for count in range(3)]
    cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
    found = cloudwatch.list_metrics(Namespace=namespace, MetricName="m", Dimensions=[{"Name": "A"}])["Metrics"]
    assert [metric["Dimensions"] for metric in found] == [dimensions[:1], dimensions]
    assert cloudwatch.list_metrics(Namespace=namespace, RecentlyActive="PT3H")["Metrics"][0]["Dimensions"] == []
    assert cloudwatch_of(server, region="eu-west-1").list_metrics(Namespace=namespace)["Metrics"] == []
    message = refused("InvalidParameterValue", cloudwatch.list_metrics, NextToken="x")
    assert message == "Request parameter NextToken is invalid"


def test_another_account_sees_nothing(own_server):
    server = own_server("--auth", "open")
    mine, other = (cloudwatch_of(server, account) for account in ("111111111111", "222222222222"))
    mine.put_metric_data(Namespace="N", MetricData=[{"MetricName": "m", "Value": 1}])
    assert len(mine.list_metrics()["Metrics"]) == 1
    assert other.list_metrics()["Metrics"] == []


def test_a_wrong_key_is_refused(server):
    stranger = cloudwatch_of(server, secret="wrong")
    with pytest.raises(stranger.exceptions.ClientError) as caught:
        stranger.list_metrics()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_pages_of_values(cloudwatch, namespace):
    now = time.time()
    for minute in range(5):
        datum = {"MetricName": "m", "Value": minute, "Timestamp": now - 60 * minute}
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])
    asked = {"MetricDataQueries": [query("m", namespace, "m")], "StartTime": now - 600, "EndTime": now + 60}
    paginator = cloudwatch.get_paginator("get_metric_data")
    pages = paginator.paginate(**asked, MaxDatapoints=2, ScanBy="TimestampDescending")
    assert [page["MetricDataResults"][0]["Values"] for page in pages] == [[0, 1], [2, 3], [4]]
    refused("InvalidNextToken", cloudwatch.get_metric_data, **asked, NextToken="x")


def test_what_cannot_be_asked_is_refused(cloudwatch, namespace):
    now = time.time()
    ask = {"Namespace": namespace, "MetricName": "m", "StartTime": now - 86_400, "EndTime": now, "Period": 1}
    statistics = cloudwatch.get_metric_statistics
    message = refused("InvalidParameterCombination", statistics, **ask, Statistics=["Sum"])
    assert message == (
        "You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the datapoints "
        "requested by increasing Period, or decreasing the time range."
    )
    message = refused("InvalidParameterCombination", statistics, **ask)
    assert message == "Must specify either Statistics or ExtendedStatistics"
    refused("InvalidParameterValue", statistics, **(ask | {"Period": 61}), Statistics=["Sum"])
    refused("InvalidParameterValue", statistics, **(ask | {"EndTime": now - 90_000}), Statistics=["Sum"])
    refused("MissingParameter", cloudwatch.put_metric_data, Namespace=namespace, MetricData=[])

    def data(*queries):
        times = {"StartTime": now - 600, "EndTime": now}
        return refused("ValidationError", cloudwatch.get_metric_data, MetricDataQueries=queries, **times)

    assert "not unique" in data(query("a", "N", "m"), query("a", "N", "n"))
    assert "expected pattern" in data(query("A", "N", "m"))
    assert data({"Id": "e", "Expression": "m9 + 1"}) == "Error in expression 'e': The value 'm9' is not defined"
    assert "SEARCH is not there yet" in data({"Id": "e", "Expression": "SEARCH('x', 'Sum', 60)"})


def test_values_outlive_a_restart(own_server):
    server = own_server()
    cloudwatch_of(server).put_metric_data(Namespace="N", MetricData=[{"MetricName": "m", "Value": 7}])
    client = server.client()
    client.create_function(FunctionName="f", **python(FAILS_WHEN_TOLD))
    active(client, "f")
    client.invoke(FunctionName="f", Payload="{}")
    server.stop()
    server.start()
    after = cloudwatch_of(server)
    assert sums(after, "f", "Invocations") == [1]
    assert [metric["MetricName"] for metric in after.list_metrics(Namespace="N")["Metrics"]] == ["m"]


def test_prometheus_reads_the_same_by_function(server, client, create):
    name = create(FAILS_WHEN_TOLD)
    for event in ({}, {"fail": True}):
        client.invoke(FunctionName=name, Payload=json.dumps(event))
    lines = requests.get(f"{server.endpoint}/_lambent/metrics", timeout=10).text.splitlines()
    labels = f'{{account="000000000000",region="us-east-1",function="{name}"}}'
    assert f"lambent_function_invocations_total{labels} 2" in lines
    assert f"lambent_function_errors_total{labels} 1" in lines
    assert f"lambent_function_duration_milliseconds_count{labels} 2" in lines
