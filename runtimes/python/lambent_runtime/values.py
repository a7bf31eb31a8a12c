"""Events into Python values and results into JSON, as AWS's runtime does: simplejson's rules and Decimals.

The C halves of the `json` module are used without the rest of it, whose import would cost milliseconds.
"""

import _json
import os

from .fault import Fault

_PLAIN = frozenset((str, int, float, bool, type(None)))
# From Python 3.12 on AWS writes other letters than ASCII as they are.
_FROM_3_12 = os.environ.get("AWS_EXECUTION_ENV", "").startswith("AWS_Lambda_python3.") and (
    int(os.environ["AWS_EXECUTION_ENV"][19:] or 0) >= 12
)
_string = _json.encode_basestring if _FROM_3_12 else _json.encode_basestring_ascii


class _Reading:
    """What the C scanner wants to know."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = {"-Infinity": float("-inf"), "Infinity": float("inf"), "NaN": float("nan")}.__getitem__
    memo = {}


_scan = _json.make_scanner(_Reading)


def decode_event(data):
    """The value of an event."""
    try:
        return decode(data)
    except Exception as error:
        raise Fault("UnmarshalError", "Unable to unmarshal input: {}".format(error)) from None


def decode(data):
    """The value of a JSON text."""
    try:
        text = data.decode().strip(" \t\n\r")
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    except (StopIteration, ValueError, SystemError):
        pass  # SystemError: the C half asks sys.modules for the exception to raise, which is not there yet.
    # Not what we expect: the full module knows other encodings, and how to say what is wrong.
    import json

    return json.loads(data)


def encode_result(value):
    """The JSON of a handler's result, as bytes."""
    try:
        return encode(value)
    except Exception as error:
        raise Fault("MarshalError", "Unable to marshal response: {}".format(error)) from None


def encode(value):
    """The JSON of any value, as bytes."""
    if _is_plain(value):
        write = _json.make_encoder({}, _refuse, _string, None, ": ", ", ", False, False, True)
        text = "".join(write(value, 0))
    else:
        from .special import parts

        text = "".join(parts(value, _string))
    # A lone surrogate has no UTF-8, but JSON has an escape for it, and it is the one Python writes.
    return text.encode("utf-8", "backslashreplace")


def _is_plain(value):
    """Whether json and simplejson agree about a value: no tuples with names, bytes, Decimals, subclasses."""
    try:
        return _all_plain(value)
    except RecursionError:
        return True  # Endless or too deep: the encoder finds out which.


def _all_plain(value):
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind is dict:
        return all(type(key) in _PLAIN and _all_plain(part) for key, part in value.items())
    if kind is list or kind is tuple:
        return all(map(_all_plain, value))
    return False


def _refuse(value):
    raise TypeError("Object of type {} is not JSON serializable".format(type(value).__name__))
