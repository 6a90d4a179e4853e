"""What a platform's answer holds, as plain values. Nothing here raises, and nothing passes for what it is not."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from trendctl.commerce.money import Money
from trendctl.ports import Answer

T = TypeVar("T")


def parsed(answer: Answer) -> dict[str, Any]:
    """The body as an object; {} where it is empty or cannot be read."""
    try:
        found = json.loads(answer.body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return part(found)


def rows(value: object) -> list[dict[str, Any]]:
    """The objects of a list; none of anything else."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def part(value: object) -> dict[str, Any]:
    """An object; {} for anything else."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """A text or a whole number (an id, a word) as text; "" for anything else."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def count(value: object) -> int | None:
    """A whole number; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_amount(value: object, wanted: Money) -> bool:
    """Whether a decimal, as text or number, is that amount of money. Its currency is told elsewhere."""
    try:
        return Decimal(str(value)) == wanted.decimal()
    except InvalidOperation:
        return False


def retry_after(answer: Answer, unsaid: T) -> float | T:
    """Seconds of the header Retry-After; `unsaid` where the platform does not say, or says it as a date."""
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isdecimal() else unsaid
