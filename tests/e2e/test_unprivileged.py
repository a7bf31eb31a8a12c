"""A server that is not root: in a user namespace it does the same, and it says what it cannot enforce."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from packages import HELLO, HELLO_NODE, custom, nodejs, python
from server import BINARY, Server, clean_environment
from test_options import answer

NOBODY = 65534
WEAKER = ("isolation", "memory limit", "CPU share", "process limit", "freeze", "/tmp", "user per sandbox")


@pytest.fixture
def nobody():
    """A folder that belongs to nobody, with the binary in it, and how to run a command there as nobody."""
    # pytest's own folders are closed to other users.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lambent-e2e-"))
    try:
        folder.chmod(0o755)
        shutil.copy(BINARY, folder / "lambent")
        home = folder / "home"
        home.mkdir()
        prefix = []
        if os.geteuid() == 0:
            os.chown(home, NOBODY, NOBODY)
            prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        # What is found in the folders of whoever runs the tests is closed to nobody.
        environment = {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin"}
        yield folder, prefix, environment
    finally:
        shutil.rmtree(folder)


def test_who_is_not_root_serves_in_a_user_namespace(nobody):
    folder, prefix, environment = nobody
    running = Server(
        folder / "home/data", folder / "log", prefix=prefix, binary=folder / "lambent", environment=environment
    )
    running.start()
    try:
        assert os.stat(f"/proc/{running.process.pid}").st_uid != 0
        assert "namespaces in a user namespace" in running.log()
        for name in WEAKER:
            assert f" {name}: " in running.log() or f'"{name}"' in running.log(), name
        assert answer(running, "py", python(HELLO), name="Ada") == {"hello": "Ada"}
        assert answer(running, "js", nodejs(HELLO_NODE), name="Ada") == {"hello": "Ada"}
        assert answer(running, "own", custom(), name="Ada") == {"NAME": "ADA"}
        running.kill()
        running.start()
        assert answer(running, "again", python(HELLO), name="Ada") == {"hello": "Ada"}
    finally:
        running.stop()


def test_the_doctor_tells_what_is_missing_and_how_to_get_it(nobody):
    folder, prefix, environment = nobody
    command = [*prefix, folder / "lambent", "doctor", "--data-dir", folder / "home"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env=clean_environment() | environment
    )
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("namespaces in a user namespace")
    for name in WEAKER:
        [told] = [number for number, line in enumerate(lines) if line[9:].startswith(f"{name} ")]
        assert lines[told].startswith(("partial", "missing"))
        assert lines[told + 1].strip().startswith("-> ")


# A user namespace in which no other can be made: what hosts look like that forbid them.
FORBID = ["unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c",
          'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --ambient-caps=-all "$@"', "sh"]  # fmt: skip


@pytest.mark.parametrize(("command", "status"), [("doctor", 2), ("serve", 1)])
def test_where_nothing_can_be_isolated_that_is_said_and_nothing_runs(nobody, command, status):
    folder, prefix, environment = nobody
    whole = [*prefix, *FORBID, folder / "lambent", command, "--data-dir", folder / "home/data", "--listen", "127.0.0.1:0"]
    done = subprocess.run(whole, capture_output=True, text=True, timeout=60, env=clean_environment() | environment)
    assert done.returncode == status, done.stdout + done.stderr
    assert "make a user namespace" in done.stdout + done.stderr
    if command == "doctor":
        assert "-> run as root, allow unprivileged user namespaces, or choose --isolation process" in done.stdout


def test_plain_processes_need_no_namespaces(nobody):
    folder, prefix, environment = nobody
    running = Server(folder / "home/data", folder / "log", "--isolation", "process", prefix=[*prefix, *FORBID],
                     binary=folder / "lambent", environment=environment)  # fmt: skip
    running.start()
    try:
        assert answer(running, "py", python(HELLO), name="Ada") == {"hello": "Ada"}
    finally:
        running.stop()
