"""What a server must live through: killed processes at every moment, full disks, a server killed in the middle of work."""

import errno
import json
import os
import pathlib
import signal
import threading
import time

import pytest
from conftest import active
from packages import ECHO, HELLO, python, zip_of
from server import descendants, with_mounts

# Says by its process's name that the handler runs: the one thing of a sandbox that the host sees at once.
WAITS = """
import ctypes, threading
def handler(event, context):
    if event.get("wait"):
        ctypes.CDLL(None).prctl(15, b"in-handler")
        threading.Event().wait()
    return "fine"
"""


def call(client, function, **event):
    """One invocation: the kind of error, if any, and the payload."""
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def in_handler(running):
    """Waits until a function runs inside its handler; gives the pid of its program."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for pid, _ in descendants(running.process.pid):
            if comm(pid) == "in-handler":
                return pid
    raise AssertionError(f"no function came to its handler\n{running.log_tail()}")


def programs(running):
    """The programs that have a function's code: what stands below an init, which stands below the spawner. What waits for
    the next start has none."""
    ours = {pid for pid, _ in descendants(running.process.pid)} - {running.process.pid}
    spawners = {pid for pid in ours if parent(pid) == running.process.pid}
    inside = [pid for pid in ours - spawners if parent(parent(pid)) in spawners]
    task = {pid: pathlib.Path(f"/proc/{pid}/root/var/task") for pid in inside}
    return [pid for pid in inside if {entry.name for entry in task[pid].iterdir()} - {"lib"}]


def comm(pid):
    """The name of a process; nothing if it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def parent(pid):
    """The process above."""
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])


@pytest.fixture
def waiter(own_server):
    """A server with one function that waits when told to, and an environment of it that is idle."""
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="waiter", **python(WAITS, Timeout=60))
    active(client, "waiter")
    assert call(client, "waiter") == (None, "fine")
    return running, client


@pytest.mark.parametrize("victim", ["program", "init"])
def test_a_sandbox_killed_while_it_runs_ends_one_call(waiter, victim):
    running, client = waiter
    answers = []
    caller = threading.Thread(target=lambda: answers.append(call(client, "waiter", wait=True)))
    caller.start()
    program = in_handler(running)
    os.kill(program if victim == "program" else parent(program), signal.SIGKILL)
    caller.join(60)
    [(error, payload)] = answers
    assert error == "Unhandled" and payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith(" Error: Runtime exited with error: signal: killed")
    assert call(client, "waiter") == (None, "fine")


@pytest.mark.parametrize("victim", ["program", "init"])
def test_a_sandbox_killed_while_it_is_idle_hurts_one_call_at_most(waiter, victim):
    running, client = waiter
    [program] = programs(running)
    os.kill(program if victim == "program" else parent(program), signal.SIGKILL)
    error, payload = call(client, "waiter")
    assert (error, payload) == (None, "fine") or payload["errorType"] == "Runtime.ExitError"
    assert call(client, "waiter") == (None, "fine")


def test_a_server_that_lost_its_spawner_ends_and_goes_on_when_started_again(own_server):
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="hello", **python(HELLO))
    active(client, "hello")
    assert call(client, "hello", name="x")[0] is None
    running.family |= descendants(running.process.pid)
    # The first process of each sandbox bears the spawner's name too; the spawner is the server's own child.
    [spawner] = pathlib.Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    os.kill(int(spawner), signal.SIGKILL)
    assert running.process.wait(30) == 1
    assert "the spawner's process has ended" in running.log_tail()
    running.process = None
    assert running.leftovers() == []
    running.start()
    assert call(running.client(), "hello", name="x")[0] is None


def test_a_server_killed_while_functions_run_leaves_nothing_and_goes_on(waiter):
    running, client = waiter

    def interrupted():
        with pytest.raises(Exception, match="Connection|connection"):
            call(client, "waiter", wait=True)

    caller = threading.Thread(target=interrupted)
    caller.start()
    in_handler(running)
    client.create_function(FunctionName="other", **python(HELLO))
    active(client, "other")
    assert call(client, "other", name="Ada") == (None, {"hello": "Ada"})
    running.kill()
    caller.join(60)
    running.start()
    # Of the killed one: its processes and cgroups. Mounts and loop devices of the new one are looked at when it stops.
    dead = {f"process {pid}" for pid in running.family}
    assert not dead & set(running.leftovers())
    assert not [left for left in running.leftovers() if left.startswith("cgroup")]
    client = running.client()
    assert call(client, "waiter") == (None, "fine")
    assert call(client, "other", name="Ada") == (None, {"hello": "Ada"})


