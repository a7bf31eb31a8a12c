"""CreateFunction: what is refused, in the words of AWS."""

import io
import json
import zipfile

import pytest
from packages import HELLO, ROLE, custom, python, zip_of
from raw import error_of

INVALID = "InvalidParameterValueException"
PATTERN = "Member must satisfy regular expression pattern: "


def violation(message, value, path, constraint):
    """Whether one violation, worded as AWS words it, stands in the message."""
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}" in message


@pytest.mark.operation("CreateFunction")
@pytest.mark.parametrize(
    ("change", "path", "value", "constraint"),
    [
        ({"FunctionName": "bad name!"}, "functionName", "bad name!", PATTERN),
        ({"FunctionName": "a" * 141}, "functionName", "a" * 141, "Member must have length less than or equal to 140"),
        ({"Role": "nobody"}, "role", "nobody", PATTERN),
        ({"Handler": "has blank"}, "handler", "has blank", PATTERN),
        ({"MemorySize": 64}, "memorySize", "64", "Member must have value greater than or equal to 128"),
        ({"Timeout": 0}, "timeout", "0", "Member must have value greater than or equal to 1"),
        ({"PackageType": "Tar"}, "packageType", "Tar", "Member must satisfy enum value set: ["),
    ],
)
def test_a_value_outside_the_model_is_a_validation_error(refused, name, change, path, value, constraint):
    status, code, message = refused("create_function", **{"FunctionName": name} | python(HELLO) | change)
    assert (status, code) == (400, "ValidationException")
    assert message.startswith("1 validation error detected: ")
    assert violation(message, value, path, constraint), message


def test_several_violations_are_told_together(refused, name):
    status, code, message = refused("create_function", FunctionName=name, **python(HELLO, MemorySize=1, Timeout=0))
    assert (status, code) == (400, "ValidationException")
    assert message.startswith("2 validation errors detected: ")
    assert message.count("failed to satisfy constraint") == 2 and "; " in message


def test_a_missing_member_prints_as_null(raw, name):
    answer = raw.send("POST", "/2015-03-31/functions", json.dumps({"FunctionName": name, "Code": {}}))
    status, code, message = error_of(answer)
    assert (status, code) == (400, "ValidationException")
    assert message == "1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null"


def test_an_unknown_runtime_is_refused_as_lambda_refuses_it(refused, name):
    status, code, message = refused("create_function", FunctionName=name, **python(HELLO, Runtime="cobol85"))
    assert (status, code) == (400, INVALID)
    assert message.startswith("Value cobol85 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [")
    assert message.endswith("] or be a valid ARN")


@pytest.mark.parametrize("change", [{"Timeout": 901}, {"MemorySize": 10241}, {"EphemeralStorage": {"Size": 511}}])
def test_limits_of_functions_are_kept(refused, name, change):
    status, code, _ = refused("create_function", FunctionName=name, **python(HELLO) | change)
    assert status == 400 and code in (INVALID, "ValidationException")


def test_a_name_that_is_taken_is_a_conflict(refused, create):
    name = create(HELLO)
    answer = refused("create_function", FunctionName=name, **python(HELLO))
    assert answer == (409, "ResourceConflictException", f"Function already exist: {name}")


def test_a_zip_function_needs_runtime_and_handler(refused, name):
    for missing in ("Runtime", "Handler"):
        settings = {key: value for key, value in python(HELLO).items() if key != missing}
        status, code, message = refused("create_function", FunctionName=name, **settings)
        assert (status, code) == (400, INVALID), message
        assert missing.lower() in message.lower()


def test_an_environment_over_4_kb_is_refused(refused, name):
    variables = {"BIG": "x" * 4096}
    status, code, message = refused("create_function", FunctionName=name, **python(HELLO, Environment={"Variables": variables}))
    assert (status, code) == (400, INVALID)
    assert message.startswith(
        "Lambda was unable to configure your environment variables because the environment variables "
        "you have provided exceeded the 4KB limit. String measured: {"
    )
    assert message.endswith(json.dumps(variables, separators=(",", ":")))


