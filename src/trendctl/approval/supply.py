"""What the seller tells of a product: checked field by field, from flags, answers or a CSV file."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trendctl.approval.service import Approving
from trendctl.commerce.identifiers import restricted_gtin, valid_gtin
from trendctl.commerce.money import Money
from trendctl.errors import UsageError
from trendctl.store import product_rows, supplies
from trendctl.store.rows import epoch
from trendctl.store.writers import Role

if TYPE_CHECKING:
    from trendctl.models import Supply

CONDITIONS = ("new", "open_box", "refurbished", "used_like_new", "used_good", "used_acceptable")
AMOUNTS = {
    "cost": "cost_minor", "freight": "freight_minor", "duty": "duty_minor", "packaging": "packaging_minor",
    "outbound_shipping": "outbound_shipping_minor", "ad": "ad_minor", "price": "price_minor",
}  # fmt: skip
TEXTS = ("brand", "mpn", "supplier", "link")
WHOLE = ("stock", "lead_days")
FIELDS = (*AMOUNTS, *WHOLE, "currency", "condition", "gtin", "return_rate", "auto_decrease", *TEXTS)
MAX_CSV = 5_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Imported:
    """What a CSV file did: rows taken, and the refused ones with their line and reason."""

    taken: int
    refused: tuple[str, ...]


def tell(work: Approving, product_id: int, told: Mapping[str, str], facts: Mapping[str, str], currency: str) -> None:
    """Store what was told. `currency` is the market's: for a product of which no amount was told in another one.

    Raises UsageError for the first bad field, or for another currency while amounts of the old one would stay.
    """
    now = epoch(work.clock.now())
    with work.store.session(Role.APPROVAL) as session:
        there = supplies.told(session, product_id)
        changes = checked(told, facts, (there.currency if there else None) or currency)
        if there is not None:
            _one_currency(there, changes)
        supplies.set_supply(session, product_id, changes, now)


def _one_currency(there: "Supply", changes: Mapping[str, Any]) -> None:
    """A product's amounts have one currency. 0 is 0 in every one."""
    new = changes.get("currency", there.currency)
    kept = [name for name, column in AMOUNTS.items() if column not in changes and getattr(there, column)]
    if there.currency and new != there.currency and kept:
        raise UsageError(
            f"The currency cannot become {new}", why=f"told in {there.currency}: {', '.join(kept)}",
            next=f"tell these in {new}, too, in the same command",
        )  # fmt: skip


def checked(told: Mapping[str, str], facts: Mapping[str, str], currency: str) -> dict[str, Any]:
    """Column values of what was told, as text, under the names in FIELDS; `currency`: of amounts without a told one.

    Raises UsageError with the field's name.
    """
    unknown = set(told) - set(FIELDS)
    if unknown:
        raise UsageError(
            f"There is no supply field {sorted(unknown)[0]!r}", why=", ".join(FIELDS), next="trendctl supply --help"
        )
    code = told.get("currency", currency).strip().upper()
    out: dict[str, Any] = {}
    for name, text in told.items():
        try:
            out |= _field(name, text.strip(), code)
        except (ValueError, InvalidOperation) as fault:
            why = "a number such as 7.50 is needed" if isinstance(fault, InvalidOperation) else str(fault)
            raise UsageError(f"{name} cannot be {text!r}", why=why, next="trendctl supply --help") from fault
    if any(name in AMOUNTS for name in told):
        out["currency"] = code
    if facts:
        out["facts"] = {_name(k): _short(v, 200) for k, v in facts.items()}
    return out


def import_csv(work: Approving, data: bytes, currency: str) -> Imported:
    """Rows of a CSV file with an `id` column (number or uid) and columns of FIELDS; `fact:NAME` columns are facts.

    A bad row is refused with its line; the others are stored. Raises UsageError when the file is no such CSV.
    """
    if len(data) > MAX_CSV:
        raise UsageError("The CSV file is too large", why=f"over {MAX_CSV} bytes", next="split it")
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as fault:
        raise UsageError("The CSV file cannot be read", why=str(fault), next="save it as UTF-8 CSV") from fault
    if "id" not in (reader.fieldnames or ()):
        raise UsageError(
            "The CSV file needs an `id` column", why="the product's number or uid", next="trendctl products"
        )
    taken, refused = 0, []
    for line, row in enumerate(rows, 2):
        try:
            _import_row(work, row, currency)
            taken += 1
        except UsageError as fault:
            refused.append(f"line {line}: {fault.what}{f' ({fault.why})' if fault.why else ''}")
    return Imported(taken, tuple(refused))


def _import_row(work: Approving, row: Mapping[str, Any], currency: str) -> None:
    given = {k: v for k, v in row.items() if isinstance(k, str) and isinstance(v, str) and v.strip()}
    with work.store.read() as db:
        product_id = product_rows.product_id(db, given.pop("id", ""))
    if product_id is None:
        raise UsageError("no such product")
    facts = {k.removeprefix("fact:"): given.pop(k) for k in list(given) if k.startswith("fact:")}
    tell(work, product_id, given, facts, currency)


def _field(name: str, text: str, currency: str) -> dict[str, Any]:
    if name in AMOUNTS:
        if text == "" and name == "price":
            return {"price_minor": None}
        amount = Money.from_decimal(Decimal(text), currency)
        if not 0 <= amount.minor <= 10**11:
            raise ValueError("an amount is 0 or more")
        return {AMOUNTS[name]: amount.minor}
    if name in WHOLE:
        number = int(text)
        if not 0 <= number <= 1_000_000:
            raise ValueError("a whole number of 0 or more")
        return {name: number}
    return _text_field(name, text)


def _text_field(name: str, text: str) -> dict[str, Any]:
    if name in _SPECIAL:
        return {name: _SPECIAL[name](text)}
    return {name: _short(text, 65)}


def _currency(text: str) -> str:
    return Money(0, text.upper()).currency


def _condition(text: str) -> str:
    if text not in CONDITIONS:
        raise ValueError(f"one of {', '.join(CONDITIONS)}")
    return text


def _gtin(text: str) -> str:
    if text and (not valid_gtin(text) or restricted_gtin(text)):
        raise ValueError("its check digit is wrong, or it is a number for use inside one shop")
    return text


def _return_rate(text: str) -> str:
    if not 0 <= Decimal(text) < 1:
        raise ValueError("a fraction from 0 to below 1, such as 0.05")
    return text


def _yes(text: str) -> int:
    if text not in ("yes", "no"):
        raise ValueError("yes or no")
    return int(text == "yes")


def _link(text: str) -> str:
    if text and (urlsplit(text).scheme != "https" or not urlsplit(text).hostname):
        raise ValueError("an https address of your own shop")
    return _short(text, 500)


_SPECIAL: Mapping[str, Callable[[str], Any]] = {
    "currency": _currency, "condition": _condition, "gtin": _gtin, "return_rate": _return_rate, "auto_decrease": _yes,
    "link": _link,
}  # fmt: skip


def _name(text: str) -> str:
    found = _short(text.strip(), 40)
    if not found:
        raise UsageError("A fact needs a name", next="--fact material=steel")
    return found


def _short(text: str, limit: int) -> str:
    if len(text) > limit or not text.isprintable():
        raise UsageError("A text is too long or has control characters", why=f"{limit} at most", next="shorten it")
    return text
