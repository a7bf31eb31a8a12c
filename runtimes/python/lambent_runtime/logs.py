"""Log records as AWS writes them, text or JSON, to standard output. Never changes what is printed."""

import json
import logging as _logging
import os
import sys
import time

from .context import current

TEXT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
# What every record has; all else came by `extra` and is shown, and so is the name of an asyncio task.
_USUAL = set(vars(_logging.makeLogRecord({}))) - {"taskName"} | {"message", "aws_request_id", "tenant_id"}
_json = json.JSONEncoder(ensure_ascii=False, default=str)


def set_up(logging):
    """Gives the root logger our handler, format and level."""
    logging.Formatter.converter = time.gmtime
    handler = _Handler()
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON":
        handler.setFormatter(_JsonFormatter(datefmt="%Y-%m-%dT%H:%M:%SZ"))
    else:
        handler.setFormatter(logging.Formatter(TEXT, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(_add_request)
    root = logging.getLogger()
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = "DEBUG" if level == "TRACE" else level
    if level in logging._nameToLevel:
        root.setLevel(level)
    root.addHandler(handler)


class _Handler(_logging.Handler):
    """Writes to whatever standard output is at the time."""

    def emit(self, record):
        """Writes one record at once, and ends its line: on AWS each record is an event of its own."""
        text = self.format(record)
        sys.stdout.write(text if text.endswith("\n") else text + "\n")


def _add_request(record):
    record.aws_request_id = current.request_id or ""
    record.tenant_id = current.tenant_id
    return True


class _JsonFormatter(_logging.Formatter):
    """One JSON object a line."""

    def format(self, record):
        """The record's fields in AWS's names, without those that are absent."""
        level = min(50, max(0, record.levelno)) // 10 * 10
        as_is = isinstance(record.msg, dict) and not record.args
        kind, value, trace = record.exc_info or (None, None, None)
        fields = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": _logging.getLevelName(level),
            "message": record.msg if as_is else record.getMessage(),
            "logger": record.name,
            "stackTrace": _stack(trace) if kind else None,
            "errorType": kind and kind.__name__,
            "errorMessage": str(value) if kind else None,
            "requestId": record.aws_request_id,
            "location": "{0.pathname}:{0.funcName}:{0.lineno}".format(record) if kind else None,
            "tenantId": record.tenant_id,
        }
        for name, value in vars(record).items():
            if name not in _USUAL:
                fields.setdefault(name, value)
        return _json.encode({name: value for name, value in fields.items() if value is not None}) + "\n"


def _stack(trace):
    import traceback

    return traceback.format_tb(trace)
