"""One endpoint before two servers: what is signed for Lambda or EFS goes to ours, everything else to moto's. It changes no
request and no answer. moto's own call to forget everything empties ours too, by Lambda's own operations."""

import http.client
import http.server
import re
import sys
import threading
import time
import urllib.parse

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

SCOPE = re.compile(r"/\d{8}/([^/,]+)/([^/,]+)/aws4_request")
RESET = "/moto-api/reset"
# The names of our services, as signatures have them.
OURS = {"lambda", "elasticfilesystem"}
# What a connection says of itself, and what each side of the proxy says anew.
OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length"}
DELETED_WITHIN_S = 10


class Proxy(http.server.ThreadingHTTPServer):
    """Listens on a free port until it is closed."""

    daemon_threads = True

    def __init__(self, lambent, moto):
        """Both servers as `host:port`."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.lambent, self.moto = lambent, moto
        self.touched = set()
        self.clients = {}
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def endpoint(self):
        """Where clients go."""
        return f"http://127.0.0.1:{self.server_port}"

    def destination(self, method, path, headers):
        """Which server a request is for. Regions where it may change something of ours are remembered."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
        scope = SCOPE.search(headers.get("Authorization", "")) or SCOPE.search(query.get("X-Amz-Credential", ""))
        if scope and scope[2] in OURS:
            if method != "GET":
                self.touched.add(scope[1])
            return self.lambent
        return self.lambent if path.startswith("/_lambent/") else self.moto

    def handle_error(self, request, client_address):
        """Says nothing of a client that hung up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def forget(self):
        """Deletes whatever our server holds in the regions that were touched."""
        while self.touched:
            region = self.touched.pop()
            if region not in self.clients:
                self.clients[region] = self.client(region)
            empty(self.clients[region]["lambda"])
            empty_file_systems(self.clients[region]["efs"])

    def client(self, region):
        """Clients of our server, past the proxy."""
        return {service: self.client_of(service, region) for service in ("lambda", "efs")}

    def client_of(self, service, region):
        """A client of one service."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=f"http://{self.lambent}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )


class Handler(http.server.BaseHTTPRequestHandler):
    """Hands one client's requests on, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def hand_on(self):
        """Any request."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        destination = self.server.destination(self.command, self.path, self.headers)
        if self.path == RESET:
            self.server.forget()
        connection = http.client.HTTPConnection(destination, timeout=120)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in OF_THE_CONNECTION:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            self.give_back(answer, answer.read())
        finally:
            connection.close()

    def give_back(self, answer, body):
        """The answer as it came."""
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OF_THE_CONNECTION:
                self.send_header(name, value)
        if answer.status >= 200 and answer.status not in (204, 304):
            length = answer.headers.get("Content-Length", len(body)) if self.command == "HEAD" else len(body)
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = hand_on

    def log_message(self, *_):
        """Says nothing."""


def empty(client):
    """Deletes what one account has in one region: what points to something before what it points to."""
    pages = client.get_paginator("list_event_source_mappings").paginate
    for mapping in found(pages, "EventSourceMappings"):
        gone(client.delete_event_source_mapping, UUID=mapping["UUID"])
    deadline = time.monotonic() + DELETED_WITHIN_S
    while time.monotonic() < deadline and found(pages, "EventSourceMappings"):
        time.sleep(0.01)
    for function in found(client.get_paginator("list_functions").paginate, "Functions"):
        gone(client.delete_function, FunctionName=function["FunctionName"])
    for layer in found(client.get_paginator("list_layers").paginate, "Layers"):
        versions = client.get_paginator("list_layer_versions").paginate
        for version in found(versions, "LayerVersions", LayerName=layer["LayerName"]):
            gone(client.delete_layer_version, LayerName=layer["LayerName"], VersionNumber=version["Version"])
    for signing in found(client.get_paginator("list_code_signing_configs").paginate, "CodeSigningConfigs"):
        gone(client.delete_code_signing_config, CodeSigningConfigArn=signing["CodeSigningConfigArn"])


def empty_file_systems(client):
    """The same of file systems."""
    for system in found(client.get_paginator("describe_file_systems").paginate, "FileSystems"):
        which = {"FileSystemId": system["FileSystemId"]}
        for target in found(client.get_paginator("describe_mount_targets").paginate, "MountTargets", **which):
            gone(client.delete_mount_target, MountTargetId=target["MountTargetId"])
        for point in client.describe_access_points(**which)["AccessPoints"]:
            gone(client.delete_access_point, AccessPointId=point["AccessPointId"])
        gone(client.delete_file_system, **which)


def found(pages, member, **parameters):
    """All entries of a list, as it was before any of them is deleted."""
    return [entry for page in pages(**parameters) for entry in page[member]]


def gone(delete, **parameters):
    """Deletes; that it is being deleted already is as good."""
    try:
        delete(**parameters)
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] not in ("ResourceNotFoundException", "ResourceInUseException"):
            raise
