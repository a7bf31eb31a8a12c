"""Layers from S3: copied when they are published, and refused in AWS's words."""

import base64
import hashlib

import pytest
from botocore.exceptions import ClientError
from packages import zip_of
from upstream import Asking


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A server and the S3 it takes layers from."""
    running = Asking(tmp_path_factory.mktemp("layers"))
    running.client("s3").create_bucket(Bucket="layers")
    yield running
    running.stop()


@pytest.mark.operation("PublishLayerVersion")
def test_a_layer_is_copied_from_s3(asking, name):
    package = zip_of({"python/one.py": "x = 1"})
    asking.client("s3").put_object(Bucket="layers", Key="one.zip", Body=package)
    client = asking.client("lambda")
    made = client.publish_layer_version(LayerName=name, Content={"S3Bucket": "layers", "S3Key": "one.zip"})
    asking.client("s3").delete_object(Bucket="layers", Key="one.zip")
    found = client.get_layer_version(LayerName=name, VersionNumber=made["Version"])["Content"]
    assert found["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    with pytest.raises(ClientError) as failure:
        client.publish_layer_version(LayerName=name, Content={"S3Bucket": "layers", "S3Key": "one.zip"})
    told = failure.value.response["Error"]
    assert told["Code"] == "InvalidParameterValueException"
    assert told["Message"].startswith("Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: ")
