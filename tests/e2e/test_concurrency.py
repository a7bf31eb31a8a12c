"""Many at once: each invocation has an environment to itself, and an update is never served by the old code."""

import json
import os
import pathlib
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import active, updated
from packages import HELLO, python, zip_of
from server import descendants

# Notices if a second invocation comes while the first runs.
OVERLAP = """
import os, uuid
me = str(uuid.uuid4())
busy = False
def handler(event, context):
    global busy
    assert not busy, "two invocations share an environment"
    busy = True
    total = sum(i * i for i in range(20000))
    busy = False
    return {"me": me, "event": event["n"], "total": total}
"""


def test_fifty_at_once(client, create):
    name = create(python(OVERLAP, Timeout=60))
    with ThreadPoolExecutor(50) as pool:
        calls = [pool.submit(client.invoke, FunctionName=name, Payload=json.dumps({"n": n})) for n in range(50)]
        answers = [call.result() for call in calls]
    assert [answer.get("FunctionError") for answer in answers] == [None] * 50
    payloads = [json.loads(answer["Payload"].read()) for answer in answers]
    assert sorted(payload["event"] for payload in payloads) == list(range(50))


def test_one_after_another_use_one_environment(client, create):
    name = create(OVERLAP)

    def me():
        # Asked for the log, the answer waits until the environment is free again, on a slow machine too.
        answer = client.invoke(FunctionName=name, Payload='{"n":1}', LogType="Tail")
        return json.loads(answer["Payload"].read())["me"]

    assert len({me() for _ in range(20)}) == 1


@pytest.mark.operation("UpdateFunctionCode")
def test_old_code_is_never_served_after_the_update_was_successful(client, create):
    def version(n):
        return zip_of({"app.py": f"def handler(event, context):\n    return {n}\n"})

    name = create(python("", Code={"ZipFile": version(0)}, Timeout=60))
    in_force = 0

    def call():
        # What was in force when the call began is the least that it may be answered by.
        least = in_force
        answer = client.invoke(FunctionName=name)
        return least, answer.get("FunctionError"), json.loads(answer["Payload"].read())

    with ThreadPoolExecutor(8) as pool:
        for n in range(1, 11):
            calls = [pool.submit(call) for _ in range(16)]
            client.update_function_code(FunctionName=name, ZipFile=version(n))
            updated(client, name)
            in_force = n
            calls += [pool.submit(call) for _ in range(16)]
            for least, error, got in (done.result() for done in calls):
                assert error is None
                assert least <= got <= n, f"served {got} when {least} was in force"


def test_updates_that_collide_conflict_or_follow(client, create):
    name = create(HELLO)

    def update(timeout):
        try:
            client.update_function_configuration(FunctionName=name, Timeout=timeout)
            return "done"
        except client.exceptions.ResourceConflictException as conflict:
            return conflict.response["Error"]["Message"]

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(update, range(10, 26)))
    words = "The operation cannot be performed at this time. An update is in progress for resource: "
    assert "done" in outcomes
    assert all(outcome == "done" or outcome.startswith(words) for outcome in outcomes), outcomes
    updated(client, name)
    assert client.get_function_configuration(FunctionName=name)["Timeout"] in range(10, 26)


def test_creating_one_name_at_once_succeeds_once(client, name):
    def create(_):
        try:
            client.create_function(FunctionName=name, **python(HELLO))
            return 201
        except client.exceptions.ResourceConflictException:
            return 409

    with ThreadPoolExecutor(16) as pool:
        outcomes = sorted(pool.map(create, range(16)))
    assert outcomes == [201] + [409] * 15
    active(client, name)
    client.delete_function(FunctionName=name)


def test_a_sandbox_that_is_killed_from_outside_hurts_one_call_at_most(own_server):
    running = own_server()
    client = running.client()
    source = "import os\ndef handler(event, context):\n    return os.readlink('/proc/self')\n"
    client.create_function(FunctionName="victim", **python(source))
    active(client, "victim")
    assert json.loads(client.invoke(FunctionName="victim")["Payload"].read())
    for pid in sandboxed(running):
        os.kill(pid, signal.SIGKILL)
    answer = client.invoke(FunctionName="victim")
    if answer.get("FunctionError"):
        answer = client.invoke(FunctionName="victim")
    assert "FunctionError" not in answer
    assert json.loads(answer["Payload"].read())


def sandboxed(server):
    """The programs that run inside sandboxes of this server: those that run the bootstrap."""
    family = [pid for pid, _ in descendants(server.process.pid)]
    found = [pid for pid in family if b"bootstrap" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert found, "no sandbox runs"
    return found
