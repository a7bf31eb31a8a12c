"""SnapStart: the end of Init before a snapshot of this process, and its going on from there in another sandbox.

Never imports what the function has not imported, but what reports a failure.
"""

import os
import sys

from . import values

BEFORE_FAILED = 64
AFTER_FAILED = 65


def pause(api, runtime_dir):
    """Calls the hooks before the snapshot, waits to be restored, and calls the hooks after it."""
    hooks = sys.modules.get("snapshot_restore_py")
    try:
        while hooks and hooks.get_before_snapshot():
            function, args, kwargs = hooks.get_before_snapshot().pop()
            function(*args, **kwargs)
        api.wait_for_restore()
    except BaseException as error:
        _fail(api.fail_init, "Runtime.BeforeSnapshotError", error, runtime_dir)
        sys.exit(BEFORE_FAILED)
    _reseed()
    try:
        for function, args, kwargs in hooks.get_after_restore() if hooks else ():
            function(*args, **kwargs)
    except BaseException as error:
        _fail(api.fail_restore, "Runtime.AfterRestoreError", error, runtime_dir)
        sys.exit(AFTER_FAILED)


def _reseed():
    """Else all that go on from one snapshot would draw the same numbers."""
    random, ssl = sys.modules.get("random"), sys.modules.get("_ssl")
    if random:
        random.seed()
    if ssl:
        seed = os.urandom(48)
        ssl.RAND_add(seed, float(len(seed)))


def _fail(report, kind, error, runtime_dir):
    from . import errors

    body = errors.body(error, "", runtime_dir)
    errors.log(body)
    report(kind, values.encode(body))
