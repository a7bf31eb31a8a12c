"""A Runtime API on loopback that hands out scripted events and keeps what is answered. Never judges it."""

import http.server
import json
import threading
import uuid

PREFIX = "/2018-06-01/runtime/"
ANSWER_MAX = 6_291_556


class Event:
    """One invocation to hand out; `headers` adds to or replaces those of the Runtime API."""

    def __init__(self, value=None, *, raw=None, headers=None):
        self.body = json.dumps(value).encode() if raw is None else raw
        self.request_id = str(uuid.uuid4())
        self.headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": "4000000000000",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
            **(headers or {}),
        }


class Answer:
    """What a runtime posted: its route (`response`, `error`, `init/error`), headers, trailers and body."""

    def __init__(self, route, headers, body, trailers):
        self.route, self.headers, self.body, self.trailers = route, headers, body, trailers

    @property
    def value(self):
        """The body as JSON."""
        return json.loads(self.body)


class RuntimeApi(http.server.ThreadingHTTPServer):
    """Serves the events given; `drained` is set when the runtime asks for one more."""

    daemon_threads = True

    def __init__(self, events, fragment=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events, self.answers, self.fragment = list(events), [], fragment
        self.expected = ["init/error"]
        self.drained, self.closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self):
        """`host:port`, as in AWS_LAMBDA_RUNTIME_API."""
        return "127.0.0.1:{}".format(self.server_address[1])

    def close(self):
        """Stops serving; whoever waits for an event is let go."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request, client_address):
        """A runtime that is killed, or exits, hangs up: nothing to tell."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        """Nothing: the tests read the runtime's output only."""

    def do_GET(self):
        """Hands out the next event, or waits for the end."""
        if self.path != PREFIX + "invocation/next" or not self.server.events:
            self.server.drained.set()
            self.server.closing.wait()
            self.close_connection = True
            return
        event = self.server.events.pop(0)
        self.server.expected = ["invocation/{}/{}".format(event.request_id, end) for end in ("response", "error")]
        self._reply(200, event.headers, event.body)

    def do_POST(self):
        """Keeps an answer, if one is due; one that is too large is refused unread, by hanging up."""
        if int(self.headers.get("Content-Length", 0)) > ANSWER_MAX:
            self.server.expected, self.close_connection = [], True
            return self._reply(413, {"Connection": "close"}, b'{"errorType":"RequestEntityTooLarge"}')
        body, trailers = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else (self._plain(), {})
        if self.path[len(PREFIX) :] not in self.server.expected:
            return self._reply(400, {}, b'{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}')
        self.server.expected = []
        route = "init/error" if self.path.endswith("init/error") else self.path.rsplit("/", 1)[1]
        self.server.answers.append(Answer(route, self.headers, body, trailers))
        self._reply(202, {"Content-Type": "application/json"}, b'{"status":"OK"}')

    def _reply(self, status, headers, body):
        lines = ["HTTP/1.1 {} -".format(status), "Content-Length: {}".format(len(body))]
        lines += ["{}: {}".format(name, value) for name, value in headers.items()]
        data = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
        step = self.server.fragment or len(data)
        for at in range(0, len(data), step):
            self.wfile.write(data[at : at + step])
            self.wfile.flush()

    def _plain(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _chunks(self):
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            if not size:
                break
            body += self.rfile.read(size)
            assert self.rfile.readline() == b"\r\n"
        trailers = {}
        for line in iter(self.rfile.readline, b"\r\n"):
            name, _, value = line.decode().partition(":")
            trailers[name.lower()] = value.strip()
        return body, trailers
