#!/usr/bin/python3 -IS
# An external extension that says what it is told, over the raw APIs. Does what the variable of its name says.
import json
import os
import socket
import sys
import threading

NAME = os.path.basename(sys.argv[0])
API = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")


def say(*words):
    os.write(1, (" ".join(words) + "\n").encode())


class Client:
    def __init__(self):
        self.socket = socket.create_connection((API[0], int(API[1])))
        self.file = self.socket.makefile("rb")

    def call(self, method, path, fields, body=b""):
        head = f"{method} {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
        self.socket.sendall(head.encode() + body)
        return read(self.file)


def read(file):
    first = file.readline().decode().strip()
    headers = {}
    while line := file.readline().strip():
        name, value = line.decode().split(":", 1)
        headers[name.lower()] = value.strip()
    return first, headers, file.read(int(headers.get("content-length", 0)))


def listen(listener):
    while True:
        connection = listener.accept()[0]
        file = connection.makefile("rb")
        while True:
            try:
                _, _, body = read(file)
            except (ValueError, OSError):
                break
            if not body:
                break
            for event in json.loads(body):
                say("telemetry", event["type"], json.dumps(event["record"]))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


client = Client()
events = b'{"events":["INVOKE","SHUTDOWN"]}'
_, headers, body = client.call("POST", "/2020-01-01/extension/register", f"Lambda-Extension-Name: {NAME}\r\n", events)
say("registered", body.decode())
me = f"Lambda-Extension-Identifier: {headers['lambda-extension-identifier']}\r\n"
listener = socket.create_server(("sandbox.localdomain", 4243))
threading.Thread(target=listen, args=(listener,), daemon=True).start()
wish = {
    "schemaVersion": "2022-12-13",
    "types": ["platform", "function"],
    "buffering": {"timeoutMs": 25},
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243/"},
}
say("subscribed", *client.call("PUT", "/2022-07-01/telemetry", me, json.dumps(wish).encode())[0].split()[1:])
while True:
    _, _, body = client.call("GET", "/2020-01-01/extension/event/next", me)
    event = json.loads(body)
    say(event["eventType"], event.get("requestId", event.get("shutdownReason")))
    if event["eventType"] == "SHUTDOWN":
        sys.exit(0)
    if os.environ.get("EXTENSION_DIES"):
        os._exit(3)
