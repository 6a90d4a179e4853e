"""A source's fields have moved: where to? The last good answer tells what each field looked like, the new one is
searched for it, and a changed map counts only when the source's own parser proves it on both answers."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trendctl.ports import Json, Source
from trendctl.selfheal import drift_feed, drift_json
from trendctl.selfheal.drift_feed import FeedTable
from trendctl.selfheal.drift_json import JsonTable
from trendctl.selfheal.drift_proof import SHARED, Proof, parsed, prove
from trendctl.selfheal.drift_values import Column, alike, close, column, name_likeness, shared
from trendctl.selfheal.rules.overlays import is_feed
from trendctl.store.answers import Answer

Table = JsonTable | FeedTable
HAD, HAS = 0.5, 0.2  # a field that so many rows had, and fewer than this part of it have now, has moved
NEW = 0.1  # a place that more rows had before is not where something moved to
ENOUGH, MARGIN = 0.6, 0.08  # of a candidate's score, and its lead over the next
LIKE = 0.3  # of a list's likeness to the old one
AGREED = 0.6  # of the same things that must have the same value
PAIRS = 4  # things found again that say whether two columns are one
DELICATE: Final = ("price", "cents", "cost", "amount", "currency", "url", "link")


@dataclass(frozen=True, slots=True)
class Found:
    """What the search gave. `fields`: the overlay to write, None: abstained; `moved`: what moved where, in words.

    `why`: why it abstained, "" otherwise; `sure`: the list is provably the same; `delicate`: a price, currency or link
    is among what moved.
    """

    fields: Mapping[str, str] | None
    moved: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    why: str = ""
    sure: bool = False
    delicate: bool = False


@dataclass(frozen=True, slots=True)
class _Move:
    """One field's new place. `score` 0 to 1."""

    name: str
    old: str
    new: str
    score: float


def propose(source: Source, good: Answer, bad: Answer, overlay: Mapping[str, str]) -> Found:
    """The overlay that makes the bad answer readable again. `overlay`: the one in use, {} without one."""
    if source.parse is None:
        return Found(None, why="the source is read by a package of its own")
    if overlay and not prove(source, good, bad, {}).against:
        return Found({}, ("the overlay is no longer needed",), sure=True, delicate=_delicate(overlay))
    fields = {**source.facts.fields, **overlay}
    before, held, others = _tables(good, {**source.facts.fields, **good.fields}, bad, fields)
    if before is None or (held is None and not others):
        return Found(None, why="the new answer holds no list of entries like the old one's")
    places = [t for t in (held, *others) if t is not None]
    tried = [_with(source, good, bad, overlay, fields, before, after) for after in places]
    well = sorted(
        (_cost(f, after is held), n) for n, (f, after) in enumerate(zip(tried, places, strict=True)) if f.fields
    )
    if not well:
        return tried[0]
    best = tried[well[0][1]]
    if any(cost == well[0][0] and tried[n].fields != best.fields for cost, n in well[1:]):
        return Found(None, why="more than one changed map fits")
    return best


def _cost(found: Found, held: bool) -> tuple[bool, int, bool]:
    """The least of these is taken: no price, currency or link, then few fields, then the list where it was."""
    return found.delicate, len(found.moved), not held


def _with(
    source: Source, good: Answer, bad: Answer, overlay: Mapping[str, str], fields: Mapping[str, str], before: Table,
    after: Table,
) -> Found:  # fmt: skip
    """With the entries taken from one place of the new answer."""
    moves, unclear = _moves(fields, before, after)
    changed = {m.name: after.either(m.new, _used(m.old, before)) for m in moves}
    if isinstance(before, JsonTable) and isinstance(after, JsonTable):
        changed |= _whole_moves(fields, before, after)
        if "rows" in fields and after.path != fields["rows"]:
            changed["rows"] = after.path
    if not changed:
        return Found(
            None, why=f"the field {unclear[0]} is gone, and nothing looks like it" if unclear else "nothing moved"
        )
    map_ = {**overlay, **changed}
    proof = prove(source, good, bad, map_)
    moved = tuple(f"{name}: {fields.get(name, '')} -> {path}" for name, path in sorted(changed.items()))
    if proof.against:
        return Found(None, moved, proof.facts, why=proof.against)
    unordered = changed.get("rows", "").endswith("*")  # an object's values have no places, and a list's are its ranks
    sure = _sure(proof, moves) and not unordered
    return Found(map_, moved, proof.facts, sure=sure, delicate=_delicate(changed))


