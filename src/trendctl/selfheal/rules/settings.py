"""Are the settings valid?"""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe


def run(probe: Probe) -> CheckResult:
    """The caller tried to load them."""
    if probe.wanted.config_fault:
        return CheckResult("config", "fail", probe.wanted.config_fault, "trendctl config check")
    return CheckResult("config", "ok", "valid")


CHECK = Check("config", "config.toml and TRENDCTL_ variables are valid", run)
