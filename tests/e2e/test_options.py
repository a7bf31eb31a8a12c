"""The options of `lambent serve`: what each does, and that flags, variables and the file mean the same."""

import json
import pathlib
import socket
import subprocess
import threading

import pytest
import requests
from conftest import active, updated
from packages import ECHO, HELLO, HELLO_NODE, nodejs, python
from raw import Raw, error_of
from server import BINARY, clean_environment, free_port

HTTP2 = pathlib.Path(__file__).parent / "js/http2.mjs"


def arn_of_a_new_function(running, **client):
    """Creates a function and gives its ARN, which holds the region and the account."""
    return running.client(**client).create_function(FunctionName="mine", **python(HELLO))["FunctionArn"]


def answer(running, function, settings, **event):
    """Creates a function, invokes it once, and gives what it said; it must not fail."""
    client = running.client()
    client.create_function(FunctionName=function, **settings)
    active(client, function)
    told = client.invoke(FunctionName=function, Payload=json.dumps(event))
    payload = json.loads(told["Payload"].read())
    assert "FunctionError" not in told, payload
    return payload


def test_a_file_configures_the_server(own_server, tmp_path):
    file = tmp_path / "lambent.toml"
    file.write_text('account-id = "111122223333"\nlog-format = "json"\nconcurrency = 7\n')
    running = own_server("--config", str(file))
    assert arn_of_a_new_function(running) == "arn:aws:lambda:us-east-1:111122223333:function:mine"
    assert json.loads(running.log().splitlines()[0])["level"] in ("INFO", "WARN")


def test_a_flag_wins_over_a_variable_and_a_variable_over_the_file(own_server, tmp_path):
    file = tmp_path / "lambent.toml"
    accounts = {"file": "1" * 12, "variable": "2" * 12, "flag": "3" * 12}
    file.write_text(f'account-id = "{accounts["file"]}"\n')
    environment = {"LAMBENT_CONFIG": str(file)}
    assert f":{accounts['file']}:" in arn_of_a_new_function(own_server(environment=environment))
    environment["LAMBENT_ACCOUNT_ID"] = accounts["variable"]
    assert f":{accounts['variable']}:" in arn_of_a_new_function(own_server(environment=environment))
    both = own_server("--account-id", accounts["flag"], environment=environment)
    assert f":{accounts['flag']}:" in arn_of_a_new_function(both)


@pytest.mark.parametrize(
    ("file", "words"),
    [('regoin = "eu-west-1"', "regoin"), ("listen = 7", "listen"), ('account-id = "12"', "12"), ("[", "lambent.toml")],
)
def test_a_wrong_file_is_refused_by_what_is_wrong(tmp_path, file, words):
    path = tmp_path / "lambent.toml"
    path.write_text(file)
    command = [BINARY, "serve", "--config", path, "--data-dir", tmp_path / "data"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=clean_environment())
    assert done.returncode == 1 and words in done.stderr


def test_a_port_that_is_taken_is_named(server, tmp_path):
    command = [BINARY, "serve", "--listen", server.listen, "--data-dir", tmp_path / "data"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=clean_environment())
    assert done.returncode == 1 and f"cannot listen on {server.listen}" in done.stderr


def test_the_region_is_that_of_requests_that_name_none(own_server):
    running = own_server("--region", "eu-central-1", "--auth", "open")
    arn = arn_of_a_new_function(running)
    assert arn.startswith("arn:aws:lambda:us-east-1:"), "a request's own region wins"
    unsigned = Raw(running.endpoint)
    body = json.dumps({"FunctionName": "plain", "Role": "arn:aws:iam::000000000000:role/r", "Runtime": "python3.12",
                       "Handler": "app.handler", "Code": {"ZipFile": ""}}).encode()  # fmt: skip
    assert unsigned.send("POST", "/2015-03-31/functions", body, sign=False).status_code == 400
    status, _, message = error_of(unsigned.send("GET", "/2015-03-31/functions/plain", sign=False))
    assert (status, message) == (404, "Function not found: arn:aws:lambda:eu-central-1:000000000000:function:plain")


def test_an_open_server_takes_unsigned_requests(own_server):
    running = own_server("--auth", "open")
    arn_of_a_new_function(running)
    active(running.client(), "mine")
    told = requests.post(f"{running.endpoint}/2015-03-31/functions/mine/invocations", json={"name": "Ada"}, timeout=30)
    assert (told.status_code, told.json()) == (200, {"hello": "Ada"})


