"""What a language model's tokens cost, from the dated price table; a model without a known price is not used."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any
from urllib.parse import urlsplit

from trendctl.commerce import facts

TABLE = "model_prices"
MILLION = 1_000_000
_DATED = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$")  # gpt-4.1-mini-2025-04-14, claude-haiku-4-5-20251001


@dataclass(frozen=True, slots=True)
class Rate:
    """US dollars for a million tokens."""

    input: Decimal
    output: Decimal

    def micro_usd(self, input_tokens: int, output_tokens: int) -> int:
        """The cost in millionths of a US dollar, rounded up."""
        exact = self.input * input_tokens + self.output * output_tokens
        return int(exact.to_integral_value(ROUND_CEILING))


FREE = Rate(Decimal(0), Decimal(0))


def cheap_model(provider: str) -> str:
    """The model taken where the settings name none; "" where the provider has none."""
    return next((str(row["model"]) for row in _rows(provider) if row.get("cheap")), "")


def rate(provider: str, model: str, base_url: str) -> Rate | None:
    """The price; free on this machine; None where it is not known. A dated name has the price of its plain one."""
    if base_url and is_loopback(base_url):
        return FREE
    for name in (model, _DATED.sub("", model)):
        for row in _rows(provider):
            if row["model"] == name:
                return Rate(Decimal(row["input"]), Decimal(row["output"]))
    return None


def is_loopback(url: str) -> bool:
    """Whether the address is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _rows(provider: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = facts.load(TABLE).get(provider, [])
    return rows
