"""The list of moto's tests that must fail. A listed test that passes fails the run, so the list only shrinks; but for
the section `races`, where both may happen."""

import signal
import tomllib

import pytest

# Some listed tests wait half a minute for what never comes.
LISTED_WITHIN_S = 5


class Exceptions:
    """A pytest plugin that holds the list against what is collected."""

    def __init__(self, path, whole):
        """`whole`: all of moto's tests are run, so each listed one must be among them."""
        with open(path, "rb") as file:
            sections = tomllib.load(file)
        self.reasons = {
            test: (reason, section != "races")
            for section, reasons in sections.items()
            for reason, tests in reasons.items()
            for test in tests
        }
        self.whole = whole

    def pytest_collection_modifyitems(self, items):
        """Marks the listed tests. One without parameters names all of its parameters."""
        unknown = set(self.reasons)
        for item in items:
            name = item.nodeid.removeprefix("tests/test_awslambda/").removeprefix("tests/")
            for listed in (name, name.partition("[")[0]):
                if listed in self.reasons:
                    unknown.discard(listed)
                    reason, strict = self.reasons[listed]
                    item.add_marker(pytest.mark.xfail(reason=reason, strict=strict))
                    item.stash[LISTED] = True
                    break
        if self.whole and unknown:
            raise pytest.UsageError(f"exceptions.toml names tests that moto does not have: {sorted(unknown)}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        """Ends a listed test that takes long."""
        if not item.stash.get(LISTED, False):
            return (yield)
        before = signal.signal(signal.SIGALRM, too_long)
        signal.alarm(LISTED_WITHIN_S)
        try:
            return (yield)
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)


LISTED = pytest.StashKey()


def too_long(*_):
    """The alarm."""
    raise TimeoutError(f"not done within {LISTED_WITHIN_S} s")
