"""Runs a function under a runtime against scripted events, and gathers what came of it. Never asserts."""

import os
import re
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from runtime_api import RuntimeApi

RUNTIMES = Path(__file__).resolve().parent.parent
# How long a runtime that neither answers nor exits is waited for.
STUCK_AFTER_S = 60


class Outcome:
    """What a runtime answered, printed and ended with; `code` is None if it was still waiting for events."""

    def __init__(self, answers, output, code):
        self.answers, self.output, self.code = answers, output, code


def run(command, files, handler, events=(), *, env=None, fragment=None, until_exit=False):
    """Starts `command` over the given files and serves it the events; `{task}` in it is the folder of the files.

    A runtime that asks for an event when there is none left is killed, or with `until_exit` waited for.
    """
    with tempfile.TemporaryDirectory() as task:
        for name, text in files.items():
            path = Path(task, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        api = RuntimeApi(events, fragment)
        try:
            return _watch(api, command, task, _environment(api, task, handler, env), until_exit)
        finally:
            api.close()


def plain(output, request_ids=()):
    """Output without what differs from run to run: times, request ids, folders."""
    output = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", "<time>", output)
    for request_id in request_ids:
        output = output.replace(request_id, "<id>")
    return re.sub(r"/[\w/.-]*/tmp\w+|" + re.escape(tempfile.gettempdir()) + r"/tmp\w+", "<task>", output)


def _environment(api, task, handler, more):
    return {
        "PATH": os.environ["PATH"],
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "LAMBDA_TASK_ROOT": task,
        "_HANDLER": handler,
        "PYTHONDONTWRITEBYTECODE": "1",
        **(more or {}),
    }


def _watch(api, command, task, environment, until_exit):
    command = [part.replace("{task}", task) for part in command]
    process = subprocess.Popen(
        command, cwd=task, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    output = []
    reader = threading.Thread(target=lambda: output.append(process.stdout.read()))
    reader.start()
    ended = threading.Thread(target=lambda: (process.wait(), api.drained.set()))
    ended.start()
    timely = api.drained.wait(STUCK_AFTER_S)
    if until_exit:
        ended.join(STUCK_AFTER_S)
    waiting = process.poll() is None
    if waiting:
        process.send_signal(signal.SIGKILL)
    for thread in (reader, ended):
        thread.join()
    process.stdout.close()
    text = output[0].decode("utf-8", "replace")
    if not timely:
        raise AssertionError("the runtime neither answered nor ended; it printed: " + text)
    return Outcome(api.answers, text, None if waiting else process.returncode)
