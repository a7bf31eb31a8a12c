"""JSON of values that the C encoder refuses or writes otherwise than AWS: Decimals, named tuples, bytes,
subclasses. Never used for results that have none of them.
"""

from decimal import Decimal


def parts(value, string):
    """Yields the JSON of a value in pieces; `string` quotes a text."""
    return _write(value, string, set())


def _write(value, string, above):
    if isinstance(value, (str, bytes)):
        yield string(_text(value))
    elif value is None or isinstance(value, (bool, int, float)):
        yield _scalar(value)
    elif isinstance(value, list):
        yield from _inside(value, above, _list(value, string, above))
    elif callable(getattr(value, "_asdict", None)):
        yield from _inside(value, above, _dict(value._asdict(), string, above))
    elif isinstance(value, tuple):
        yield from _inside(value, above, _list(value, string, above))
    elif isinstance(value, dict):
        yield from _inside(value, above, _dict(value, string, above))
    elif isinstance(value, Decimal):
        yield "NaN" if value.is_nan() else str(value)
    else:
        raise TypeError("Object of type {} is not JSON serializable".format(type(value).__name__))


def _inside(value, above, pieces):
    if id(value) in above:
        raise ValueError("Circular reference detected")
    above.add(id(value))
    yield from pieces
    above.remove(id(value))


def _list(values, string, above):
    comma = "["
    for value in values:
        yield comma
        yield from _write(value, string, above)
        comma = ", "
    yield "[]" if comma == "[" else "]"


def _dict(values, string, above):
    comma = "{"
    for key, value in values.items():
        yield comma + string(_key(key)) + ": "
        yield from _write(value, string, above)
        comma = ", "
    yield "{}" if comma == "{" else "}"


def _key(key):
    if isinstance(key, (str, bytes)):
        return _text(key)
    if key is None or isinstance(key, (bool, int, float)):
        return _scalar(key)
    raise TypeError("keys must be str, int, float, bool or None, not " + type(key).__name__)


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


def _scalar(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return float.__repr__(value)
