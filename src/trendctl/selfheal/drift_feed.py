"""Feeds as tables: the entries, what a path of elements gives in each, which other paths there are.

The same small path language as the feed reader's field maps: `a/b` a child of a child, `a@b` an attribute, `@b` an
attribute of the entry itself, `x|y` the first that holds something; `link` is the entry's own page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element  # the tree's types; defusedxml does the parsing

from trendctl.ports import Json

_ENTRIES: Final = frozenset({"item", "entry"})
DEPTH, MOST_ROWS, MOST_PATHS = 3, 60, 200


@dataclass(frozen=True, slots=True)
class FeedTable:
    """The entries of a feed."""

    rows: tuple[Element, ...]

    def values(self, path: str) -> list[Json]:
        """What a field's path gives in each entry; None for nothing."""
        return [_first(entry, path) for entry in self.rows]

    def paths(self) -> list[str]:
        """Every path to a text or an attribute in the entries."""
        found: dict[str, None] = {}
        for entry in self.rows[:20]:
            found.update(dict.fromkeys(f"@{_local(name)}" for name in entry.attrib))
            found.update(dict.fromkeys(_leaves(entry, "", DEPTH)))
        return list(found)[:MOST_PATHS]

    @staticmethod
    def either(new: str, old: str) -> str:
        """A path that gives the new place's value, else the old one's."""
        return f"{new}|{old}"


def load(body: bytes) -> FeedTable | None:
    """The entries; None where it is no feed, or has none."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        return None
    rows = tuple(element for element in root.iter() if _local(element.tag) in _ENTRIES)
    return FeedTable(rows[:MOST_ROWS]) if rows else None


def _local(tag: object) -> str:
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def _leaves(element: Element, path: str, depth: int) -> Iterator[str]:
    for child in element:
        name = _local(child.tag)
        if not name:
            continue
        inner = f"{path}/{name}" if path else name
        if (child.text or "").strip():
            yield inner
        yield from (f"{inner}@{_local(attribute)}" for attribute in child.attrib)
        if depth:
            yield from _leaves(child, inner, depth - 1)


def _first(entry: Element, path: str) -> str | None:
    return next((found for part in path.split("|") if (found := _value(entry, part.strip()))), None)


def _value(entry: Element, path: str) -> str | None:
    if path == "link":
        return _link(entry)
    steps, _, attribute = path.partition("@")
    level = [entry]
    for step in filter(None, steps.split("/")):
        level = [child for element in level for child in element if _local(child.tag) == step]
    for element in level if path else ():
        found = _attribute(element, attribute) if attribute else "".join(element.itertext()).strip()
        if found:
            return found
    return None


def _attribute(element: Element, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if _local(key) == name), None)


def _link(entry: Element) -> str | None:
    links = [child for child in entry if _local(child.tag) == "link"]
    text = next((child.text.strip() for child in links if child.text and child.text.strip()), None)
    own = [child.get("href") for child in links if child.get("rel", "alternate") == "alternate"]
    return text or next((href for href in own if href), None)
