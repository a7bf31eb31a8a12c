"""The server as functions reach it: at AWS_ENDPOINT_URL, in every mode of the network, with the rights of their role."""

import json
import os

import pytest
from conftest import active
from packages import python, with_boto3
from server import free_port

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give functions a way out")
MODES = [
    ("--network", "none"),
    pytest.param(("--network", "nat"), marks=ROOT_ONLY),
    ("--network", "host"),
    ("--isolation", "process"),
]

CALLS = """
import json, os
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    client = boto3.client("lambda")
    try:
        answer = getattr(client, event["operation"])(**event["parameters"])
    except ClientError as refused:
        return refused.response["Error"]["Code"]
    return json.loads(answer["Payload"].read()) if "Payload" in answer else sorted(answer)
"""
HELLO = "def handler(event, context):\n    return {'hello': event['name']}\n"
LOOKS = """
import os, socket
def handler(event, context):
    try:
        socket.create_connection(("127.0.0.1", event["port"]), timeout=5).close()
        reached = True
    except OSError:
        reached = False
    return [os.environ.get("AWS_ENDPOINT_URL"), reached]
"""


def make(server, name, settings):
    """A function of a server that is ready."""
    client = server.client()
    client.create_function(FunctionName=name, **settings)
    active(client, name)


def call(server, name, **event):
    """What a function says; it must not fail."""
    answer = server.client().invoke(FunctionName=name, Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, payload
    return payload


@pytest.mark.parametrize("mode", MODES)
def test_a_function_calls_another_by_boto3(own_server, mode):
    server = own_server(*mode)
    make(server, "hello", python(HELLO))
    make(server, "calls", with_boto3(CALLS))
    invoke = {"FunctionName": "hello", "Payload": json.dumps({"name": "Ada"})}
    assert call(server, "calls", operation="invoke", parameters=invoke) == {"hello": "Ada"}
    # Its role reads and invokes, and changes nothing.
    refused = call(server, "calls", operation="delete_function", parameters={"FunctionName": "hello"})
    assert refused == "AccessDeniedException"


def test_what_the_function_says_of_its_endpoint_wins(own_server):
    server = own_server()
    make(server, "looks", python(LOOKS, Environment={"Variables": {"AWS_ENDPOINT_URL": "http://elsewhere.test"}}))
    assert call(server, "looks", port=server.port) == ["http://elsewhere.test", True]


@pytest.mark.parametrize(("options", "expected"), [(("--endpoint-in-functions", "false"), [None, False])])
def test_functions_need_not_reach_the_server(own_server, options, expected):
    server = own_server(*options)
    make(server, "looks", python(LOOKS))
    assert call(server, "looks", port=server.port) == expected


def test_connections_of_functions_do_not_keep_the_server_from_ending(own_server):
    server = own_server()
    holds = """
import os, socket, urllib.parse
def handler(event, context):
    global held
    at = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
    held = [socket.create_connection((at.hostname, at.port)) for _ in range(70)]
    return len(held)
"""
    make(server, "holds", python(holds))
    assert call(server, "holds") == 70
    server.stop()


@ROOT_ONLY
def test_root_s_functions_have_a_way_out_and_do_not_reach_the_host(own_server):
    server = own_server()
    if "a filter of the host may drop it" in server.log():
        pytest.skip("another filter of this host is in the way, as Docker's")
    assert "functions reach the world by nat" in server.log()
    source = """
import socket
def handler(event, context):
    told = []
    for host in event["hosts"]:
        try:
            socket.create_connection((host, event["port"]), timeout=5).close()
            told.append("connected")
        except OSError as refused:
            told.append(type(refused).__name__)
    return told + [open("/etc/resolv.conf").readline().strip()]
"""
    make(server, "tries", python(source, Timeout=30))
    other = free_port()
    told = call(server, "tries", port=other, hosts=["127.0.0.1", "169.254.169.254"])
    assert told == ["ConnectionRefusedError", "ConnectionRefusedError", "nameserver 169.254.78.1"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root has a way out")
def test_who_asks_for_a_way_out_that_cannot_be_had_is_told(own_server):
    with pytest.raises(AssertionError, match="--network nat cannot be had"):
        own_server("--network", "nat")
