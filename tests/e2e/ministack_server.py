"""The services of AWS by another hand than moto's: a MiniStack server on a free port, as `--upstream-endpoint` takes it."""

import requests
from moto_server import Moto
from programs import MADE

# The account that MiniStack gives to any key that is not an account's id.
ACCOUNT = "000000000000"


class MiniStack(Moto):
    """A MiniStack server of its own process, which keeps nothing."""

    def command(self, host, port):
        """It brings a botocore of its own, which `cargo xtask ci` installs beside it."""
        place = MADE / "ministack"
        assert place.is_dir(), f"{place} is missing: `cargo xtask ci` makes it"
        return ["ministack"], {"BIND_HOST": host, "GATEWAY_PORT": port, "PYTHONPATH": str(place)}

    def answers(self):
        """Whether it is ready."""
        try:
            return requests.get(f"{self.endpoint}/_ministack/health", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False
