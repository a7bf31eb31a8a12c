"""Prints a few hundred random requests, signed by botocore, as JSON lines. Never sends anything."""

import base64
import json
import random
import sys
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode

LETTERS = "abcXYZ019-._~!*'();:@&=+$,/?%#[] \"<>\\^`{|}äß€𝄞"
SIGNERS = [(SigV4Auth, "lambda"), (SigV4QueryAuth, "lambda"), (S3SigV4Auth, "s3"), (S3SigV4QueryAuth, "s3")]


def text(dice, most):
    return "".join(dice.choice(LETTERS) for _ in range(dice.randint(1, most)))


def path(dice, service):
    name = text(dice, 20)
    if service == "s3":
        return "/bucket/" + percent_encode(name, safe="/~")
    prefix = dice.choice(["", "/.", "/x/..", "/"])
    return prefix + "/2015-03-31/functions/" + percent_encode(name) + dice.choice(["", "/", "/invocations"])


def request(dice, presigned, service):
    params = {text(dice, 6): text(dice, 8) for _ in range(dice.randint(0, 3))}
    body = b"" if presigned else dice.randbytes(dice.randint(0, 300))
    made = AWSRequest(
        method="GET" if presigned else "POST",
        url=dice.choice(["https", "http"]) + "://127.0.0.1:4566" + path(dice, service),
        params=params,
        data=body,
    )
    if not presigned:
        made.headers["X-Custom"] = dice.choice(["a", "  a   b  ", '"a  b"', "a\tb"])
    return made


def main(count, key_id, secret):
    dice = random.Random(1)
    for number in range(count):
        signer, service = SIGNERS[number % len(SIGNERS)]
        token = dice.choice([None, "token/" + "+=" * 20])
        made = request(dice, "Query" in signer.__name__, service)
        # A presigned request has no header that could tell the server that its body is not signed.
        made.context["payload_signing_enabled"] = signer is SigV4QueryAuth or dice.random() < 0.8
        signer(Credentials(key_id, secret, token), service, dice.choice(["us-east-1", "eu-west-1"])).add_auth(made)
        sent = made.prepare()
        url = urlsplit(sent.url)
        body = sent.body or b""
        print(json.dumps({
            "method": sent.method,
            "path": url.path,
            "query": url.query,
            "headers": [[name, value if isinstance(value, str) else value.decode()]
                        for name, value in sent.headers.items()] + [["Host", url.netloc]],
            "body": base64.b64encode(body if isinstance(body, bytes) else body.encode()).decode(),
            "token": token,
        }))


main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