def _used(path: str, before: Table) -> str:
    """Of a feed's alternatives those up to the first that the old answer had; a path of JSON as it is."""
    if isinstance(before, JsonTable):
        return path
    parts = path.split("|")
    last = next((n for n, part in enumerate(parts) if column(before.values(part)).coverage >= HAD), len(parts) - 1)
    return "|".join(parts[: last + 1])


def _sure(proof: Proof, moves: Sequence[_Move]) -> bool:
    return proof.shared >= SHARED and all(m.score >= ENOUGH for m in moves)


def _delicate(changed: Mapping[str, str]) -> bool:
    """By the name of a field that moved, and by where it is read."""
    words = [name.lower() for name in changed] + [changed[n].lower() for n in changed if n != "rows"]
    return any(part in word for word in words for part in DELICATE)


# ---------------------------------------------------------------- the entries


def _tables(
    good: Answer, old: Mapping[str, str], bad: Answer, now: Mapping[str, str]
) -> tuple[Table | None, Table | None, list[Table]]:
    """The entries of the good answer; those of the bad one where the map says; other likely places, likeliest first."""
    if is_feed(now):
        return drift_feed.load(good.body), drift_feed.load(bad.body), []
    document, other = drift_json.load(good.body), drift_json.load(bad.body)
    before = _rows(document, old) if document is not None and other is not None else None
    if before is None:
        return None, None, []
    ranked = sorted(((_likeness(before, t, old), t) for t in drift_json.tables(other)), key=lambda r: -r[0])
    likely = [t for score, t in ranked if score >= max(LIKE, ranked[0][0] - 0.25)][:3]
    path = now.get("rows", before.path)
    held = drift_json.table(other, path)
    if held is not None and _likeness(before, held, old) < LIKE:
        held = None
    return before, held, [t for t in likely if t.path != path and "rows" in now]


def place_of_rows(source: Source, good: Answer | None) -> str:
    """Where the entries of the last good answer are, for a source that knows that place itself; "": not known."""
    found = _rows(drift_json.load(good.body), {**source.facts.fields, **good.fields}) if good is not None else None
    return found.path if found is not None else ""


def _rows(document: object, fields: Mapping[str, str]) -> JsonTable | None:
    """The entries by the map's own path; where the leaf knows it itself, the list that has the most fields."""
    if "rows" in fields:
        return drift_json.table(document, fields["rows"])
    found = list(drift_json.tables(document))
    return max(found, key=lambda t: _filled(t, fields), default=None)


def _filled(table: JsonTable, fields: Mapping[str, str]) -> float:
    return sum(column(table.values(path)).coverage for path in fields.values()) / max(1, len(fields))


def _likeness(before: JsonTable, after: JsonTable, fields: Mapping[str, str]) -> float:
    """0 to 1: by the fields that the old map still finds, by the names, by what both hold."""
    held = [p for name, p in fields.items() if name != "rows" and column(before.values(p)).coverage >= HAD]
    still = sum(column(after.values(p)).coverage >= HAD * 0.8 for p in held) / max(1, len(held))
    one, two = set(before.paths()), set(after.paths())
    names = len(one & two) / max(1, min(len(one), len(two)))
    return 0.5 * still + 0.2 * names + 0.3 * min(1.0, 2 * _common(before, after))


def _common(before: JsonTable, after: JsonTable) -> float:
    """The share of texts found again."""
    one, two = (
        {str(v) for p in t.paths() for v in t.values(p) if isinstance(v, str) and len(v) > 5} for t in (before, after)
    )
    return len(one & two) / min(len(one), len(two)) if one and two else 0.0


# ---------------------------------------------------------------- the fields


