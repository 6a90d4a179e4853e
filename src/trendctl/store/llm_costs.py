"""What language models cost, for reports."""

import sqlite3
from dataclasses import dataclass

DAY = 86_400
_COSTS = """
    SELECT day, provider, model, count(*), sum(state IN ('done', 'overrun')), sum(state NOT IN ('done', 'overrun')),
        sum(coalesce(spent_micro_usd, reserved_micro_usd)), sum(coalesce(input_tokens, 0)),
        sum(coalesce(output_tokens, 0))
    FROM llm_call WHERE day >= ? GROUP BY day, provider, model ORDER BY day DESC, provider, model"""


@dataclass(frozen=True, slots=True)
class Cost:
    """One day (days since 1970, UTC), provider and model. `micro_usd`: millionths of a US dollar, calls whose cost is
    not known counted with the most that they can have cost. `without`: calls that gave no usable answer."""

    day: int
    provider: str
    model: str
    calls: int
    answered: int
    without: int
    micro_usd: int
    input_tokens: int
    output_tokens: int


def costs(db: sqlite3.Connection, since: int) -> list[Cost]:
    """Costs by day, provider and model, newest first, from the UTC day of `since` (epoch seconds) on."""
    return [Cost(*row) for row in db.execute(_COSTS, (since // DAY,))]
