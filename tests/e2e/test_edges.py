"""The server's edges: its folder, its addresses and options, its connections, its drain, the keys of functions."""

import contextlib
import http.server
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import threading

import pytest
import requests
from botocore.exceptions import ClientError
from conftest import active
from packages import HELLO, python
from raw import Raw, error_of
from server import BINARY, Server, clean_environment, descendants, free_port

LIST = "/2015-03-31/functions"

SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(50)\n"


def hello(running):
    """Creates a function, invokes it, and gives what it said."""
    client = running.client()
    client.create_function(FunctionName="hello", **python(HELLO))
    active(client, "hello")
    return client.invoke(FunctionName="hello", Payload=b'{"name":"Ada"}')["Payload"].read()


def test_a_relative_data_folder_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    running = Server(pathlib.Path("data"), tmp_path / "log.txt").start()
    try:
        assert hello(running) == b'{"hello": "Ada"}'
    finally:
        running.stop()
    assert (tmp_path / "data").is_dir()


def test_the_data_folder_is_closed_to_others(own_server, tmp_path):
    folder = tmp_path / "data-0"
    folder.mkdir()
    folder.chmod(0o755)
    running = own_server()
    assert hello(running) == b'{"hello": "Ada"}'
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    databases = [path for path in folder.iterdir() if path.is_file()]
    assert databases and all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in databases)
    assert stat.S_IMODE((folder / "blobs").stat().st_mode) == 0o700
    assert "was open to other users" in running.log()


def test_a_name_can_be_listened_at(own_server):
    port = free_port()
    own_server("--listen", f"localhost:{port}")
    assert requests.get(f"http://localhost:{port}/_lambent/health", timeout=5).status_code == 200


@pytest.mark.parametrize("page", ["health", "metrics"])
def test_a_head_is_answered_as_a_get_without_its_body(server, page):
    answer = requests.head(f"{server.endpoint}/_lambent/{page}", timeout=5)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize("option", ["python=/nowhere/bin/python3", "nodejs22=/nowhere/bin/node"])
def test_a_configured_interpreter_that_is_missing_is_named(tmp_path, option):
    more = ["--interpreter", option, "--data-dir", tmp_path / "data", "--listen", f"127.0.0.1:{free_port()}"]
    for command, status in (("serve", 1), ("doctor", 2)):
        done = subprocess.run(
            [BINARY, command, *more], capture_output=True, text=True, timeout=30, env=clean_environment()
        )
        assert done.returncode == status, done.stderr
        assert option.split("=")[1] in done.stdout + done.stderr


def test_a_client_that_is_refused_while_it_sends_reads_why(raw):
    answer = error_of(raw.send("POST", LIST, b"x" * 30_000_000, key="AKIANOBODY"))
    assert answer[:2] == (403, "UnrecognizedClientException")


