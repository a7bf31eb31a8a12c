"""Alarms through boto3 against the real binary, whose clock is moved so that minutes pass at once."""

import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import active
from packages import python
from test_clock import move
from test_event_invocations import until

TELLS = """
def handler(event, context):
    if "alarmData" not in event:
        raise ValueError("told to fail")
    print("alarm", event["alarmData"]["alarmName"], event["alarmData"]["state"]["value"], flush=True)
"""
SETTINGS = {
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "FunctionName", "Value": "tells"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def cloudwatch(running, **more):
    """A client of CloudWatch, which says each error at once."""
    settings = {
        "endpoint_url": running.endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
        "config": Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    }
    return boto3.client("cloudwatch", **settings | more)


@pytest.fixture
def watch(server):
    """A client of the session's server, whose clock stays; its alarms go after the test."""
    client = cloudwatch(server)
    yield client
    names = [alarm["AlarmName"] for alarm in client.describe_alarms()["MetricAlarms"]]
    client.delete_alarms(AlarmNames=names)


def refused(call, **parameters):
    """Status, code and words of a refusal."""
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    answer = failure.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def state(client, name):
    return client.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


@pytest.mark.operation("PutMetricAlarm")
def test_an_alarm_on_errors_goes_off_tells_a_function_and_survives_a_kill(own_server):
    running = own_server("--auth", "open")
    functions, client = running.client(), cloudwatch(running)
    arn = functions.create_function(FunctionName="tells", **python(TELLS, Timeout=60))["FunctionArn"]
    active(functions, "tells")
    functions.add_permission(
        FunctionName="tells",
        StatementId="alarms",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
    )
    client.put_metric_alarm(AlarmName="errors", AlarmActions=[arn], TreatMissingData="notBreaching", **SETTINGS)
    assert "FunctionError" in functions.invoke(FunctionName="tells", Payload=b"{}")
    move(running, advance_s=60)
    until(lambda: state(client, "errors") == "ALARM")
    alarm = client.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [1.0 (")
    assert json.loads(alarm["StateReasonData"])["recentDatapoints"] == [1.0]
    until(lambda: "alarm errors ALARM" in running.log())
    running.kill()
    running.start()
    assert state(client, "errors") == "ALARM", "it is kept"
    move(running, advance="10m")
    until(lambda: state(client, "errors") == "OK")
    history = client.describe_alarm_history(AlarmName="errors", ScanBy="TimestampAscending")["AlarmHistoryItems"]
    told = [item["HistorySummary"] for item in history]
    assert told[0] == 'Alarm "errors" created' and f"Successfully executed action {arn}" in told
    assert told[-1] == "Alarm updated from ALARM to OK"


@pytest.mark.operation("DescribeAlarms")
def test_alarms_are_told_as_they_were_put_page_by_page(watch):
    for name in ["a", "b", "c"]:
        watch.put_metric_alarm(AlarmName=name, AlarmDescription="d", Tags=[{"Key": "k", "Value": name}], **SETTINGS)
    shown = watch.describe_alarms(AlarmNames=["b"])["MetricAlarms"][0]
    assert {key: shown[key] for key in SETTINGS} == SETTINGS
    assert (shown["StateValue"], shown["AlarmDescription"]) == ("INSUFFICIENT_DATA", "d")
    assert shown["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:000000000000:alarm:b"
    pages = watch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2})
    assert [[alarm["AlarmName"] for alarm in page["MetricAlarms"]] for page in pages] == [["a", "b"], ["c"]]
    assert refused(watch.describe_alarms, NextToken="%")[:2] == (400, "InvalidNextToken")


@pytest.mark.operation("DescribeAlarmsForMetric")
def test_alarms_are_found_by_the_metric_they_watch(watch):
    watch.put_metric_alarm(AlarmName="errors", **SETTINGS)
    metric = {key: SETTINGS[key] for key in ["Namespace", "MetricName", "Dimensions"]}
    found = watch.describe_alarms_for_metric(**metric)["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["errors"]
    assert watch.describe_alarms_for_metric(**metric | {"Dimensions": []})["MetricAlarms"] == []


@pytest.mark.operation("SetAlarmState")
def test_a_state_is_set_by_hand(watch):
    watch.put_metric_alarm(AlarmName="errors", **SETTINGS)
    watch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a drill", StateReasonData='{"a":1}')
    alarm = watch.describe_alarms(StateValue="ALARM")["MetricAlarms"][0]
    assert (alarm["AlarmName"], alarm["StateReason"], alarm["StateReasonData"]) == ("errors", "a drill", '{"a":1}')
    wrong = {"AlarmName": "errors", "StateValue": "OK", "StateReason": "x"}
    assert refused(watch.set_alarm_state, **wrong | {"StateReasonData": "{"})[1] == "InvalidFormat"
    assert refused(watch.set_alarm_state, **wrong | {"AlarmName": "none"})[:2] == (404, "ResourceNotFound")


@pytest.mark.operation("DeleteAlarms")
def test_deleted_alarms_are_gone_and_remembered(watch):
    watch.put_metric_alarm(AlarmName="gone", **SETTINGS)
    watch.delete_alarms(AlarmNames=["gone", "never-there"])
    assert watch.describe_alarms(AlarmNames=["gone"])["MetricAlarms"] == []


@pytest.mark.operation("DescribeAlarmHistory")
def test_what_happened_is_told_newest_first(watch):
    name = "told"
    watch.put_metric_alarm(AlarmName=name, **SETTINGS)
    watch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="x")
    items = watch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    assert [item["HistoryItemType"] for item in items][:2] == ["StateUpdate", "ConfigurationUpdate"]
    moved = watch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate", MaxRecords=1)
    assert moved["AlarmHistoryItems"][0]["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to OK"
    assert refused(watch.describe_alarm_history, NextToken="%")[:2] == (400, "InvalidNextToken")


@pytest.mark.operation("DisableAlarmActions")
@pytest.mark.operation("EnableAlarmActions")
def test_actions_are_turned_off_and_on(watch):
    watch.put_metric_alarm(AlarmName="quiet", **SETTINGS)
    enabled = lambda: watch.describe_alarms(AlarmNames=["quiet"])["MetricAlarms"][0]["ActionsEnabled"]  # noqa: E731
    watch.disable_alarm_actions(AlarmNames=["quiet"])
    assert enabled() is False
    watch.enable_alarm_actions(AlarmNames=["quiet", "none"])
    assert enabled() is True


@pytest.mark.operation("ListTagsForResource")
@pytest.mark.operation("TagResource")
@pytest.mark.operation("UntagResource")
def test_alarms_have_tags(watch):
    watch.put_metric_alarm(AlarmName="tagged", Tags=[{"Key": "a", "Value": "1"}], **SETTINGS)
    arn = watch.describe_alarms(AlarmNames=["tagged"])["MetricAlarms"][0]["AlarmArn"]
    watch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    watch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert watch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    status, code, _ = refused(watch.list_tags_for_resource, ResourceARN=arn + "-none")
    assert (status, code) == (404, "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"Period": 61}, "multiple of 60"),
        ({"EvaluationPeriods": 1441}, "EvaluationPeriods * Period must be <= 86400"),
        ({"TreatMissingData": "no"}, "TreatMissingData"),
        ({"AlarmActions": ["topic"]}, "Invalid arn syntax: topic"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "not there yet"),
    ],
)
def test_what_is_no_alarm_is_refused(watch, more, words):
    status, code, message = refused(watch.put_metric_alarm, AlarmName="wrong", **SETTINGS | more)
    assert (status, code) == (400, "ValidationError") and words in message, message


def test_another_account_sees_none(own_server):
    running = own_server("--auth", "open")
    cloudwatch(running).put_metric_alarm(AlarmName="mine", **SETTINGS)
    others = cloudwatch(running, aws_access_key_id="111122223333")
    assert others.describe_alarms()["MetricAlarms"] == []
    arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:mine"
    assert refused(others.list_tags_for_resource, ResourceARN=arn)[0] in (403, 404)
