"""What a source's latest bad answer is: moved fields, honest emptiness, an error in its own words, or no whole text."""

import codecs
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from trendctl import registry
from trendctl.errors import TrendctlError
from trendctl.home import Home
from trendctl.ports import Json, Source
from trendctl.selfheal import drift, drift_feed, drift_json
from trendctl.selfheal.rules.overlays import fault_of, is_feed
from trendctl.store import answers
from trendctl.store.answers import Answer

State = Literal["well", "moved", "empty", "told", "encoding", "cut"]
_DECLARED = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_TOLD = ("error.message", "error_description", "errors[0].message", "message", "error", "detail")


@dataclass(frozen=True, slots=True)
class Seen:
    """A source's kept answers and what they say. `words`: for a person; `overlay`: the one in use."""

    source: Source
    state: State
    bad: Answer
    good: Answer | None
    overlay: Mapping[str, str]
    words: str = ""


def seen(home: Home, name: str, now: int) -> Seen | None:
    """What the latest bad answer of a source is; None where none is kept, or the source is not known."""
    if answers.read(home.cache, name, "bad") is None:
        return None
    try:
        source = registry.load("sources", name)
    except TrendctlError:
        return None
    days = source.facts.retention_days
    bad = answers.current(home.cache, name, "bad", now, days)
    if bad is None or source.parse is None:
        return None
    good = answers.current(home.cache, name, "good", now, days)
    overlay = in_use(home, name)
    state, words = _judge(source, good, bad, overlay)
    return Seen(source, state, bad, good, overlay, words)


def in_use(home: Home, name: str) -> Mapping[str, str]:
    """The overlay of a source, {} without a usable one."""
    path = home.overlays / f"{name}.json"
    with suppress(OSError, ValueError):
        if not fault_of(path):
            found: dict[str, str] = json.loads(path.read_bytes())
            return found
    return {}


def _judge(source: Source, good: Answer | None, bad: Answer, overlay: Mapping[str, str]) -> tuple[State, str]:
    feed = is_feed(source.facts.fields)
    broken = _broken_text(bad.body, feed)
    if broken is not None:
        return broken
    empty = _honestly_empty(source, good, bad, overlay, feed)
    if empty is not None:
        return empty
    if not drift.still_bad(source, good, bad, overlay):
        return "well", "it can be read"
    return "moved", bad.problem


def _broken_text(body: bytes, feed: bool) -> tuple[State, str] | None:
    """A text that cannot be decoded, or ends in the middle; another kind of document is none of it."""
    if feed and body.lstrip()[:1] in (b"{", b"["):
        return None
    try:
        text = body.decode(_coding(body) if feed else "utf-8-sig")
    except (UnicodeDecodeError, LookupError) as fault:
        return "encoding", f"its bytes are not in the encoding it names: {fault}"[:160]
    if feed:
        whole = text.rstrip().endswith(">") and "</" in text[-40:]
        return None if whole or not text.strip() else ("cut", "the feed ends in the middle")
    if text.lstrip().startswith(("{", "[")) and drift_json.load(body) is None:
        return "cut", "the JSON is damaged or ends in the middle"
    return None


def _coding(body: bytes) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    found = _DECLARED.search(body[:200])
    return found[1].decode() if found else "utf-8-sig"


def _honestly_empty(
    source: Source, good: Answer | None, bad: Answer, overlay: Mapping[str, str], feed: bool
) -> tuple[State, str] | None:
    """The same form as ever with nothing in it, or an error told in the answer itself."""
    if bad.records:
        return None
    if feed:
        has_root = re.search(rb"<(rss|feed|rdf:RDF)\b", bad.body[:2000], re.I) is not None
        return ("empty", "the feed has no entries") if has_root and drift_feed.load(bad.body) is None else None
    document = drift_json.load(bad.body)
    told = _told(document)
    if told:
        return "told", f"it answers: {told}"
    path = {**source.facts.fields, **overlay}.get("rows") or drift.place_of_rows(source, good)
    found = drift_json.search(path, document) if path else None
    if found == [] and not any(len(t.rows) > 1 for t in drift_json.tables(document)):
        return "empty", "its list is there, and empty"
    return None


def _told(document: Json) -> str:
    """An error in the source's own words, where the answer holds nothing else."""
    if not isinstance(document, dict) or any(len(t.rows) > 1 for t in drift_json.tables(document)):
        return ""
    words = (drift_json.search(path, document) for path in _TOLD)
    return next((" ".join(w.split())[:120] for w in words if isinstance(w, str) and w.strip()), "")
