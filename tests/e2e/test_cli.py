"""The AWS CLI against the real binary, as its users type it."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from packages import BOOTSTRAP, HELLO, HELLO_NODE, ROLE, python, zip_of

AWS = pathlib.Path(sys.executable).parent / "aws"

KINDS = {
    "python": ("python3.12", {"app.py": HELLO}, '{"name":"Ada"}', {"hello": "Ada"}),
    "nodejs": ("nodejs22.x", {"app.mjs": HELLO_NODE}, '{"name":"Ada"}', {"hello": "Ada"}),
    "provided": ("provided.al2023", {"bootstrap": (BOOTSTRAP, 0o755)}, '{"name":"Ada"}', {"NAME": "ADA"}),
}


@pytest.fixture
def aws(server, tmp_path):
    """Runs the CLI with settings of its own, never those of whoever runs the tests."""

    def run(*args, statuses=(0,)):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        environment |= {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "HOME": str(tmp_path),
        }
        command = [str(AWS), "--endpoint-url", server.endpoint, "lambda", *args]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode in statuses, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr

    return run


@pytest.mark.operation("CreateFunction")
@pytest.mark.operation("Invoke")
@pytest.mark.parametrize("kind", KINDS)
def test_create_wait_invoke_delete(aws, tmp_path, name, kind):
    runtime, files, event, expected = KINDS[kind]
    (tmp_path / "function.zip").write_bytes(zip_of(files))
    created = aws("create-function", "--function-name", name, "--runtime", runtime, "--handler", "app.handler",
                  "--role", ROLE, "--zip-file", "fileb://function.zip")  # fmt: skip
    assert created["State"] == "Pending"
    aws("wait", "function-active-v2", "--function-name", name)
    answer = aws("invoke", "--function-name", name, "--payload", event, "--log-type", "Tail", "out.json")
    assert answer["StatusCode"] == 200 and answer["LogResult"]
    assert json.loads((tmp_path / "out.json").read_text()) == expected
    assert name in {f["FunctionName"] for f in aws("list-functions")["Functions"]}
    aws("delete-function", "--function-name", name)
    # Version 1 of the CLI ends with 255 where version 2 ends with 254.
    assert "ResourceNotFoundException" in aws("get-function", "--function-name", name, statuses=(254, 255))


def test_queries_waiters_and_pages(aws, create, name):
    names = [create(python(HELLO), FunctionName=f"{name}-{number}") for number in range(3)]
    assert aws("get-function", "--function-name", names[0], "--query", "Configuration.[State,Timeout]") == ["Active", 3]
    aws("update-function-configuration", "--function-name", names[0], "--timeout", "9")
    for waiter in ("function-active", "function-active-v2", "function-updated", "function-updated-v2", "function-exists"):
        aws("wait", waiter, "--function-name", names[0])
    shown = aws("get-function-configuration", "--function-name", names[0], "--query", "{t:Timeout,u:LastUpdateStatus}")
    assert shown == {"t": 9, "u": "Successful"}
    page = aws("list-functions", "--max-items", "1")
    seen = [page["Functions"][0]["FunctionName"]]
    while "NextToken" in page:
        page = aws("list-functions", "--max-items", "50", "--starting-token", page["NextToken"])
        seen += [function["FunctionName"] for function in page["Functions"]]
    assert set(names) <= set(seen) and len(seen) == len(set(seen))
    query = f"Functions[?starts_with(FunctionName, '{name}-')].FunctionName"
    assert sorted(aws("list-functions", "--page-size", "1", "--query", query)) == names


@pytest.fixture
def greeting(aws, create, tmp_path, name):
    """A function that can be published, and a second package for it beside."""
    (tmp_path / "two.zip").write_bytes(zip_of({"app.py": HELLO.replace("hello", "salut")}))
    return create(python(HELLO), FunctionName=name)


@pytest.mark.operation("PublishVersion")
@pytest.mark.operation("ListVersionsByFunction")
@pytest.mark.operation("CreateAlias")
@pytest.mark.operation("UpdateAlias")
@pytest.mark.operation("GetAlias")
@pytest.mark.operation("ListAliases")
@pytest.mark.operation("DeleteAlias")
def test_versions_and_aliases(aws, tmp_path, greeting):
    named = ("--function-name", greeting)
    assert aws("publish-version", *named, "--description", "first")["Version"] == "1"
    aws("wait", "published-version-active", *named, "--qualifier", "1")
    aws("update-function-code", *named, "--zip-file", "fileb://two.zip")
    for waiter in ("function-updated", "function-updated-v2"):
        aws("wait", waiter, *named)
    assert aws("publish-version", *named)["Version"] == "2"
    shown = aws("list-versions-by-function", *named, "--query", "Versions[].[Version,Description]")
    assert shown == [["$LATEST", ""], ["1", "first"], ["2", ""]]
    live = ("--name", "live")
    made = aws("create-alias", *named, *live, "--function-version", "1")
    assert made["AliasArn"].endswith(f":{greeting}:live")
    answer = aws("invoke", "--function-name", f"{greeting}:live", "out.json")
    assert answer["ExecutedVersion"] == "1"
    assert json.loads((tmp_path / "out.json").read_text()) == {"hello": "world"}
    weights = aws("update-alias", *named, *live, "--routing-config", "AdditionalVersionWeights={2=0.25}")
    assert weights["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.25}}
    moved = aws("update-alias", *named, *live, "--function-version", "2",
                "--routing-config", "AdditionalVersionWeights={}")  # fmt: skip
    assert "RoutingConfig" not in moved
    assert aws("get-alias", *named, *live, "--query", "FunctionVersion") == "2"
    assert aws("list-aliases", *named, "--query", "Aliases[].Name") == ["live"]
    # The alias holds the version.
    assert "ResourceConflictException" in aws("delete-function", *named, "--qualifier", "2", statuses=(254, 255))
    aws("delete-alias", *named, *live)
    aws("delete-function", *named, "--qualifier", "2")
    assert aws("list-versions-by-function", *named, "--query", "Versions[].Version") == ["$LATEST", "1"]


@pytest.mark.operation("PublishLayerVersion")
@pytest.mark.operation("GetLayerVersion")
@pytest.mark.operation("GetLayerVersionByArn")
@pytest.mark.operation("ListLayerVersions")
@pytest.mark.operation("ListLayers")
@pytest.mark.operation("DeleteLayerVersion")
def test_layers(aws, tmp_path, greeting, name):
    layer, version = ("--layer-name", f"{name}-layer"), ("--version-number", "1")
    (tmp_path / "layer.zip").write_bytes(zip_of({"python/word.py": "WORD = 'salut'"}))
    made = aws("publish-layer-version", *layer, "--zip-file", "fileb://layer.zip",
               "--compatible-runtimes", "python3.12", "--license-info", "MIT")  # fmt: skip
    assert made["Version"] == 1 and made["CompatibleRuntimes"] == ["python3.12"]
    arn = made["LayerVersionArn"]
    assert aws("get-layer-version", *layer, *version)["Content"]["CodeSha256"] == made["Content"]["CodeSha256"]
    assert aws("get-layer-version-by-arn", "--arn", arn)["LayerVersionArn"] == arn
    assert aws("list-layer-versions", *layer, "--query", "LayerVersions[].Version") == [1]
    query = f"Layers[?LayerName=='{name}-layer'].LatestMatchingVersion.Version"
    assert aws("list-layers", "--compatible-runtime", "python3.12", "--query", query) == [1]
    assert aws("list-layers", "--compatible-runtime", "nodejs22.x", "--query", query) == []
    changed = aws("update-function-configuration", "--function-name", greeting, "--layers", arn)
    assert [used["Arn"] for used in changed["Layers"]] == [arn]
    aws("delete-layer-version", *layer, *version)
    aws("delete-layer-version", *layer, *version)
    assert "ResourceNotFoundException" in aws("get-layer-version", *layer, *version, statuses=(254, 255))


@pytest.mark.operation("AddPermission")
@pytest.mark.operation("GetPolicy")
@pytest.mark.operation("RemovePermission")
def test_permissions(aws, greeting):
    named, bucket = ("--function-name", greeting), "arn:aws:s3:::bucket"
    made = aws("add-permission", *named, "--statement-id", "s3", "--action", "lambda:InvokeFunction",
               "--principal", "s3.amazonaws.com", "--source-arn", bucket,
               "--source-account", "123456789012")  # fmt: skip
    statement = json.loads(made["Statement"])
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"]["ArnLike"] == {"AWS:SourceArn": bucket}
    assert json.loads(aws("get-policy", *named)["Policy"])["Statement"] == [statement]
    aws("remove-permission", *named, "--statement-id", "s3")
    assert "ResourceNotFoundException" in aws("get-policy", *named, statuses=(254, 255))


@pytest.mark.operation("PutFunctionConcurrency")
@pytest.mark.operation("GetFunctionConcurrency")
@pytest.mark.operation("DeleteFunctionConcurrency")
@pytest.mark.operation("GetAccountSettings")
def test_concurrency(aws, greeting):
    named = ("--function-name", greeting)
    put = aws("put-function-concurrency", *named, "--reserved-concurrent-executions", "5")
    assert put == {"ReservedConcurrentExecutions": 5} == aws("get-function-concurrency", *named)
    left = aws("get-account-settings", "--query", "AccountLimit")
    assert left["ConcurrentExecutions"] - left["UnreservedConcurrentExecutions"] >= 5
    aws("delete-function-concurrency", *named)
    assert "Concurrency" not in aws("get-function", *named)


@pytest.mark.operation("PutProvisionedConcurrencyConfig")
@pytest.mark.operation("ListProvisionedConcurrencyConfigs")
@pytest.mark.operation("DeleteProvisionedConcurrencyConfig")
def test_provisioned_concurrency(aws, greeting):
    named = ("--function-name", greeting)
    aws("publish-version", *named)
    qualified = (*named, "--qualifier", "1")
    put = aws("put-provisioned-concurrency-config", *qualified, "--provisioned-concurrent-executions", "1")
    assert put["RequestedProvisionedConcurrentExecutions"] == 1
    listed = aws("list-provisioned-concurrency-configs", *named)["ProvisionedConcurrencyConfigs"]
    assert [config["FunctionArn"].split(":")[-1] for config in listed] == ["1"]
    aws("delete-provisioned-concurrency-config", *qualified)
    told = aws("get-provisioned-concurrency-config", *qualified, statuses=(254, 255))
    assert "ProvisionedConcurrencyConfigNotFoundException" in told


@pytest.mark.operation("CreateFunctionUrlConfig")
@pytest.mark.operation("PutFunctionEventInvokeConfig")
@pytest.mark.operation("PutFunctionRecursionConfig")
@pytest.mark.operation("PutRuntimeManagementConfig")
def test_settings_of_a_function(aws, greeting):
    named = ("--function-name", greeting)
    url = aws("create-function-url-config", *named, "--auth-type", "NONE", "--cors", "AllowOrigins=*,MaxAge=5")
    assert aws("get-function-url-config", *named)["FunctionUrl"] == url["FunctionUrl"]
    aws("delete-function-url-config", *named)
    put = aws("put-function-event-invoke-config", *named, "--maximum-retry-attempts", "0")
    assert put["MaximumRetryAttempts"] == 0
    aws("delete-function-event-invoke-config", *named)
    assert aws("put-function-recursion-config", *named, "--recursive-loop", "Allow") == {"RecursiveLoop": "Allow"}
    assert aws("get-function-recursion-config", *named) == {"RecursiveLoop": "Allow"}
    aws("put-runtime-management-config", *named, "--update-runtime-on", "FunctionUpdate")
    assert aws("get-runtime-management-config", *named)["UpdateRuntimeOn"] == "FunctionUpdate"


@pytest.mark.operation("CreateEventSourceMapping")
@pytest.mark.operation("ListEventSourceMappings")
@pytest.mark.operation("UpdateEventSourceMapping")
@pytest.mark.operation("DeleteEventSourceMapping")
def test_event_source_mappings(aws, greeting):
    queue = f"arn:aws:sqs:us-east-1:000000000000:{greeting}"
    made = aws("create-event-source-mapping", "--function-name", greeting, "--event-source-arn", queue,
               "--batch-size", "5", "--no-enabled")  # fmt: skip
    uuid = ("--uuid", made["UUID"])
    assert made["State"] == "Creating" and made["BatchSize"] == 5
    listed = aws("list-event-source-mappings", "--function-name", greeting, "--query", "EventSourceMappings[].UUID")
    assert listed == [made["UUID"]]
    while aws("get-event-source-mapping", *uuid, "--query", "State") == "Creating":
        pass
    assert aws("update-event-source-mapping", *uuid, "--batch-size", "7")["BatchSize"] == 7
    while aws("get-event-source-mapping", *uuid, "--query", "State") == "Updating":
        pass
    assert aws("delete-event-source-mapping", *uuid)["State"] == "Deleting"


@pytest.mark.operation("TagResource")
@pytest.mark.operation("ListTags")
@pytest.mark.operation("UntagResource")
def test_tags(aws, greeting):
    arn = aws("get-function", "--function-name", greeting, "--query", "Configuration.FunctionArn")
    aws("tag-resource", "--resource", arn, "--tags", "team=a,stage=test")
    assert aws("list-tags", "--resource", arn) == {"Tags": {"team": "a", "stage": "test"}}
    aws("untag-resource", "--resource", arn, "--tag-keys", "stage")
    assert aws("get-function", "--function-name", greeting)["Tags"] == {"team": "a"}


@pytest.mark.operation("CreateCodeSigningConfig")
@pytest.mark.operation("PutFunctionCodeSigningConfig")
@pytest.mark.operation("ListFunctionsByCodeSigningConfig")
@pytest.mark.operation("DeleteCodeSigningConfig")
def test_code_signing(aws, greeting):
    profile = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/mine/abcdefghij"
    made = aws("create-code-signing-config", "--allowed-publishers", f"SigningProfileVersionArns={profile}")
    arn = made["CodeSigningConfig"]["CodeSigningConfigArn"]
    config, named = ("--code-signing-config-arn", arn), ("--function-name", greeting)
    aws("put-function-code-signing-config", *config, *named)
    assert aws("get-function-code-signing-config", *named)["CodeSigningConfigArn"] == arn
    [listed] = aws("list-functions-by-code-signing-config", *config)["FunctionArns"]
    assert listed.endswith(f":{greeting}")
    assert "ResourceConflictException" in aws("delete-code-signing-config", *config, statuses=(254, 255))
    aws("delete-function-code-signing-config", *named)
    aws("delete-code-signing-config", *config)
