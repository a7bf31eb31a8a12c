"""An interpreter that was started before it was known for which function: it waits here, with the runtime loaded.

Afterwards all is as if it had been started with the environment it is told. Never knows a function before.
"""

import os
import sys

VARIABLE = "_LAMBENT_PARKED"


def wait():
    """Waits for the environment, if this interpreter is parked."""
    number = os.environ.get(VARIABLE)
    if number is None:
        return
    told = _read(int(number))
    if not told:
        os._exit(0)  # Nobody needs it any more.
    variables = dict(variable.split("=", 1) for variable in os.fsdecode(told).split("\0")[:-1])
    # What is mounted there now was not before. The folder we are in may be mounted nowhere any more and has no name then.
    os.chdir(variables.get("LAMBDA_TASK_ROOT", "/var/task"))
    _become(variables)


def _read(descriptor):
    parts = []
    while True:
        part = os.read(descriptor, 65536)
        if not part:
            os.close(descriptor)
            return b"".join(parts)
        parts.append(part)


def _become(variables):
    """Sets the environment, for C libraries and children too, and what an interpreter derives from it at its start."""
    # The interpreter's own doing: AWS's locale is not on every host.
    own = {name: value for name, value in os.environ.items() if name == "LC_CTYPE"}
    os.environ.clear()
    os.environ.update(variables)
    os.environ.update(own)
    if "TZ" in variables:
        import time

        time.tzset()
    # Before the standard library's, behind the folder of the script.
    path = variables.get("PYTHONPATH")
    if path:
        sys.path[1:1] = [os.path.abspath(entry) for entry in path.split(":")]
