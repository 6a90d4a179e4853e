"""Answers of real sources made long (from the leaves' own fixtures), and what a source may do to their form."""

import copy
import json
import random
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jmespath

from fakes import START
from trendctl import registry
from trendctl.store.answers import Answer

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "sources"
NOW = int(START.timestamp())
ROWS = 20
WORDS = ("amber", "birch", "copper", "dune", "ember", "fjord", "granite", "harbor", "iris", "juniper", "kelp", "lilac")
# Source -> where its rows are in its fixture.
JSON_SOURCES = {
    "hackernews": "hits", "lemmy_hot": "posts", "bestbuy": "results", "openlibrary_trending": "works",
    "github_search": "items", "apple_charts": "feed.results", "x_trends": "data",
    "tiktok_shop_affiliate": "data.products", "open_food_facts": "products", "instagram_hashtag": "data",
    "steam_charts": "top_sellers.items",
}  # fmt: skip
FEED_SOURCES = ("slickdeals_rss", "dealnews_rss", "producthunt_feed", "press_rss", "google_trends_rss", "youtube_feeds")


def case_of(source: str, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((FIXTURES / source / "cases.json").read_text())[name]
    return found


def answer(source: str, body: bytes, name: str, **changes: Any) -> Answer:
    """A kept answer with the tag and options of the fixture's own case."""
    case = case_of(source, name)
    facts = registry.load("sources", source).facts
    changes.setdefault("records", ROWS)
    return Answer(source, NOW, facts.url, case.get("tag", ""), options=case.get("options", {}), body=body, **changes)


# ---------------------------------------------------------------- JSON


def document(source: str) -> Any:
    return json.loads((FIXTURES / source / "ok.json").read_text())


def rows_of(doc: Any, path: str) -> list[Any]:
    found: list[Any] = jmespath.search(path, doc)
    return found


def long_json(source: str, first: int = 0, rows: int = ROWS) -> Any:
    """The fixture's document with many rows made of its first; `first` moves the list on, as an hour does."""
    doc = document(source)
    found = rows_of(doc, JSON_SOURCES[source])
    found[:] = [varied(found[0], n, ()) for n in range(first, first + rows)]
    return doc


def varied(value: Any, n: int, path: tuple[str, ...]) -> Any:
    """The same structure with other values, the same for the same n."""
    if isinstance(value, dict):
        return {key: varied(inner, n, (*path, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [varied(inner, n, (*path, "0")) for inner in value]
    if isinstance(value, bool) or value is None or (path and path[-1] in ("type", "discount_percent")):
        return value
    drawn = random.Random(f"{n} {'.'.join(path)}")
    if isinstance(value, int):
        return value + n * 7 + drawn.randrange(3) if value < 10**8 else value + n
    if isinstance(value, float):
        return round(value * (1 + drawn.random() / 4), 2)
    return _text(value, n, drawn)


def _text(value: str, n: int, drawn: random.Random) -> str:
    if re.fullmatch(r"[A-Z]{3}|[A-Z]{2}|", value) or re.match(r"\d{4}-\d\d-\d\d|[A-Z][a-z]{2}, \d", value):
        return value  # a currency, a country, a time
    if re.fullmatch(r"[\d.,]+\+?", value):
        return re.sub(r"\d+", lambda m: str(int(m[0]) + n), value, count=1)
    if value.startswith(("http", "/")):
        return f"{value.rstrip('/')}{'&' if '?' in value else '/'}{n}"
    if " " not in value:
        return f"{value}{n}"
    return f"{drawn.choice(WORDS).title()} {value} {n}"


def rename(doc: Any, rows: str, old: str, new: str) -> None:
    """A key of every row gets another name; `old` may be a path, the new key stands beside it."""
    for row in rows_of(doc, rows):
        *parents, last = old.split(".")
        holder = row
        for key in parents:
            holder = holder[key]
        if last in holder:
            holder[new] = holder.pop(last)


def deeper(doc: Any, rows: str, key: str, parent: str, inner: str | None = None) -> None:
    """A key of every row moves into an object of its own."""
    for row in rows_of(doc, rows):
        if key in row:
            value = row.pop(key)
            row.setdefault(parent, {})[inner or key] = value


def higher(doc: Any, rows: str, parent: str) -> None:
    """An object's keys move up into the row."""
    for row in rows_of(doc, rows):
        row.update(row.pop(parent))


def wrapped(doc: Any, rows: str, node: str) -> None:
    """Every row becomes an object with the row inside."""
    found = rows_of(doc, rows)
    found[:] = [{node: row, "cursor": str(n)} for n, row in enumerate(found)]


def moved_list(doc: Any, rows: str, new: str) -> Any:
    """The list gets another place, `new` (dotted); the rest of the document stays."""
    made = copy.deepcopy(doc)
    found = rows_of(made, rows)
    if rows == "@":
        made = {}
    else:
        *parents, last = rows.split(".")
        holder = made
        for key in parents:
            holder = holder[key]
        del holder[last]
    holder = made
    *parents, last = new.split(".")
    for key in parents:
        holder = holder.setdefault(key, {})
    holder[last] = found
    return made


def as_bytes(doc: Any) -> bytes:
    return json.dumps(doc, ensure_ascii=False).encode()


# ---------------------------------------------------------------- feeds


def long_feed(source: str, first: int = 0, rows: int = ROWS) -> ElementTree.Element:
    """The fixture's feed with many entries made of its first."""
    root = ElementTree.fromstring((FIXTURES / source / "ok.xml").read_bytes())
    holder, entries = root, [e for e in root if _local(e) in ("item", "entry")]
    if not entries:
        holder = next(e for e in root if _local(e) == "channel")
        entries = [e for e in holder if _local(e) in ("item", "entry")]
    for entry in entries:
        holder.remove(entry)
    for n in range(first, first + rows):
        made = copy.deepcopy(entries[0])
        for element in made.iter():
            if element.text and element.text.strip():
                element.text = _feed_text(_local(element), element.text.strip(), n)
            for name, value in element.attrib.items():
                element.set(name, _feed_text(name, value, n))
        holder.append(made)
    return root


def _feed_text(name: str, value: str, n: int) -> str:
    plain = name in ("rel", "type", "isPermaLink", "domain", "width", "height", "url", "scheme", "medium")
    return value if plain else _text(value, n, random.Random(f"{n} {name}"))


def each_entry(root: ElementTree.Element, change: Callable[[ElementTree.Element], object]) -> None:
    for element in root.iter():
        if _local(element) in ("item", "entry"):
            change(element)


def rename_element(old: str, new: str) -> Callable[[ElementTree.Element], None]:
    def change(entry: ElementTree.Element) -> None:
        for child in entry:
            if _local(child) == old:
                child.tag = new

    return change


def into_attribute(name: str, attribute: str) -> Callable[[ElementTree.Element], None]:
    def change(entry: ElementTree.Element) -> None:
        for child in entry:
            if _local(child) == name and child.text:
                child.set(attribute, child.text)
                child.text = None

    return change


def into_element(name: str, parent: str) -> Callable[[ElementTree.Element], None]:
    def change(entry: ElementTree.Element) -> None:
        for child in [c for c in entry if _local(c) == name]:
            entry.remove(child)
            ElementTree.SubElement(entry, parent).append(child)

    return change


def _local(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def feed_bytes(root: ElementTree.Element) -> bytes:
    found: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def later(at: int) -> datetime:
    return datetime.fromtimestamp(at, START.tzinfo)
