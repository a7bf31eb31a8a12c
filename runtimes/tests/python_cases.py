"""What Python functions do, right and wrong, each with events: run under our runtime and under AWS's."""

from runtime_api import Event

CLIENT_CONTEXT = '{"custom":{"k":"v"},"env":{"e":1},"client":{"app_title":"t"},"w3c":{"traceparent":"p","other":1}}'
IDENTITY = '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}'
SPECIAL = """
import collections, decimal, enum, math
Point = collections.namedtuple("Point", "x y")
class Level(enum.IntEnum):
    LOW = 1
class Text(str): pass
RESULTS = {
    "decimal": {"d": [decimal.Decimal("1.10"), decimal.Decimal("NaN"), decimal.Decimal("1E+2"), decimal.Decimal("-0")]},
    "named": {"p": Point(1, {"q": Point(2, 3)}), "e": [(), [], {}]},
    "bytes": {"b": b"x\\xc3\\xa9", b"k": 1},
    "subclass": [Level.LOW, Text("t"), collections.OrderedDict(a=1), collections.defaultdict(int, {1: 2}), True],
    "keys": {1: 1, None: 2, True: 3, 1.5: 4},
    "mixed keys": {1: decimal.Decimal(1), None: 2, 1.5: 4},
    "float": [0.1, 1e300, float("inf"), -math.inf, math.nan, decimal.Decimal("0")],
    "plain float": [0.1, 1e300, float("inf"), -math.inf, math.nan],
    "letters": "é€𝄞 \\u2028 \\ud800"[:-1] + '"\\\\/\\x01',
    "tuple": (1, (2, 3)),
    "none": None,
    "text": "x",
    "big": 2 ** 70,
    "raw": b"\\x00\\xff",
}
def h(event, context):
    return RESULTS[event]
"""

CASES = {
    "echo": ({"a.py": "def h(e, c): return e"}, "a.h", [Event(v) for v in (1, "é", None, {"a": [1.5, True]}, [])]),
    "context": (
        {
            "a.py": "import os\n"
            "def h(e, c):\n"
            "  print(c, os.environ.get('_X_AMZN_TRACE_ID'), c.get_remaining_time_in_millis() > 0)\n"
            "  c.log('as is\\n')\n"
            "  return [c.client_context and [c.client_context.custom, c.client_context.client and c.client_context"
            ".client.app_title], c.identity.cognito_identity_id, c.w3c()]"
        },
        "a.h",
        [
            Event(headers={"Lambda-Runtime-Client-Context": CLIENT_CONTEXT, "Lambda-Runtime-Cognito-Identity": IDENTITY}),
            Event(headers={"Lambda-Runtime-Client-Context": "{"}),
            Event(headers={"Lambda-Runtime-Aws-Tenant-Id": "tenant"}),
        ],
    ),
    "raise": (
        {"a.py": "def g(e):\n  raise KeyError('k\\nl')\ndef h(e, c):\n  g(e)"},
        "a.h",
        [Event(1)],
    ),
    "raise while raising": (
        {"a.py": "class Mine(Exception): pass\ndef h(e, c):\n  try: 1/0\n  except ZeroDivisionError: raise Mine()"},
        "a.h",
        [Event(1), Event(2)],
    ),
    "library frames": ({"a.py": "import json\ndef h(e, c): return json.loads('{')"}, "a.h", [Event(1)]),
    "no json": ({"a.py": "import datetime\ndef h(e, c): return {'t': datetime.datetime(2026, 1, 1)}"}, "a.h", [Event()]),
    "a set": ({"a.py": "def h(e, c): return {1}"}, "a.h", [Event()]),
    "circular": ({"a.py": "def h(e, c):\n  a = []\n  a.append(a)\n  return a"}, "a.h", [Event()]),
    "tuple key": ({"a.py": "def h(e, c): return {(1, 2): 3}"}, "a.h", [Event()]),
    "event not json": ({"a.py": "def h(e, c): return 1"}, "a.h", [Event(raw=b"x"), Event(raw=b""), Event(2)]),
    "event of another type": (
        {"a.py": "def h(e, c): return repr(e)"},
        "a.h",
        [Event(raw=b"\x00x", headers={"Content-Type": "application/octet-stream"})],
    ),
    "special": (
        {"a.py": SPECIAL},
        "a.h",
        [
            Event(name)
            for name in (
                "decimal", "named", "bytes", "subclass", "keys", "mixed keys", "float", "plain float", "letters",
                "tuple", "none", "text", "big", "raw",
            )
        ],
    ),
    "print": (
        {"a.py": "import sys\ndef h(e, c):\n  print('a', 'b')\n  print('c', end='')\n  print('d', file=sys.stderr)"},
        "a.h",
        [Event(), Event()],
    ),
    "logging": (
        {
            "a.py": "import logging\nlogging.warning('init')\nlog = logging.getLogger('mine')\n"
            "def h(e, c):\n"
            "  log.info('not shown'); log.warning('%s and %d', e, 2); log.error({'a': 1}, extra={'user': 'u'})\n"
            "  try: 1/0\n"
            "  except ZeroDivisionError: log.exception('caught')\n"
        },
        "a.h",
        [Event("é"), Event(1, headers={"Lambda-Runtime-Aws-Tenant-Id": "tenant"})],
    ),
    "logging in a task, and in numbers": (
        {
            "a.py": "import asyncio, logging\nlog = logging.getLogger('mine')\n"
            "async def main(): log.error('in a task'); log.log(35, 'between'); log.log(5, 'low'); log.critical('c')\n"
            "def h(e, c):\n  asyncio.run(main())\n"
            "  log.error('%(a)s', {'a': 1}); log.error({'o': object}, extra={'message2': [1], 'n': None})\n"
        },
        "a.h",
        [Event()],
    ),
    "folder": ({"src/pkg/mod.py": "def h(e, c): return __name__"}, "src/pkg/mod.h", [Event()]),
    "package": ({"pkg/__init__.py": "", "pkg/mod.py": "def h(e, c): return __name__"}, "pkg.mod.h", [Event()]),
    "class": ({"a.py": "class H:\n  def __init__(self, e, c): pass\nh = H"}, "a.h", [Event()]),
    "no dot": ({"a.py": ""}, "a", []),
    "no module": ({"a.py": ""}, "missing.h", []),
    "no module inside": ({"a.py": "import missing"}, "a.h", []),
    "no function": ({"a.py": ""}, "a.h", []),
    "syntax": ({"a.py": "def h(:\n"}, "a.h", []),
    "builtin": ({"a.py": ""}, "sys.h", []),
    "init raises": ({"a.py": "def f(): raise ValueError('at init')\nf()"}, "a.h", []),
    "init exits": ({"a.py": "import sys\nprint('bye')\nsys.exit(7)"}, "a.h", []),
    "exit": ({"a.py": "import sys\ndef h(e, c): sys.exit(3)"}, "a.h", [Event()]),
    "exit well": ({"a.py": "def h(e, c): exit()"}, "a.h", [Event()]),
    "exit hard": ({"a.py": "import os\ndef h(e, c):\n  print('x', flush=True)\n  os._exit(4)"}, "a.h", [Event()]),
    "thread": (
        {"a.py": "import threading\ndef h(e, c):\n  t = threading.Thread(target=print, args=('t',))\n  t.start(); t.join()"},
        "a.h",
        [Event()],
    ),
    "path": (
        {"a.py": "import sys, os\ndef h(e, c): return [sys.path[0] == os.environ['LAMBDA_TASK_ROOT'], len(sys.argv) > 0]"},
        "a.h",
        [Event()],
    ),
}
