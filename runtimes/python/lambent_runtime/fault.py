"""What is wrong with a function before or after its own code ran. Never raised by that code."""


class Fault(Exception):
    """A failure with an error type of the platform, `Runtime.…`, and lines that stand for a stack trace."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind = "Runtime." + kind
        self.message = message
        self.trace = list(trace)
