"""Programs as people really deploy them: web frameworks, AWS's own helpers, native modules, layers, web servers that know
nothing of Lambda."""

import json

import pytest
from function_urls import ask, permit, url
from packages import ROLE
from programs import ADAPTER, MADE, binary, package

FASTAPI = """
from fastapi import FastAPI
from mangum import Mangum
app = FastAPI()
@app.get("/items/{number}")
def item(number: int, q: str | None = None):
    return {"number": number, "q": q}
@app.post("/items")
def add(item: dict):
    return item | {"added": True}
handler = Mangum(app, lifespan="off")
"""

EXPRESS = """
const express = require("express");
const serverless = require("serverless-http");
const app = express();
app.use(express.json());
app.get("/items/:number", (request, response) => response.json({ number: Number(request.params.number), q: request.query.q ?? null }));
app.post("/items", (request, response) => response.json({ ...request.body, added: true }));
exports.handler = serverless(app);
"""

POWERTOOLS = """
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from aws_lambda_powertools.utilities.data_classes import event_source, SQSEvent
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
logger = Logger(service="orders")
processor = BatchProcessor(event_type=EventType.SQS)
def record(record):
    if record.json_body["bad"]:
        raise ValueError("bad record")
@logger.inject_lambda_context
def handler(event: dict, context: LambdaContext):
    logger.info("got records", extra={"count": len(event["Records"])})
    return process_partial_response(event=event, record_handler=record, processor=processor, context=context)
"""

PANDAS = """
import pandas
def handler(event, context):
    frame = pandas.DataFrame(event)
    return frame.groupby("kind")["price"].sum().to_dict()
"""

SHARP = """
const sharp = require("sharp");
exports.handler = async () => {
  const image = await sharp({ create: { width: 64, height: 32, channels: 3, background: "red" } }).resize(16).png().toBuffer();
  const { width, height, format } = await sharp(image).metadata();
  return { width, height, format };
};
"""


class Site:
    """A function's own URL, open to all."""

    def __init__(self, server, client, name):
        self.server, self.host = server, url(client, name)
        permit(client, name)

    def ask(self, *request):
        """The body of an answer that must be good."""
        status, headers, body = ask(self.server, self.host, *request)
        assert status == 200, (headers, body)
        return body


def function(runtime, code, **more):
    """Settings for `create` with time and memory as such programs need."""
    settings = {"Runtime": runtime, "Handler": "app.handler", "Role": ROLE, "Timeout": 60, "MemorySize": 1024}
    return settings | {"Code": {"ZipFile": code}} | more


@pytest.mark.parametrize(
    ("runtime", "program"),
    [
        ("python3.11", lambda: package(MADE / "python", files={"app.py": FASTAPI})),
        ("nodejs20.x", lambda: package(MADE / "nodejs", files={"app.js": EXPRESS})),
    ],
    ids=["fastapi", "express"],
)
def test_web_frameworks_answer_through_a_function_url(server, client, create, runtime, program):
    site = Site(server, client, create(function(runtime, program())))
    assert json.loads(site.ask("GET", "/items/7?q=a%20b")) == {"number": 7, "q": "a b"}
    body = json.dumps({"name": "ü"})
    assert json.loads(site.ask("POST", "/items", body, {"Content-Type": "application/json"})) == {"name": "ü", "added": True}


def test_powertools_log_and_report_bad_records(client, create, invoke):
    name = create(function("python3.11", package(MADE / "python", files={"app.py": POWERTOOLS})))
    record = {"eventSource": "aws:sqs", "receiptHandle": "r", "attributes": {}, "messageAttributes": {}}
    records = [record | {"messageId": i, "body": f'{{"bad": {b}}}'} for i, b in (("one", "false"), ("two", "true"))]
    answer = invoke(name, {"Records": records})
    assert answer["Payload"] == {"batchItemFailures": [{"itemIdentifier": "two"}]}


def test_pandas_works_from_a_layer(client, create, invoke, name):
    content = {"ZipFile": package(MADE / "layer", under="python")}
    layer = client.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]
    made = create(function("python3.11", package(files={"app.py": PANDAS}), Layers=[layer]))
    event = {"kind": ["a", "b", "a"], "price": [1, 2, 3]}
    assert invoke(made, event)["Payload"] == {"a": 4, "b": 2}


def test_a_native_module_of_node_js_works(create, invoke):
    made = create(function("nodejs20.x", package(MADE / "nodejs", files={"app.js": SHARP})))
    assert invoke(made)["Payload"] == {"width": 16, "height": 8, "format": "png"}


def test_a_web_server_works_behind_the_web_adapter(server, client, create):
    """As its guide says: the adapter is an extension of a layer, the function's program is the server."""
    extension = package(files={"extensions/lambda-adapter": (ADAPTER.read_bytes(), 0o755)})
    arn = client.publish_layer_version(LayerName="web-adapter", Content={"ZipFile": extension})["LayerVersionArn"]
    code = package(files={"bootstrap": binary("web")})
    site = Site(server, client, create(function("provided.al2023", code, Layers=[arn])))
    assert site.ask("GET", "/hello/Ada") == b"hello Ada"
    assert site.ask("POST", "/echo", b"x" * 100_000) == b"x" * 100_000
