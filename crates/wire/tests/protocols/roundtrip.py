"""Botocore's side of the round trip: makes requests and outputs, and judges our answers.

`roundtrip.py model` prints Lambda's model. `roundtrip.py make` prints JSON lines: a service's model, then cases of it. A case holds a random input as
botocore's serialiser sends it, and a random output. `roundtrip.py judge` reads the answers the server wrote for
the outputs, parses them with botocore's parser and prints each that differs. Blobs are UTF-8 text and
timestamps seconds on both sides, as in botocore's own protocol vectors.
"""

import base64
import datetime
import json
import random
import sys

import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.model import ServiceModel

# (service, protocol, inputs of each operation)
SERVICES = [
    ("lambda", "rest-json", 12),
    ("sqs", "json", 6),
    ("codedeploy", "json", 3),
    ("codedeploy", "smithy-rpc-v2-cbor", 3),
    ("cloudwatch", "smithy-rpc-v2-cbor", 6),
    ("cloudwatch", "query", 3),
    ("cloudformation", "query", 4),
    ("sts", "query", 4),
    ("s3", "rest-xml", 4),
    ("efs", "rest-json", 3),
]
TEXT = "abcXYZ019 -_./:+%&=?<>\"'é€😹\\{}[]$#@!~,;"
PLAIN = "abcXYZ019-_"
ID = "8f507cfc-1234-4697-b07a-ac58fc914c95"
SESSION = botocore.session.get_session()


def raw_model(service):
    raw = SESSION.get_component("data_loader").load_service_model(service, "service-2")
    if service == "s3":
        # They have the path of the operation that took their place, or differ by host only.
        twins = [name for name, operation in raw["operations"].items() if operation.get("deprecated")]
        for name in [*twins, "ListDirectoryBuckets"]:
            raw["operations"].pop(name, None)
    return raw


def has_stream(shape, seen=()):
    if shape is None or shape.name in seen:
        return False
    parts = []
    if shape.type_name == "structure":
        if getattr(shape, "is_eventstream", False) or shape.serialization.get("eventstream"):
            return True
        parts = shape.members.values()
    elif shape.type_name == "list":
        parts = [shape.member]
    elif shape.type_name == "map":
        parts = [shape.value]
    return any(has_stream(part, (*seen, shape.name)) for part in parts)


class Maker:
    """Random values of a shape."""

    def __init__(self, seed, protocol):
        self.random = random.Random(seed)
        self.protocol = protocol

    def carries(self, shape):
        """Forms say nothing of a structure that has no members."""
        empty = shape.type_name == "structure" and not shape.members
        return not (empty and self.protocol == "query")

    def text(self, letters, shape):
        low = max(1, min(shape.metadata.get("min", 1), 40))
        high = max(low, min(shape.metadata.get("max", 30), 40))
        text = "".join(self.random.choice(letters) for _ in range(self.random.randint(low, high)))
        return text if text.strip() == text else self.text(PLAIN, shape)

    def structure(self, shape, depth, output=False):
        made = {}
        names = list(shape.members)
        names = [name for name in names if self.carries(shape.members[name])]
        if shape.is_tagged_union:
            names = [self.random.choice(names)]
        for name in names:
            member = shape.members[name]
            location = member.serialization.get("location")
            sure = name in shape.required_members or location == "uri" or shape.is_tagged_union
            sure = sure or member.metadata.get("idempotencyToken")
            # No payload and an empty one look alike on the wire; so do no structure and an empty one in a form.
            sure = sure or name == shape.serialization.get("payload") or (depth and name == names[0])
            if output:
                # An answer always has a status and a type, and botocore makes an empty map of no headers.
                sure = sure or location in ("statusCode", "headers")
                sure = sure or member.serialization.get("name") == "Content-Type"
                if location in ("uri", "querystring"):
                    continue
            if not sure and (depth > 4 or self.random.random() < 0.35):
                continue
            made[name] = self.value(member, depth + 1, location)
        return made

    def value(self, shape, depth, location=None):
        kind = shape.type_name
        if getattr(shape, "is_document_type", False):
            return {"any": [1, "two", None, {"deep": True}]}
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            count = self.random.randint(1, 2 if depth > 3 else 3)
            return [self.value(shape.member, depth + 1, location) for _ in range(count)]
        if kind == "map":
            count = self.random.randint(1, 3)
            keys = [self.value(shape.key, depth + 1, "key" if location else None) for _ in range(count)]
            return {key: self.value(shape.value, depth + 1, location) for key in keys}
        return self.scalar(shape, kind, location)

    def scalar(self, shape, kind, location):
        if kind in ("string", "character"):
            if location == "header" and shape.serialization.get("jsonvalue"):
                return {"json": "value"}
            if shape.enum:
                return self.random.choice(shape.enum)
            if location in ("header", "headers"):
                return self.text(PLAIN, shape)
            if location == "key":
                return self.text("abcxyz-", shape)
            return self.text(TEXT, shape)
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in ("integer", "long"):
            if location == "statusCode":
                return 200
            low = int(shape.metadata.get("min", -5))
            high = int(shape.metadata.get("max", low + 100000))
            return self.random.randint(low, max(low, min(high, 2**31 - 1 if kind == "integer" else 2**53)))
        if kind in ("float", "double"):
            return self.random.choice([0.0, 0.5, 1.0, 12345.75, 0.125])
        if kind == "timestamp":
            seconds = self.random.randint(0, 2_000_000_000)
            whole = location or shape.serialization.get("timestampFormat") == "rfc822"
            return seconds if whole else self.random.choice([seconds, seconds + 0.125])
        if kind == "blob":
            return self.text(TEXT, shape)
        raise ValueError(kind)


