"""The AWS SDK inside functions: installed when code first names it, or by `lambent runtimes install`."""

import json
import subprocess

import pytest
from conftest import active
from packages import nodejs, python, zip_of
from server import BINARY, Server, clean_environment

BOTO3 = """
import boto3
def handler(event, context):
    return [boto3.__file__, boto3.client("sqs").meta.service_model.service_id]
"""

ES_MODULE = """
import { S3Client } from "@aws-sdk/client-s3";
export const handler = async () => [new S3Client({}).config.serviceId, import.meta.resolve("@aws-sdk/client-s3")];
"""

COMMON_JS = """
const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
const { DynamoDBDocumentClient } = require("@aws-sdk/lib-dynamodb");
exports.handler = async () => {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  return [await documents.config.region(), require.resolve("@aws-sdk/client-dynamodb")];
};
"""


def lambent(*words, **environment):
    """Runs one of the binary's commands and returns it ended."""
    command = [str(BINARY), *map(str, words)]
    return subprocess.run(command, env=clean_environment() | environment, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def with_sdk(tmp_path_factory):
    """A server that installs SDKs by itself."""
    folder = tmp_path_factory.mktemp("sdk")
    running = Server(folder / "data", folder / "log.txt", "--runtime-sdk", "auto").start()
    yield running
    running.stop()


def invoked(client, name):
    """An answer; a slow machine or registry makes a caller try again."""
    for _ in range(20):
        try:
            return client.invoke(FunctionName=name)
        except client.exceptions.ServiceException as fault:
            assert "is being installed: try again" in str(fault)
    raise AssertionError("the SDK was never installed")


def result(server, name, settings):
    """What a new function of this server answers."""
    client = server.client()
    client.create_function(FunctionName=name, Timeout=60, MemorySize=512, **settings)
    active(client, name)
    answer = invoked(client, name)
    payload = answer["Payload"].read()
    assert "FunctionError" not in answer, payload
    return json.loads(payload)


def test_python_finds_boto3_in_the_runtime(with_sdk, name):
    assert result(with_sdk, name, python(BOTO3)) == ["/var/runtime/boto3/__init__.py", "SQS"]


def test_node_js_finds_the_sdk_in_es_modules(with_sdk, name):
    service, where = result(with_sdk, name, nodejs(ES_MODULE))
    assert service == "S3" and where.startswith("file:///var/runtime/node_modules/@aws-sdk/client-s3/")


def test_node_js_finds_the_sdk_in_common_js(with_sdk, name):
    region, where = result(with_sdk, name, nodejs(COMMON_JS, "app.cjs"))
    assert region == "us-east-1" and where.startswith("/var/runtime/node_modules/@aws-sdk/client-dynamodb/")


def test_what_the_function_brings_wins(with_sdk, name):
    brought = python("import boto3\ndef handler(event, context): return boto3.MINE")
    files = {"app.py": "import boto3\ndef handler(event, context): return boto3.MINE", "boto3.py": "MINE = 'mine'"}
    assert result(with_sdk, name, brought | {"Code": {"ZipFile": zip_of(files)}}) == "mine"


def test_without_a_registry_functions_run_and_the_log_says_why(tmp_path, name):
    offline = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}
    server = Server(tmp_path / "data", tmp_path / "log.txt", "--runtime-sdk", "auto", environment=offline).start()
    try:
        source = "def handler(event, context):\n    try:\n        import boto3\n    except ImportError as e:\n        return str(e)"
        assert result(server, name, python(source)) == "No module named 'boto3'"
        assert "no AWS SDK for functions" in (tmp_path / "log.txt").read_text()
    finally:
        server.stop()


def test_the_command_installs_and_lists_and_takes_more_packages(tmp_path):
    data = tmp_path / "data"
    done = lambent("runtimes", "install", "nodejs", "--with", "is-number@7.0.0", "--data-dir", data)
    assert done.returncode == 0, done.stderr
    listed = lambent("runtimes", "list", "--json", "--data-dir", data).stdout.splitlines()
    (sdk,) = {entry["sdk"] for entry in map(json.loads, listed) if entry["language"] == "nodejs"}
    assert (data / "sdk/nodejs/node_modules/is-number/package.json").is_file() and sdk.startswith(str(data))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["install", "cobol"], "no interpreter for cobol"),
        (["install", "--with", "is-number"], "--with needs the one language"),
        (["install", "nodejs", "--with", "@lambent/there-is-no-such-package"], "npm failed"),
    ],
)
def test_what_cannot_be_installed_is_said(tmp_path, words, told):
    done = lambent("runtimes", *words, "--data-dir", tmp_path / "data")
    assert done.returncode == 1 and told in done.stderr, done.stderr
