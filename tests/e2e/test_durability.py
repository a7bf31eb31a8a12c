"""What was acknowledged is there after a restart, whether the server was asked to stop or was killed."""

import json
import os
import random
import threading

import requests
from botocore.exceptions import BotoCoreError, ClientError
from conftest import active
from packages import HELLO, HELLO_NODE, custom, nodejs, python
from server import Server


def answers(client, name):
    """What a function says to an empty event."""
    return json.loads(client.invoke(FunctionName=name)["Payload"].read())


def test_functions_are_there_after_a_restart(own_server):
    running = own_server()
    client = running.client()
    kinds = {"py": python(HELLO), "js": nodejs(HELLO_NODE), "own": custom()}
    for name, settings in kinds.items():
        client.create_function(FunctionName=name, Tags={"kind": name}, **settings)
        active(client, name)
    before = {name: client.get_function(FunctionName=name) for name in kinds}
    running.stop()
    running.start()
    for name in kinds:
        after = client.get_function(FunctionName=name)
        assert after["Configuration"] == before[name]["Configuration"]
        assert after["Tags"] == {"kind": name}
    assert answers(client, "py") == answers(client, "js") == {"hello": "world"}
    assert answers(client, "own") == {}
    package = requests.get(client.get_function(FunctionName="py")["Code"]["Location"], timeout=10)
    assert package.content == kinds["py"]["Code"]["ZipFile"]


def test_a_deleted_function_stays_deleted(own_server):
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="gone", **python(HELLO))
    active(client, "gone")
    client.delete_function(FunctionName="gone")
    running.stop()
    running.start()
    assert client.list_functions()["Functions"] == []


def test_a_killed_server_comes_back_with_everything_and_leaves_nothing(own_server):
    running = own_server()
    client = running.client()
    client.create_function(FunctionName="kept", **python(HELLO))
    active(client, "kept")
    assert answers(client, "kept") == {"hello": "world"}
    running.kill()
    running.start()
    assert client.get_function_configuration(FunctionName="kept")["State"] == "Active"
    assert answers(client, "kept") == {"hello": "world"}
    running.stop()  # Looks for what the killed server left, too.
    running.start()


def test_kills_under_load_lose_nothing_acknowledged(own_server):
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    chance = random.Random(seed)
    running = own_server()
    acknowledged = {}
    for turn in range(5):
        client = running.client()
        enough = threading.Event()
        wanted = chance.randrange(1, 12)

        def load(client=client, turn=turn, enough=enough, wanted=wanted):
            for number in range(1000):
                name = f"f-{turn}-{number}"
                try:
                    reply = client.create_function(FunctionName=name, **python(HELLO))
                except (ClientError, BotoCoreError):
                    break  # The server was killed under this call: nothing was acknowledged.
                acknowledged[name] = reply["CodeSha256"]
                if number + 1 >= wanted:
                    enough.set()
            enough.set()

        worker = threading.Thread(target=load)
        worker.start()
        enough.wait(60)
        running.kill()
        worker.join()
        running.start()
        client = running.client()
        for name, digest in acknowledged.items():
            assert client.get_function_configuration(FunctionName=name)["CodeSha256"] == digest, name
    last = sorted(acknowledged)[-1]
    active(client, last)
    assert answers(client, last) == {"hello": "world"}


def test_two_servers_cannot_share_a_data_folder(own_server, tmp_path):
    running = own_server()
    second = Server(running.data_dir, tmp_path / "second.txt")
    try:
        second.start()
    except AssertionError as failure:
        assert "the server ended with" in str(failure) and str(running.data_dir) in str(failure)
    else:
        second.stop()
        raise AssertionError("a second server started on the same folder")
