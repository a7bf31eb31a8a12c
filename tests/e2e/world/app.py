"""Tells all it can see of its world. Run in a sandbox by test_world.py."""

import os
import platform
import pwd
import resource
import sys
import time


def handler(event, context):
    """The answers, by the names of the table in test_world.py."""
    limit = lambda which: list(resource.getrlimit(which))
    return {
        "environment": dict(os.environ),
        "cwd": os.getcwd(),
        "argv": command_line(),
        "uid": os.getuid(),
        "gid": os.getgid(),
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "umask": umask(),
        "open files": limit(resource.RLIMIT_NOFILE),
        "core": limit(resource.RLIMIT_CORE)[0],
        "processes seen": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "own pid": os.getpid(),
        "root": sorted(os.listdir("/")),
        "dev": sorted(os.listdir("/dev")),
        "writable": {place: writable(place) for place in event["places"]},
        "tmp": sorted(os.listdir("/tmp")),
        "tmp size": os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize >> 20,
        "hosts": open("/etc/hosts").read(),
        "host name": platform.node(),
        "zone": time.tzname[0],
        "processors": len(os.sched_getaffinity(0)),
        "capabilities": status("CapEff"),
        "no new privileges": status("NoNewPrivs"),
        "seccomp": status("Seccomp"),
        "cgroup": sorted({line.split(":", 2)[2] for line in open("/proc/self/cgroup").read().splitlines()}),
        "module path": sys.path,
        "context": {
            name: str(getattr(context, name))
            for name in dir(context)
            if not name.startswith("_") and not callable(getattr(context, name))
        },
    }


def command_line():
    return open("/proc/self/cmdline").read().rstrip("\0").split("\0")


def umask():
    now = os.umask(0)
    os.umask(now)
    return now


def writable(place):
    try:
        with open(place + "/probe", "w"):
            pass
    except OSError as error:
        return error.strerror
    os.remove(place + "/probe")
    return True


def status(field):
    lines = open("/proc/self/status").read().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(field + ":"))
