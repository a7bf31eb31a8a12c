"""The Runtime API over one kept connection, by hand: `http.client` costs three times the round trip.

An answer and the request for the next event leave in one write. Never gives up waiting for an event.
"""

import _socket
import sys

PREFIX = "/2018-06-01/runtime/"
# Larger bodies are sent by themselves instead of being copied behind their head.
JOIN_MAX = 65536
HEAD_MAX = 1 << 20


class Api:
    """The connection to the Runtime API at `host:port`."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._address = (host, int(port))
        self._socket = None
        self._rest = b""
        agent = "lambent-python/{}.{}.{}".format(*sys.version_info)
        head = "GET {}invocation/next HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\n\r\n"
        self._next = head.format(PREFIX, address, agent).encode()
        self._restore = self._next.replace(b"invocation/next", b"restore/next", 1)
        self._post = "POST " + PREFIX + "{} HTTP/1.1\r\nHost: " + address + "\r\n{}Content-Length: {}\r\n\r\n"

    def next(self):
        """Waits for the next event; returns its bytes and its headers, named in small letters."""
        self._connect()
        self._socket.sendall(self._next)
        return self._event()

    def answer_and_next(self, request_id, route, body, content_type, xray):
        """Answers an invocation, by `response` or `error`, and waits for the next event."""
        lines = "Content-Type: " + content_type + "\r\n"
        if xray:
            lines += "Lambda-Runtime-Function-XRay-Error-Cause: " + xray + "\r\n"
        head = self._post.format("invocation/" + request_id + "/" + route, lines, len(body)).encode()
        try:
            if len(body) <= JOIN_MAX:
                self._socket.sendall(head + body + self._next)
            else:
                self._socket.sendall(head)
                self._socket.sendall(body)
                self._socket.sendall(self._next)
            # 413 and the like are the invocation's end, not the runtime's: the caller is told by the server.
            self._reply()
            return self._event()
        except OSError:
            # A server that refuses a body may hang up without reading it.
            self._connect()
            return self.next()

    def wait_for_restore(self):
        """Asks to be restored and waits for it.

        In a process that goes on from a snapshot the connection it waited on has ended: it asks anew.
        """
        while True:
            self._connect()
            try:
                self._socket.sendall(self._restore)
                status, _, body = self._reply()
                break
            except OSError:
                continue
        if status != 200:
            raise OSError("the Runtime API restores nothing: {} {}".format(status, body[:1000].decode("utf-8", "replace")))

    def fail_init(self, kind, body):
        """Reports that there will be no first event."""
        self._fail("init/error", kind, body)

    def fail_restore(self, kind, body):
        """Reports that it cannot go on from its snapshot."""
        self._fail("restore/error", kind, body)

    def _fail(self, route, kind, body):
        lines = "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: " + kind + "\r\n"
        self._connect()
        self._socket.sendall(self._post.format(route, lines, len(body)).encode() + body)
        self._reply()

    def _connect(self):
        if self._socket:
            self._socket.close()
        self._rest = b""
        self._socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        # A function may have called `socket.setdefaulttimeout`: that is for its own connections.
        self._socket.settimeout(None)
        self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._socket.connect(self._address)

    def _event(self):
        status, headers, body = self._reply()
        if status != 200:
            sys.exit("the Runtime API has no next event: {} {}".format(status, body[:1000].decode("utf-8", "replace")))
        return body, headers

    def _reply(self):
        """Reads one reply: status, headers, body."""
        while True:
            status, headers = self._head()
            body = self._body(headers)
            if status >= 200:
                return status, headers, body

    def _head(self):
        data = self._rest
        end = data.find(b"\r\n\r\n")
        while end < 0:
            if len(data) > HEAD_MAX:
                raise OSError("the Runtime API's headers have no end")
            data += self._receive()
            end = data.find(b"\r\n\r\n")
        self._rest = data[end + 4 :]
        status, *lines = data[:end].decode("utf-8", "surrogateescape").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(status.split(" ", 2)[1]), headers

    def _body(self, headers):
        if "transfer-encoding" in headers:
            raise OSError("the Runtime API answered in chunks, which this client does not read")
        length = int(headers.get("content-length", 0))
        have = self._rest
        if len(have) >= length:
            self._rest = have[length:]
            return have[:length]
        body = bytearray(length)
        body[: len(have)] = have
        view, at = memoryview(body), len(have)
        while at < length:
            count = self._socket.recv_into(view[at:])
            if not count:
                raise OSError("the Runtime API closed the connection")
            at += count
        self._rest = b""
        return bytes(body)

    def _receive(self):
        data = self._socket.recv(65536)
        if not data:
            raise OSError("the Runtime API closed the connection")
        return data
