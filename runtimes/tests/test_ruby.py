"""The Ruby runtime calls every form of handler, and tells failures and logs as AWS's does."""

import json
import re
import shutil
import unittest

from harness import RUNTIMES, run
from ruby_cases import ANSWERS, CONTEXT, LOGS, RAISED, UNLOADED
from runtime_api import Event

RUBY = ["ruby", "-EUTF-8", str(RUNTIMES / "ruby/bootstrap.rb")]
IDENTITY = {"cognitoIdentityId": "i", "cognitoIdentityPoolId": "p"}


class Ruby(unittest.TestCase):
    """Every case on the host's own Ruby."""

    @classmethod
    def setUpClass(cls):
        if not shutil.which("ruby"):
            raise AssertionError("ruby is missing: apt-get install ruby")

    def test_every_form_of_handler_is_called(self):
        for files, handler, event, expected in ANSWERS:
            with self.subTest(handler=handler, files=files):
                (answer,) = run(RUBY, files, handler, [Event(event)]).answers
                self.assertEqual((answer.route, answer.value), ("response", expected))
                self.assertEqual(answer.headers["Content-Type"], "application/json")

    def test_files_are_answered_as_bytes_and_other_events_come_as_texts(self):
        source = "require 'stringio'\ndef h(event:, context:) = StringIO.new(event + \"\\xFF\")"
        event = Event(raw=b"\x00x", headers={"Content-Type": "text/plain"})
        (answer,) = run(RUBY, {"a.rb": source}, "a.h", [event]).answers
        self.assertEqual((answer.headers["Content-Type"], answer.body), ("application/unknown", b"\x00x\xff"))

    def test_what_methods_keep_lasts(self):
        source = "def h(event:, context:) = @count = (@count || 0) + 1"
        answers = run(RUBY, {"a.rb": source}, "a.h", [Event(1), Event(1)]).answers
        self.assertEqual([answer.value for answer in answers], [1, 2])

    def test_large_answers_arrive_whole(self):
        answers = run(RUBY, {"a.rb": "def h(event:, context:) = event * 2"}, "a.h", [Event("é" * 200_000), Event("x")]).answers
        self.assertEqual([len(answer.value) for answer in answers], [400_000, 2])

    def test_what_a_function_raises_is_told_with_its_own_frames(self):
        for body, kind, message, ends in RAISED:
            with self.subTest(body=body):
                source = f"def h(event:, context:)\n  {body}\nend\n"
                outcome = run(RUBY, {"a.rb": source}, "a.h", [Event(1), Event(2)], until_exit=ends)
                self.assertEqual((len(outcome.answers), outcome.code), (1, 255) if ends else (2, None))
                answer = outcome.answers[0]
                self.assertEqual((answer.route, list(answer.value)), ("error", ["errorMessage", "errorType", "stackTrace"]))
                self._told(answer, kind, message)
                self.assertFalse([frame for frame in answer.value["stackTrace"] if "lambent_runtime" in frame])
                title = "Critical exception from handler" if ends else "Error raised from handler method"
                self.assertIn(f"{title}\n{json.dumps(answer.value, indent=2, ensure_ascii=False)}", outcome.output)

    def test_what_does_not_load_fails_init(self):
        for files, handler, kind, message in UNLOADED:
            with self.subTest(files=files, handler=handler):
                outcome = run(RUBY, files, handler, [Event(1)], until_exit=True)
                (answer,) = outcome.answers
                self.assertEqual((answer.route, outcome.code), ("init/error", 252))
                self._told(answer, kind, message)
                self.assertTrue(outcome.output.startswith(f"Init error when loading handler {handler}\n{{"), outcome.output)

    def _told(self, answer, kind, message):
        value, metric = answer.value, answer.headers["Lambda-Runtime-Function-Error-Type"]
        if kind:
            self.assertEqual(value["errorType"], kind)
            self.assertIn(metric, (kind, "Function<UserException>"))
            self.assertEqual(metric == kind, "::" not in kind)
        else:
            self.assertEqual(metric, "Function<UserException>")
        if message:
            self.assertTrue(value["errorMessage"].startswith(message), value["errorMessage"])

    def test_only_the_first_hundred_frames_are_told(self):
        source = "def deep(n) = n.zero? ? raise('x') : deep(n - 1)\ndef h(event:, context:) = deep(150)"
        (answer,) = run(RUBY, {"a.rb": source}, "a.h", [Event(1)]).answers
        self.assertEqual(len(answer.value["stackTrace"]), 100)

    def test_the_context_tells_of_the_invocation(self):
        headers = {"Lambda-Runtime-Cognito-Identity": json.dumps(IDENTITY), "Lambda-Runtime-Client-Context": '{"custom":{"a":1}}'}
        headers["Lambda-Runtime-Aws-Tenant-Id"] = "tenant"
        bare, full = run(RUBY, {"a.rb": CONTEXT}, "a.handler", [Event(1), Event(1, headers=headers)]).answers
        arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
        known = ["LambdaContext", 36, "/aws/lambda/f", "stream", "f", "$LATEST", arn, "128", True, 4000000000000]
        self.assertEqual(bare.value, [*known, None, None, None])
        self.assertEqual(full.value, [*known, IDENTITY, {"custom": {"a": 1}}, "tenant"])

    def test_text_logs_carry_the_request_id(self):
        event = Event({})
        outcome = run(RUBY, {"a.rb": LOGS}, "a.handler", [event])
        seen = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6} #\d+", "<when>", outcome.output).replace(event.request_id, "<id>")
        lines = ["printed é", "D, [<when>] DEBUG <id> -- : least", "I, [<when>]  INFO <id> -- : two", "lines"]
        lines += ["W, [<when>]  WARN <id> -- : wrong (RuntimeError)", "E, [<when>] ERROR <id> -- named: block", "own x", "to err"]
        self.assertEqual(seen.splitlines(), lines)
        self.assertEqual(outcome.answers[0].value, event.headers["Lambda-Runtime-Trace-Id"])

    def test_json_logs_are_filtered_by_level(self):
        event = Event({})
        environment = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "WARN"}
        lines = run(RUBY, {"a.rb": LOGS}, "a.handler", [event], env=environment).output.splitlines()
        records = [json.loads(line) for line in lines if line.startswith("{")]
        for record in records:
            self.assertRegex(record.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual(record.pop("requestId"), event.request_id)
        wrong = {"level": "WARN", "message": "wrong", "errorType": "RuntimeError", "errorMessage": "wrong"}
        self.assertEqual(records, [wrong, {"level": "ERROR", "message": "block", "progname": "named"}])

    def test_frames_keep_a_record_together(self):
        # The bootstrap is started with the descriptor by a shell, as the platform would give it.
        command = ["sh", "-c", 'exec "$@" 9>frames', "sh", *RUBY]
        source = LOGS.replace("ENV['_X_AMZN_TRACE_ID']", "[File.binread('frames').unpack1('H*'), ENV.key?('_LAMBDA_TELEMETRY_LOG_FD')]")
        (answer,) = run(command, {"a.rb": source}, "a.handler", [Event(1)], env={"_LAMBDA_TELEMETRY_LOG_FD": "9"}).answers
        frames, is_seen = answer.value
        kinds, messages = zip(*_frames(bytes.fromhex(frames)))
        self.assertEqual(kinds, (0x03, 0x0B, 0x0F, 0x13, 0x17, 0x1B))
        self.assertEqual((messages[0], messages[-1], is_seen), ("printed é", "own x", False))
        self.assertTrue(messages[2].endswith(" -- : two\nlines"), messages[2])


def _frames(data):
    while data:
        size = int.from_bytes(data[4:8], "big")
        assert data[:3] == b"\xa5\x5a\x00"
        yield data[3], data[16 : 16 + size].decode()
        data = data[16 + size :]


if __name__ == "__main__":
    unittest.main()
