"""TLS on the same port as plain HTTP, with certificates of the server's own or given ones, through boto3, curl and Node.js."""

import json
import socket
import ssl
import subprocess
import time
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import SSLError
from packages import HELLO, nodejs, python


def secure(server):
    """The endpoint by TLS, and what clients check its certificate with."""
    return f"https://localhost:{server.port}", authority(server)


def authority(server):
    """The server's own, which is made beside its start."""
    path, until = Path(server.data_dir) / "tls" / "ca.pem", time.monotonic() + 30
    while not (path.exists() and "END CERTIFICATE" in path.read_text()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return str(path)


def client(endpoint, verify):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client("lambda", endpoint_url=endpoint, verify=verify, **keys)


@pytest.fixture
def server(own_server):
    return own_server()


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_boto3_takes_the_certificate_of_the_server_s_authority(server):
    endpoint, trusted = secure(server)
    by_tls, plain = client(endpoint, trusted), server.client()
    by_tls.create_function(FunctionName="f", **python(HELLO))
    by_tls.get_waiter("function_active_v2").wait(FunctionName="f")
    for one in (by_tls, plain):
        assert json.load(one.invoke(FunctionName="f")["Payload"]) == {"hello": "world"}
    assert by_tls.get_function(FunctionName="f")["Code"]["Location"].startswith(endpoint)
    assert plain.get_function(FunctionName="f")["Code"]["Location"].startswith("http://")
    with pytest.raises(SSLError):
        client(endpoint, True).list_functions()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_each_address_and_version_of_http_is_served(own_server, host, version):
    server = own_server(address="::1" if host == "[::1]" else "127.0.0.1")
    wanted = {"--http1.1": "1.1", "--http2": "2"}[version]
    url = f"https://{host}:{server.port}/_lambent/health"
    code, said = curl(version, "--cacert", authority(server), "-w", " %{http_version}", url)
    assert code == 0 and said.endswith(f" {wanted}") and '"status":"ok"' in said, said


def test_a_function_url_has_a_certificate_of_its_own(server):
    endpoint, trusted = secure(server)
    function = client(endpoint, trusted)
    source = "exports.handler = async (event) => event.headers['x-forwarded-proto']"
    function.create_function(FunctionName="f", **nodejs(source, "app.cjs"))
    function.get_waiter("function_active_v2").wait(FunctionName="f")
    permission = {"FunctionName": "f", "Principal": "*", "StatementId": "u", "FunctionUrlAuthType": "NONE"}
    function.add_permission(Action="lambda:InvokeFunctionUrl", **permission)
    function.add_permission(
        FunctionName="f", Principal="*", StatementId="i", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True
    )
    url = function.create_function_url_config(FunctionName="f", AuthType="NONE")["FunctionUrl"]
    assert url.startswith("https://") and ".lambda-url.us-east-1.localhost:" in url
    assert curl("--cacert", trusted, url) == (0, "https")
    program = "fetch(process.argv[1]).then(async (a) => console.log(await a.text()))"
    environment = {"NODE_EXTRA_CA_CERTS": trusted, "PATH": "/usr/local/bin:/usr/bin:/bin"}
    node = subprocess.run(["node", "-e", program, url], capture_output=True, text=True, timeout=60, env=environment, check=False)
    # Not every resolver knows names below localhost, which is no fault of ours.
    assert node.stdout == "https\n" or "ENOTFOUND" in node.stderr, node.stderr


def test_the_authority_outlives_a_restart(server):
    _, trusted = secure(server)
    before = Path(trusted).read_text()
    server.stop()
    server.start()
    endpoint, _ = secure(server)
    assert Path(trusted).read_text() == before
    assert client(endpoint, trusted).list_functions()["Functions"] == []
    assert (Path(server.data_dir) / "tls" / "ca.key").stat().st_mode & 0o77 == 0


def test_a_given_certificate_is_shown(own_server, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mine", "-days", "2"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate]
    subprocess.run([*make, *names], check=True, capture_output=True)
    server = own_server("--tls-cert", str(certificate), "--tls-key", str(key))
    assert ssl.get_server_certificate(("127.0.0.1", server.port)) == certificate.read_text()
    assert client(f"https://localhost:{server.port}", str(certificate)).list_functions()["Functions"] == []
    assert not (Path(server.data_dir) / "tls").exists()


def test_what_is_no_handshake_ends_the_connection_and_no_other(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as broken:
        broken.sendall(b"\x16\x03\x01\x00\x05hello")
        assert broken.recv(100)[:1] in (b"\x15", b""), "an alert, or nothing"
    assert server.client().list_functions()["Functions"] == []
