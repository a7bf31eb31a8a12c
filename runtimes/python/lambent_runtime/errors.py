"""What is said of a failed invocation or init: to the caller, to the log and to X-Ray. Never fails itself."""

import os
import sys
import time
import traceback

from . import values
from .fault import Fault

XRAY_MAX = 65536
# AWS keeps a message's lines together as one event, and their indents from being cut.
LINE_END = "\r"
INDENT = "\u00a0"


def body(error, request_id, runtime_dir):
    """The error as the caller gets it."""
    if isinstance(error, Fault):
        message, kind, trace = error.message, error.kind, error.trace
    else:
        message, kind = _message(error), type(error).__name__
        trace = traceback.format_list(_frames(error, runtime_dir))
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def log(error):
    """Writes the error to the function's log, as one event."""
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON":
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = values.encode({"timestamp": stamp, "level": "ERROR", **error}).decode()
    else:
        line = LINE_END.join(_lines(error))
    sys.stdout.write(line + "\n")


def xray(error, runtime_dir):
    """The cause for X-Ray, in one line of ASCII; nothing if it is too large for a header."""
    if isinstance(error, Fault):
        kind, message, frames = "LambdaValidationError", error.message, []
    else:
        kind, message, frames = type(error).__name__, _message(error), _frames(error, runtime_dir)
    stack = [{"label": name, "path": path, "line": line} for path, line, name, _ in frames]
    cause = {
        "working_directory": os.getcwd(),
        "exceptions": [{"message": message, "type": kind, "stack": stack}],
        "paths": sorted({frame[0] for frame in frames}),
    }
    import json

    text = json.dumps(cause)
    return text if len(text) <= XRAY_MAX else None


def _message(error):
    try:
        return str(error)
    except Exception:
        return ""  # An exception that cannot say what it is is still reported by its type.


def _lines(error):
    kind, message = error["errorType"], error["errorMessage"]
    yield "[ERROR] " + (kind + ": " + message if message else kind)
    yield "Traceback (most recent call last):"
    for entry in error["stackTrace"]:
        for line in entry.splitlines():
            text = line.lstrip(" ")
            yield INDENT * (len(line) - len(text)) + text


def _frames(error, runtime_dir):
    """The stack without the runtime's own frames at its head."""
    frames = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(error.__traceback__)]
    own = 0
    while own < len(frames) and frames[own][0].startswith(runtime_dir + "/"):
        own += 1
    return frames[own:]
