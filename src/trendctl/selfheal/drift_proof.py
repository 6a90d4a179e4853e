"""Is a changed field map right? Both recorded answers are parsed by the source's own leaf, and the records compared."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from trendctl.errors import ParseError
from trendctl.ports import Ask, Parsed, Record, Reply, Request, Source
from trendctl.store.answers import Answer

LEAST = 4  # records that prove anything
FACTOR = 3.0  # by which the number of records may differ
HAD, HAS = 0.8, 0.5  # a value that so many records had, so many must have again
SHARED = 0.1  # of ids or titles found again: then it is the same list
TENFOLD = 1.3  # powers of ten by which a counted value's middle may differ
PRICE = 3.0  # times by which the middle of the prices may


@dataclass(frozen=True, slots=True)
class Proof:
    """What comparing showed. `against` "": all fits. `shared`: the share of ids or titles found again."""

    against: str
    facts: tuple[str, ...] = ()
    shared: float = 0.0
    records: int = 0


def parsed(source: Source, answer: Answer, fields: Mapping[str, str]) -> Parsed | None:
    """The answer as the leaf understands it with that overlay; None where it does not, however it fails."""
    if source.parse is None:
        return None
    at = datetime.fromtimestamp(answer.at, UTC)
    reply = Reply(Request(answer.url, tag=answer.tag), 200, {"content-type": answer.kind}, answer.body, at)
    ask = Ask(at, answer.geo, answer.language, answer.term, answer.days, "", answer.options, fields)
    try:
        return source.parse(reply, ask)
    except (ParseError, RecursionError):
        return None
    except Exception:  # noqa: BLE001 - the edge of a leaf: a map that makes its parser stumble is no good map
        return None


def prove(source: Source, good: Answer, bad: Answer, fields: Mapping[str, str]) -> Proof:
    """The good answer by its own map against the bad one by `fields` (an overlay)."""
    before, after = parsed(source, good, good.fields), parsed(source, bad, fields)
    if before is None or after is None:
        return Proof(
            "the answer cannot be read by the changed map" if before else "the last good answer cannot be read"
        )
    old, new = before.records, after.records
    against = _counts(before, after) or _titles(old, new) or _shape(old, new) or _amounts(old, new)
    found = max(_shared({r.external_id for r in old}, {r.external_id for r in new}),
                _shared({r.title for r in old}, {r.title for r in new}))  # fmt: skip
    facts = (
        f"{len(new)} entries are read, {len(old)} were in the last good answer",
        f"{found:.0%} of them are the same things",
    )
    return Proof(against, facts, found, len(new))


def _counts(before: Parsed, after: Parsed) -> str:
    old, new = len(before.records), len(after.records)
    if min(old, new) < LEAST:
        return f"only {min(old, new)} entries: too few to prove anything"
    if not 1 / FACTOR <= new / old <= FACTOR:
        return f"{new} entries instead of {old}"
    if after.rejected > max(0.2 * (new + after.rejected), 2 * before.rejected):
        return f"{after.rejected} entries could not be used"
    return ""


def _titles(old: Sequence[Record], new: Sequence[Record]) -> str:
    before, after = [r.title for r in old], [r.title for r in new]
    if _distinct(after) < 0.6 * _distinct(before):
        return "the titles repeat, which they did not"
    lengths = median(map(len, after)) / max(1, median(map(len, before)))
    if not 1 / FACTOR <= lengths <= FACTOR:
        return "the titles are of another length"
    for what, is_it in (("addresses", _is_address), ("numbers", _is_number)):
        if _share(after, is_it) > _share(before, is_it) + 0.2:
            return f"the titles are {what}"
    ids = (_is_address, _is_number)
    if any(abs(_share([r.external_id for r in new], f) - _share([r.external_id for r in old], f)) > 0.5 for f in ids):
        return "the ids are of another kind"
    return ""


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://", "//"))


def _is_number(text: str) -> bool:
    return text.replace(".", "").replace(",", "").isdigit()


def _share(texts: Sequence[str], is_it: Callable[[str], bool]) -> float:
    return sum(map(is_it, texts)) / len(texts)


def _distinct(texts: Sequence[str]) -> float:
    return len(set(texts)) / len(texts)


def _shape(old: Sequence[Record], new: Sequence[Record]) -> str:
    before, after = _has(old), _has(new)
    gone = [name for name, share in before.items() if share >= HAD and after.get(name, 0.0) < HAS]
    return f"{gone[0]} is missing" if gone else ""


def _has(records: Sequence[Record]) -> dict[str, float]:
    """For each value that a record may hold, the share that has it."""
    seen: Counter[str] = Counter()
    for r in records:
        there = {"url": r.url, "category": r.category, "image": r.image_url, "brand": r.brand, "time": r.event_at}
        seen.update(name for name, value in there.items() if value)
        seen.update({reading.metric for reading in r.readings})
        seen.update({"price"} if any(reading.price_minor is not None for reading in r.readings) else set())
    return {name: number / len(records) for name, number in seen.items()}


def _amounts(old: Sequence[Record], new: Sequence[Record]) -> str:
    before, after = _values(old), _values(new)
    for metric in sorted(before.keys() & after.keys()):
        a, b = median(before[metric]), median(after[metric])
        if abs(math.log10(abs(a) + 1) - math.log10(abs(b) + 1)) > TENFOLD:
            return f"{metric} is about {b:g}, it was about {a:g}"
    one, two = _prices(old), _prices(new)
    if one and two and ({c for _, c in one} != {c for _, c in two} or not _near(one, two)):
        return "the prices are not what they were"
    return ""


def _near(one: Sequence[tuple[int, str | None]], two: Sequence[tuple[int, str | None]]) -> bool:
    ratio = median(p for p, _ in two) / median(p for p, _ in one)
    return 1 / PRICE <= ratio <= PRICE


def _values(records: Sequence[Record]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for r in records:
        for reading in r.readings:
            if reading.value is not None:
                found.setdefault(reading.metric, []).append(reading.value)
    return found


def _prices(records: Sequence[Record]) -> list[tuple[int, str | None]]:
    return [(x.price_minor, x.currency) for r in records for x in r.readings if x.price_minor]


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0
