"""The facts a listing's text may say: each with a key, a label, and the text exactly as it may appear."""

from collections.abc import Iterator, Mapping

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.outputs import Normalised
from trendctl.ports import Case, Json
from trendctl.wording import clean

MAX_FACTS = 40
MAX_LABEL, MAX_VALUE = 60, 400
# Answers to questions of ours, and what platforms ask for in fields of their own: no buyer reads them in the text.
NOT_SAID = frozenset(
    {"brand_authorised", "un383_test", "safety_data_sheet", "manufacturer_email", "responsible_person_email",
     "age_from_months"}
)  # fmt: skip


def facts_of(case: Case, name: Normalised | None) -> list[dict[str, Json]]:
    """For each fact `{"key", "label", "text", "source", "ai_ok"}`: the seller's own first, none that is empty.

    The seller's facts are open to a model; cost, stock, supplier and price are no facts.
    """
    found: dict[str, dict[str, Json]] = {}
    for key, label, value, source, ai_ok in _all(case, name):
        label, value = clean(label)[:MAX_LABEL].strip(), clean(value)
        if label and value and len(value) <= MAX_VALUE and key not in found and len(found) < MAX_FACTS:
            found[key] = {"key": key, "label": label, **ev.text(value, source, ai_ok)}
    return list(found.values())


def _all(case: Case, name: Normalised | None) -> Iterator[tuple[str, str, str, str, bool]]:
    supply = case.supply
    if name is not None:
        yield "title", "Title", name.title, name.source, name.ai_ok
        yield "brand", "Brand", name.brand, name.brand_from, name.brand_from == "supply" or name.ai_ok
    if supply is None:
        return
    yield "mpn", "Model number", supply.mpn, "supply", True
    yield "condition", "Condition", (supply.condition or "").replace("_", " "), "supply", True
    for key, value in sorted(supply.facts.items()):
        if key not in NOT_SAID:
            yield f"fact:{key}", _label(key), value, "supply", True


def _label(key: str) -> str:
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def said(fact: Mapping[str, Json]) -> str:
    """The fact as a line of text."""
    return str(fact["text"]) if fact["key"] == "title" else f"{fact['label']}: {fact['text']}"
