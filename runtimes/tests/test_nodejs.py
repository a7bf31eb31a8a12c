"""The Node.js runtime gives callers and logs what AWS documents and shows: payloads, error types, lines, exits."""

import base64
import json
import shutil
import unittest

from harness import RUNTIMES, plain, run
from nodejs_cases import CASES
from runtime_api import Event

FOLDER = RUNTIMES / "nodejs"


def _command(entry="bootstrap.cjs"):
    node = shutil.which("node")
    if node is None:
        raise AssertionError("node is missing: install Node.js 18 or newer")
    return [node, str(FOLDER / entry)]


def _run(source, *events, **more):
    return run(_command(), {"a.js": source}, "a.h", events, **more)


class Answers(unittest.TestCase):
    """The table of cases, and bodies of any size."""

    def test_every_case_answers_and_ends_as_it_must(self):
        for name, (files, handler, events, expected, *rest) in CASES.items():
            code, env = (rest + [None, None])[:2]
            for entry in ("bootstrap.cjs", "bootstrap.mjs"):
                with self.subTest(case=name, entry=entry):
                    events = [Event(raw=event.body, headers=_without_id(event)) for event in events]
                    outcome = run(_command(entry), files, handler, events, env=env)
                    self.assertEqual(len(outcome.answers), len(expected), outcome.output)
                    for answer, wanted in zip(outcome.answers, expected):
                        self._check(answer, wanted, during_init=not events)
                    self.assertEqual(outcome.code, code, outcome.output)

    def _check(self, answer, wanted, during_init):
        if not isinstance(wanted, tuple):
            self.assertEqual((answer.route, answer.value), ("response", wanted))
            self.assertEqual(answer.headers["Content-Type"], "application/json")
            return
        _, kind, message = wanted
        self.assertEqual(answer.route, "init/error" if during_init else "error")
        self.assertEqual(list(answer.value), ["errorType", "errorMessage", "trace"])
        self.assertEqual(answer.value["errorType"], kind)
        self.assertIn(message, (None, answer.value["errorMessage"]))
        self.assertEqual(answer.headers["Lambda-Runtime-Function-Error-Type"], kind if during_init else None)

    def test_an_error_after_the_answer_ends_the_process_but_not_the_answer(self):
        source = "exports.h = async () => { setImmediate(() => { throw new Error('u') }); return 'x'.repeat(3e6) }"
        outcome = _run(source, Event(), until_exit=True)
        self.assertEqual([len(answer.value) for answer in outcome.answers], [3_000_000])
        self.assertEqual(outcome.code, 129)
        self.assertIn("Uncaught Exception", outcome.output)

    def test_an_answer_refused_by_hanging_up_is_not_the_end(self):
        outcome = _run("exports.h = async (e) => 'x'.repeat(e)", Event(9_000_000), Event(3))
        self.assertEqual([answer.value for answer in outcome.answers], ["xxx"], outcome.output)
        self.assertEqual((outcome.output, outcome.code), ("", None))

    def test_large_events_and_answers_come_whole_through_any_fragments(self):
        source = "exports.h = async (e) => ({ n: e.length, end: e.slice(-3), back: e + e })"
        text = "é" * 1_500_000 + "end"
        outcome = _run(source, Event(text), Event("x"), fragment=7001)
        self.assertEqual(outcome.answers[0].value, {"n": len(text), "end": "end", "back": text * 2})
        self.assertEqual(outcome.answers[1].value["back"], "xx")
        outcome = _run("exports.h = async (e) => e", *map(Event, range(5)), fragment=1)
        self.assertEqual([answer.value for answer in outcome.answers], list(range(5)))

    def test_a_stack_holds_the_function_s_frames_and_one_of_ours(self):
        outcome = _run("function f(n) { if (n) return f(n - 1); throw new Error('x') }\nexports.h = async () => f(3)", Event())
        trace = outcome.answers[0].value["trace"]
        self.assertEqual(sum("a.js" in line for line in trace), 5)
        self.assertEqual(sum("lambent" in line for line in trace), 1)
        self.assertIn("at exports.h [as handler]", trace[5])
        self.assertIn("at Runtime.handleOnceNonStreaming", trace[6])
        cause = json.loads(outcome.answers[0].headers["Lambda-Runtime-Function-XRay-Error-Cause"])
        self.assertEqual(cause["exceptions"][0]["stack"][0]["label"], "f")


