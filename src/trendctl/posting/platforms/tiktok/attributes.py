"""A category's attributes: which the seller's facts fill, under TikTok's numbers, and which are still missing."""

from collections.abc import Mapping, Sequence
from typing import Any

from trendctl.ports import Json
from trendctl.posting.body import rows, text

MOST, MOST_VALUES = 150, 400  # kept of a category's attributes, and of each one's values
_NUMBER = "POSITIVE_INT_OR_DECIMAL"


def trimmed(told: object) -> list[dict[str, Json]]:
    """TikTok's list, as it is kept: the attributes of a product (those of its variants have no use here).

    `required` is spelled `is_requried` in TikTok's own document; the right spelling is taken too.
    """
    found = [
        row for row in rows(told) if row.get("type", "PRODUCT_PROPERTY") == "PRODUCT_PROPERTY" and text(row.get("id"))
    ]
    kept = sorted(found, key=lambda row: not _required(row))[:MOST]
    return [
        {
            "id": text(row["id"]), "name": text(row.get("name")), "required": _required(row),
            "several": row.get("is_multiple_selection") is True, "custom": row.get("is_customizable") is True,
            "number": row.get("value_data_format") == _NUMBER,
            "values": [
                {"id": text(v.get("id")), "name": text(v.get("name"))} for v in rows(row.get("values"))[:MOST_VALUES]
            ],
            "when": [
                {"id": text(c.get("attribute_id")), "value": text(c.get("attribute_value_id"))}
                for c in rows(row.get("requirement_conditions"))
            ],
        }
        for row in kept
    ]  # fmt: skip


def filled(aspects: Mapping[str, Sequence[str]], known: Sequence[Mapping[str, Json]]) -> dict[str, dict[str, Json]]:
    """What the facts say, by TikTok's name of each attribute: its number, and the numbers of the values said.

    A value that is not on TikTok's list is left out where the attribute takes no other.
    """
    told = {name.casefold(): values for name, values in aspects.items()}
    found = {}
    for row in known:
        said = _split(told.get(str(row["name"]).casefold(), ()), row)
        numbers = {str(v["name"]).casefold(): (str(v["name"]), str(v["id"])) for v in row["values"]}
        values: dict[str, str] = {}
        for value in said:
            name, number = numbers.get(value.casefold(), (value, ""))
            if number or _may_be_own(value, row):
                values[name] = number
        if values:
            found[str(row["name"])] = {"id": row["id"], "values": values}
    return found


def missing(found: Mapping[str, Mapping[str, Json]], known: Sequence[Mapping[str, Json]], uid: str) -> list[str]:
    """The required attributes that nothing fills, each with the command that does."""
    chosen = {(str(entry["id"]), number) for entry in found.values() for number in entry["values"].values()}
    lines = []
    for row in known:
        wanted = row["required"] if not row["when"] else any((c["id"], c["value"]) in chosen for c in row["when"])
        if not wanted or row["name"] in found:
            continue
        names = [str(v["name"]) for v in row["values"]]
        choice = f" ({', '.join(names[:6])}{' ...' if len(names) > 6 else ''})" if names else ""
        lines.append(f'attribute {row["name"]}{choice}: trendctl supply {uid} --fact "{row["name"]}=..."')
    return lines


def posted(aspects: Mapping[str, Sequence[str]], table: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Json]]:
    """The attributes of the approved aspects, as TikTok takes them. What the table does not name is not posted."""
    out: list[dict[str, Json]] = []
    for name, values in sorted(aspects.items()):
        entry = table.get(name)
        if entry is None or not values:
            continue
        numbers = entry["values"]
        said = [{"id": numbers[v], "name": v} if numbers.get(v) else {"name": v} for v in values]
        out.append({"id": entry["id"], "values": said})
    return out


def _required(row: Mapping[str, Any]) -> bool:
    return row.get("is_requried") is True or row.get("is_required") is True


def _split(values: Sequence[str], row: Mapping[str, Json]) -> list[str]:
    if not row["several"]:
        return [str(value) for value in values][:1]
    parts = [piece.strip() for value in values for piece in str(value).split(",") if piece.strip()]
    whole = {str(v["name"]).casefold() for v in row["values"]}
    return [str(v) for v in values] if any(str(v).casefold() in whole for v in values) else parts


def _may_be_own(value: str, row: Mapping[str, Json]) -> bool:
    if row["values"] and not row["custom"]:
        return False
    return not row["number"] or value.replace(".", "", 1).isdecimal()
