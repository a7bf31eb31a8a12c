"""The Java runtime calls every form of handler, binds JSON as AWS's does, and tells failures as AWS's does."""

import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import RUNTIMES, run
from java_cases import ALL, CLIENT, FORMS, IDENTITY, LENIENT, LENIENT_READ, NOT_CALLED, NOTHING
from runtime_api import Event

TEXT = {}
JSON = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "WARN"}


class Java(unittest.TestCase):
    """Every case on the host's own Java."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which("javac"):
            raise AssertionError("javac is missing: apt-get install default-jdk-headless")
        cls.folder = Path(tempfile.mkdtemp())
        runtime, cls.code = cls.folder / "runtime", cls.folder / "code"
        _compile(RUNTIMES / "java", runtime, "-XDstringConcat=inline", "-Xlint:all", "-Werror")
        _compile(RUNTIMES / "tests/java", cls.code, "-g", "-cp", str(runtime))
        flags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", "-Xss512k"]
        cls.command = ["java", *flags, "-cp", str(runtime), "lambent.runtime.Main"]

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def run_java(self, handler, *events, until_exit=False, **variables):
        variables = {"LAMBDA_TASK_ROOT": str(self.code)} | variables
        return run(self.command, {}, handler, events, env=variables, until_exit=until_exit)

    def answer(self, handler, event):
        (answer,) = self.run_java(handler, Event(raw=event.encode())).answers
        self.assertEqual(answer.route, "response", answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        return answer.body.decode()

    def test_every_form_of_handler_is_called(self):
        for handler, event, expected in FORMS:
            with self.subTest(handler=handler, event=event):
                self.assertEqual(self.answer(handler, event), expected)

    def test_a_bean_keeps_all_that_it_is_given(self):
        given = ALL | {"unknown": {"x": 1}, "passing": 1, "shared": 1, "hidden": 1, "computed": 1}
        answer = json.loads(self.answer("example.Values::same", json.dumps(given)))
        self.assertEqual(answer, ALL | {"computed": 140000, "child": NOTHING | {"whole": 1, "computed": 2}})

    def test_a_bean_takes_what_jackson_takes(self):
        answer = json.loads(self.answer("example.Values::same", json.dumps(LENIENT)))
        self.assertEqual(answer, NOTHING | LENIENT_READ)

    def test_null_members_are_not_written(self):
        self.assertEqual(json.loads(self.answer("example.Values::same", '{"text":null,"whole":null}')), NOTHING)

    def test_one_object_serves_all_invocations(self):
        answers = self.run_java("example.Forms::sameObject", Event(1), Event(2), Event(3)).answers
        self.assertEqual([answer.value for answer in answers], [1, 1, 1])

    def test_large_answers_arrive_whole(self):
        answers = self.run_java("example.Forms$Large", Event(1), Event("x" * 300_000)).answers
        self.assertEqual([len(answer.body) for answer in answers], [200_000, 200_000])

    def test_the_context_tells_of_the_invocation(self):
        headers = {"Client-Context": CLIENT, "Cognito-Identity": IDENTITY, "Aws-Tenant-Id": "tenant"}
        headers = {f"Lambda-Runtime-{name}": value for name, value in headers.items()}
        bare, full = self.run_java("example.Forms::context", Event(1), Event(1, headers=headers)).answers
        arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
        known = [36, "/aws/lambda/f", "stream", "f", "$LATEST", arn, 128, True]
        self.assertEqual(bare.value, [*known, None, None, None, None, None])
        self.assertEqual(full.value, [*known, "i", {"k": "v"}, "t", {"e": "1"}, "tenant"])

    def test_text_logs_are_written_as_they_are(self):
        event = Event({})
        outcome = self.run_java("example.Forms::logs", event)
        levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
        lines = ["plain", "two", "lines", "at UNDEFINED", *(f"[{level}] at {level}" for level in levels)]
        self.assertEqual(outcome.output.splitlines(), [*lines, "bytes", "null", "printed é", "to err"])
        self.assertEqual(outcome.answers[0].value, event.headers["Lambda-Runtime-Trace-Id"])

    def test_output_may_be_turned_into_messages(self):
        self.assertEqual(self.run_java("example.Forms::turnsOutputIntoMessages", Event({})).output, "seen: printed\n")

    def test_frames_keep_a_message_together(self):
        frames = self.folder / "frames"
        opens = [f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in ("io", "lang")]
        command = ["sh", "-c", f'exec "$@" 9>{frames}', "sh", self.command[0], *opens]
        command += self.command[1:]
        variables = {"LAMBDA_TASK_ROOT": str(self.code), "_LAMBDA_TELEMETRY_LOG_FD": "9"}
        outcome = run(command, {}, "example.Forms::logs", [Event({})], env=variables)
        data, seen = frames.read_bytes(), []
        while data:
            size = int.from_bytes(data[4:8], "big")
            seen.append((data[:4].hex(), data[16 : 16 + size].decode()))
            data = data[16 + size :]
        self.assertEqual(seen[:4], [("a55a0003", text) for text in ("plain", "two\nlines\n", "at UNDEFINED")] + [("a55a0007", "[TRACE] at TRACE")])
        self.assertEqual(seen[-3:], [("a55a001b", "[FATAL] at FATAL"), ("a55a0003", "bytes"), ("a55a0003", "null")])
        self.assertEqual(outcome.output, "printed é\nto err\n")
        (answer,) = run(command, {}, "example.Forms::variables", [Event({})], env=variables).answers
        self.assertEqual([name for name in answer.value if "TELEMETRY" in name], [])

    def test_json_logs_are_filtered_by_level(self):
        event = Event({}, headers={"Lambda-Runtime-Aws-Tenant-Id": "tenant"})
        lines = self.run_java("example.Forms::logs", event, **JSON).output.splitlines()
        records = [json.loads(line) for line in lines if line.startswith("{")]
        for record in records:
            self.assertRegex(record.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual((record.pop("AWSRequestId"), record.pop("tenantId")), (event.request_id, "tenant"))
        undefined = ["plain", "two\nlines\n", "at UNDEFINED"]
        expected = [("UNDEFINED", text) for text in undefined] + [(level, f"at {level}") for level in ("WARN", "ERROR", "FATAL")]
        seen = [(record["level"], record["message"]) for record in records]
        self.assertEqual(seen, [*expected, ("UNDEFINED", "null")])
        self.assertEqual([line for line in lines if not line.startswith("{")], ["bytes", "printed é", "to err"])

    def test_what_a_function_throws_is_told_with_its_own_frames(self):
        outcome = self.run_java("example.Failures", Event({}), Event({}))
        frames = ["example.Failures.handleRequest(Failures.java:11)", "example.Failures.handleRequest(Failures.java:8)"]
        for answer in outcome.answers:
            expected = {"errorMessage": "wrong state", "errorType": "java.lang.IllegalStateException", "stackTrace": frames}
            self.assertEqual((answer.route, answer.value), ("error", expected))
            self.assertEqual(answer.headers["Lambda-Runtime-Function-Error-Type"], "Runtime.UserException")
            cause = json.loads(answer.headers["Lambda-Runtime-Function-XRay-Error-Cause"])
            self.assertEqual(cause["exceptions"][0]["stack"][0], {"label": "handleRequest", "path": "Failures.java", "line": 11})
        first = "wrong state: java.lang.IllegalStateException\njava.lang.IllegalStateException: wrong state\n\tat example.Failures"
        self.assertTrue(outcome.output.startswith(first), outcome.output)
        self.assertIn("\nCaused by: java.lang.RuntimeException: its cause\n", outcome.output)
        self.assertIsNone(outcome.code)

    def test_an_exception_without_a_message_has_its_class_for_one(self):
        (answer,) = self.run_java("example.Failures::byMethod", Event({})).answers
        self.assertEqual((answer.value["errorMessage"], answer.value["errorType"]), ("java.lang.Exception",) * 2)
        # As on AWS the frames of reflection are shown, and nothing below them.
        frames = answer.value["stackTrace"]
        self.assertEqual(frames[0], "example.Failures.byMethod(Failures.java:15)")
        self.assertTrue(all(re.search(r"java\.lang\.reflect|jdk\.internal\.reflect|sun\.reflect", frame) for frame in frames[1:]))

    def test_json_that_does_not_fit_is_told(self):
        parsing = "An error occurred during JSON parsing"
        for handler, event, message, why in (
            ("example.Failures::number", '{"a":1}', parsing, "Cannot deserialize value of type `int` from Object value"),
            ("example.Failures::number", '"x"', parsing, 'Cannot deserialize value of type `int` from String "x"'),
            ("example.Failures::number", "3000000000", parsing, "out of range of int"),
            ("example.Forms::onlyEvent", "{}", parsing, "`java.lang.String` from Object value"),
            ("example.Failures::circle", "1", "An error occurred during JSON serialization of response", "Mismatch"),
        ):
            with self.subTest(handler=handler, event=event):
                outcome = self.run_java(handler, Event(raw=event.encode()))
                expected = {"errorMessage": message, "errorType": "java.lang.RuntimeException", "stackTrace": []}
                self.assertEqual(outcome.answers[0].value, expected)
                self.assertIn(why, outcome.output)

    def test_what_cannot_be_called_is_told_at_each_invocation(self):
        for handler, expected in NOT_CALLED:
            with self.subTest(handler=handler):
                answers = self.run_java(handler, Event({}), Event({})).answers
                self.assertEqual([answer.value for answer in answers], [expected] * 2)
                self.assertEqual(answers[0].headers["Lambda-Runtime-Function-Error-Type"], "Runtime.BadFunctionCode")

    def test_what_cannot_be_made_fails_init(self):
        for handler, message, kind, category in (
            ("Unmade", "not today", "java.lang.IllegalArgumentException", "Runtime.UserException"),
            ("Unloaded", "Error loading class example.Failures$Unloaded", "java.lang.ExceptionInInitializerError", "Runtime.BadFunctionCode"),
        ):
            with self.subTest(handler=handler):
                outcome = self.run_java(f"example.Failures${handler}::handle", Event({}), until_exit=True)
                (answer,) = outcome.answers
                self.assertEqual((answer.route, outcome.code), ("init/error", 1))
                self.assertEqual((answer.value["errorMessage"], answer.value["errorType"]), (message, kind))
                self.assertEqual(answer.headers["Lambda-Runtime-Function-Error-Type"], category)

    def test_a_virtual_machine_in_trouble_is_not_used_again(self):
        outcome = self.run_java("example.Failures::overflows", Event({}), Event({}), until_exit=True)
        (answer,) = outcome.answers
        self.assertEqual((answer.route, answer.value["errorType"], outcome.code), ("error", "java.lang.StackOverflowError", 1))

    def test_a_function_may_end_the_process(self):
        outcome = self.run_java("example.Failures::exits", Event({}), until_exit=True)
        self.assertEqual((outcome.answers, outcome.code), ([], 3))


def _compile(sources, classes, *flags):
    files = [str(path) for path in sorted(sources.rglob("*.java"))]
    subprocess.run(["javac", "-encoding", "UTF-8", *flags, "-d", str(classes), *files], check=True)


if __name__ == "__main__":
    unittest.main()
