"""As a planning tool uses the API: what is read is what was written, nothing else moves, and it goes as it came."""

import copy

import pytest
from botocore.exceptions import ClientError
from conftest import updated
from packages import HELLO, zip_of
from round_trip import ABSENT, mappings, resources, seen, settings
from round_trip.functions import FUNCTION, LAYERS
from test_efs import client_of

NOUNS = {
    "function": FUNCTION,
    "alias": settings.ALIAS,
    "url": settings.URL,
    "event invoke config": settings.EVENT_INVOKE,
    "provisioned concurrency": settings.PROVISIONED,
    "layer": resources.LAYER,
    "code signing config": resources.SIGNING,
    "sqs mapping": mappings.SQS,
    "kinesis mapping": mappings.KINESIS,
    "dynamodb mapping": mappings.DYNAMODB,
    "kafka mapping": mappings.KAFKA,
    "self-managed kafka mapping": mappings.SELF_MANAGED,
    "mq mapping": mappings.MQ,
    "documentdb mapping": mappings.DOCUMENTDB,
}
MEMBERS = [(noun, member) for noun, kind in NOUNS.items() for member in kind.rows]
REFUSED = [(noun, member) for noun, kind in NOUNS.items() for member in kind.refused]
# What an update moves by itself.
MOVES = {"RevisionId", "LastModified", "LastModifiedTime", "ResponseMetadata", "StateTransitionReason"}
MOVES |= {"RuntimeVersionConfig", "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"}
MOVES |= {"AllocatedProvisionedConcurrentExecutions", "AvailableProvisionedConcurrentExecutions", "Status"}


@pytest.fixture
def made(client, create, name):
    """Makes a resource of a noun in a place of its own, with a function where one is needed; it is deleted again."""
    places = []

    def make(kind, members):
        place = {"name": name}
        if kind is not FUNCTION:
            place["function"] = with_two_versions(client, create(HELLO))
        kind.create(client, place, kind.base | members)
        places.append((kind, place))
        return place

    yield make
    for kind, place in places:
        try:
            kind.delete(client, place)
        except ClientError as refusal:
            assert "NotFound" in refusal.response["Error"]["Code"], refusal


def with_two_versions(client, name):
    """Publishes what the function is, changes it and publishes again."""
    client.publish_version(FunctionName=name)
    client.update_function_configuration(FunctionName=name, Description="two")
    updated(client, name)
    client.publish_version(FunctionName=name)
    return name


@pytest.fixture(scope="module", autouse=True)
def layers(client):
    """The layers that functions refer to."""
    for arn in LAYERS:
        content = {"ZipFile": zip_of({"python/mine.py": "x = 1"})}
        client.publish_layer_version(LayerName=arn.split(":")[-2], Content=content)


@pytest.fixture(scope="module", autouse=True)
def access_point(server):
    """The access point that functions mount, where they name one."""
    efs = client_of(server)
    system = efs.create_file_system(CreationToken="round-trip")["FileSystemId"]
    efs.create_mount_target(FileSystemId=system, SubnetId="subnet-0a1b2c3d")
    made = efs.create_access_point(ClientToken="round-trip", FileSystemId=system)
    row = FUNCTION.rows["FileSystemConfigs"]
    for config in [*row.first, *row.second]:
        config["Arn"] = made["AccessPointArn"]


def shown_by(kind, client, place):
    """What is read, less what moves by itself."""
    return {member: value for member, value in kind.read(client, place).items() if member not in MOVES}


def expected(row, written, place):
    """How a reader must see what was written."""
    shown = row.shown(copy.deepcopy(written))
    if isinstance(shown, dict) and isinstance(shown.get("LogGroup"), str):
        shown["LogGroup"] = shown["LogGroup"].format(**place)
    return shown


@pytest.mark.parametrize(("noun", "member"), MEMBERS)
def test_each_member_comes_changes_and_goes(client, made, noun, member):
    kind = NOUNS[noun]
    row = kind.rows[member]
    place = made(kind, row.needs)
    before = shown_by(kind, client, place)
    absent = row.default
    if row.default is not ABSENT:
        absent = expected(row, row.default, place) if kind is FUNCTION and member == "LoggingConfig" else row.default
    assert seen(before, member, row) == absent
    steps = [] if row.second is ABSENT else [(row.first, None), (row.second, None)]
    if row.cleared_by is not ABSENT:
        steps.append((row.cleared_by, row.cleared))
    for written, cleared in steps:
        wanted = expected(row, written, place) if cleared is None else cleared
        reply = kind.update(client, place, {member: written})
        after = shown_by(kind, client, place)
        if row.read != "State":
            assert seen(reply, member, row) == wanted
        assert seen(after, member, row) == wanted
        # Nothing else has moved.
        assert without(after, member, row) == without(before, member, row)


def without(shown, member, row):
    return {other: value for other, value in shown.items() if other != (row.read or member)}


@pytest.mark.parametrize("noun", NOUNS)
def test_what_was_created_is_read_and_writing_it_again_plans_nothing(client, made, noun):
    kind = NOUNS[noun]
    rows = {member: row for member, row in kind.rows.items() if not row.alone}
    members = {member: row.first for member, row in rows.items()}
    place = made(kind, members)
    read = shown_by(kind, client, place)
    for member, row in rows.items():
        assert seen(read, member, row) == expected(row, row.first, place), member
    again = {member: value for member, value in members.items() if rows[member].second is not ABSENT}
    if again:
        kind.update(client, place, again)
        assert shown_by(kind, client, place) == read
    kind.delete(client, place)
    with pytest.raises(ClientError) as failure:
        # What is deleted in the background may be seen going.
        while kind.read(client, place)["State"] == "Deleting":
            pass
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize(("noun", "member"), REFUSED)
def test_what_is_not_built_is_refused_by_name(client, made, noun, member):
    kind = NOUNS[noun]
    given, word = kind.refused[member]
    with pytest.raises(ClientError) as failure:
        made(kind, {member: given})
    error = failure.value.response["Error"]
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert word in error["Message"], error


@pytest.mark.parametrize("noun", [noun for noun, kind in NOUNS.items() if kind.inputs])
def test_no_member_of_the_model_is_forgotten(client, noun):
    kind = NOUNS[noun]
    model = client.meta.service_model
    members = {member for operation in kind.inputs for member in model.operation_model(operation).input_shape.members}
    assert members == set(kind.rows) | set(kind.refused) | set(kind.aside)
    if not kind.inputs:
        assert kind.rows


def test_no_member_of_a_mapping_is_forgotten(client):
    model = client.meta.service_model
    operations = ("CreateEventSourceMapping", "UpdateEventSourceMapping")
    members = {member for operation in operations for member in model.operation_model(operation).input_shape.members}
    kinds = [kind for noun, kind in NOUNS.items() if noun.endswith("mapping")]
    told = {member for kind in kinds for member in kind.base | kind.rows | kind.refused}
    assert members - told == {"FunctionName", "UUID", "Tags", "StartingPositionTimestamp", "LoggingConfig"}
