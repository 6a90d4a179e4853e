"""What is unclear at the selling platforms: unknown listings, blocked accounts, accounts that rest."""

from collections.abc import Iterator

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, ago
from trendctl.store import vitals

STALE = 6 * 3600  # a listing without a verdict for longer


def run(probe: Probe) -> list[CheckResult]:
    """One line a trouble; one good line without any."""
    return list(_look(probe))


def _look(probe: Probe) -> Iterator[CheckResult]:
    with probe.read() as db:
        unclear = vitals.unclear_listings(db, probe.now - STALE)
        blocked = vitals.blocked_accounts(db)
        resting = vitals.open_circuits(db, probe.now)
    for platform, state, number in unclear:
        detail = f"{number} listings are {state}: nobody knows yet what became of them"
        yield CheckResult(f"platform.{platform}.{state}", "warn", detail, "trendctl reconcile")
    for platform, account, reason in blocked:
        detail = f"the account {account} may not post: {reason}"
        yield CheckResult(f"platform.{platform}.blocked", "warn", detail, "trendctl reconcile")
    for name, until, cause in resting:
        detail = f"{name} rests for {ago(until - probe.now)} after failures: {cause}"
        yield CheckResult(f"platform.{name}.rests", "warn", detail[:300], "trendctl platforms check")
    if not (unclear or blocked or resting):
        yield CheckResult("platforms", "ok", "nothing unclear, no account blocked")


CHECK = Check("platforms", "unclear listings, blocked and resting accounts", run)
