"""CreateEventSourceMapping, GetEventSourceMapping, ListEventSourceMappings, UpdateEventSourceMapping,
DeleteEventSourceMapping."""

import datetime
import uuid

import pytest
from packages import HELLO

MISSING = (404, "ResourceNotFoundException", "The resource you requested does not exist.")


@pytest.fixture
def queue(name):
    """The ARN of a queue that no other test has."""
    return f"arn:aws:sqs:us-east-1:000000000000:{name}"


@pytest.fixture
def stream(name):
    """The ARN of a stream that no other test has."""
    return f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"


@pytest.mark.operation("CreateEventSourceMapping")
def test_a_new_mapping_shows_its_defaults_and_no_more(client, create, queue):
    function = create(HELLO)
    made = client.create_event_source_mapping(FunctionName=function, EventSourceArn=queue)
    assert made.pop("ResponseMetadata")["HTTPStatusCode"] == 202
    assert isinstance(made.pop("LastModified"), datetime.datetime)
    name = made.pop("UUID")
    assert str(uuid.UUID(name)) == name
    assert made == {
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": queue,
        "EventSourceMappingArn": f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{name}",
        "FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
        "FunctionResponseTypes": [],
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
    }


@pytest.mark.operation("GetEventSourceMapping")
def test_a_mapping_that_does_not_poll_says_so(client, refused, create, stream):
    made = client.create_event_source_mapping(
        FunctionName=create(HELLO), EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    assert (made["State"], made["StateTransitionReason"]) == ("Creating", "User action")
    found = client.get_event_source_mapping(UUID=made["UUID"])
    changed = {key: found[key] for key in found if key != "ResponseMetadata" and found[key] != made[key]}
    assert changed == {
        "State": "Enabled",
        "StateTransitionReason": "Lambent does not poll this kind of source: no event reaches the function.",
    }
    assert refused("get_event_source_mapping", UUID=str(uuid.uuid4())) == MISSING


def test_a_queue_that_nobody_has_is_not_polled(client, create, queue):
    made = client.create_event_source_mapping(FunctionName=create(HELLO), EventSourceArn=queue)
    words = "Lambent has no queues to poll (--upstream-endpoint): no event reaches the function."
    assert client.get_event_source_mapping(UUID=made["UUID"])["StateTransitionReason"] == words


@pytest.mark.operation("UpdateEventSourceMapping")
def test_each_member_can_be_updated_and_reads_back(client, refused, create, stream):
    function, other = create(HELLO), create(HELLO)
    name = client.create_event_source_mapping(
        FunctionName=function, EventSourceArn=stream, StartingPosition="LATEST"
    )["UUID"]
    changes = {
        "BatchSize": 7,
        "MaximumBatchingWindowInSeconds": 5,
        "ParallelizationFactor": 4,
        "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:failed"}},
        "MaximumRecordAgeInSeconds": 60,
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 3,
        "TumblingWindowInSeconds": 30,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "FilterCriteria": {"Filters": [{"Pattern": '{"data": {"a": [{"prefix": "x"}]}}'}]},
        "MetricsConfig": {"Metrics": ["EventCount"]},
    }
    for member, value in changes.items():
        answer = client.update_event_source_mapping(UUID=name, **{member: value})
        assert (answer["State"], answer[member]) == ("Updating", value)
    found = client.get_event_source_mapping(UUID=name)
    assert {member: found[member] for member in changes} == changes
    moved = client.update_event_source_mapping(UUID=name, FunctionName=other, Enabled=False)
    assert (moved["State"], moved["FunctionArn"].rsplit(":", 1)[1]) == ("Disabling", other)
    assert client.get_event_source_mapping(UUID=name)["State"] == "Disabled"
    assert refused("update_event_source_mapping", UUID=str(uuid.uuid4()), BatchSize=1) == MISSING
    answer = refused("update_event_source_mapping", UUID=name, FunctionName="nowhere")
    assert answer == (400, "InvalidParameterValueException", "Function does not exist")


