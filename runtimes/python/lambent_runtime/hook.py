"""Sets up `logging` the moment the function imports it: functions that only print need not wait for it."""

import sys


def install():
    """Prepares logging, at once if it is loaded already."""
    if "logging" in sys.modules:
        _set_up(sys.modules["logging"])
    else:
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds `logging` where it is and adds our handler once it is loaded; everything else it leaves alone."""

    def find_spec(self, name, path=None, target=None):
        """Called for every import until the one of `logging`."""
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec:
                return _with_set_up(spec)
        return None


def _with_set_up(spec):
    execute = spec.loader.exec_module

    def exec_module(module):
        execute(module)
        _set_up(module)

    spec.loader.exec_module = exec_module
    return spec


def _set_up(logging):
    from . import logs

    logs.set_up(logging)
