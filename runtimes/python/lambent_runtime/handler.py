"""From the name of a handler to its function, and where modules are looked for. Never calls the function."""

import importlib
import sys

from .fault import Fault


def find(name):
    """Imports the module of `dir/module.function` and returns the function."""
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("MalformedHandlerName", "Bad handler '{}': {}".format(name, error)) from None
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = "Cannot use built-in module {} as a handler module".format(module_name)
        raise Fault("BuiltInModuleConflict", message)
    module = _load(module_name)
    try:
        return getattr(module, function_name)
    except AttributeError:
        message = "Handler '{}' missing on module '{}'".format(function_name, module_name)
        raise Fault("HandlerNotFound", message) from None


def _load(name):
    try:
        return importlib.import_module(name.replace("/", "."))
    except ImportError as error:
        message = "Unable to import module '{}': {}".format(name, error)
        raise Fault("ImportModuleError", message) from error
    except SyntaxError as error:
        where = '  File "{}" Line {}\n    {}'.format(error.filename, error.lineno, error.text)
        message = "Syntax error in module '{}': {}".format(name, error)
        raise Fault("UserCodeSyntaxError", message, [where]) from error


def search_path(task_root, runtime_dir, found):
    """AWS's order: the function, layers, the interpreter's own, and last what the runtime brings."""
    version = "python{}.{}".format(*sys.version_info)
    # What the host has installed for itself is not there on AWS: `python -S` leaves it out.
    own = [path for path in found if path not in (runtime_dir, task_root)]
    layers = ["/opt/python/lib/{}/site-packages".format(version), "/opt/python"]
    return [task_root] + layers + own + [runtime_dir]
