"""A draft as text for $EDITOR, and back: TOML, because a description is long and a price must stay exact."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from trendctl.commerce.money import Money
from trendctl.errors import UsageError
from trendctl.intent import EDITABLE
from trendctl.ports import Json

_HEAD = (
    "# Change the words, save, close. Amounts are in {currency}. A text you did not touch stays as it was proposed.\n"
)


def text_of(intent: Mapping[str, Json]) -> str:
    """The editable fields as TOML."""
    import tomlkit

    doc = tomlkit.document()
    for name in EDITABLE:
        value = intent.get(name)
        if name == "price":
            doc[name] = f"{_money(value).decimal():f}"
        elif name == "description":
            doc[name] = tomlkit.string(str(value), multiline=True)
        else:
            doc[name] = value
    return _HEAD.format(currency=intent["price"]["currency"]) + tomlkit.dumps(doc)


def edited(intent: Mapping[str, Json], text: str) -> dict[str, Json]:
    """The fields that differ from the intent. Raises UsageError, with the line, for what cannot be understood."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise UsageError("The edited text is not TOML", why=str(fault), next="edit it again") from fault
    unknown = set(found) - set(EDITABLE)
    if unknown:
        raise UsageError(
            f"{sorted(unknown)[0]!r} is not a field you can edit", why=", ".join(EDITABLE), next="edit again"
        )
    changes = {}
    for name, value in found.items():
        value = _checked(name, value, intent)
        if value != intent.get(name):
            changes[name] = value
    return changes


def _checked(name: str, value: Any, intent: Mapping[str, Json]) -> Json:
    if name == "price":
        try:
            amount = Money.from_decimal(Decimal(str(value)), intent["price"]["currency"])
        except (ValueError, InvalidOperation) as fault:
            raise UsageError(
                f"price cannot be {value!r}", why="an amount as text is needed", next='price = "19.99"'
            ) from fault
        if amount.minor < 0:
            raise UsageError("price cannot be below 0", next="edit it again")
        return {"minor": amount.minor, "currency": amount.currency}
    if type(value) is not type(intent.get(name)) or not _fits(name, value):
        raise UsageError(f"{name} has another form than before", next="edit it again")
    return value


def _fits(name: str, value: Any) -> bool:
    if name in ("bullets", "keywords"):
        return all(isinstance(v, str) for v in value)
    if name == "aspects":
        return all(isinstance(v, list) and all(isinstance(x, str) for x in v) for v in value.values())
    if name == "category":
        return set(value) == {"id", "path"} and all(isinstance(v, str) for v in value.values())
    return not isinstance(value, bool)


def _money(value: Any) -> Money:
    return Money(value["minor"], value["currency"])
