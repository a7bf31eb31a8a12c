"""Function packages as people make them: zip files in memory, and the small functions the tests run."""

import importlib.util
import io
import pathlib
import zipfile

ROLE = "arn:aws:iam::000000000000:role/lambda-role"


def zip_of(files, mode=0o644):
    """A zip of these files: name to text, or name to (text, mode)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            text, bits = content if isinstance(content, tuple) else (content, mode)
            entry = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            entry.external_attr = (0o100000 | bits) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return made.getvalue()


def python(source, **more):
    """A Python function: what CreateFunction takes for it."""
    settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE}
    return settings | {"Code": {"ZipFile": zip_of({"app.py": source})}} | more


def with_boto3(source, services=("lambda",), **more):
    """A Python function that brings boto3, and of its data only what is of these services."""
    files = {"app.py": source}
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six"):
        origin = pathlib.Path(importlib.util.find_spec(name).origin)
        if origin.name != "__init__.py":
            files[origin.name] = origin.read_text()
            continue
        for path in origin.parent.rglob("*"):
            inside = path.relative_to(origin.parent.parent)
            wanted = "data" not in inside.parts or len(inside.parts) == 3 or set(services) & set(inside.parts)
            if path.is_file() and path.suffix != ".pyc" and wanted:
                files[str(inside)] = path.read_bytes()
    return python("", Code={"ZipFile": zip_of(files)}, Timeout=60, MemorySize=512) | more


def nodejs(source, name="app.mjs", **more):
    """A Node.js function: what CreateFunction takes for it."""
    settings = {"Runtime": "nodejs22.x", "Handler": "app.handler", "Role": ROLE}
    return settings | {"Code": {"ZipFile": zip_of({name: source})}} | more


def custom(bootstrap=None, mode=0o755, **more):
    """A function with a runtime of its own: what CreateFunction takes for it."""
    settings = {"Runtime": "provided.al2023", "Handler": "any", "Role": ROLE}
    return settings | {"Code": {"ZipFile": zip_of({"bootstrap": (bootstrap or BOOTSTRAP, mode)})}} | more


HELLO = """
def handler(event, context):
    return {"hello": event.get("name", "world")}
"""

ECHO = """
def handler(event, context):
    return event
"""

HELLO_NODE = """
export const handler = async (event) => ({ hello: event.name ?? "world" });
"""

# A runtime of one's own, by nothing but the Runtime API: it answers each event in capitals.
BOOTSTRAP = """#!/usr/bin/python3
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    event = api.getresponse()
    request_id, body = event.headers["Lambda-Runtime-Aws-Request-Id"], event.read()
    api.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", body.upper())
    api.getresponse().read()
"""
