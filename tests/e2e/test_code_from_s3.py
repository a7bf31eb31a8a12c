"""Code from S3: copied when it is asked for, in any version, and refused in AWS's words."""

import base64
import hashlib
import json
import os

import pytest
from botocore.exceptions import ClientError
from conftest import active, updated
from packages import HELLO, python, zip_of
from upstream import Asking

BUCKET = "code-of-functions"


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A server and the S3 it takes code from, with a versioned bucket."""
    running = Asking(tmp_path_factory.mktemp("s3"))
    s3 = running.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    running.settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": running.role()}
    yield running
    running.stop()


def says(word):
    """A package whose function says a word."""
    return zip_of({"app.py": f"def handler(event, context):\n    return {word!r}\n"})


def put(asking, key, body):
    """Puts an object and gives its version."""
    return asking.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)["VersionId"]


def answer(client, name):
    """What a function says."""
    return json.loads(client.invoke(FunctionName=name)["Payload"].read())


def refusal(operation, **parameters):
    """The refusal of a call that must fail: status, code and message."""
    with pytest.raises(ClientError) as failure:
        operation(**parameters)
    told = failure.value.response
    return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"], told["Error"]["Message"]


@pytest.mark.operation("CreateFunction")
@pytest.mark.operation("UpdateFunctionCode")
def test_code_is_copied_when_it_is_asked_for(asking, name):
    client, key = asking.client("lambda"), f"dir with space/{name}+é.zip"
    first, package = says("first"), says("second")
    old = put(asking, key, first)
    made = client.create_function(FunctionName=name, Code={"S3Bucket": BUCKET, "S3Key": key}, **asking.settings)
    assert made["CodeSize"] == len(first)
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(first).digest()).decode()
    put(asking, key, package)
    active(client, name)
    assert answer(client, name) == "first", "what S3 has later changes nothing"
    client.update_function_code(FunctionName=name, S3Bucket=BUCKET, S3Key=key)
    updated(client, name)
    assert answer(client, name) == "second"
    client.update_function_code(FunctionName=name, S3Bucket=BUCKET, S3Key=key, S3ObjectVersion=old)
    updated(client, name)
    assert answer(client, name) == "first"


def test_a_layer_may_come_from_s3(asking, name):
    key = f"{name}.zip"
    package = zip_of({"python/shared.py": "WORD = 'shared'\n"})
    put(asking, key, package)
    content = {"S3Bucket": BUCKET, "S3Key": key}
    made = asking.client("lambda").publish_layer_version(LayerName=name, Content=content)
    assert made["Content"]["CodeSize"] == len(package)


def test_a_zip_from_s3_may_be_larger_than_one_in_a_request(asking, name):
    key = f"{name}.zip"
    package = zip_of({"app.py": HELLO, "data": base64.b64encode(os.urandom(53_000_000)).decode()})
    assert len(package) > 52_428_800
    put(asking, key, package)
    client = asking.client("lambda")
    made = client.create_function(FunctionName=name, Code={"S3Bucket": BUCKET, "S3Key": key}, **asking.settings)
    assert made["CodeSize"] == len(package)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ({"S3Bucket": BUCKET, "S3Key": "nowhere"}, "NoSuchKey. S3 Error Message: The specified key does not exist."),
        (
            {"S3Bucket": "no-such-bucket", "S3Key": "k"},
            "NoSuchBucket. S3 Error Message: The specified bucket does not exist",
        ),
    ],
)
def test_what_s3_does_not_have_is_told_in_awss_words(asking, name, code, words):
    client = asking.client("lambda")
    told = refusal(client.create_function, FunctionName=name, Code=code, **asking.settings)
    words = f"Error occurred while GetObject. S3 Error Code: {words}"
    assert told == (400, "InvalidParameterValueException", words)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName=name)
    client.create_function(FunctionName=name, **python(HELLO) | asking.settings)
    active(client, name)
    assert refusal(client.update_function_code, FunctionName=name, **code) == told
    assert client.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful"


def test_a_version_that_is_not_there_is_refused(asking, name):
    client, key = asking.client("lambda"), f"{name}.zip"
    put(asking, key, says("it"))
    code = {"S3Bucket": BUCKET, "S3Key": key, "S3ObjectVersion": "no-such-version"}
    status, kind, message = refusal(client.create_function, FunctionName=name, Code=code, **asking.settings)
    assert (status, kind) == (400, "InvalidParameterValueException")
    assert message.startswith("Error occurred while GetObject. S3 Error Code: ")


def test_what_is_no_zip_is_refused(asking, name):
    client, key = asking.client("lambda"), f"{name}.txt"
    put(asking, key, b"no zip")
    code = {"S3Bucket": BUCKET, "S3Key": key}
    told = refusal(client.create_function, FunctionName=name, Code=code, **asking.settings)
    words = "Could not unzip uploaded file. Please check your file, then try to upload again."
    assert told == (400, "InvalidParameterValueException", words)


def test_a_bucket_of_another_region_is_named_with_its_region(asking, name):
    where = {"LocationConstraint": "eu-west-1"}
    asking.client("s3", "eu-west-1").create_bucket(Bucket="code-elsewhere", CreateBucketConfiguration=where)
    asking.client("s3", "eu-west-1").put_object(Bucket="code-elsewhere", Key="k", Body=says("it"))
    client, code = asking.client("lambda"), {"S3Bucket": "code-elsewhere", "S3Key": "k"}
    told = refusal(client.create_function, FunctionName=name, Code=code, **asking.settings)
    words = (
        "Error occurred while GetObject. S3 Error Code: PermanentRedirect. S3 Error Message: "
        "The bucket is in this region: eu-west-1. Please use this region to retry the request"
    )
    assert told == (400, "InvalidParameterValueException", words)
    there = asking.client("lambda", "eu-west-1")
    there.create_function(FunctionName=name, Code=code, **asking.settings)
    active(there, name)
    assert answer(there, name) == "it"


def test_the_key_of_the_code_is_shown(asking, name):
    client, kms = asking.client("lambda"), asking.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    code = {"ZipFile": says("it"), "SourceKMSKeyArn": arn}
    client.create_function(FunctionName=name, Code=code, **asking.settings)
    assert client.get_function(FunctionName=name)["Code"]["SourceKMSKeyArn"] == arn
    active(client, name)
    client.update_function_code(FunctionName=name, ZipFile=says("it"))
    assert "SourceKMSKeyArn" not in client.get_function(FunctionName=name)["Code"]
    missing = {"ZipFile": says("it"), "SourceKMSKeyArn": arn[:-12] + "000000000000"}
    status, kind, message = refusal(client.create_function, FunctionName="other", Code=missing, **asking.settings)
    assert (status, kind) == (400, "InvalidParameterValueException") and "KMS key was not found" in message


def test_without_another_endpoint_code_from_s3_is_refused(client, name):
    settings = python(HELLO) | {"Code": {"S3Bucket": BUCKET, "S3Key": "k"}}
    status, kind, message = refusal(client.create_function, FunctionName=name, **settings)
    assert (status, kind) == (400, "InvalidParameterValueException")
    assert message == "Lambent has no S3 to take code from: --upstream-endpoint says where one is."


def test_an_endpoint_that_is_gone_is_a_fault_of_the_server(tmp_path, name):
    running = Asking(tmp_path)
    try:
        settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": running.role()}
        running.moto.stop()
        client = running.client("lambda")
        told = refusal(client.create_function, FunctionName=name, Code={"ZipFile": says("it")}, **settings)
        assert told[:2] == (500, "ServiceException")
        assert client.list_functions()["Functions"] == [], "nothing is left of it"
    finally:
        running.stop()
    assert "cannot be reached" in running.server.log()
