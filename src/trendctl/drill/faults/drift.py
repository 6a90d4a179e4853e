"""Sources whose answers change their shape: a field renamed, moved deeper, wrapped, a tag or an attribute changed.

Each source has the places at which its answer can be broken so that nothing, or too little, can be read of it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trendctl.drill.answers import FEEDS, JSON_SOURCES
from trendctl.drill.cases import Case
from trendctl.drill.faults.network import choose
from trendctl.drill.world import Change, World


@dataclass(frozen=True, slots=True)
class Shape:
    """A JSON answer: the keys from the root to its list, and those from a row to what identifies and names it."""

    rows: tuple[str, ...]
    fields: tuple[tuple[str, ...], ...]


JSONS: Mapping[str, Shape] = {
    "steam_charts": Shape(("top_sellers", "items"), (("name",), ("id",), ("type",))),
    "hackernews": Shape(("hits",), (("title",), ("objectID",))),
    "lemmy_hot": Shape(("posts",), (("post", "name"), ("post", "ap_id"))),
    "openlibrary_trending": Shape(("works",), (("title",),)),  # its key makes the link too: see `price`
}
TAGS: Mapping[str, tuple[str, ...]] = {
    "dealnews_rss": ("title",),
    "slickdeals_rss": ("title", "guid"),
    "google_trends_rss": ("title", "ht:approx_traffic"),
    "reddit_rss": ("title",),
}
NEW_NAMES = ("label", "displayName", "headline_text", "ref", "uid_v2", "caption", "identifier", "node_value")


def _at(document: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        document = document[key]
    return document


def renamed(world: World) -> None:
    """A field has another name in every row."""
    source = choose(world, JSON_SOURCES)
    shape = JSONS[source]
    *way, old = world.random.choice(shape.fields)
    new = world.random.choice(NEW_NAMES)
    world.notes.append(f"{old} is {new} now")

    def change(row: dict[str, Any]) -> None:
        holder = _at(row, tuple(way))
        holder[new] = holder.pop(old)

    world.well(source, _each(shape, change))


def deeper(world: World) -> None:
    """A field moved into an object of its own."""
    source = choose(world, JSON_SOURCES)
    shape = JSONS[source]
    *way, old = world.random.choice(shape.fields)
    box = world.random.choice(("data", "attributes", "node", "meta", "content"))
    inner = old if world.random.random() < 0.7 else world.random.choice(NEW_NAMES)
    world.notes.append(f"{old} is {box}.{inner} now")

    def change(row: dict[str, Any]) -> None:
        holder = _at(row, tuple(way))
        holder[box] = {inner: holder.pop(old), "kind": "x"}

    world.well(source, _each(shape, change))


def _each(shape: Shape, change: Any) -> Change:
    def changed(kind: str, body: bytes) -> bytes:
        document = json.loads(body)
        for row in _at(document, shape.rows):
            change(row)
        return json.dumps(document).encode()

    return changed


def wrapped(world: World) -> None:
    """The list is no longer where it was: in an object of its own, under another name, or with all the rest in one."""
    _wrap(world, world.variant % 3)


def boxed(world: World) -> None:
    """Every row is in an object of its own: so is its link, which a person may want to look at."""
    _wrap(world, 3)


def _wrap(world: World, how: int) -> None:
    source = choose(world, tuple(n for n in JSON_SOURCES if n != "steam_charts"))
    shape = JSONS[source]
    box = world.random.choice(("results", "nodes", "edges", "entries"))
    world.notes.append(("the list is in %s", "the list is called %s", "all is in %s", "each row is in %s")[how] % box)

    def changed(kind: str, body: bytes) -> bytes:
        document = json.loads(body)
        *way, name = shape.rows
        holder = _at(document, tuple(way))
        if how == 0:
            holder[name] = {box: holder[name], "count": len(holder[name])}
        elif how == 1:
            holder[box] = holder.pop(name)
        elif how == 2:
            document = {box: document, "version": 2}
        else:
            holder[name] = [{box: row, "cursor": str(n)} for n, row in enumerate(holder[name])]
        return json.dumps(document).encode()

    world.well(source, changed)


def tag(world: World) -> None:
    """A feed's element has another name."""
    source = choose(world, FEEDS)
    old = world.random.choice(TAGS[source])
    new = world.random.choice(("headline", "caption", "name", "label", "ident", "volume"))
    world.notes.append(f"<{old}> is <{new}> now")
    world.well(source, lambda kind, body: _in_entries(body, lambda e: re.sub(rf"(</?){old}(?=[ >])", rf"\1{new}", e)))