def test_reserved_environment_variables_are_refused(refused, name):
    variables = {"AWS_REGION": "x", "FINE": "y", "_HANDLER": "z"}
    status, code, message = refused("create_function", FunctionName=name, **python(HELLO, Environment={"Variables": variables}))
    # `_HANDLER` does not match the model's pattern of a key, which is judged before.
    if code == "ValidationException":
        variables.pop("_HANDLER")
        status, code, message = refused(
            "create_function", FunctionName=name, **python(HELLO, Environment={"Variables": variables})
        )
    assert (status, code) == (400, INVALID)
    start = (
        "Lambda was unable to configure your environment variables because the environment variables you have "
        "provided contains reserved keys that are currently not supported for modification. "
        "Reserved keys used in this request: "
    )
    assert message.startswith(start) and "AWS_REGION" in message.removeprefix(start) and "FINE" not in message


def truncated():
    """A zip whose end is missing."""
    return zip_of({"app.py": HELLO * 50})[:-30]


def encrypted():
    """A zip whose entry says that it is encrypted."""
    package = bytearray(zip_of({"app.py": HELLO}))
    package[6] |= 1
    central = package.index(b"PK\x01\x02")
    package[central + 8] |= 1
    return bytes(package)


def bomb():
    """A small zip that unpacks to more than 250 MB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive, archive.open("zeros", "w") as entry:
        for _ in range(251):
            entry.write(bytes(1 << 20))
    return made.getvalue()


CANNOT_UNZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (lambda: zip_of({}), "Uploaded file must be a non-empty zip"),
        (lambda: b"not a zip", CANNOT_UNZIP),
        (truncated, CANNOT_UNZIP),
        (encrypted, CANNOT_UNZIP),
        (lambda: zip_of({"../evil.py": "x"}), CANNOT_UNZIP),
        (lambda: zip_of({"/etc/evil.py": "x"}), CANNOT_UNZIP),
        (bomb, "Unzipped size must be smaller than 262144000 bytes"),
    ],
    ids=["empty", "garbage", "truncated", "encrypted", "dotdot", "absolute", "bomb"],
)
def test_a_package_that_cannot_be_used_is_refused(refused, client, name, package, message):
    answer = refused("create_function", FunctionName=name, **python(HELLO) | {"Code": {"ZipFile": package()}})
    assert answer == (400, INVALID, message)
    assert refused("get_function", FunctionName=name)[1] == "ResourceNotFoundException"


def test_a_zip_over_50_mb_is_refused(refused, name):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("big", bytes(52_428_800))
    status, code, message = refused("create_function", FunctionName=name, **python(HELLO) | {"Code": {"ZipFile": made.getvalue()}})
    assert status in (400, 413)
    assert "must be smaller than" in message and "bytes" in message


def test_a_request_over_the_cap_is_refused(raw):
    answer = raw.send("POST", "/2015-03-31/functions", b" " * 70_167_212)
    status, code, message = error_of(answer)
    assert (status, code) == (413, "RequestEntityTooLargeException")
    assert message == "Request must be smaller than 70167211 bytes for the CreateFunction operation"


def test_code_must_come_from_somewhere(refused, name):
    status, _, _ = refused("create_function", FunctionName=name, **python(HELLO) | {"Code": {}})
    assert status == 400


def test_what_is_not_built_says_so(refused, name):
    image = {"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/a:b"}
    status, _, message = refused("create_function", FunctionName=name, PackageType="Image", Role=ROLE, Code=image)
    assert status in (400, 501) and message
    status, _, message = refused("create_function", FunctionName=name, **custom(Layers=["arn:aws:lambda:us-east-1:000000000000:layer:a:1"]))
    assert status in (400, 501) and message
