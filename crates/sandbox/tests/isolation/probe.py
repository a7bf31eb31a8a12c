# Runs what it is told inside a sandbox. Speaks the Runtime API by hand.
import ctypes
import errno
import json
import os
import socket
import sys

LIBC = ctypes.CDLL(None, use_errno=True)


def syscall(number, *args):
    """A system call by number (x86_64's and aarch64's beside each other); raises OSError."""
    if isinstance(number, tuple):
        number = number[0 if os.uname().machine == "x86_64" else 1]
    ctypes.set_errno(0)
    value = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_void_p(a) if isinstance(a, int) else a for a in args])
    if value == -1:
        raise OSError(ctypes.get_errno(), "syscall")
    return value


def attempt(act):
    """'ok', or the name of the error."""
    try:
        act()
        return "ok"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


class Api:
    def __init__(self):
        host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile("rb")

    def call(self, method, path, body=b"", fields=""):
        head = f"{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
        self.socket.sendall(head.encode() + body)
        status = int(self.file.readline().split()[1])
        headers = {}
        while (line := self.file.readline().strip()):
            name, value = line.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        return status, headers, self.file.read(int(headers["content-length"]))


while "RESTORED" in os.environ:
    try:
        Api().call("GET", "restore/next")
        break
    except (OSError, IndexError):
        pass  # This connection ended with the snapshot.
api = Api()
scope = globals()
while True:
    _, headers, code = api.call("GET", "invocation/next")
    request_id = headers["lambda-runtime-aws-request-id"]
    result = None
    try:
        exec(code, scope)
    except BaseException as error:
        result = repr(error)
    if result != "silent":
        api.call("POST", f"invocation/{request_id}/response", json.dumps(result).encode())
    sys.stdout.flush()
