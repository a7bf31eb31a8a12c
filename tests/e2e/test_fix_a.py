"""What reviewers found at the server's edges: folders, addresses, options, connections, the drain, sessions."""

import os
import pathlib
import stat
import subprocess

import pytest
from conftest import active
from packages import HELLO, python
from server import BINARY, Server, clean_environment


def hello(running):
    """Creates a function, invokes it, and gives what it said."""
    client = running.client()
    client.create_function(FunctionName="hello", **python(HELLO))
    active(client, "hello")
    return client.invoke(FunctionName="hello", Payload=b'{"name":"Ada"}')["Payload"].read()


def test_a_relative_data_folder_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    running = Server(pathlib.Path("data"), tmp_path / "log.txt").start()
    try:
        assert hello(running) == b'{"hello": "Ada"}'
    finally:
        running.stop()
    assert (tmp_path / "data").is_dir()


def test_the_data_folder_is_closed_to_others(own_server, tmp_path):
    folder = tmp_path / "data-0"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    running = own_server()
    assert hello(running) == b'{"hello": "Ada"}'
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    databases = [path for path in folder.iterdir() if path.is_file()]
    assert databases and all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in databases)
    assert stat.S_IMODE((folder / "blobs").stat().st_mode) == 0o700
    assert "was open to other users" in running.log()
