"""Many environments at once under pressure, for a short while: soak.py has the long form."""

from soak import Soak


def test_nothing_is_lost_or_mixed_up_under_pressure(own_server):
    figures = Soak(own_server("--log", "warn"), lines=100).run(15)
    assert figures["invocations"] >= figures["environments"] >= 2
