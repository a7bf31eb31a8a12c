"""The second argument of a handler, and whose invocation is running. Never reads a clock but on request."""

import sys
import time

from . import values
from .fault import Fault

# What of a W3C trace a handler may see.
_W3C = ("traceparent", "tracestate", "baggage")


class _Current:
    """The invocation that runs now, for log lines."""

    request_id = None
    tenant_id = None


current = _Current()


class Environment:
    """What the environment says about the function, read once, and the trace variable it is told."""

    def __init__(self, variables):
        self._variables = variables
        self._trace = variables.get("_X_AMZN_TRACE_ID")
        names = {
            "log_group_name": "LOG_GROUP_NAME",
            "log_stream_name": "LOG_STREAM_NAME",
            "function_name": "FUNCTION_NAME",
            "memory_limit_in_mb": "FUNCTION_MEMORY_SIZE",
            "function_version": "FUNCTION_VERSION",
        }
        self.facts = {field: variables.get("AWS_LAMBDA_" + name) for field, name in names.items()}

    def trace(self, header):
        """Shows the trace of this invocation to code that looks for it in the environment."""
        if header != self._trace:
            self._trace = header
            if header is None:
                self._variables.pop("_X_AMZN_TRACE_ID", None)
            else:
                self._variables["_X_AMZN_TRACE_ID"] = header


class LambdaContext:
    """What a handler may know about its invocation."""

    def __init__(self, headers, environment):
        self.__dict__.update(environment.facts)
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms", 0))
        client = _parse(headers.get("lambda-runtime-client-context"), "Client Context")
        self._w3c = _take_w3c(client)
        self.client_context = None if client is None else ClientContext(client)
        self.identity = CognitoIdentity(_parse(headers.get("lambda-runtime-cognito-identity"), "Cognito Identity") or {})

    def get_remaining_time_in_millis(self):
        """Milliseconds until the invocation times out, 0 at the least."""
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def w3c(self):
        """The W3C trace context the caller sent along."""
        return dict(self._w3c)

    def log(self, message):
        """Writes a message as it is."""
        sys.stdout.write(str(message))

    def __repr__(self):
        shown = (
            "aws_request_id log_group_name log_stream_name function_name memory_limit_in_mb function_version "
            "invoked_function_arn client_context identity tenant_id"
        )
        return _shown(self, shown.split())


class _Record:
    """Named fields out of a JSON object; absent ones are None."""

    __slots__ = ()
    _keys = None

    def __init__(self, source):
        for field, key in zip(self.__slots__, self._keys or self.__slots__):
            setattr(self, field, source.get(key))

    def __repr__(self):
        return _shown(self, self.__slots__)


class CognitoIdentity(_Record):
    """Who called, by Amazon Cognito."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")
    _keys = ("cognitoIdentityId", "cognitoIdentityPoolId")


class Client(_Record):
    """The mobile application that called."""

    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(_Record):
    """What the caller put into the client context."""

    __slots__ = ("custom", "env", "client")

    def __init__(self, source):
        super().__init__(source)
        if self.client is not None:
            self.client = Client(self.client)


def _shown(record, fields):
    inside = ",".join("{}={}".format(field, getattr(record, field)) for field in fields)
    return "{}([{}])".format(type(record).__name__, inside)


def _parse(header, name):
    if not header:
        return None
    try:
        return values.decode(header.encode("utf-8", "surrogateescape"))
    except Exception as error:
        message = "Unable to parse {} JSON: {}".format(name, error)
        raise Fault("LambdaContextUnmarshalError", message) from None


def _take_w3c(client):
    found = client.pop("w3c", None) if isinstance(client, dict) else None
    if not isinstance(found, dict):
        return {}
    return {key: found[key] for key in _W3C if isinstance(found.get(key), str)}
