"""What Node.js functions do, right and wrong, each with events and with what must be answered and ended with."""

from runtime_api import Event

NODE24 = {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"}


def _error(kind, message):
    return ("error", kind, message)


# name: (files, handler, events, expected answers, exit code, environment)
CASES = {
    "async": ({"a.js": "exports.h = async (e) => e"}, "a.h", [Event(v) for v in (1, "é", None, [{}])], [1, "é", None, [{}]]),
    "undefined": ({"a.js": "exports.h = async () => {}"}, "a.h", [Event()], [None]),
    "function as result": ({"a.js": "exports.h = async () => () => 1"}, "a.h", [Event()], [None]),
    "promise": (
        {"a.js": "exports.h = (e) => new Promise((r) => setTimeout(r, 1, e))"}, "a.h", [Event(1), Event(2)], [1, 2]
    ),
    "thenable": ({"a.js": "exports.h = () => ({ then: (r) => r(5) })"}, "a.h", [Event()], [5]),
    "callback": ({"a.js": "exports.h = (e, c, cb) => cb(null, e)"}, "a.h", [Event(1), Event(2)], [1, 2]),
    "callback waits for the event loop": (
        {
            "a.js": "let n = 0\n"
            "exports.h = (e, c, cb) => { cb(null, { get n() { return n } }); setTimeout(() => { n = 7 }, 20) }"
        },
        "a.h",
        [Event()],
        [{"n": 7}],
    ),
    "callback need not wait": (
        {
            "a.js": "exports.h = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 9);"
            " cb(null, e) }"
        },
        "a.h",
        [Event(1), Event(2)],
        [1, 2],
    ),
    "callback error": (
        {"a.js": "exports.h = (e, c, cb) => cb(e ? new RangeError('r') : 'text')"},
        "a.h",
        [Event(1), Event(0)],
        [_error("RangeError", "r"), _error("string", "text")],
    ),
    "only the first answer counts": (
        {"a.js": "exports.h = async (e, c) => { c.succeed('first'); return 'second' }"},
        "a.h",
        [Event(), Event()],
        ["first", "first"],
    ),
    "context methods": (
        {"a.js": "exports.h = (e, c) => c[e]('x')"},
        "a.h",
        [Event("succeed"), Event("fail"), Event("done")],
        ["x", _error("string", "x"), _error("string", "x")],
    ),
    "never answers": ({"a.js": "exports.h = () => 1"}, "a.h", [Event(), Event()], [None, None]),
    "throws": (
        {"a.js": "exports.h = (e) => { throw e ? Object.assign(new TypeError('t'), { code: 'C' }) : 'text' }"},
        "a.h",
        [Event(1), Event(0)],
        [_error("TypeError", "t"), _error("string", "text")],
    ),
    "rejects": (
        {"a.js": "class Mine extends Error { name = 'Mine' }\nexports.h = async (e) => { throw e ? new Mine('m') : undefined }"},
        "a.h",
        [Event(1), Event(0)],
        [_error("Mine", "m"), _error("string", "handled")],
    ),
    "circular": (
        {"a.js": "exports.h = async () => { const a = {}; a.a = a; return a }"},
        "a.h",
        [Event()],
        [_error("Error", "Unable to stringify response body")],
    ),
    "event not json": ({"a.js": "exports.h = async (e) => e"}, "a.h", [Event(raw=b"x"), Event(1)], [("error", "SyntaxError", None), 1]),
    "context": (
        {
            "a.js": "exports.h = async (e, c) => [c.functionName, c.memoryLimitInMB, c.clientContext, c.identity, c.tenantId,"
            " c.getRemainingTimeInMillis() > 0, process.env._X_AMZN_TRACE_ID]"
        },
        "a.h",
        [
            Event(
                headers={
                    "Lambda-Runtime-Client-Context": '{"custom":1}',
                    "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId":"i"}',
                    "Lambda-Runtime-Aws-Tenant-Id": "t",
                    "Lambda-Runtime-Trace-Id": "trace",
                }
            )
        ],
        [["f", "128", {"custom": 1}, {"cognitoIdentityId": "i"}, "t", True, "trace"]],
    ),
    "nested": ({"src/a.js": "exports.x = { y: { h: async () => 1 } }"}, "src/a.x.y.h", [Event()], [1]),
    "es module": ({"a.mjs": "export const h = async () => import.meta.url.startsWith('file:')"}, "a.h", [Event()], [True]),
    "es module by package": (
        {"package.json": '{"type":"module"}', "a.js": "await 1; export const h = async () => typeof require"},
        "a.h",
        [Event()],
        ["undefined"],
    ),
    "cjs": ({"package.json": '{"type":"module"}', "a.cjs": "exports.h = async () => 1"}, "a.h", [Event()], [1]),
    "no dot": ({"a.js": ""}, "a", [], [_error("Runtime.MalformedHandlerName", "Bad handler")], 129),
    "dots": (
        {"a.js": ""},
        "../a.h",
        [],
        [
            _error(
                "Runtime.MalformedHandlerName",
                "'../a.h' is not a valid handler name. Use absolute paths when specifying root directories in handler names.",
            )
        ],
        129,
    ),
    "no module": ({}, "missing.h", [], [("error", "Runtime.ImportModuleError", None)], 129),
    "no module inside": ({"a.js": "require('missing')"}, "a.h", [], [("error", "Runtime.ImportModuleError", None)], 129),
    "no function": (
        {"a.js": ""}, "a.h", [], [_error("Runtime.HandlerNotFound", "a.h is undefined or not exported")], 129
    ),
    "not a function": ({"a.js": "exports.h = 1"}, "a.h", [], [_error("Runtime.HandlerNotFound", "a.h is not a function")], 129),
    "syntax": (
        {"a.js": "exports.h = ("},
        "a.h",
        [],
        [_error("Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input")],
        129,
    ),
    "init throws": ({"a.js": "throw new RangeError('at init')"}, "a.h", [], [_error("RangeError", "at init")], 129),
    "init rejects": (
        {"a.js": "Promise.reject(new Error('r')); exports.h = () => {}; setInterval(() => {}, 99)"},
        "a.h",
        [],
        [_error("Runtime.UnhandledPromiseRejection", "Error: r")],
        128,
    ),
    "init exits": ({"a.js": "process.exit(7)"}, "a.h", [], [], 7),
    "exit": ({"a.js": "exports.h = () => process.exit(3)"}, "a.h", [Event()], [], 3),
    "uncaught": (
        {"a.js": "exports.h = async () => { setTimeout(() => { throw new Error('u') }, 1); return new Promise(() => {}) }"},
        "a.h",
        [Event()],
        [_error("Error", "u")],
        129,
    ),
    "unhandled": (
        {"a.js": "exports.h = async () => { Promise.reject(new Error('u')); return new Promise((r) => setTimeout(r, 999)) }"},
        "a.h",
        [Event()],
        [_error("Runtime.UnhandledPromiseRejection", "Error: u")],
        128,
    ),
    "24: sync result": ({"a.js": "exports.h = (e, c) => e"}, "a.h", [Event(1), Event(2)], [1, 2], None, NODE24),
    "24: no callbacks": (
        {"a.js": "exports.h = (e, c, cb) => cb()"},
        "a.h",
        [],
        [("error", "Runtime.CallbackHandlerDeprecated", None)],
        129,
        NODE24,
    ),
    "24: never settles": (
        {"a.js": "exports.h = (e) => e ? e : new Promise(() => {})"},
        "a.h",
        [Event(0), Event(1)],
        [("error", "Runtime.NodeJsExit", None), 1],
        None,
        NODE24,
    ),
}