DISK_MIB = 48


@pytest.fixture
def small_disk(own_server, tmp_path):
    """A server whose data folder is a small disk of its own, in a mount namespace that goes with the server; and the
    folder as it is seen from here."""
    data = tmp_path / "data-0"
    data.mkdir()
    mount = f"mount -t tmpfs -o size={DISK_MIB}m lambent-test {data}"
    running = own_server(prefix=with_mounts(mount))
    return running, pathlib.Path(f"/proc/{running.process.pid}/root{data}")


def fill(file):
    """Writes until the disk is full, to the last byte."""
    with open(file, "ab", buffering=0) as filler:
        for size in (1 << 16, 512, 1):
            try:
                while filler.write(b"x" * size):
                    pass
            except OSError as full:
                assert full.errno == errno.ENOSPC


def kept(folder):
    """Every file that lasts: blobs and unpacked code."""
    return {str(path.relative_to(folder)) for part in ("blobs", "trees") for path in (folder / part).rglob("*")}


def test_a_full_disk_refuses_what_must_be_written_and_nothing_else(small_disk):
    running, folder = small_disk
    client = running.client()
    for name in ("warm", "cold"):
        client.create_function(FunctionName=name, **python(HELLO))
        active(client, name)
    assert call(client, "warm") == (None, {"hello": "world"})
    revision = client.get_function(FunctionName="warm")["Configuration"]["RevisionId"]
    before = kept(folder)
    fill(folder / "filler")
    new = python(ECHO + "#" * 100_000)
    writes = {
        "create_function": {"FunctionName": "new", **new},
        "update_function_code": {"FunctionName": "warm", "ZipFile": new["Code"]["ZipFile"]},
        "update_function_configuration": {"FunctionName": "warm", "Timeout": 9},
        "delete_function": {"FunctionName": "cold"},
    }
    for operation, parameters in writes.items():
        with pytest.raises(client.exceptions.ServiceException) as failure:
            getattr(client, operation)(**parameters)
        assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500, operation
    assert "full" in running.log() and "no space left" in running.log()
    assert {function["FunctionName"] for function in client.list_functions()["Functions"]} == {"warm", "cold"}
    assert client.get_function(FunctionName="warm")["Configuration"]["RevisionId"] == revision
    assert call(client, "warm") == (None, {"hello": "world"})
    assert kept(folder) == before
    (folder / "filler").unlink()
    client.create_function(FunctionName="new", **new)
    client.update_function_code(FunctionName="warm", ZipFile=zip_of({"app.py": ECHO}))
    client.delete_function(FunctionName="cold")
    active(client, "new")
    client.get_waiter("function_updated_v2").wait(FunctionName="warm", WaiterConfig={"Delay": 0.02})
    assert call(client, "new", a=1) == call(client, "warm", a=1) == (None, {"a": 1})


FILLS_TMP = """
import errno, os
def handler(event, context):
    if event.get("free"):
        os.unlink("/tmp/filler")
    if event.get("fill"):
        with open("/tmp/filler", "wb", buffering=0) as filler:
            for size in (32 << 20, 1 << 20, 4096):
                try:
                    while True:
                        os.posix_fallocate(filler.fileno(), filler.seek(0, 2), size)
                except OSError as full:
                    assert full.errno == errno.ENOSPC
    try:
        with open("/tmp/small", "wb") as small:
            small.write(b"x" * 1_000_000)
    except OSError as full:
        return errno.errorcode[full.errno]
    os.unlink("/tmp/small")
    return "written"
"""


def test_a_full_tmp_is_told_to_the_function_alone(create, invoke):
    name, other = (create(python(FILLS_TMP, Timeout=60)) for _ in range(2))

    def told(name, **event):
        # Asked for the log, the answer waits until the environment is free again: the next call finds its /tmp.
        return invoke(name, event, LogType="Tail")["Payload"]

    assert told(name) == "written"
    assert [told(name, fill=True), told(name)] == ["ENOSPC"] * 2
    assert told(other) == "written"
    assert told(name, free=True) == "written"