def _moves(fields: Mapping[str, str], before: Table, after: Table) -> tuple[list[_Move], list[str]]:
    """Where each lost field went; and those for which no place, or more than one, fits."""
    pairs = _pairs(fields, before, after)
    lost = [n for n, p in fields.items() if n != "rows" and _is_lost(column(before.values(p)), column(after.values(p)))]
    fresh = [p for p in after.paths() if column(before.values(p)).coverage < NEW]
    moves, unclear = [], []
    for name in lost:
        ranked = sorted(_candidates(fields[name], before, after, fresh, pairs), key=lambda m: -m[0])
        if ranked and (len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= MARGIN or _same(after, ranked)):
            moves.append(_Move(name, fields[name], ranked[0][1], ranked[0][0]))
        else:
            unclear.append(name)
    return moves, unclear


def _is_lost(was: Column, now: Column) -> bool:
    return was.coverage >= HAD and now.coverage < HAS * was.coverage


def _pairs(fields: Mapping[str, str], before: Table, after: Table) -> list[tuple[int, int]]:
    """Rows of both answers that are the same thing, by an id or a title that did not move."""
    for name in ("id", "title"):
        old, new = ([str(v) for v in t.values(fields.get(name, ""))] for t in (before, after))
        places = {value: n for n, value in enumerate(new) if value != "None"}
        found = [(n, places[value]) for n, value in enumerate(old) if value in places]
        if found:
            return found
    return []


def _agreed(was: Column, one: Sequence[Json], other: Sequence[Json], pairs: Sequence[tuple[int, int]]) -> float | None:
    """By how much more the same things agree than different ones do (0 to 1); None: too few to say; below 0: the same
    things have other values there.

    Counts move within an hour, and counts of a narrow range are near each other by chance: hence the comparison.
    """
    both = [(str(one[a]), str(other[b])) for a, b in pairs if one[a] is not None and other[b] is not None]
    if len(both) < PAIRS:
        return None
    moved = [(a, both[n - 1][1]) for n, (a, _) in enumerate(both)]
    exact, near = _above(both, moved, operator.eq), _above(both, moved, close) if was.kind == "number" else (0.0, 0.0)
    return max(exact[1], near[1]) if max(exact[0], near[0]) >= AGREED else -1.0


def _above(
    both: Sequence[tuple[str, str]], moved: Sequence[tuple[str, str]], same: Callable[[str, str], bool]
) -> tuple[float, float]:
    """The share that is the same, and how far that is above chance."""
    share, chance = (sum(same(a, b) for a, b in some) / len(some) for some in (both, moved))
    return share, max(0.0, share - chance) / max(0.05, 1 - chance)


def _candidates(
    old: str, before: Table, after: Table, fresh: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[float, str]]:
    values = before.values(old)
    was = column(values)
    for path in fresh:
        others = after.values(path)
        found, agreed = column(others), _agreed(was, values, others, pairs)
        if agreed is not None and agreed < 0:
            continue
        name, form = name_likeness(old, path), alike(was, found)
        same = agreed if agreed is not None else 0.0 if was.kind == "number" else shared(was, found)
        if found.coverage < 0.6 * was.coverage or form < 0.4 or (name < 0.6 and same < 0.2):
            continue
        score = 0.4 * form + 0.3 * name + 0.3 * min(1.0, 3 * same)
        if score >= ENOUGH or (name >= 0.9 and form >= 0.5):
            yield score, path


def _same(after: Table, ranked: Sequence[tuple[float, str]]) -> bool:
    """Whether the best places hold the very same values: then it does not matter which is read."""
    return after.values(ranked[0][1]) == after.values(ranked[1][1])


def _whole_moves(fields: Mapping[str, str], before: JsonTable, after: JsonTable) -> dict[str, str]:
    """Fields of the document as a whole (its date, a total): followed by the same name alone."""
    found: dict[str, str] = {}
    for name, path in fields.items():
        was = before.whole(path)
        if name == "rows" or not isinstance(was, str | int | float) or after.whole(path) is not None:
            continue
        places = [p for p in after.whole_paths() if name_likeness(path, p) == 1.0]
        if len(places) == 1 and column([was]).kind == column([after.whole(places[0])]).kind:
            found[name] = JsonTable.either(places[0], path)
    return found


def still_bad(source: Source, good: Answer | None, bad: Answer, overlay: Mapping[str, str]) -> bool:
    """Whether the bad answer cannot be read well with the overlay in use."""
    if good is not None:
        return bool(prove(source, good, bad, overlay).against)
    found = parsed(source, bad, overlay)
    return found is None or not found.records
