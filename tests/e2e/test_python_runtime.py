"""The Python runtime by itself, met by a Runtime API that the test plays."""

import os
import pathlib
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

BOOTSTRAP = pathlib.Path(__file__).parents[2] / "runtimes/python/bootstrap.py"

# How long an event does not come: as long as an environment that is kept waits for one.
PAUSE_S = 1


class Api(BaseHTTPRequestHandler):
    """Has two events, each after a pause."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with self.server.lock:
            self.server.asked += 1
            number = self.server.asked
        if number > 2:
            self.server.over.wait()
            return
        self.server.over.wait(PAUSE_S)
        self.reply(200, b'"in"', {"Lambda-Runtime-Aws-Request-Id": str(number), "Lambda-Runtime-Deadline-Ms": "0"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((self.path.rsplit("/", 2)[1:], body))
        if len(self.server.told) == 2:
            self.server.over.set()
        self.reply(202, b"", {})

    def reply(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def api():
    served = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    served.daemon_threads = True
    served.asked, served.told, served.lock, served.over = 0, [], threading.Lock(), threading.Event()
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.over.set()
    served.shutdown()
    served.server_close()


def test_the_default_timeout_of_a_function_is_not_the_runtimes(api, tmp_path):
    code = "import socket\nsocket.setdefaulttimeout(0.1)\ndef handler(event, context):\n    return event\n"
    (tmp_path / "app.py").write_text(code)
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "_HANDLER": "app.handler",
        "LAMBDA_TASK_ROOT": str(tmp_path),
        "AWS_LAMBDA_LOG_FORMAT": "Text",
    }
    runtime = subprocess.Popen([sys.executable, str(BOOTSTRAP)], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        answered = api.over.wait(30)
        assert answered, runtime.poll()
    finally:
        runtime.kill()
        _, said = runtime.communicate()
    assert api.told == [(["1", "response"], b'"in"'), (["2", "response"], b'"in"')], said
