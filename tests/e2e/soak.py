"""Many environments at once under memory, CPU and log pressure: nothing may be lost, leak, or reach another's invocation.

`python tests/e2e/soak.py --minutes 10` runs it long and prints its figures; test_soak.py runs it short.
"""

import argparse
import json
import pathlib
import tempfile
import threading
import time
import uuid

from conftest import active
from log_groups import logs_of
from packages import python
from server import Server

# Each invocation fills memory, works, writes many lines, and looks whether anything of another one is there.
PRESSURE = """
import hashlib, os, pathlib, sys
ME = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
SEEN = []
def handler(event, context):
    token, lines = event["token"], event["lines"]
    own = pathlib.Path("/tmp/tokens")
    before = own.read_text().split() if own.exists() else []
    if before != SEEN:
        raise RuntimeError("files of another environment")
    memory = bytearray(event["memory_mib"] << 20)
    memory[::4096] = token[0].encode() * len(memory[::4096])
    digest = token
    for _ in range(event["rounds"]):
        digest = hashlib.sha256(digest.encode()).hexdigest()
    for number in range(lines):
        print(f"line {token} {number}", file=sys.stderr if number % 2 else sys.stdout)
    SEEN.append(token)
    own.write_text(" ".join(SEEN))
    if len(set(memory[::4096])) != 1:
        raise RuntimeError("memory of another environment")
    return {"token": token, "environment": ME, "digest": digest, "id": context.aws_request_id}
"""


class Soak:
    """A server under pressure for a while."""

    def __init__(self, server, environments=24, lines=200):
        self.server, self.environments, self.lines = server, environments, lines
        self.client = server.client()
        self.faults, self.answers, self.lock = [], {}, threading.Lock()

    def run(self, seconds):
        """Runs for so long, checks everything and returns the figures."""
        self.client.create_function(FunctionName="soak", Timeout=60, MemorySize=256, **python(PRESSURE))
        active(self.client, "soak")
        before = self.server.resident_mib(), self.server.descriptors()
        end = time.monotonic() + seconds
        workers = [threading.Thread(target=self.work, args=(end,)) for _ in range(self.environments)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert not self.faults, self.faults[:5]
        lost = self.lost_lines()
        assert not lost, f"{sum(lost.values())} lines of {len(lost)} invocations are lost"
        return {
            "invocations": len(self.answers),
            "environments": len({answer["environment"] for answer in self.answers.values()}),
            "lines": len(self.answers) * self.lines,
            "server MiB before and after": [before[0], self.server.resident_mib()],
            "server descriptors before and after": [before[1], self.server.descriptors()],
        }

    def work(self, end):
        while time.monotonic() < end and not self.faults:
            token = uuid.uuid4().hex
            event = {"token": token, "lines": self.lines, "memory_mib": 120, "rounds": 20_000}
            try:
                answer = self.client.invoke(FunctionName="soak", Payload=json.dumps(event))
                payload = json.loads(answer["Payload"].read())
                right = "FunctionError" not in answer and payload["token"] == token
                right = right and payload["id"] == answer["ResponseMetadata"]["RequestId"]
            except Exception as fault:
                right, payload = False, repr(fault)
            with self.lock:
                self.answers[token] = payload
                if not right:
                    self.faults.append(payload)

    def lost_lines(self):
        """How many lines of which invocations cannot be read; a line with another environment's is a fault at once."""
        left = dict.fromkeys(self.answers, (1 << self.lines) - 1)
        logs = logs_of(self.server)
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/soak", filterPattern='"line"')
        for page in pages:
            for event in page["events"]:
                word, token, number = event["message"].split()
                assert event["logStreamName"] == self.answers[token]["environment"], event
                assert left[token] >> int(number) & 1, f"twice: {event}"
                left[token] ^= 1 << int(number)
        return {token: bin(lines).count("1") for token, lines in left.items() if lines}


def main():
    """The long form."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10)
    options.add_argument("--environments", type=int, default=24)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(pathlib.Path(folder, "data"), pathlib.Path(folder, "log.txt"), "--log", "warn").start()
        try:
            print(json.dumps(Soak(server, chosen.environments).run(chosen.minutes * 60), indent=2))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
