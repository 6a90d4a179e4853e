"""RSS and Atom: bytes to entries. Wrong encodings are mended where the bytes allow it; nothing else is guessed.

A field map names local element names, so a changed namespace address does no harm: `a/b` is a child of a child,
`a@b` an attribute, `@b` an attribute of the entry itself, `x|y` the first of two that holds something. `link` is
always the entry's own page: the text of an RSS link or the `alternate` link of Atom.
"""

import codecs
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element  # the tree's types; defusedxml does the parsing
from xml.etree.ElementTree import ParseError as XmlError

from trendctl.errors import ParseError
from trendctl.ports import Json
from trendctl.scanner.formats import text as texts
from trendctl.scanner.formats.rows import Row

FIELDS: Final[Mapping[str, str]] = {
    "id": "guid|id|link|@about",
    "title": "title",
    "url": "link",
    "at": "pubDate|published|updated|date|issued",
    "category": "category|category@term",
    "image": "thumbnail@url|content@url",
    "summary": "encoded|content|description|summary",
}
_DECLARATION: Final = re.compile(
    rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["'][^>]{0,100}\?>"""
)
_ANY_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]{0,300}\?>")
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NAMED: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_XML_NAMES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
# expat: invalid token, undefined entity, invalid character reference, unknown encoding, bytes of another encoding
_MENDABLE: Final = frozenset({4, 11, 14, 18, 19})
_ENTRIES: Final = frozenset({"item", "entry"})
_UNSAFE_CODECS: Final = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's title and entries. `mended`: the bytes were not what the feed declares, so letters may be off."""

    title: str
    entries: tuple[Element, ...]
    mended: bool


def read(body: bytes) -> Feed:
    """The feed. ParseError for a web page, plain text, a cut document, a DTD or entities, or another kind of XML."""
    start = body[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        raise ParseError("the answer is empty where a feed was expected")
    if start.startswith((b"<!doctype html", b"<html")):
        raise ParseError("the answer is a web page where a feed was expected")
    root, mended = _tree(body)
    kind = _local(root)
    if kind not in ("rss", "feed", "RDF"):
        raise ParseError(f"the answer is no feed but <{texts.clean(kind, 40)}>")
    channel = next((child for child in root if _local(child) == "channel"), None)
    if kind == "rss" and channel is None:
        raise ParseError("the answer is an <rss> without a channel")
    holders = (root,) if channel is None else (channel, root)
    entries = tuple(child for holder in holders for child in holder if _local(child) in _ENTRIES)
    return Feed(texts.from_html(_value(holders[0], "title") or "", 100), entries, mended)


def rows(body: bytes, fields: Mapping[str, str]) -> "list[FeedRow]":
    """The entries of the feed, read by `fields`."""
    return [FeedRow(entry, fields) for entry in read(body).entries]


class FeedRow(Row):
    """One entry of a feed."""

    def __init__(self, entry: Element, fields: Mapping[str, str]) -> None:
        self.entry = entry
        self.fields = fields

    def raw(self, name: str) -> Json:
        """See Row. Always text or None."""
        for path in self.fields.get(name, "").split("|"):
            found = _value(self.entry, path.strip())
            if found:
                return found
        return None

    def text(self, name: str, limit: int = texts.TITLE_LIMIT) -> str:
        """See Row. Feeds carry HTML in titles, escaped once or twice: markup is taken out."""
        return texts.from_html(self.raw(name) or "", limit)


def _tree(body: bytes) -> tuple[Element, bool]:
    try:
        return _parse(body), False
    except XmlError as error:
        if error.code not in _MENDABLE:
            raise ParseError("the feed is not whole XML", why=texts.clean(str(error), 120)) from None
    except (LookupError, ValueError):
        pass  # an encoding that is unknown, or that expat cannot read (any of several bytes but UTF-8 and UTF-16)
    try:
        return _parse(_mend(body)), True
    except (XmlError, LookupError, ValueError) as error:
        raise ParseError("the feed is not whole XML", why=texts.clean(str(error), 120)) from None


def _parse(body: bytes) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring  # here: listing sources needs no XML

    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise ParseError("the XML declares entities or a document type, which no feed needs") from None
    return root


def _mend(body: bytes) -> bytes:
    """The body as UTF-8, without what XML forbids and without names of entities that only HTML knows."""
    decoded = _ANY_DECLARATION.sub("", _decode(body), count=1)
    legal = _ILLEGAL.sub("", decoded)
    return _NAMED.sub(_expand, legal).encode("utf-8", "replace")


def _expand(found: re.Match[str]) -> str:
    name = found.group(1)
    return found.group(0) if name in _XML_NAMES else html.escape(html.unescape(found.group(0)))


def _decode(body: bytes) -> str:
    """Text by the byte order mark, the declaration, UTF-8, in this order; bytes that fit none stay visible as U+FFFD.

    Only where not one multi-byte UTF-8 letter is found is Windows-1252 assumed, as browsers do.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    for name in (_declared(body), "utf-8"):
        try:
            return body.decode(name).lstrip("\ufeff")
        except (LookupError, ValueError):
            continue
    shown = body.decode("utf-8", "replace").lstrip("\ufeff")
    if any(ord(char) > 127 and char != "\ufffd" for char in shown):
        return shown
    return body.decode("cp1252", "replace")


def _declared(body: bytes) -> str:
    """The declared encoding if it is a text encoding that Python knows, else utf-8."""
    found = _DECLARATION.match(body[:500].removeprefix(codecs.BOM_UTF8))
    try:
        name = codecs.lookup(found.group(1).decode("ascii")).name if found else "utf-8"
        return "utf-8" if name.replace("-", "_") in _UNSAFE_CODECS else name
    except LookupError:
        return "utf-8"


def _local(element: Element) -> str:
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""  # comments and instructions have no name


def _value(entry: Element, path: str) -> str | None:
    if path == "link":
        return _link(entry)
    if not path:
        return None
    steps, _, attribute = path.partition("@")
    level = [entry]
    for step in filter(None, steps.split("/")):
        level = [child for element in level for child in element if _local(child) == step]
    for element in level:
        found = _attribute(element, attribute) if attribute else "".join(element.itertext()).strip()
        if found:
            return found
    return None


def _attribute(element: Element, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if key.rsplit("}", 1)[-1] == name), None)


def _link(entry: Element) -> str | None:
    other: str | None = None
    for child in entry:
        if _local(child) != "link":
            continue
        href = child.get("href")
        if href is None and child.text and child.text.strip():
            return child.text.strip()
        if href and child.get("rel", "alternate") == "alternate":
            return href
        other = other or href
    return other
