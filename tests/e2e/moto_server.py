"""Other services of AWS for the tests: a moto server on a free port, as `--upstream-endpoint` takes it."""

import subprocess
import sys
import time

import requests
from server import READY_TIMEOUT_S, clean_environment, free_port

# The account that moto gives to any key.
ACCOUNT = "123456789012"


class Moto:
    """A moto server of its own process."""

    def __init__(self, log_path):
        """Starts it and waits until it answers."""
        self.address = f"127.0.0.1:{free_port()}"
        words, environment = self.command(*self.address.split(":"))
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=clean_environment() | environment,
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"{words[0]} did not start:\n{log_path.read_text()[-4000:]}")
            time.sleep(0.02)

    def command(self, host, port):
        """What Python is told to run, and in which environment."""
        return ["moto.server", "--host", host, "--port", port], {}

    @property
    def endpoint(self):
        """Where it is asked."""
        return f"http://{self.address}"

    def answers(self):
        """Whether it is ready."""
        try:
            return requests.get(f"{self.endpoint}/moto-api/data.json", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self):
        """Ends it; it keeps nothing."""
        self.process.kill()
        self.process.wait()
