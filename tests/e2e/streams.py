"""Functions that stream, and how the tests read what they stream."""

import http.client
import json

from packages import custom, nodejs

# Does what its event says, in order: ["write", text], ["repeat", text, times], ["type", type], ["http", prelude],
# ["throw", message], ["exit", code], ["pipe", texts…], ["pipeBroken", text], ["pause", ms], ["forever"], ["ended"] (how many have ended before); it ends the stream after all of them.
STEPS = """
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
const does = {
  type: (stream, type) => stream.setContentType(type),
  http: (stream, prelude) => awslambda.HttpResponseStream.from(stream, prelude),
  throw: (_stream, message) => { throw new RangeError(message); },
  exit: (_stream, code) => process.exit(code),
  forever: () => new Promise((resolve) => setTimeout(resolve, 10 ** 9)),
  pipe: async (stream, ...texts) => pipeline(Readable.from(texts), stream),
  pipeBroken: async (stream, text) => {
    const source = async function* () { yield text; throw new RangeError('broken'); };
    await pipeline(Readable.from(source()), stream);
  },
  pause: (_stream, ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  ended: (stream) => stream.write(String(ended)),
  write: (stream, text) => send(stream, text),
  repeat: async (stream, text, times) => { for (let i = 0; i < times; i += 1) await send(stream, text); },
};
let ended = 0;
const send = async (stream, text) => {
  if (!stream.write(text)) await new Promise((resolve) => stream.once('drain', resolve));
};
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  const steps = event.rawPath ? JSON.parse(event.body) : event;
  for (const [what, ...how] of steps) await does[what](stream, ...how);
  ended += 1;
  stream.end();
});
"""

# The same over plain sockets: a runtime of one's own that streams what its event says, and breaks off where told to.
RAW = """#!/usr/bin/python3
import http.client, json, os, socket, time
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
api = http.client.HTTPConnection(host, int(port))
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    event = api.getresponse()
    steps = json.loads(event.read())
    path = f"/2018-06-01/runtime/invocation/{event.headers['Lambda-Runtime-Aws-Request-Id']}/response"
    out = socket.create_connection((host, int(port)))
    head = f"POST {path} HTTP/1.1\\r\\nHost: x\\r\\nLambda-Runtime-Function-Response-Mode: streaming\\r\\n"
    out.sendall(f"{head}Transfer-Encoding: chunked\\r\\n\\r\\n".encode())
    for step in steps:
        if step[0] == "write":
            out.sendall(f"{len(step[1]):x}\\r\\n{step[1]}\\r\\n".encode())
        elif step[0] == "forever":
            time.sleep(10**6)
        elif step[0] == "exit":
            os._exit(step[1])
        elif step[0] == "break":
            break
    else:
        out.sendall(b"0\\r\\n\\r\\n")
        out.recv(1000)
    out.close()
"""


def node(**more):
    """The function of steps in Node.js: what CreateFunction takes for it."""
    return nodejs(STEPS, **more)


def raw(**more):
    """The one with a runtime of its own."""
    return custom(RAW, **more)


def stream(client, name, *steps, **more):
    """Invokes with these steps and gives the answer, whose events have not been read."""
    return client.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(steps), **more)


def events(answer):
    """All events: the bytes together, and what the last one says."""
    parts, complete = [], []
    for event in answer["EventStream"]:
        if "PayloadChunk" in event:
            assert not complete, "nothing comes after the end"
            parts.append(event["PayloadChunk"]["Payload"])
        else:
            complete.append(event["InvokeComplete"])
    (end,) = complete
    return b"".join(parts), end


def ask(server, host, *steps):
    """A request to a URL whose answer is still to be read."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Host": host, "Content-Type": "application/json"}
    connection.request("POST", "/", json.dumps(steps), headers)
    return connection.getresponse()
