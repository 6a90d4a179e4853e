"""Sources whose calls cost money: each call is paid for out of the day's budget before it goes out."""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from trendctl.http import Fault
from trendctl.ports import Clock, Json, Outcome, SourceFacts
from trendctl.scanner.formats import asks
from trendctl.scanner.values import SourceValues
from trendctl.store import spend
from trendctl.store.engine import Store
from trendctl.store.writers import Role

PRICE, BUDGET = "usd_per_call", "daily_budget_usd"  # options of such a source; the budget's default is in its facts


def is_paid(facts: SourceFacts) -> bool:
    """Whether its calls cost money."""
    return facts.daily_budget_usd is not None


def purse(store: Store, clock: Clock, facts: SourceFacts, values: SourceValues) -> Callable[[], None] | None:
    """What is called before each call of a source: it reserves the price, or raises Fault (skipped) when the day's
    (UTC) budget does not hold it. None: the source is free. Safe in threads and across processes.
    """
    if not is_paid(facts):
        return None

    def pay() -> None:
        chosen = {BUDGET: facts.daily_budget_usd, **facts.options, **values.options}
        price = _micro(facts, PRICE, chosen.get(PRICE), ROUND_CEILING)
        budget = _micro(facts, BUDGET, chosen[BUDGET], ROUND_FLOOR)
        at = int(clock.now().timestamp())
        with store.write(Role.SCANNER) as db:
            fits = spend.reserve(db, facts.name, price, budget, at)
            used = spend.taken(db, facts.name, at)
        if not fits:
            cause = f"today's budget is spent: {_usd(used)} of {_usd(budget)} USD, a call costs {_usd(price)}"
            raise Fault(Outcome.SKIPPED, f"{cause} ([sources.{facts.name}.options] {BUDGET})", over=True)

    return pay


def _micro(facts: SourceFacts, name: str, value: Json, rounding: str) -> int:
    """An amount of the settings in millionths of a US dollar. ConfigError for what is no amount."""
    return int((asks.dollars(facts, name, value) * spend.MICRO).to_integral_value(rounding))


def _usd(micro: int) -> str:
    return f"{Decimal(micro) / spend.MICRO:.2f}" if micro % 10_000 == 0 else f"{Decimal(micro) / spend.MICRO:f}"
