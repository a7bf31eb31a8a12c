"""The Python runtime gives callers, logs and X-Ray what AWS's own runtime client gives them, byte for byte."""

import glob
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import unittest

from harness import RUNTIMES, plain, run
from python_cases import CASES
from runtime_api import Event

BOOTSTRAP = str(RUNTIMES / "python" / "bootstrap.py")
OURS = [sys.executable, "-S", BOOTSTRAP]
# The official client takes the path of functions from its caller; AWS's start script sets it. On AWS it writes each
# record as a frame, which is one event; here it would write to standard output and glue what follows a traceback to
# the traceback, so records are kept apart for it.
THEIRS = [
    sys.executable,
    "-c",
    "import sys, os; sys.path.insert(0, '{task}'); from awslambdaric import bootstrap;"
    " from awslambdaric.__main__ import main; write = bootstrap.StandardLogSink.log;"
    " emit = lambda self, record: write(self.log_sink, self.format(record).removesuffix('\\n') + '\\n');"
    " bootstrap.LambdaLoggerHandler.emit = bootstrap.LambdaLoggerHandlerWithFrameType.emit = emit;"
    " main(['', os.environ['_HANDLER']])",
]
WARNING = "LAMBDA_WARNING: Unhandled exception."
ENVIRONMENTS = {
    "text": {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.11"},
    "letters as they are": {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.12"},
    "json": {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"},
    "json from errors on": {
        "AWS_LAMBDA_LOG_FORMAT": "json", "AWS_LAMBDA_LOG_LEVEL": "ERROR", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"
    },
    "json of everything": {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "TRACE"},
    "debug": {"AWS_LAMBDA_LOG_LEVEL": "DEBUG"},
}


class Same(unittest.TestCase):
    """Every case, in every environment, against awslambdaric."""

    @classmethod
    def setUpClass(cls):
        if importlib.util.find_spec("awslambdaric") is None:
            raise AssertionError("awslambdaric is missing: pip install -r tests/requirements.txt")

    def test_answers_output_and_exit_code_are_aws_s(self):
        for environment, variables in ENVIRONMENTS.items():
            for name, case in CASES.items():
                with self.subTest(case=name, environment=environment):
                    self.assertEqual(_seen(OURS, case, variables), _seen(THEIRS, case, variables))


def _seen(command, case, variables):
    files, handler, events = case
    events = [_copy(event) for event in events]
    outcome = run(command, files, handler, events, env=variables)
    ids = [event.request_id for event in events]
    answers = [
        {
            "route": answer.route,
            "body": _plain_json(answer, ids),
            "type": answer.headers["Content-Type"] if answer.route == "response" else None,
            "kind": answer.headers["Lambda-Runtime-Function-Error-Type"],
            "xray": _xray(answer, ids),
        }
        for answer in outcome.answers
    ]
    lines = [line for line in plain(outcome.output, ids).split("\n") if WARNING not in line]
    return {"answers": answers, "output": lines, "code": outcome.code}


def _copy(event):
    return Event(raw=event.body, headers={k: v for k, v in event.headers.items() if k != "Lambda-Runtime-Aws-Request-Id"})


def _plain_json(answer, ids):
    return plain(answer.body.decode("latin-1"), ids)


def _xray(answer, ids):
    text = answer.headers["Lambda-Runtime-Function-XRay-Error-Cause"]
    if not text:
        return None
    cause = json.loads(plain(text, ids))
    cause["paths"].sort()
    return cause


class Ours(unittest.TestCase):
    """What is ours alone to get right."""

    def test_an_answer_refused_by_hanging_up_is_not_the_end(self):
        outcome = run(OURS, {"a.py": "def h(e, c): return 'x' * e"}, "a.h", [Event(9_000_000), Event(3)])
        self.assertEqual([answer.value for answer in outcome.answers], ["xxx"], outcome.output)
        self.assertEqual((outcome.output, outcome.code), ("", None))

    def test_large_events_and_answers_come_whole_through_any_fragments(self):
        handler = {"a.py": "def h(e, c): return {'n': len(e), 's': e[-3:], 'back': e}"}
        text = "é" * 1_000_000 + "end"
        outcome = run(OURS, handler, "a.h", [Event(text), Event("x")], fragment=7001)
        self.assertEqual(outcome.answers[0].value, {"n": len(text), "s": "end", "back": text})
        self.assertEqual(outcome.answers[1].value["back"], "x")
        outcome = run(OURS, {"a.py": "def h(e, c): return e"}, "a.h", [Event(v) for v in range(5)], fragment=1)
        self.assertEqual([answer.value for answer in outcome.answers], list(range(5)))

    def test_a_function_s_module_may_have_any_name(self):
        for name in ("handler", "api", "values", "context", "loop", "logs"):
            outcome = run(OURS, {name + ".py": "def h(e, c): return __file__"}, name + ".h", [Event()])
            self.assertTrue(outcome.answers[0].value.endswith(name + ".py"))

    def test_printing_alone_does_not_import_logging_json_or_socket(self):
        source = "import sys\ndef h(e, c): return sorted({'logging', 'json', 're', 'socket', 'traceback'} & set(sys.modules))"
        self.assertEqual(run(OURS, {"a.py": source}, "a.h", [Event({})]).answers[0].value, [])

    def test_what_follows_a_traceback_begins_a_line(self):
        source = (
            "import logging\ndef h(e, c):\n  try: 1/0\n"
            "  except ZeroDivisionError: logging.exception('caught')\n  print('after')"
        )
        for variables in ENVIRONMENTS.values():
            output = run(OURS, {"a.py": source}, "a.h", [Event(1)], env=variables).output
            self.assertEqual(output.split("\n")[-2:], ["after", ""], output)
            self.assertNotIn("\n\n", output)

    def test_the_path_is_in_aws_s_order(self):
        source = "import sys\ndef h(e, c): return sys.path"
        path = run(OURS, {"a.py": source}, "a.h", [Event()]).answers[0].value
        version = "python{}.{}".format(*sys.version_info)
        self.assertEqual(path[1:3], ["/opt/python/lib/{}/site-packages".format(version), "/opt/python"])
        self.assertEqual(path[-1], str(RUNTIMES / "python"))
        self.assertEqual(len(path), len(set(path)))

    def test_every_python_of_this_host_runs_it(self):
        interpreters = _interpreters()
        self.assertTrue(interpreters)
        files, handler, _ = CASES["logging"]
        special = CASES["special"][0]
        for interpreter in interpreters:
            with self.subTest(interpreter=interpreter):
                for options in (["-S"], []):
                    outcome = run([interpreter, *options, BOOTSTRAP], files, handler, [Event("é")])
                    self.assertEqual([a.route for a in outcome.answers], ["response"], outcome.output)
                    self.assertIn("é and 2", outcome.output)
                outcome = run([interpreter, "-S", BOOTSTRAP], special, "a.h", [Event("decimal"), Event("letters")])
                self.assertEqual(outcome.answers[0].body, b'{"d": [1.10, NaN, 1E+2, -0]}')
                outcome = run([interpreter, "-S", BOOTSTRAP], {"a.py": "def h(e, c): return {1}"}, "a.h", [Event()])
                self.assertEqual(outcome.answers[0].value["errorType"], "Runtime.MarshalError")


def _interpreters():
    """The Pythons the runtime supports, found as the server finds them."""
    found = glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3"))
    found += [path for minor in range(8, 15) if (path := shutil.which("python3.{}".format(minor), path="/usr/bin"))]
    ask = "import sys; sys.exit(not (3, 8) <= sys.version_info < (3, 15))"
    return [path for path in found if subprocess.run([path, "-S", "-c", ask]).returncode == 0]


if __name__ == "__main__":
    unittest.main()
