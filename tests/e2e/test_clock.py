"""AWS's time, moved and scaled: what takes hours on AWS is seen in seconds, and the real time stays what it is."""

import json
import re
import subprocess
import time

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import active
from packages import python
from server import BINARY, clean_environment
from test_event_invocations import got, invoke_event, until

FAILS = """
def handler(event, context):
    print("got", context.aws_request_id, "1", flush=True)
    raise ValueError("told to fail")
"""
REMAINS = """
def handler(event, context):
    return context.get_remaining_time_in_millis()
"""


def clock(running):
    return requests.get(f"{running.endpoint}/_lambent/clock", timeout=10).json()


def move(running, **how):
    """Moves the clock of a server that checks no signatures."""
    answer = requests.post(f"{running.endpoint}/_lambent/clock", json=how, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def failing(running, **more):
    client = running.client()
    client.create_function(FunctionName="fails", **python(FAILS, Timeout=60), **more)
    active(client, "fails")
    return client


def test_six_hours_of_retries_are_seen_in_seconds(own_server):
    running = own_server("--auth", "open")
    client = failing(running)
    request_id = invoke_event(client, "fails")
    until(lambda: len(got(running)) == 1)
    until(lambda: moved_to_attempt(running, 2))
    until(lambda: moved_to_attempt(running, 3))
    assert got(running) == [(request_id, "1")] * 3
    until(lambda: 'condition="RetriesExhausted"' in running.log())
    # One whose retries are due when it is too old.
    invoke_event(client, "fails")
    until(lambda: len(got(running)) == 4)
    # The failure is written a moment after the function said it.
    until(lambda: "EventAgeExceeded" in running.log() or (move(running, advance="6h") and False))
    assert len(got(running)) == 4


def moved_to_attempt(running, count):
    """A minute on, and whether the function ran so often; the failure is written a moment after it was said."""
    if len(got(running)) >= count:
        return True
    move(running, advance_s=30)
    time.sleep(0.1)
    return False


def test_a_fast_clock_brings_two_retries_in_seconds(own_server):
    running = own_server("--auth", "open", "--time-scale", "60")
    client = failing(running)
    start = time.monotonic()
    invoke_event(client, "fails")
    until(lambda: len(got(running)) == 3)
    assert time.monotonic() - start < 60, "three minutes of AWS's time"
    assert clock(running)["scale"] == 60
    assert re.search(r"clock=\+[0-9a-z]+,x60", running.log()), running.log_tail()
    assert "AWS's time is scaled: 60 s of it pass in a second" in running.log()


def test_the_clock_survives_a_kill_and_never_goes_back(own_server):
    running = own_server("--auth", "open")
    client = failing(running)
    invoke_event(client, "fails")
    until(lambda: len(got(running)) == 1)
    time.sleep(0.5)
    before = move(running, advance="45s", scale=1000)
    running.kill()
    running.start()
    after = clock(running)
    assert after["now"] > before["now"] and after["scale"] == 1
    assert after["ahead_s"] < 45 + 3600 * 3
    # The event is still there, and due as the clock says.
    until(lambda: moved_to_attempt(running, 2))
    running.stop()
    running.start()
    assert clock(running)["now"] > after["now"]
    assert "AWS's time was moved" in running.log()


def test_what_is_stamped_is_of_the_moved_time_and_the_rest_of_the_real_one(own_server):
    running = own_server()  # Signatures are checked, by the real time.
    signed_move(running, {"advance": "2d"})
    client = running.client()
    client.create_function(FunctionName="remains", **python(REMAINS, Timeout=60))
    active(client, "remains")
    modified = client.get_function_configuration(FunctionName="remains")["LastModified"]
    ahead_s = time.mktime(time.strptime(modified[:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())
    assert 2 * 86_400 - 60 < ahead_s <= 2 * 86_400
    # The function's own clock is the real one, and so is its deadline.
    answer = client.invoke(FunctionName="remains")
    assert 50_000 < json.loads(answer["Payload"].read()) <= 60_000
    location = client.get_function(FunctionName="remains")["Code"]["Location"]
    assert requests.get(location, timeout=10).status_code == 200
    logs = boto3.client(
        "logs",
        endpoint_url=running.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    events = logs.filter_log_events(logGroupName="/aws/lambda/remains")["events"]
    assert all(event["timestamp"] / 1000 > time.time() + 86_400 for event in events) and events
    signed_move(running, {"advance": "6h"})
    assert printed(running, "1h") == "" and "REPORT" in printed(running, "7h")


def printed(running, since):
    """What `lambent logs` prints of the last hours of AWS's time."""
    command = [BINARY, "logs", "--endpoint", running.endpoint, "remains", "--since", since]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def signed_move(running, how, key="test", secret="test"):
    body, url = json.dumps(how), f"{running.endpoint}/_lambent/clock"
    request = AWSRequest("POST", url, data=body, headers={"content-type": "application/json"})
    SigV4Auth(Credentials(key, secret), "lambda", "us-east-1").add_auth(request)
    return requests.post(url, data=body, headers=dict(request.headers), timeout=10)


def test_where_signatures_are_checked_only_the_root_key_moves_the_clock(server):
    answer = requests.post(f"{server.endpoint}/_lambent/clock", json={"advance": "6h"}, timeout=10)
    assert answer.status_code == 403
    assert signed_move(server, {"advance": "6h"}, secret="wrong").status_code == 403
    assert signed_move(server, {"advance": "6h"}, key="AKIAIOSFODNN7EXAMPLE").status_code == 403
    told = clock(server)
    assert (told["moved"], told["scale"], told["ahead_s"]) == (False, 1, 0)


@pytest.mark.parametrize(
    "how",
    [{}, {"advance_s": -1}, {"advance": "soon"}, {"now": "2020-01-01T00:00:00Z"}, {"scale": 0}, {"back": "6h"}],
)
def test_the_clock_only_moves_forward(server, how):
    answer = signed_move(server, how)
    assert answer.status_code == 400 and answer.json()["message"], answer.text
    assert clock(server)["moved"] is False


def test_the_log_says_in_json_too_that_the_clock_was_moved(own_server):
    running = own_server("--auth", "open", "--log-format", "json")
    move(running, advance="6h")
    until(lambda: "moved by request" in running.log())
    lines = [json.loads(line) for line in running.log().splitlines() if line.startswith("{")]
    moved = next(line for line in lines if "moved by request" in line["message"])
    assert moved["clock"] == "+6h"
    real_s = time.mktime(time.strptime(moved["timestamp"][:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())
    assert abs(real_s) < 60
    assert "clock" not in lines[0]
