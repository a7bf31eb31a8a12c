"""Event source mappings, a noun for each kind of source: which members there are depends on it."""

from round_trip import TEXT, Noun, Row

ARN = "arn:aws:{}:us-east-1:000000000000:{}"


def create_mapping(client, place, members):
    place["id"] = client.create_event_source_mapping(FunctionName=place["function"], **members)["UUID"]
    settle(client, place)


def update_mapping(client, place, members):
    reply = client.update_event_source_mapping(UUID=place["id"], **members)
    settle(client, place)
    return reply


def settle(client, place):
    """There is no waiter for mappings: asks until nothing is on its way."""
    for _ in range(2000):
        state = client.get_event_source_mapping(UUID=place["id"])["State"]
        if not state.endswith("ing"):
            return
    raise AssertionError(f"the mapping stays {state}")


def mapping(base, rows, refused=None):
    """Mappings of one kind of source."""
    return Noun(
        create=create_mapping,
        read=lambda client, place: client.get_event_source_mapping(UUID=place["id"]),
        update=update_mapping,
        delete=lambda client, place: client.delete_event_source_mapping(UUID=place["id"]),
        base=base,
        rows=rows,
        refused=refused or {},
    )


def filters(pattern):
    return {"Filters": [{"Pattern": pattern}]}


COMMON = {
    "FilterCriteria": Row(filters('{"a": ["b"]}'), filters('{"c": ["d"]}'), cleared_by={}),
    "KMSKeyArn": Row(ARN.format("kms", "key/one"), ARN.format("kms", "key/two"), cleared_by=""),
    "MetricsConfig": Row(
        {"Metrics": ["EventCount"]}, {"Metrics": ["EventCount", "ErrorCount"]}, cleared_by={"Metrics": []}
    ),
}
STREAM = COMMON | {
    "BatchSize": Row(50, 200, default=100),
    "MaximumBatchingWindowInSeconds": Row(5, 300, default=0),
    "ParallelizationFactor": Row(2, 10, default=1),
    "StartingPosition": Row("TRIM_HORIZON", default="LATEST"),
    "DestinationConfig": Row(
        {"OnFailure": {"Destination": ARN.format("sqs", "one")}},
        {"OnFailure": {"Destination": ARN.format("sns", "two")}},
        default={"OnFailure": {}},
    ),
    "MaximumRecordAgeInSeconds": Row(60, 604800, default=-1),
    "BisectBatchOnFunctionError": Row(True, False, default=False),
    "MaximumRetryAttempts": Row(0, 10000, default=-1),
    "TumblingWindowInSeconds": Row(30, 900, default=0),
    "FunctionResponseTypes": Row(["ReportBatchItemFailures"], [], default=[]),
    "Enabled": Row(False, True, read="State", default="Enabled", shown=lambda on: "Enabled" if on else "Disabled"),
}

SQS = mapping(
    {"EventSourceArn": ARN.format("sqs", "queue")},
    COMMON
    | {
        "BatchSize": Row(5, 10, default=10),
        "Enabled": STREAM["Enabled"],
        "MaximumBatchingWindowInSeconds": Row(5, 300, default=0),
        "FunctionResponseTypes": STREAM["FunctionResponseTypes"],
        "ScalingConfig": Row({"MaximumConcurrency": 2}, {"MaximumConcurrency": 1000}, cleared_by={}),
    },
)
KINESIS = mapping(
    {"EventSourceArn": ARN.format("kinesis", "stream/one"), "StartingPosition": "LATEST"}, STREAM
)
DYNAMODB = mapping(
    {
        "EventSourceArn": ARN.format("dynamodb", "table/one/stream/2026-01-01T00:00:00.000"),
        "StartingPosition": "LATEST",
    },
    STREAM,
)
VPC = {"Type": "VPC_SUBNET", "URI": "subnet:subnet-0a1b2c3d"}
KAFKA_ROWS = {
    "BatchSize": Row(50, 200, default=100),
    "Enabled": STREAM["Enabled"],
    "StartingPosition": Row("TRIM_HORIZON", default="LATEST"),
}
KAFKA = mapping(
    {
        "EventSourceArn": ARN.format("kafka", "cluster/one/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-1"),
        "StartingPosition": "LATEST",
        "Topics": ["topic"],
    },
    KAFKA_ROWS
    | {
        "AmazonManagedKafkaEventSourceConfig": Row({"ConsumerGroupId": "mine"}, default={"ConsumerGroupId": TEXT}),
        "ProvisionedPollerConfig": Row(
            {"MinimumPollers": 1, "MaximumPollers": 3}, {"MinimumPollers": 2, "MaximumPollers": 4}
        ),
    },
)
SELF_MANAGED = mapping(
    {
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["one.example.com:9092"]}},
        "StartingPosition": "LATEST",
        "Topics": ["topic"],
        "SourceAccessConfigurations": [VPC, {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-0a1b2c3d"}],
    },
    KAFKA_ROWS
    | {"SelfManagedKafkaEventSourceConfig": Row({"ConsumerGroupId": "mine"}, default={"ConsumerGroupId": TEXT})},
)
SECRET = {"Type": "BASIC_AUTH", "URI": ARN.format("secretsmanager", "secret:{}-abcdef")}
MQ = mapping(
    {
        "EventSourceArn": ARN.format("mq", "broker:one:b-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"),
        "Queues": ["queue"],
        "SourceAccessConfigurations": [SECRET | {"URI": SECRET["URI"].format("one")}],
    },
    {
        "BatchSize": Row(50, 200, default=100),
        "Enabled": STREAM["Enabled"],
        "SourceAccessConfigurations": Row(
            [SECRET | {"URI": SECRET["URI"].format("one")}],
            [SECRET | {"URI": SECRET["URI"].format("two")}],
            default=[SECRET | {"URI": SECRET["URI"].format("one")}],
        ),
    },
)
DOCUMENTS = {"DatabaseName": "data", "CollectionName": "one", "FullDocument": "UpdateLookup"}
DOCUMENTDB = mapping(
    {
        "EventSourceArn": ARN.format("rds", "cluster:one"),
        "StartingPosition": "LATEST",
        "SourceAccessConfigurations": [SECRET | {"URI": SECRET["URI"].format("one")}],
        "DocumentDBEventSourceConfig": DOCUMENTS,
    },
    {
        "BatchSize": Row(50, 200, default=100),
        "Enabled": STREAM["Enabled"],
        "DocumentDBEventSourceConfig": Row(
            DOCUMENTS, DOCUMENTS | {"CollectionName": "two", "FullDocument": "Default"}, default=DOCUMENTS
        ),
    },
)
