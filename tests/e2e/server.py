"""One real server: the binary on a free port with a data folder of its own. Never leaves anything behind:
it is always stopped by its pid, and what it may have left is looked for."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import boto3
import requests
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("LAMBENT_BINARY", ROOT / "target/debug/lambent"))
READY_TIMEOUT_S = 30
STOP_TIMEOUT_S = 60


class Server:
    """A running server, or one that was stopped and can be started again on the same data."""

    def __init__(self, data_dir, log_path, *options, environment=None, prefix=(), binary=BINARY, address="127.0.0.1"):
        """`environment` is added to ours; `prefix` is a command that must end by executing the binary in its place."""
        self.data_dir, self.log_path, self.options = data_dir, log_path, options
        self.environment, self.prefix, self.binary = environment or {}, prefix, binary
        self.port = free_port(address)
        host = f"[{address}]" if ":" in address else address
        self.listen = f"{host}:{self.port}"
        self.endpoint = f"http://{self.listen}"
        self.process = None
        self.family = set()
        # Process ids come again: what another server left may bear the number of one of ours.
        self.strangers = set(cgroup_folders())

    def start(self):
        """Starts the binary and waits until it answers."""
        command = [*self.prefix, str(self.binary), "serve", "--listen", self.listen, "--data-dir", str(self.data_dir)]
        # Most tests need no SDK; those that do say so.
        if "--runtime-sdk" not in self.options:
            command += ["--runtime-sdk", "manual"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*command, *self.options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=clean_environment() | self.environment,
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log_tail()}")
            try:
                if requests.get(f"{self.endpoint}/_lambent/health", timeout=5).status_code == 200:
                    return self
            except requests.ConnectionError:
                pass
            if time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"the server never answered:\n{self.log_tail()}")
            time.sleep(0.01)

    def stop(self):
        """Stops with SIGTERM; the server must drain, end with 0 and leave nothing behind."""
        if self.process is None:
            return
        self.family |= descendants(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not stop within {STOP_TIMEOUT_S} s:\n{self.log_tail()}") from None
        self.process = None
        assert status == 0, f"the server ended with {status}:\n{self.log_tail()}"
        left = self.leftovers()
        assert left == [], f"left behind: {left}\n{self.log_tail()}"

    def kill(self):
        """Kills the server as a power cut would, without a word."""
        self.family |= descendants(self.process.pid)
        self.process.kill()
        self.process.wait()
        self.process = None

    def client(self, **options):
        """A boto3 client with the root key, which says each error at once instead of trying again."""
        # botocore would refuse some values itself; here the server must.
        config = Config(
            retries={"total_max_attempts": 1}, read_timeout=60, max_pool_connections=100, parameter_validation=False
        )
        settings = {
            "endpoint_url": self.endpoint,
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": config,
        } | options
        return boto3.client("lambda", **settings)

    def resident_mib(self):
        """The memory of the server itself."""
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") >> 20

    def descriptors(self):
        """How many files the server has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def leftovers(self):
        """Processes, cgroups, mounts and loop devices of this server that are still there."""
        deadline = time.monotonic() + 5
        while (found := self._leftovers()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def _leftovers(self):
        mine = str(pathlib.Path(self.data_dir).absolute())
        processes = [f"process {pid}" for pid in self.family if is_running(pid)]
        pids = {str(pid) for pid, _ in self.family}
        made = [path for path in cgroup_folders() if path not in self.strangers]
        cgroups = [f"cgroup {path}" for path in made if path.name.split("-")[1] in pids]
        mounts = [
            f"mount {line}" for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if mine in line
        ]
        loops = [
            f"loop {path}"
            for path in pathlib.Path("/sys/block").glob("loop*/loop/backing_file")
            if mine in backing_file(path)
        ]
        return processes + cgroups + mounts + loops

    def log_tail(self):
        """The end of what the server wrote."""
        return self.log()[-4000:]

    def log(self):
        """What the server wrote so far, over all its starts."""
        return pathlib.Path(self.log_path).read_text(errors="replace")


def with_mounts(script):
    """The start of a command that makes mounts of its own by a shell script, which go with it; it ends as whoever we are."""
    user, back = [], ""
    if os.geteuid() != 0:
        user, back = ["--user", "--map-root-user"], f"unshare --user --map-user={os.geteuid()} --map-group={os.getegid()} "
    return ["unshare", *user, "--mount", "sh", "-c", f'{script} && exec {back}"$@"', "sh"]


def clean_environment():
    """Our environment without what would configure a server or an SDK."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "LAMBENT_"))}


def free_port(address="127.0.0.1"):
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def descendants(pid):
    """The process and all below it, as pid and start time, so that a pid used again is not mistaken."""
    children = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        if fields := stat_fields(entry.name):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = set(), [pid]
    while waiting:
        current = waiting.pop()
        if fields := stat_fields(current):
            found.add((current, fields[19]))
        waiting.extend(children.get(current, []))
    return found


def backing_file(path):
    """The file behind a loop device; nothing if the device went while we looked."""
    try:
        return path.read_text()
    except OSError:
        return ""


def stat_fields(pid):
    """What /proc says of a process behind its name, which may hold anything; nothing if it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_running(process):
    """Whether this very process still runs; one that only waits to be reaped does not."""
    pid, started = process
    fields = stat_fields(pid)
    return bool(fields) and fields[19] == started and fields[0] != "Z"


def cgroup_folders():
    """Every cgroup that a server made. One that goes while we look is passed over, as `os.walk` does."""
    found = []
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        found += [pathlib.Path(folder, name) for name in names if name.startswith("lambent-")]
    return found