class Lines(unittest.TestCase):
    """What `console` writes."""

    LOG = "console.log('a %s\\nb', 1, { x: 2 }); console.debug('d'); console.error(new RangeError('e'), 'more'); console.log()"

    def _lines(self, env, source=None):
        event = Event(1, headers={"Lambda-Runtime-Aws-Tenant-Id": "t"})
        outcome = _run("exports.h = async () => {{ {} }}".format(source or self.LOG), event, env=env)
        return plain(outcome.output, [event.request_id]).splitlines()

    def test_text_has_time_request_level_and_one_line_an_event(self):
        lines = self._lines({})
        # splitlines splits at the carriage returns that keep an event together.
        self.assertEqual(lines[:3], ["<time>\t<id>\tINFO\ta 1", "b { x: 2 }", "<time>\t<id>\tDEBUG\td"])
        self.assertEqual(lines[3], "<time>\t<id>\tERROR\tRangeError: e")
        self.assertEqual(lines[-1], "<time>\t<id>\tINFO\tundefined")

    def test_json_has_a_record_an_event(self):
        first, debug, error, last = map(json.loads, self._lines({"AWS_LAMBDA_LOG_FORMAT": "JSON"}))
        usual = {"timestamp": "<time>", "level": "INFO", "requestId": "<id>", "tenantId": "t"}
        self.assertEqual(first, {**usual, "message": "a 1\nb { x: 2 }"})
        self.assertEqual(debug["level"], "DEBUG")
        self.assertEqual((error["errorType"], error["errorMessage"]), ("RangeError", "e"))
        self.assertEqual(error["stackTrace"][0], "RangeError: e")
        self.assertEqual(last, usual)
        (only,) = map(json.loads, self._lines({"AWS_LAMBDA_LOG_FORMAT": "JSON"}, "console.info({ a: 1 })"))
        self.assertEqual(only["message"], {"a": 1})

    def test_levels_below_the_wanted_are_not_written(self):
        source = "console.trace(1); console.info(2); console.warn(3); console.error(4); console.fatal(5)"
        levels = [line.split("\t")[2] for line in self._lines({"AWS_LAMBDA_LOG_LEVEL": "WARN"}, source)]
        self.assertEqual(levels, ["WARN", "ERROR", "FATAL"])

    def test_a_failure_is_logged_as_aws_does(self):
        (line,) = self._lines({}, "throw Object.assign(new TypeError('t'), { code: 'C' })")
        head, _, record = line.rpartition("\t")
        self.assertEqual(head, "<time>\t<id>\tERROR\tInvoke Error ")
        record = json.loads(record)
        self.assertEqual((record["errorType"], record["errorMessage"], record["code"]), ("TypeError", "t", "C"))
        self.assertEqual(record["stack"][0], "TypeError: t")


class Streams(unittest.TestCase):
    """`awslambda.streamifyResponse`."""

    def _answers(self, body, *events):
        outcome = _run("exports.h = awslambda.streamifyResponse({})".format(body), *events)
        self.assertEqual(len(outcome.answers), len(events), outcome.output)
        for answer in outcome.answers:
            self.assertEqual(answer.headers["Lambda-Runtime-Function-Response-Mode"], "streaming")
        return outcome.answers

    def test_parts_are_sent_in_order_and_the_next_event_follows(self):
        source = "async (e, s) => { s.setContentType('text/plain'); s.write('a'); s.write({ b: e }); s.write(''); s.end('é') }"
        for at, answer in enumerate(self._answers(source, Event(0), Event(1))):
            self.assertEqual(answer.body.decode(), 'a{"b":%d}é' % at)
            self.assertEqual(answer.headers["Content-Type"], "text/plain")
            self.assertEqual(answer.trailers, {})

    def test_http_metadata_precedes_the_body(self):
        source = (
            "async (e, s) => { s = awslambda.HttpResponseStream.from(s, { statusCode: 201, cookies: [] });"
            " s.write('body'); s.end() }"
        )
        (answer,) = self._answers(source, Event())
        self.assertEqual(answer.body, b'{"statusCode":201,"cookies":[]}' + bytes(8) + b"body")
        self.assertEqual(answer.headers["Content-Type"], "application/vnd.awslambda.http-integration-response")

    def test_an_error_after_the_first_byte_comes_as_trailers(self):
        throwing, plain_result = (
            self._answers(source, Event())[0]
            for source in ("async (e, s) => { s.write('a'); throw new RangeError('mid') }", "(e, s) => { s.write('a') }")
        )
        self.assertEqual(throwing.body, b"a")
        self.assertEqual(throwing.trailers["lambda-runtime-function-error-type"], "RangeError")
        error = json.loads(base64.b64decode(throwing.trailers["lambda-runtime-function-error-body"]))
        self.assertEqual((error["errorType"], error["errorMessage"]), ("RangeError", "mid"))
        error = json.loads(base64.b64decode(plain_result.trailers["lambda-runtime-function-error-body"]))
        self.assertEqual(error["errorMessage"], "Streaming does not support non-async handlers.")

    def test_a_large_stream_through_a_pipeline_comes_whole(self):
        source = (
            "async (e, s) => require('stream/promises').pipeline(function* () {"
            " for (let i = 0; i < 64; i++) yield Buffer.alloc(100000, i) }, s)"
        )
        (answer,) = self._answers(source, Event())
        self.assertEqual(answer.body, b"".join(bytes([i]) * 100000 for i in range(64)))


def _without_id(event):
    return {name: value for name, value in event.headers.items() if name != "Lambda-Runtime-Aws-Request-Id"}


if __name__ == "__main__":
    unittest.main()
