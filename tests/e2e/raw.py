"""Signed requests made by hand: what an SDK refuses to send, and the answer as it came over the wire."""

import datetime

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Raw:
    """Sends requests to one endpoint."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def send(self, method, path, body=b"", headers=None, key="test", secret="test", token=None, sign=True, timeout=60):
        """One request, signed as botocore signs unless told not to."""
        request = AWSRequest(method, self.endpoint + path, data=body, headers=headers or {})
        if sign:
            SigV4Auth(Credentials(key, secret, token), "lambda", "us-east-1").add_auth(request)
        return self.deliver(request, timeout)

    def send_at(self, moment, method, path):
        """One request signed as if it were another time."""
        request = AWSRequest(method, self.endpoint + path, headers={})
        auth = SigV4Auth(Credentials("test", "test"), "lambda", "us-east-1")
        request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        canonical = auth.canonical_request(request)
        auth._inject_signature_to_request(request, auth.signature(auth.string_to_sign(request, canonical), request))
        return self.deliver(request)

    def deliver(self, request, timeout=60):
        """Sends what was signed, byte for byte."""
        prepared = requests.Request(request.method, request.url, data=request.data, headers=dict(request.headers))
        prepared = prepared.prepare()
        # requests would encode the path anew; the signature is over the one we wrote.
        prepared.url = request.url
        with requests.Session() as session:
            return session.send(prepared, timeout=timeout)


def error_of(answer):
    """Status, code and message of an error as Lambda writes it, whose frame is checked too."""
    body = answer.json()
    code = answer.headers["x-amzn-ErrorType"].split(":")[0]
    assert answer.headers["x-amzn-RequestId"]
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, code, body.get("message", body.get("Message"))


def now():
    """The time as a signature tells it."""
    return datetime.datetime.now(datetime.timezone.utc)
