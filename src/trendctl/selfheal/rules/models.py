"""Is there budget left for the language model today, and does it answer?"""

from decimal import Decimal

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe
from trendctl.store import llm_calls, vitals

MICRO = 1_000_000
LAST = 5  # calls in a row without an answer are worth a warning


def run(probe: Probe) -> CheckResult:
    """Warn: without the model texts come from templates, which still works."""
    wanted = probe.wanted
    if wanted.llm_provider == "offline":
        return CheckResult("models", "ok", "offline: nothing is sent, nothing costs")
    with probe.read() as db:
        spent = llm_calls.taken(db, probe.now)
        silent = vitals.silent_calls(db, LAST)
    dollars = f"{Decimal(spent) / MICRO:.2f} of {wanted.llm_budget_usd} USD today"
    if spent >= Decimal(wanted.llm_budget_usd) * MICRO:
        return CheckResult("models", "warn", f"{dollars}: templates until midnight UTC", "trendctl config edit")
    if silent:
        detail = f"the last {LAST} calls gave nothing: {silent}"
        return CheckResult("models", "warn", detail[:300], f"check the key of {wanted.llm_provider}")
    return CheckResult("models", "ok", dollars)


CHECK = Check("models", "budget left for the language model, and answers from it", run)
