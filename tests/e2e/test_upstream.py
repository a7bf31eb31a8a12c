"""Requests for services that are not Lambda: passed on with `--upstream-endpoint`, else refused in clear words."""

import http.server
import json
import ssl
import subprocess
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import active
from packages import HELLO, python
from server import BINARY, clean_environment, free_port


class Upstream(http.server.BaseHTTPRequestHandler):
    """Remembers each request and answers as SQS would; of IAM, which is asked for roles, it knows nothing."""

    protocol_version = "HTTP/1.1"
    seen = None

    def do_POST(self):
        """Any POST."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"].startswith("application/x-www-form-urlencoded"):
            return self.answer(400, "text/xml", b"<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>")
        self.server.seen.append((self.path, self.headers, body))
        status, told = 200, {"QueueUrl": "http://queue.test/1/q"}
        if json.loads(body).get("QueueName") == "missing":
            status, told = 400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"}
        self.answer(status, "application/x-amz-json-1.0", json.dumps(told).encode())

    def answer(self, status, kind, answer):
        """Says this."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Only-Here", "yes")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def upstream():
    """Another server on loopback, with what it saw."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.seen = []
    worker = threading.Thread(target=server.serve_forever)
    worker.start()
    yield server
    server.shutdown()
    worker.join()
    server.server_close()


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that vouches for itself: the files of it and of its key."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=emulator", "-days", "2"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run([*command, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def of_service(running, service):
    """A boto3 client of another service, with a key that only the upstream would know."""
    return boto3.client(
        service,
        endpoint_url=running.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="AKIAOTHER",
        aws_secret_access_key="other",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_another_service_is_asked_upstream(own_server, upstream):
    running = own_server("--upstream-endpoint", f"http://127.0.0.1:{upstream.server_port}")
    sqs = of_service(running, "sqs")
    told = sqs.get_queue_url(QueueName="ü")
    assert told["QueueUrl"] == "http://queue.test/1/q"
    assert told["ResponseMetadata"]["HTTPHeaders"]["x-only-here"] == "yes"
    [(path, headers, body)] = upstream.seen
    assert path == "/" and json.loads(body) == {"QueueName": "ü"}
    assert headers["X-Amz-Target"] == "AmazonSQS.GetQueueUrl"
    # All that the signature covers is as it was, or the upstream would refuse it.
    assert headers["Host"] == running.listen
    assert "/eu-west-1/sqs/aws4_request" in headers["Authorization"]
    with pytest.raises(sqs.exceptions.QueueDoesNotExist, match="no such queue"):
        sqs.get_queue_url(QueueName="missing")
    # Lambda itself stays here.
    client = running.client()
    client.create_function(FunctionName="mine", **python(HELLO))
    active(client, "mine")
    assert json.loads(client.invoke(FunctionName="mine")["Payload"].read()) == {"hello": "world"}
    assert len(upstream.seen) == 2


def test_an_upstream_that_is_not_there_is_a_bad_gateway(own_server):
    sqs = of_service(own_server("--upstream-endpoint", f"http://127.0.0.1:{free_port()}"), "sqs")
    with pytest.raises(ClientError) as failure:
        sqs.get_queue_url(QueueName="q")
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 502
    assert "the upstream endpoint does not answer" in str(failure.value)


def test_an_emulator_may_be_behind_tls_that_this_host_trusts(own_server, upstream, certificate):
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    upstream.socket = context.wrap_socket(upstream.socket, server_side=True)
    option = ("--upstream-endpoint", f"https://127.0.0.1:{upstream.server_port}")
    trusting = own_server(*option, environment={"SSL_CERT_FILE": str(cert)})
    assert of_service(trusting, "sqs").get_queue_url(QueueName="q")["QueueUrl"] == "http://queue.test/1/q"
    # The server itself asks for the role.
    trusting.client().create_function(FunctionName="mine", **python(HELLO))
    with pytest.raises(ClientError, match="the upstream endpoint does not answer"):
        of_service(own_server(*option), "sqs").get_queue_url(QueueName="q")


@pytest.mark.parametrize(
    ("service", "operation"),
    [("sqs", "list_queues"), ("dynamodb", "list_tables"), ("events", "list_rules"), ("apigateway", "get_rest_apis")],
)
def test_without_an_upstream_another_service_is_refused(server, service, operation):
    with pytest.raises(ClientError) as failure:
        getattr(of_service(server, service), operation)()
    error = failure.value.response["Error"]
    assert error["Code"] == "UnknownOperationException"
    assert error["Message"] == f"Lambent does not serve the service {service} yet."


def test_aws_itself_takes_no_request_that_was_signed_for_the_server(own_server):
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    with pytest.raises(ClientError) as failure:
        of_service(own_server("--upstream-endpoint", "aws", environment=keys), "sqs").list_queues()
    message = failure.value.response["Error"]["Message"]
    assert message == "Lambent does not serve the service sqs and passes no request on to AWS: send it to AWS itself."


@pytest.mark.parametrize(
    ("place", "environment", "told"),
    [
        ("aws", {}, "--upstream-endpoint aws needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("http://127.0.0.1:1", {"AWS_ACCESS_KEY_ID": "a"}, "AWS_SECRET_ACCESS_KEY is not"),
    ],
)
def test_a_key_is_whole_and_aws_needs_one(tmp_path, place, environment, told):
    command = [BINARY, "serve", "--data-dir", tmp_path / "data", "--upstream-endpoint", place]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, env=clean_environment() | environment
    )
    assert done.returncode == 1 and told in done.stderr
