"""What functions import to be called before a snapshot of them is taken, and when they go on from one.

The names are those of AWS's package, which its Python runtimes bring along. Calls nothing itself.
"""

_before = []
_after = []


def register_before_snapshot(func, *args, **kwargs):
    """Has `func` called with these arguments before a snapshot; the last registered first. Returns `func`."""
    _before.append((func, args, kwargs))
    return func


def register_after_restore(func, *args, **kwargs):
    """Has `func` called with these arguments after a restore; the first registered first. Returns `func`."""
    _after.append((func, args, kwargs))
    return func


def get_before_snapshot():
    """The calls before a snapshot, in the order of their registration: function, arguments, named arguments."""
    return _before


def get_after_restore():
    """The calls after a restore, likewise."""
    return _after