@pytest.mark.operation("DeleteEventSourceMapping")
def test_a_deleted_mapping_is_gone(client, refused, create, queue):
    name = client.create_event_source_mapping(FunctionName=create(HELLO), EventSourceArn=queue)["UUID"]
    answer = client.delete_event_source_mapping(UUID=name)
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["State"]) == (202, "Deleting")
    assert refused("get_event_source_mapping", UUID=name) == MISSING
    assert refused("delete_event_source_mapping", UUID=name) == MISSING


@pytest.mark.operation("ListEventSourceMappings")
def test_lists_are_filtered_and_come_in_pages(client, create, queue, stream):
    functions = [create(HELLO), create(HELLO)]
    made = [
        client.create_event_source_mapping(FunctionName=function, EventSourceArn=queue)["UUID"]
        for function in functions
    ]
    more = {"EventSourceArn": stream, "StartingPosition": "LATEST"}
    made.append(client.create_event_source_mapping(FunctionName=functions[0], **more)["UUID"])

    def listed(**filters):
        pages = client.get_paginator("list_event_source_mappings").paginate(**filters, PaginationConfig={"PageSize": 1})
        return sorted(mapping["UUID"] for page in pages for mapping in page["EventSourceMappings"])

    assert listed(FunctionName=functions[0]) == sorted([made[0], made[2]])
    assert listed(EventSourceArn=queue) == sorted(made[:2])
    assert listed(FunctionName=functions[1], EventSourceArn=stream) == []
    assert set(made) <= set(listed())
    for name in made:
        client.delete_event_source_mapping(UUID=name)


def test_a_mapping_names_a_version_or_an_alias(client, refused, create, queue):
    function = create(HELLO)
    client.publish_version(FunctionName=function)
    client.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    for qualifier in ["1", "live"]:
        made = client.create_event_source_mapping(FunctionName=f"{function}:{qualifier}", EventSourceArn=queue)
        assert made["FunctionArn"].endswith(f":{function}:{qualifier}")
    answer = refused("create_event_source_mapping", FunctionName=f"{function}:7", EventSourceArn=queue)
    assert answer == (400, "InvalidParameterValueException", "Function does not exist")


def test_a_function_has_a_source_once(client, refused, create, queue):
    function = create(HELLO)
    name = client.create_event_source_mapping(FunctionName=function, EventSourceArn=queue)["UUID"]
    words = (
        f'An event source mapping with SQS arn (" {queue} ") and function (" {function} ") already exists. '
        f"Please update or delete the existing mapping with UUID {name}"
    )
    answer = refused("create_event_source_mapping", FunctionName=function, EventSourceArn=queue)
    assert answer == (409, "ResourceConflictException", words)


def test_mappings_carry_tags(client, create, queue):
    made = client.create_event_source_mapping(FunctionName=create(HELLO), EventSourceArn=queue, Tags={"a": "1"})
    arn = made["EventSourceMappingArn"]
    client.tag_resource(Resource=arn, Tags={"b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}


def test_what_is_no_source_is_refused(refused, create, queue, stream):
    function = create(HELLO)
    for more, words in [
        ({}, "Unrecognized event source."),
        ({"EventSourceArn": "arn:aws:sns:us-east-1:000000000000:topic"}, "Unrecognized event source."),
        (
            {"EventSourceArn": stream},
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null.",
        ),
        (
            {"EventSourceArn": queue, "BatchSize": 100},
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ),
        (
            {"EventSourceArn": queue, "FilterCriteria": {"Filters": [{"Pattern": "{"}]}},
            "Invalid filter pattern definition.",
        ),
    ]:
        answer = refused("create_event_source_mapping", FunctionName=function, **more)
        assert answer == (400, "InvalidParameterValueException", words)


def test_another_accounts_function_and_mapping_are_out_of_reach(server, client, refused, create, queue):
    other = "arn:aws:lambda:us-east-1:111111111111:function:f"
    status, code, _ = refused("create_event_source_mapping", FunctionName=other, EventSourceArn=queue)
    assert (status, code) == (403, "AccessDeniedException")
    name = client.create_event_source_mapping(FunctionName=create(HELLO), EventSourceArn=queue)["UUID"]
    elsewhere = server.client(region_name="eu-west-1")
    with pytest.raises(elsewhere.exceptions.ResourceNotFoundException):
        elsewhere.get_event_source_mapping(UUID=name)
