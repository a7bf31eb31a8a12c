"""Who may call: signatures in the header and in the query, with `--auth verify` and `--auth open`."""

import datetime

import pytest
import requests
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from packages import HELLO, python
from raw import Raw, error_of, now

LIST = "/2015-03-31/functions"


def test_a_wrong_secret_is_refused(raw):
    status, code, message = error_of(raw.send("GET", LIST, secret="wrong"))
    assert (status, code) == (403, "InvalidSignatureException")
    assert message == (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
        "Access Key and signing method. Consult the service documentation for details."
    )


def test_an_unknown_key_is_refused(raw):
    answer = error_of(raw.send("GET", LIST, key="AKIAIOSFODNN7EXAMPLE"))
    assert answer == (403, "UnrecognizedClientException", "The security token included in the request is invalid.")


def test_an_unsigned_request_is_refused(raw):
    answer = error_of(raw.send("GET", LIST, sign=False))
    assert answer == (403, "MissingAuthenticationTokenException", "Missing Authentication Token")


def test_half_a_signature_is_refused(raw):
    status, code, message = error_of(raw.send("GET", LIST, headers={"Authorization": "AWS4-HMAC-SHA256 x"}, sign=False))
    assert status in (400, 403) and code == "IncompleteSignatureException"
    assert "Authorization header requires 'Credential' parameter." in message


@pytest.mark.parametrize(("minutes", "words"), [(-6, "Signature expired: "), (6, "Signature not yet current: ")])
def test_a_clock_that_is_wrong_is_refused(raw, minutes, words):
    answer = raw.send_at(now() + datetime.timedelta(minutes=minutes), "GET", LIST)
    status, code, message = error_of(answer)
    assert (status, code) == (403, "InvalidSignatureException")
    assert message.startswith(words) and " 5 min.)" in message


def test_a_clock_that_is_a_little_wrong_is_fine(raw):
    for minutes in (-4, 4):
        assert raw.send_at(now() + datetime.timedelta(minutes=minutes), "GET", LIST).status_code == 200


def test_a_body_that_was_changed_is_refused(raw, create):
    name = create(HELLO)
    request = AWSRequest("POST", f"{raw.endpoint}{LIST}/{name}/invocations", data=b'{"name":"a"}', headers={})
    SigV4Auth(Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    request.data = b'{"name":"b"}'
    assert error_of(raw.deliver(request))[:2] == (403, "InvalidSignatureException")


def test_a_session_token_that_belongs_to_nobody_is_refused(raw):
    answer = error_of(raw.send("GET", LIST, key="ASIAIOSFODNN7EXAMPLE", token="made up"))
    assert answer[:2] == (403, "UnrecognizedClientException")


def test_a_presigned_request_works(raw, client, create):
    name = create(HELLO)
    request = AWSRequest("GET", f"{raw.endpoint}{LIST}/{name}")
    SigV4QueryAuth(Credentials("test", "test"), "lambda", "us-east-1", expires=60).add_auth(request)
    answer = requests.get(request.url, timeout=10)
    assert answer.status_code == 200
    assert answer.json()["Configuration"]["FunctionName"] == name
    assert requests.get(request.url.replace(name, "other"), timeout=10).status_code == 403


def test_a_url_presigned_by_boto3_invokes(client, create):
    url = client.generate_presigned_url("invoke", Params={"FunctionName": create(HELLO)}, ExpiresIn=60)
    answer = requests.post(url, timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"hello": "world"})
    # The signature covers the body, which is empty, and the method.
    assert requests.post(url, data=b'{"name":"Ada"}', timeout=30).status_code == 403
    assert requests.get(url, timeout=30).status_code in (403, 404)


def test_a_url_that_has_expired_is_refused(raw, client, create):
    request = AWSRequest("POST", f"{raw.endpoint}{LIST}/{create(HELLO)}/invocations")
    auth = SigV4QueryAuth(Credentials("test", "test"), "lambda", "us-east-1", expires=1)
    auth.add_auth(request)
    while requests.post(request.url, timeout=30).status_code == 200:
        pass  # It is good for a second, and never again.
    assert requests.post(request.url, timeout=30).status_code == 403


def test_nothing_is_told_before_the_signature_is_checked(raw):
    answer = raw.send("POST", LIST, b"no json at all", secret="wrong")
    assert error_of(answer)[:2] == (403, "InvalidSignatureException")


def test_an_open_server_takes_the_account_from_the_key(own_server):
    running = own_server("--auth", "open")
    client = running.client(aws_access_key_id="123456789012", aws_secret_access_key="anything")
    reply = client.create_function(FunctionName="mine", **python(HELLO))
    assert reply["FunctionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:mine"
    other = running.client(aws_access_key_id="whoever", aws_secret_access_key="anything")
    assert other.list_functions()["Functions"] == []
    assert Raw(running.endpoint).send("GET", LIST, key="any", secret="thing").json()["Functions"] == []


def test_the_region_of_the_request_wins(server, client, create):
    name = create(HELLO)
    elsewhere = server.client(region_name="eu-west-1")
    listed = elsewhere.list_functions()["Functions"]
    assert name not in {function["FunctionName"] for function in listed}
