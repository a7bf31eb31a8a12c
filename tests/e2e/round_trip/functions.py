"""Functions by their configuration."""

from conftest import active, updated
from packages import HELLO, ROLE, python

from round_trip import POSITIVE, Noun, Row

ARN = "arn:aws:{}:us-east-1:000000000000:{}"
VPC = {"SubnetIds": ["subnet-0a1b2c3d"], "SecurityGroupIds": ["sg-0a1b2c3d"]}
OTHER_VPC = {"SubnetIds": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"], "SecurityGroupIds": ["sg-1a1b2c3d"]}
NO_VPC = {"SubnetIds": [], "SecurityGroupIds": []}
MOUNT = {"Arn": ARN.format("elasticfilesystem", "access-point/fsap-0123456789abcdef0"), "LocalMountPath": "/mnt/a"}
PLAIN = {"LogFormat": "Text", "LogGroup": "/aws/lambda/{name}"}


def create_function(client, place, members):
    client.create_function(FunctionName=place["name"], **members)
    active(client, place["name"])


def update_function(client, place, members):
    reply = client.update_function_configuration(FunctionName=place["name"], **members)
    updated(client, place["name"])
    return reply


def in_vpc(written):
    """Which VPC it is, only EC2 could tell, and there is none behind this server."""
    return written | {"VpcId": "", "Ipv6AllowedForDualStack": False}


def with_log_group(written):
    """The levels and the group that nobody wrote are told too."""
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"} if written["LogFormat"] == "JSON" else {}
    return PLAIN | levels | written


CAPACITY = ARN.format("lambda", "capacity-provider:one")
RUNTIME = ARN.format("lambda", "runtime/one")
LAYERS = [ARN.format("lambda", f"layer:{name}:1") for name in ("round-trip-one", "round-trip-two")]

FUNCTION = Noun(
    create=create_function,
    read=lambda client, place: client.get_function_configuration(FunctionName=place["name"]),
    update=update_function,
    delete=lambda client, place: client.delete_function(FunctionName=place["name"]),
    base=python(HELLO),
    inputs=("CreateFunction", "UpdateFunctionConfiguration"),
    aside=("FunctionName", "RevisionId", "Code", "Publish", "Tags", "PackageType", "CodeSigningConfigArn"),
    rows={
        "Role": Row(ROLE, ARN.format("iam", "role/other").replace("us-east-1", ""), default=ROLE),
        "Handler": Row("app.handler", "app.other", default="app.handler"),
        "Runtime": Row("python3.12", "python3.13", default="python3.12"),
        "Architectures": Row(["arm64"], default=["x86_64"]),
        "Description": Row("one", "two ü", default="", cleared_by="", cleared=""),
        "Timeout": Row(7, 900, default=3),
        "MemorySize": Row(256, 10240, default=128),
        "EphemeralStorage": Row({"Size": 1024}, {"Size": 10240}, default={"Size": 512}),
        "Environment": Row(
            {"Variables": {"WORD": "one", "OTHER": ""}},
            {"Variables": {"WORD": "zwei ü"}},
            cleared_by={"Variables": {}},
            cleared={"Variables": {}},
        ),
        "TracingConfig": Row({"Mode": "Active"}, {"Mode": "PassThrough"}, default={"Mode": "PassThrough"}),
        "DeadLetterConfig": Row(
            {"TargetArn": ARN.format("sqs", "one")},
            {"TargetArn": ARN.format("sns", "two")},
            cleared_by={"TargetArn": ""},
        ),
        "KMSKeyArn": Row(ARN.format("kms", "key/one"), ARN.format("kms", "key/two"), cleared_by=""),
        "Layers": Row(
            LAYERS[:1],
            LAYERS,
            cleared_by=[],
            shown=lambda written: [{"Arn": arn, "CodeSize": POSITIVE} for arn in written],
        ),
        "VpcConfig": Row(VPC, OTHER_VPC, cleared_by=NO_VPC, cleared=in_vpc(NO_VPC), shown=in_vpc),
        "FileSystemConfigs": Row(
            [MOUNT], [MOUNT | {"LocalMountPath": "/mnt/b"}], cleared_by=[], needs={"VpcConfig": VPC}
        ),
        "SnapStart": Row(
            {"ApplyOn": "PublishedVersions"},
            {"ApplyOn": "None"},
            default={"ApplyOn": "None", "OptimizationStatus": "Off"},
            shown=lambda written: written | {"OptimizationStatus": "Off"},
            alone=True,
        ),
        "LoggingConfig": Row(
            {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "WARN"},
            {"LogFormat": "JSON", "LogGroup": "/my/group"},
            default=PLAIN,
            shown=with_log_group,
        ),
    },
    refused={
        "PublishTo": ("LATEST_PUBLISHED", "PublishTo is not there yet"),
        "ImageConfig": ({"Command": ["a"]}, "ImageConfig is not supported for functions with packageType Zip."),
        "TenancyConfig": ({"TenantIsolationMode": "PER_TENANT"}, "TenancyConfig is not there yet"),
        "CapacityProviderConfig": (
            {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": CAPACITY}},
            "CapacityProviderConfig is not there yet",
        ),
        "DurableConfig": ({"ExecutionTimeout": 60}, "DurableConfig is not there yet"),
        "RuntimeConfig": ({"RuntimeArn": RUNTIME, "RuntimeAlias": "one"}, "RuntimeConfig is not there yet"),
        "AcceleratorConfig": ({"AcceleratorMemorySize": 1}, "AcceleratorConfig is not there yet"),
    },
)
