"""The life of the runtime: find the handler, then event after event. Never outlives a lost Runtime API."""

import io
import os
import sys

from . import context, handler, hook, parked, values
from .api import Api

RUNTIME_DIR = __file__.rsplit("/", 2)[0]


def run():
    """Serves invocations until the process ends."""
    parked.wait()
    api = Api(os.environ["AWS_LAMBDA_RUNTIME_API"])
    _prepare_interpreter()
    try:
        function = handler.find(os.environ.get("_HANDLER", ""))
    except Exception as error:
        _fail_init(api, error)
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        from . import snapstart

        snapstart.pause(api, RUNTIME_DIR)
    environment = context.Environment(os.environ)
    event, headers = api.next()
    while True:
        request_id, answer = _invoke(function, event, headers, environment)
        event, headers = api.answer_and_next(request_id, *answer)


def _prepare_interpreter():
    """Makes paths, output and builtins what AWS's runtime makes them, also under `python -S`."""
    sys.stdout, sys.stderr = _unbuffered(sys.stdout), _unbuffered(sys.stderr)
    root = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")
    sys.path[:] = handler.search_path(root, RUNTIME_DIR, sys.path)
    hook.install()
    if os.environ.get("PYTHONPATH", RUNTIME_DIR) != RUNTIME_DIR:
        _customise()
    if not hasattr(sys.modules["builtins"], "exit"):
        import _sitebuiltins
        import builtins

        builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
        builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")
        builtins.help = _sitebuiltins._Helper()


def _customise():
    """Runs a `sitecustomize` on a PYTHONPATH that the function or its wrapper has set, by which tracers attach."""
    try:
        import sitecustomize  # noqa: F401
    except Exception as error:
        if isinstance(error, ImportError) and error.name == "sitecustomize":
            return
        words = "Error in sitecustomize; set PYTHONVERBOSE for traceback:\n{}: {}\n"
        sys.stderr.write(words.format(type(error).__name__, error))


def _unbuffered(stream):
    # As `python -u`: what is printed is out before the answer, and before a time-out kills the process.
    raw = getattr(stream.buffer, "raw", stream.buffer)
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)


def _fail_init(api, error):
    from . import errors

    body = errors.body(error, "", RUNTIME_DIR)
    errors.log(body)
    api.fail_init(body["errorType"], values.encode(body))
    sys.exit(1)


def _invoke(function, event, headers, environment):
    """Calls the handler once; returns the request id and the answer: route, body, content type, X-Ray cause."""
    request_id = headers["lambda-runtime-aws-request-id"]
    current = context.current
    current.request_id = request_id
    current.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
    environment.trace(headers.get("lambda-runtime-trace-id"))
    try:
        given = context.LambdaContext(headers, environment)
        if headers.get("content-type", "application/json") == "application/json":
            event = values.decode_event(event)
        result = function(event, given)
        if isinstance(result, bytes):
            return request_id, ("response", result, "application/unknown", None)
        return request_id, ("response", values.encode_result(result), "application/json", None)
    except Exception as error:
        from . import errors

        body = errors.body(error, request_id, RUNTIME_DIR)
        errors.log(body)
        return request_id, ("error", values.encode(body), "application/json", errors.xray(error, RUNTIME_DIR))

