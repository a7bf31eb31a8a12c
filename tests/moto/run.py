"""moto's own tests of Lambda and EFS against the real binary: `run.py [PYTEST ARGS]`, part of `cargo xtask e2e`.

Three servers on free ports, gone at the end: ours, a moto server for every other service (and for what ours looks up),
and the proxy that the tests talk to. `exceptions.toml` names the tests that must fail, and why."""

import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = pathlib.Path(os.environ.get("LAMBENT_MOTO_SOURCE", ROOT / "target/moto-source"))
sys.path[:0] = [str(ROOT / "tests/e2e")]

import pytest  # noqa: E402
from exceptions import Exceptions  # noqa: E402
from moto_server import ACCOUNT, Moto  # noqa: E402
from proxy import Proxy  # noqa: E402
from server import Server, clean_environment  # noqa: E402

TESTS = ["tests/test_awslambda", "tests/test_efs"]
# moto's key is none of ours, and one of its functions asks EC2.
OPTIONS = ["--auth", "open", "--account-id", ACCOUNT, "--network", "host"]
OPTIONS += ["--interpreter", f"python={sys.executable}"]
# They look at where links to code lead, and follow none.
OPTIONS += ["--public-endpoint", "https://awslambda-us-west-2-tasks.s3.us-west-2.amazonaws.com"]


def run(arguments, folder):
    """Starts all, tests, and stops all. Gives pytest's exit status."""
    moto = Moto(folder / "moto.txt")
    try:
        options = [*OPTIONS, "--upstream-endpoint", moto.endpoint]
        lambent = Server(folder / "data", folder / "lambent.txt", *options).start()
        proxy = Proxy(lambent.listen, moto.address)
        try:
            return test(arguments, proxy.endpoint)
        finally:
            proxy.shutdown()
            proxy.server_close()
            lambent.stop()
    finally:
        moto.stop()


def test(arguments, endpoint):
    """Runs moto's tests where moto's source is, judged by our list."""
    settings = {"TEST_SERVER_MODE": "true", "TEST_SERVER_MODE_ENDPOINT": endpoint}
    settings |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"}
    environment = clean_environment() | settings
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(SOURCE)
    chosen = [] if any(argument.startswith("tests/") for argument in arguments) else TESTS
    judge = Exceptions(pathlib.Path(__file__).with_name("exceptions.toml"), whole=not arguments)
    quiet = ["-q", "-ra", "--tb=short", "--color=auto", "-p", "no:cacheprovider"]
    return pytest.main([*quiet, *chosen, *arguments], plugins=[judge])


if __name__ == "__main__":
    if not all((SOURCE / tests).is_dir() for tests in TESTS):
        sys.exit(f"{SOURCE} is missing: `cargo xtask install` fetches moto's source package")
    with tempfile.TemporaryDirectory(prefix="lambent-moto-") as folder:
        sys.exit(run(sys.argv[1:], pathlib.Path(folder)))