def attribute(world: World) -> None:
    """What was an element's text is an attribute of it now."""
    source = choose(world, FEEDS)
    old = world.random.choice(TAGS[source])
    name = world.random.choice(("value", "text", "label", "data"))
    world.notes.append(f"<{old}>'s text is its attribute {name} now")

    def moved(entry: str) -> str:
        return re.sub(rf"<{old}>(.*?)</{old}>", lambda m: f'<{old} {name}="{_quoted(m.group(1))}"/>', entry, flags=re.S)

    world.well(source, lambda kind, body: _in_entries(body, moved))


def _quoted(text: str) -> str:
    return text.replace('"', "&quot;")


def _in_entries(body: bytes, change: Any) -> bytes:
    text = body.decode()
    kind = "entry" if "<entry>" in text else "item"
    return re.sub(rf"<{kind}>.*?</{kind}>", lambda m: str(change(m.group(0))), text, flags=re.S).encode()


def price(world: World) -> None:
    """The price, its currency or the link moved: money and where a buyer is sent are a person's business."""
    how = world.variant % 4
    source = ("steam_charts", "steam_charts", "dealnews_rss", "hackernews")[how]
    world.subject = choose(world, (source,))
    old, new = (("final_price", "amount_due"), ("currency", "iso"), ("dealnews:price", "dealnews:offer"),
                ("url", "target"))[how]  # fmt: skip
    world.notes.append(f"{old} is {new} now")
    if source == "dealnews_rss":
        world.well(source, lambda kind, body: body.replace(old.encode(), new.encode()))
        return

    def change(row: dict[str, Any]) -> None:
        row[new] = row.pop(old)

    world.well(source, _each(JSONS[source], change))


def shape(world: World) -> None:
    """A change that no map of fields can follow: another kind of document, or rows without names."""
    how = world.variant % 3
    source = choose(world, (JSON_SOURCES, FEEDS, JSON_SOURCES)[how])
    if how == 0:
        world.notes.append("an object by number where a list was")
        keyed = _rows_by_key(JSONS[source])
        world.well(source, keyed)
    elif how == 1:
        world.notes.append("JSON where a feed was")
        world.well(source, lambda kind, body: json.dumps({"entries": body.decode().split("<item>")[1:3]}).encode())
    else:
        world.notes.append("rows are bare texts")
        world.well(source, _bare(JSONS[source]))


def _rows_by_key(form: Shape) -> Change:
    def changed(kind: str, body: bytes) -> bytes:
        document = json.loads(body)
        *way, name = form.rows
        holder = _at(document, tuple(way))
        holder[name] = {str(n): row for n, row in enumerate(holder[name])}
        return json.dumps(document).encode()

    return changed


def _bare(form: Shape) -> Change:
    def changed(kind: str, body: bytes) -> bytes:
        document = json.loads(body)
        *way, name = form.rows
        holder = _at(document, tuple(way))
        holder[name] = [str(n) for n, _ in enumerate(holder[name])]
        return json.dumps(document).encode()

    return changed


def some_scans(world: World) -> None:
    """Until a repair has had its chances: the drift is seen and repaired, then the source is read with the overlay."""
    world.hourly(2)


def reads_again(world: World) -> bool:
    """The last run gave what was served, with the titles as they were served."""
    row = world.sql(
        "SELECT outcome, items, at FROM source_run WHERE source = ? AND outcome <> 'skipped' ORDER BY id DESC LIMIT 1",
        world.subject,
    )
    if not row or row[0][0] != "ok" or int(row[0][1]) < 10:
        return False
    titles = world.sql("SELECT title FROM item WHERE source = ? AND last_seen_at >= ?", world.subject, row[0][2] - 60)
    named = [t for (t,) in titles if re.search(r"(model|part) \d+", t)]
    return len(titles) >= 10 and len(named) == len(titles)


FAULTS = (
    Case("drift.renamed", renamed, some_scans, well=reads_again, automatic=True),
    Case("drift.deeper", deeper, some_scans, well=reads_again, automatic=True),
    Case("drift.wrapped", wrapped, some_scans, well=reads_again, automatic=True),
    Case("drift.boxed", boxed, some_scans, well=reads_again),
    Case("drift.tag", tag, some_scans, well=reads_again, automatic=True),
    Case("drift.attribute", attribute, some_scans, well=reads_again, automatic=True),
    Case("drift.price", price, some_scans, never=True),
    Case("drift.shape", shape, some_scans, never=True),
)