def to_python(shape, value):
    """The value as botocore wants it: bytes and datetimes."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return value
    if kind == "structure":
        return {name: to_python(shape.members[name], part) for name, part in value.items()}
    if kind == "list":
        return [to_python(shape.member, part) for part in value]
    if kind == "map":
        return {key: to_python(shape.value, part) for key, part in value.items()}
    if kind == "blob":
        return value.encode()
    if kind == "timestamp":
        return datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    return value


def from_python(value):
    if isinstance(value, dict):
        return {key: from_python(part) for key, part in value.items()}
    if isinstance(value, list):
        return [from_python(part) for part in value]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value


def request(serializer, operation, params):
    made = serializer.serialize_to_request(params, operation)
    prepare_request_dict(made, "http://localhost", user_agent="roundtrip")
    sent = create_request_object(made).prepare()
    path, _, query = sent.url.removeprefix("http://localhost").partition("?")
    body = sent.body or b""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    text = lambda part: part.decode() if isinstance(part, bytes) else part
    return {
        "method": sent.method,
        "path": path or "/",
        "query": query,
        # S3 has the length as a member, which the HTTP client sets too.
        "headers": [
            [text(name), text(value)]
            for name, value in sent.headers.items()
            if name != "Content-Length" or name in made["headers"]
        ],
        "body": base64.b64encode(body).decode(),
    }


def make():
    for service, protocol, count in SERVICES:
        raw = raw_model(service)
        print(json.dumps({"service": service, "protocol": protocol, "model": raw}))
        model = ServiceModel(raw, service)
        # query and cbor of a service need what a client's own model of that protocol holds.
        model.metadata["resolved_protocol"] = protocol
        serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
        for name in model.operation_names:
            operation = model.operation_model(name)
            if has_stream(operation.input_shape) or has_stream(operation.output_shape):
                continue
            if operation.endpoint:
                # A host of its own: nothing of the protocol's, and random labels are no host names.
                continue
            for seed in range(count):
                maker = Maker(f"{service} {name} {seed}", protocol)
                inputs = maker.structure(operation.input_shape, 0) if operation.input_shape else {}
                outputs = maker.structure(operation.output_shape, 0, True) if operation.output_shape else {}
                params = to_python(operation.input_shape, inputs) if operation.input_shape else {}
                print(
                    json.dumps(
                        {
                            "operation": name,
                            "input": inputs,
                            "output": outputs,
                            "request": request(serializer, operation, params),
                        }
                    )
                )


def model():
    print(json.dumps(raw_model("lambda")))


def judge():
    models = {service: ServiceModel(raw_model(service), service) for service, _, _ in SERVICES}
    wrong = judged = 0
    for line in sys.stdin:
        case = json.loads(line)
        operation = case["operation"] or models[case["service"]].operation_names[0]
        shape = models[case["service"]].operation_model(operation).output_shape
        parser = botocore.parsers.create_parser(case["protocol"])
        parsed = parser.parse(
            {
                "status_code": case["status"],
                "headers": botocore.awsrequest.HeadersDict(dict(case["headers"])),
                "body": base64.b64decode(case["body"]),
                "context": {"operation_name": operation},
            },
            shape,
        )
        request_id = parsed.pop("ResponseMetadata", {}).get("RequestId")
        judged += 1
        if "error" in case:
            case["output"] = case["error"]
            error = parsed.get("Error", {})
            parsed = {key: error.get(key) for key in ("Code", "Message")}
        # Botocore forgets the id of an answer in CBOR that has no body.
        lost = request_id != ID and (case["body"] or case["protocol"] != "smithy-rpc-v2-cbor")
        if from_python(parsed) != case["output"] or lost:
            wrong += 1
            print(f"{case['service']} {case['protocol']} {case['operation']}")
            print(f"  botocore read {json.dumps(from_python(parsed))[:1500]}")
            print(f"  meant         {json.dumps(case['output'])[:1500]}")
            print(f"  request id    {request_id}")
            print(f"  body          {base64.b64decode(case['body'])[:1500]}")
    print(f"judged {judged} wrong {wrong}")


if __name__ == "__main__":
    {"make": make, "judge": judge, "model": model}[sys.argv[1]]()
