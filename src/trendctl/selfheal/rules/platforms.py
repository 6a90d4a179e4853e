"""What is unclear at the selling platforms: unknown listings, blocked or resting accounts, sign-ins and limits."""

from collections.abc import Iterator
from typing import Literal

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, ago
from trendctl.store import vitals

WEEK = 7 * 86_400  # a sign-in that ends sooner is told
STALE = 6 * 3600  # a listing without a verdict for longer


def run(probe: Probe) -> list[CheckResult]:
    """One line a trouble; one good line without any."""
    return list(_look(probe))


def _look(probe: Probe) -> Iterator[CheckResult]:
    with probe.read() as db:
        unclear = vitals.unclear_listings(db, probe.now - STALE)
        blocked = vitals.blocked_accounts(db)
        resting = vitals.open_circuits(db, probe.now)
        ending = [s for s in vitals.sign_ins(db) if s[2] - probe.now <= WEEK]
        spent = vitals.spent_limits(db, probe.now - 3600)
    for platform, state, number in unclear:
        detail = f"{number} listings are {state}: nobody knows yet what became of them"
        yield CheckResult(f"platform.{platform}.{state}", "warn", detail, "trendctl reconcile")
    for platform, account, reason in blocked:
        detail = f"the account {account} may not post: {reason}"
        yield CheckResult(f"platform.{platform}.blocked", "warn", detail, "trendctl reconcile")
    for name, until, cause in resting:
        detail = f"{name} rests for {ago(until - probe.now)} after failures: {cause}"
        yield CheckResult(f"platform.{name}.rests", "warn", detail[:300], "trendctl platforms check")
    for platform, account, ends_at in ending:
        over = ends_at <= probe.now
        detail = f"the sign-in of {account} " + ("has ended" if over else f"ends in {ago(ends_at - probe.now)}")
        status: Literal["warn", "fail"] = "fail" if over else "warn"
        yield CheckResult(f"platform.{platform}.sign_in", status, detail, f"trendctl platforms login {platform}")
    for name in spent:
        yield CheckResult(f"platform.limit.{name}"[:80], "warn", f"the calls of {name} are used up for now", "")
    if not (unclear or blocked or resting or ending or spent):
        yield CheckResult("platforms", "ok", "nothing unclear, no account blocked")


CHECK = Check("platforms", "unclear listings, blocked and resting accounts", run)