def test_who_has_no_key_is_refused_before_the_body_is_sent(server):
    head = f"POST {LIST} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.settimeout(30)
        line.sendall(head.encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 403 ")


def in_background(client):
    """Invokes a function that sleeps; gives the thread and what it will have been told."""
    told = []

    def call():
        try:
            told.append(client.invoke(FunctionName="sleeps"))
        except ClientError as refusal:
            told.append(refusal.response)
        except Exception as broken:  # The connection is cut where the server ends at once.
            told.append(broken)

    caller = threading.Thread(target=call)
    caller.start()
    return caller, told


def asleep(running):
    """Creates a function that sleeps and invokes it; gives back what `in_background` does, once it runs."""
    client = running.client()
    client.create_function(FunctionName="sleeps", **python(SLEEPS, Timeout=60))
    active(client, "sleeps")
    begun = in_background(client)
    while "\nlambent_environments 1\n" not in requests.get(f"{running.endpoint}/_lambent/metrics", timeout=5).text:
        pass
    return begun


def test_half_a_request_does_not_hold_the_drain(own_server):
    running = own_server("--drain-s", "3600")
    head = f"POST {LIST} HTTP/1.1\r\nHost: x\r\n"
    key = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260102/us-east-1/lambda/aws4_request\r\n"
    with contextlib.ExitStack() as hoard:
        for start in ("", head, head + key + "Content-Length: 10\r\n\r\n123"):
            line = hoard.enter_context(socket.create_connection(("127.0.0.1", running.port)))
            line.sendall(start.encode())
        assert requests.get(f"{running.endpoint}/_lambent/health", timeout=5).status_code == 200
        running.stop()


def test_who_still_waits_at_the_end_of_the_drain_is_told_so(own_server):
    running = own_server("--drain-s", "1")
    caller, told = asleep(running)
    running.stop()
    caller.join(60)
    [answer] = told
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("ServiceException", 500)
    assert "shutting down" in answer["Error"]["Message"]


@pytest.mark.parametrize(("second", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_second_signal_ends_the_drain(own_server, second, status):
    running = own_server("--drain-s", "3600")
    caller, _ = asleep(running)
    process = running.process
    running.family |= descendants(process.pid)
    process.send_signal(signal.SIGTERM)
    while "draining" not in running.log():
        pass
    process.send_signal(second)
    assert process.wait(30) == status
    running.process = None
    caller.join(60)
    # Whatever else it leaves, the next start sweeps.
    assert [left for left in running.leftovers() if left.startswith("process")] == []


def test_a_signal_while_the_server_starts_is_kept(tmp_path):
    file = tmp_path / "lambent.toml"
    os.mkfifo(file)
    more = ["--config", file, "--listen", f"127.0.0.1:{free_port()}", "--data-dir", tmp_path / "data"]
    started = subprocess.Popen(
        [BINARY, "serve", *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=clean_environment()
    )
    # It opens: the server is about to read its configuration, and has done nothing else yet.
    with open(file, "w") as writer:
        started.send_signal(signal.SIGTERM)
        writer.write('region = "eu-west-1"\n')
    _, log = started.communicate(timeout=60)
    assert started.returncode == 0 and b"draining" in log, log


class Upstream(http.server.BaseHTTPRequestHandler):
    """Tells the head it got."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        """Any POST."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = json.dumps({"host": self.headers["Host"], "te": self.headers["TE"], "body": body.decode()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.send_header("Connection", "keep-alive, X-Hop")
        self.send_header("X-Hop", "1")
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_):
        """Says nothing."""


OVER_HTTP2 = """
const session = require("node:http2").connect(process.argv[1]);
const credential = "AKIAOTHER/20260102/us-east-1/sqs/aws4_request";
const call = session.request({
  ":method": "POST", ":path": "/", te: "trailers", "content-length": 4,
  authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=00`,
});
let text = "", head;
call.setEncoding("utf8");
call.on("response", (headers) => { head = headers; });
call.on("data", (piece) => { text += piece; });
call.on("end", () => {
  console.log(JSON.stringify({ status: head[":status"], hop: head["x-hop"], told: JSON.parse(text) }));
  session.close();
});
call.end("abcd");
"""


def test_a_client_of_http2_is_passed_on(own_server):
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    worker = threading.Thread(target=upstream.serve_forever)
    worker.start()
    try:
        running = own_server("--upstream-endpoint", f"http://127.0.0.1:{upstream.server_port}")
        done = subprocess.run(
            ["node", "-e", OVER_HTTP2, running.endpoint], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        told = {"host": running.listen, "te": None, "body": "abcd"}
        assert json.loads(done.stdout) == {"status": 200, "told": told}
    finally:
        upstream.shutdown()
        worker.join()
        upstream.server_close()


KEYS = """
import os
def handler(event, context):
    return [os.environ[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")]
"""


def test_the_keys_of_a_function_may_read_and_change_nothing(own_server):
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="keys", **python(KEYS))
    active(client, "keys")
    key, secret, token = json.loads(client.invoke(FunctionName="keys")["Payload"].read())
    raw = Raw(running.endpoint)
    mine = {"key": key, "secret": secret, "token": token}
    assert raw.send("GET", f"{LIST}/keys", **mine).status_code == 200
    assert raw.send("POST", f"{LIST}/keys/invocations", b"{}", **mine).status_code == 200
    status, code, message = error_of(raw.send("DELETE", f"{LIST}/keys", **mine))
    assert (status, code) == (403, "AccessDeniedException")
    assert message.endswith("because no identity-based policy allows the lambda:DeleteFunction action")
