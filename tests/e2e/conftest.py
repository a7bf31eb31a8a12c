"""What the tests share: one server for the session, clients of it, and functions that are deleted again."""

import itertools
import json

import pytest
from botocore.exceptions import ClientError
from packages import python
from raw import Raw
from server import Server

NAMES = itertools.count(1)


def pytest_addoption(parser):
    """How many interpreters wait for functions on the server most tests use; the server's default if it is not said."""
    parser.addoption("--parked")


@pytest.fixture(scope="session")
def server(tmp_path_factory, pytestconfig):
    """The server most tests use. At the end it must stop cleanly and leave nothing behind."""
    folder = tmp_path_factory.mktemp("server")
    parked = pytestconfig.getoption("--parked")
    options = [] if parked is None else ["--parked", parked]
    running = Server(folder / "data", folder / "log.txt", *options).start()
    yield running
    running.stop()


@pytest.fixture
def own_server(tmp_path):
    """A server for one test that stops, kills or configures it: call it with options to start it."""
    made = []

    def start(*options, **how):
        data, log = tmp_path / f"data-{len(made)}", tmp_path / f"log-{len(made)}.txt"
        server = Server(data, log, *options, **how)
        made.append(server.start())
        return server

    yield start
    for running in made:
        running.stop()


@pytest.fixture(scope="session")
def client(server):
    """A client of the session's server."""
    return server.client()


@pytest.fixture(scope="session")
def raw(server):
    """Requests made by hand, for what no SDK would send."""
    return Raw(server.endpoint)


@pytest.fixture
def name():
    """A function name that no other test has."""
    return f"function-{next(NAMES)}"


@pytest.fixture
def create(client):
    """Creates a function that is active when this returns; it is deleted after the test."""
    made = []

    def make(settings, **more):
        settings = python(settings) if isinstance(settings, str) else settings
        name = more.pop("FunctionName", f"made-{next(NAMES)}")
        client.create_function(FunctionName=name, **settings | more)
        made.append(name)
        active(client, name)
        return name

    yield make
    for name in made:
        try:
            client.delete_function(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            pass  # The test deleted it itself.


def active(client, name):
    """Waits as boto3's own users do."""
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.02})


def updated(client, name):
    """Waits until the last update is in force."""
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.02})


@pytest.fixture
def invoke(client):
    """Invokes and gives the answer with its payload parsed."""

    def call(name, payload=None, **more):
        answer = client.invoke(FunctionName=name, Payload=json.dumps(payload if payload is not None else {}), **more)
        body = answer["Payload"].read()
        answer["Payload"] = json.loads(body) if body else None
        return answer

    return call


@pytest.fixture
def refused(client):
    """Calls an operation that must fail, and gives (status, code, message)."""

    def call(operation, **parameters):
        with pytest.raises(ClientError) as failure:
            getattr(client, operation)(**parameters)
        answer = failure.value.response
        error = answer["Error"]
        return answer["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]

    return call
