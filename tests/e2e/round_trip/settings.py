"""What hangs from a function: aliases, URLs, settings of asynchronous invocations, provisioned concurrency."""

from round_trip import Noun, Row

ARN = "arn:aws:{}:us-east-1:000000000000:{}"

ALIAS = Noun(
    create=lambda client, place, members: client.create_alias(FunctionName=place["function"], Name="live", **members),
    read=lambda client, place: client.get_alias(FunctionName=place["function"], Name="live"),
    update=lambda client, place, members: client.update_alias(FunctionName=place["function"], Name="live", **members),
    delete=lambda client, place: client.delete_alias(FunctionName=place["function"], Name="live"),
    base={"FunctionVersion": "1"},
    inputs=("CreateAlias", "UpdateAlias"),
    aside=("FunctionName", "Name", "RevisionId"),
    rows={
        "FunctionVersion": Row("1", "2", default="1"),
        "Description": Row("one", "two ü", default="", cleared_by="", cleared=""),
        "RoutingConfig": Row(
            {"AdditionalVersionWeights": {"2": 0.25}},
            {"AdditionalVersionWeights": {"2": 0.5}},
            cleared_by={"AdditionalVersionWeights": {}},
        ),
    },
)

CORS = {
    "AllowCredentials": True,
    "AllowHeaders": ["x-one"],
    "AllowMethods": ["GET", "PUT"],
    "AllowOrigins": ["https://example.com"],
    "ExposeHeaders": ["x-two"],
    "MaxAge": 60,
}

URL = Noun(
    create=lambda client, place, members: client.create_function_url_config(FunctionName=place["function"], **members),
    read=lambda client, place: client.get_function_url_config(FunctionName=place["function"]),
    update=lambda client, place, members: client.update_function_url_config(FunctionName=place["function"], **members),
    delete=lambda client, place: client.delete_function_url_config(FunctionName=place["function"]),
    base={"AuthType": "NONE"},
    inputs=("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig"),
    aside=("FunctionName", "Qualifier"),
    rows={
        "AuthType": Row("AWS_IAM", "NONE", default="NONE"),
        "InvokeMode": Row("RESPONSE_STREAM", "BUFFERED", default="BUFFERED"),
        "Cors": Row(CORS, {"AllowOrigins": ["*"]}, cleared_by={}),
    },
)

ONE, TWO = ARN.format("sqs", "one"), ARN.format("sns", "two")

EVENT_INVOKE = Noun(
    create=lambda client, place, members: client.put_function_event_invoke_config(
        FunctionName=place["function"], **members
    ),
    read=lambda client, place: client.get_function_event_invoke_config(FunctionName=place["function"]),
    update=lambda client, place, members: client.update_function_event_invoke_config(
        FunctionName=place["function"], **members
    ),
    delete=lambda client, place: client.delete_function_event_invoke_config(FunctionName=place["function"]),
    base={"MaximumRetryAttempts": 1},
    inputs=("PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"),
    aside=("FunctionName", "Qualifier"),
    rows={
        "MaximumRetryAttempts": Row(0, 2, default=1),
        "MaximumEventAgeInSeconds": Row(60, 21600),
        "DestinationConfig": Row(
            {"OnFailure": {"Destination": ONE}, "OnSuccess": {"Destination": TWO}},
            {"OnFailure": {"Destination": TWO}, "OnSuccess": {}},
            default={"OnFailure": {}, "OnSuccess": {}},
        ),
    },
)


def provision(client, place, members):
    return client.put_provisioned_concurrency_config(FunctionName=place["function"], Qualifier="1", **members)


PROVISIONED = Noun(
    create=provision,
    read=lambda client, place: client.get_provisioned_concurrency_config(FunctionName=place["function"], Qualifier="1"),
    update=provision,
    delete=lambda client, place: client.delete_provisioned_concurrency_config(
        FunctionName=place["function"], Qualifier="1"
    ),
    base={"ProvisionedConcurrentExecutions": 1},
    inputs=("PutProvisionedConcurrencyConfig",),
    aside=("FunctionName", "Qualifier"),
    rows={
        "ProvisionedConcurrentExecutions": Row(
            1, 2, default=1, read="RequestedProvisionedConcurrentExecutions"
        ),
    },
)
