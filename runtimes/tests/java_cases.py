"""What Java functions are given and answer: the handler, the JSON of the event, the JSON of the answer."""

CLIENT = '{"client":{"app_title":"t"},"custom":{"k":"v"},"env":{"e":"1"}}'
IDENTITY = '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}'

FORMS = [
    ("example.Forms::nothing", "{}", '"nothing"'),
    ("example.Forms::onlyContext", "{}", '"f"'),
    ("example.Forms::onlyEvent", '"é"', '"é!"'),
    ("example.Forms::both", '"x"', '"xf"'),
    ("example.Forms::ofClass", "41", "42"),
    ("example.Forms::ofClass", '"41"', "42"),
    ("example.Forms::answersNothing", '"x"', "null"),
    ("example.Forms::overloaded", '"x"', '"two"'),
    ("example.Forms::sum", "[1, 2, 3000000000]", "3000000003"),
    ("example.Forms::lengths", '{"b":"xx","a":"","n":1}', '{"b":2,"a":0,"n":1}'),
    ("example.Forms::reversed", "[1,2,3]", "[3,2,1]"),
    (
        "example.Forms::classes",
        '[1, 3000000000, 99999999999999999999, 1.5, "s", true, {}, []]',
        '["Integer","Long","BigInteger","Double","String","Boolean","LinkedHashMap","ArrayList"]',
    ),
    ("example.Forms::stream", '"banana"', '"bbnbnb"'),
    ("example.Forms::streamWithContext", "1", "$LATEST"),
    ("example.Forms::onlyOut", "1", "{}"),
    ("example.Forms::onlyIn", "1", ""),
    ("example.Forms$Inherited", '{"name":"n","age":3,"other":1}', '{"of":{"name":"n","age":3}}'),
    ("example.Forms$Upper", '"ab"', '"AB"'),
    ("example.Forms$Upper::handleRequest", '"ab"', '"AB"'),
    ("example.Forms$Raw", '{"a": 1}', '[{"a": 1}]'),
    (
        "example.Forms::event",
        '{"Records":[{"eventSourceARN":"a","arrival":1577836800,"data":"AAE=","BOOL":true},{"arrival":1577836800.5,"x":1}]}',
        '["a",1577836800000,"AAE=",true,null,1577836800500,null,null]',
    ),
    ("example.Values::pair", '{"first":1,"second":["RED","BLUE","GREEN"]}', '{"first":1,"second":["RED",null,"GREEN"]}'),
    ("example.Values::any", '{"a":[1.50,1e3,null,"\\u00e9\\n"],"n":null}', '{"a":[1.5,1000.0,null,"é\\n"]}'),
    ("example.Values::color", '"GREEN"', '"GREEN"'),
    ("example.Values::color", '"verde"', "null"),
    ("example.Values::not", "true", "false"),
    ("example.Values::half", "3", "1.5"),
]

ALL = {
    "inherited": "from above", "flag": True, "boxed": False, "small": -1, "medium": 300, "whole": 70000,
    "large": 2**40, "real": 1.5, "precise": 0.1, "letter": "c", "text": "t\u2028\U0001d11e", "exact": 12345678901234567890.5,
    "color": "RED", "bytes": "AAH/", "matrix": [[1], [], [2, 3]], "pairs": [{"first": "a", "second": 1}],
    "byColor": {"GREEN": [1]}, "counts": {"RED": 2}, "set": [1, 2], "maybe": "m", "date": 1577836800000,
    "instant": 1577836800.25, "day": [2020, 1, 2], "time": [2020, 1, 2, 3, 4, 5], "span": 90.0,
    "id": "b0b7a1c0-0000-4000-8000-000000000001", "any": {"x": [1]}, "child": {"whole": 1}, "ready": True, "URL": "u",
}  # fmt: skip
# What a bean that was given nothing answers: members of primitive types, and no others.
NOTHING = {
    "flag": False, "small": 0, "medium": 0, "whole": 0, "large": 0, "real": 0.0, "precise": 0.0, "letter": "\0",
    "ready": False, "computed": 0,
}  # fmt: skip
# As texts, as lists of one, and as numbers where Jackson takes them.
LENIENT = {
    "whole": "7", "flag": "true", "text": 5, "instant": "2020-01-01T00:00:00.250Z", "date": "2020-01-01T00:00:00.000+0000",
    "day": "2020-01-02", "time": "2020-01-02T03:04:05", "span": "PT1M30S", "set": 4, "color": 0, "medium": 1.9,
}  # fmt: skip
LENIENT_READ = {
    "whole": 7, "flag": True, "text": "5", "instant": 1577836800.25, "date": 1577836800000, "day": [2020, 1, 2],
    "time": [2020, 1, 2, 3, 4, 5], "span": 90.0, "set": [4], "color": "RED", "medium": 1, "computed": 14,
}  # fmt: skip

METHOD_MISSING = "No public method named {} with appropriate method signature found on class example.Forms"
# What cannot be called: told at the first invocation, without a stack.
NOT_CALLED = [
    ("example.Forms::hidden", {"errorMessage": METHOD_MISSING.format("hidden")}),
    ("example.Forms::none", {"errorMessage": METHOD_MISSING.format("none")}),
    ("example.None::x", {"errorMessage": "Class not found: example.None", "errorType": "java.lang.ClassNotFoundException"}),
    ("example.Forms::", {"errorMessage": "Invalid handler: `example.Forms::'"}),
    ("", {"errorMessage": "Invalid handler: `'"}),
    ("example.Forms", {"errorMessage": "Class example.Forms does not implement an appropriate handler interface"}),
    (
        "example.Failures$Inner::handle",
        {
            "errorMessage": "Class example.Failures$Inner cannot be instantiated because it is a non-static inner class",
            "errorType": "java.lang.NoSuchMethodException",
        },
    ),
    (
        "example.Failures$NeedsMore::handle",
        {
            "errorMessage": "Class example.Failures$NeedsMore has no public zero-argument constructor",
            "errorType": "java.lang.NoSuchMethodException",
        },
    ),
    (
        "example.Failures$Abstract::handle",
        {
            "errorMessage": "Class example.Failures$Abstract is abstract and cannot be instantiated",
            "errorType": "java.lang.InstantiationException",
        },
    ),
    (
        "example.Failures$Untyped",
        {"errorMessage": "Class example.Failures$Untyped does not implement RequestHandler with concrete type parameters"},
    ),
]