def test_the_public_endpoint_is_where_code_is_fetched(own_server):
    running = own_server("--public-endpoint", "http://lambda.example.test:8080/")
    arn_of_a_new_function(running)
    location = running.client().get_function(FunctionName="mine")["Code"]["Location"]
    assert location.startswith("http://lambda.example.test:8080/_lambent/")
    # As a proxy passes it on that keeps the Host header.
    local = location.replace("http://lambda.example.test:8080", running.endpoint)
    fetched = requests.get(local, headers={"Host": "lambda.example.test:8080"}, timeout=10)
    assert fetched.content == python(HELLO)["Code"]["ZipFile"]


CONNECTS = """
import socket
def handler(event, context):
    try:
        socket.create_connection(("127.0.0.1", event["port"]), timeout=5).close()
        return "connected"
    except OSError as refused:
        return type(refused).__name__
"""


@pytest.mark.parametrize(("mode", "told"), [("host", "connected"), ("none", "ConnectionRefusedError")])
def test_the_network_reaches_the_host_only_when_asked_for(own_server, mode, told):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = own_server("--network", mode)
        assert answer(running, "connects", python(CONNECTS, Timeout=20), port=listener.getsockname()[1]) == told


def test_isolation_by_processes_works_and_says_so(own_server):
    running = own_server("--isolation", "process")
    assert "plain processes" in running.log() and "WARN" in running.log()
    assert answer(running, "py", python(HELLO), name="Ada") == {"hello": "Ada"}
    assert answer(running, "js", nodejs(HELLO_NODE), name="Ada") == {"hello": "Ada"}


def test_the_log_can_be_json(own_server):
    running = own_server("--log-format", "json")
    source = "def handler(event, context):\n    print('from the function')\n"
    answer(running, "prints", python(source))
    running.stop()
    lines = [json.loads(line) for line in running.log().splitlines()]
    assert all({"timestamp", "level", "target"} <= line.keys() for line in lines)
    [told] = [line for line in lines if line.get("message") == "from the function"]
    assert told["function"] == "prints" and told["stream"]


def test_several_addresses_and_ipv6(own_server):
    also = f"127.0.0.1:{free_port()}"
    running = own_server("--listen", also, address="::1")
    assert running.endpoint.startswith("http://[::1]:")
    assert requests.get(f"http://{also}/_lambent/health", timeout=5).status_code == 200
    assert answer(running, "six", python(HELLO), name="Ada") == {"hello": "Ada"}
    location = running.client().get_function(FunctionName="six")["Code"]["Location"]
    assert requests.get(location, timeout=10).status_code == 200


def test_http2_without_an_upgrade(own_server):
    running = own_server("--auth", "open")
    answer(running, "echo", python(ECHO))
    done = subprocess.run(["node", HTTP2, running.endpoint, "echo"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == [{"status": 200, "body": json.dumps({"n": n})} for n in range(20)]


def test_more_at_once_than_the_limit_is_throttled(own_server):
    running = own_server("--concurrency", "1")
    client = running.client()
    source = "import time\ndef handler(event, context):\n    time.sleep(event.get('s', 0))\n"
    client.create_function(FunctionName="slow", **python(source, Timeout=30))
    active(client, "slow")
    busy = threading.Thread(target=lambda: client.invoke(FunctionName="slow", Payload='{"s":3}'))
    busy.start()
    while "\nlambent_environments 1\n" not in requests.get(f"{running.endpoint}/_lambent/metrics", timeout=5).text:
        pass
    with pytest.raises(client.exceptions.TooManyRequestsException) as refusal:
        client.invoke(FunctionName="slow")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert refusal.value.response["Reason"] == "ConcurrentInvocationLimitExceeded"
    busy.join()


def test_states_stay_visible_for_those_who_test_their_waiters(own_server):
    client = own_server("--transition-min-ms", "3000").client()
    made = client.create_function(FunctionName="slow", **python(HELLO))
    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert client.get_function_configuration(FunctionName="slow")["State"] == "Pending"
    pending = "The function is currently in the following state: Pending"
    for refused in [
        lambda: client.update_function_configuration(FunctionName="slow", Timeout=5),
        lambda: client.invoke(FunctionName="slow"),
    ]:
        with pytest.raises(client.exceptions.ResourceConflictException, match=pending):
            refused()
    active(client, "slow")
    client.update_function_configuration(FunctionName="slow", Timeout=5)
    assert client.get_function_configuration(FunctionName="slow")["LastUpdateStatus"] == "InProgress"
    with pytest.raises(client.exceptions.ResourceConflictException, match="An update is in progress for resource"):
        client.update_function_configuration(FunctionName="slow", Timeout=6)
    assert json.loads(client.invoke(FunctionName="slow")["Payload"].read()) == {"hello": "world"}
    updated(client, "slow")
