"""Keeps each source's last good answer and its latest bad one, people and secrets removed, for the repair of drift.

A source's job notes what it was told while it runs (small bodies only) and writes at most one file when it has ended,
outside every transaction. Nothing depends on it: a full disk is no error here.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from trendctl.home import PRIVATE_FOLDER, write_private
from trendctl.http_address import is_loopback, rebase, whole
from trendctl.ports import Ask, Parsed, Record, Reply, Source
from trendctl.scanner.formats import tokens
from trendctl.scanner.har import clean_text, clean_url
from trendctl.scanner.people import REMOVED, without_people
from trendctl.store import answers
from trendctl.store.answers import Answer

LARGEST = 1_000_000  # bytes of a body that is worth keeping
RENEWED = 9000  # seconds after which the good answer is replaced: short lists turn over within hours
WEEK = 7 * 86_400
PARTED = 300  # seconds
ENOUGH = 5  # records that say something about which values an answer holds
ALL = 0.8  # the share of records that is nearly all of them


@dataclass(slots=True)
class Kept:
    """What one job of a source was told. `cache`: the home's cache folder; `base_url`: as its calls were made."""

    cache: Path
    base_url: str = ""
    _secrets: tuple[str, ...] = ()
    best: tuple[int, Reply, Ask, Parsed] | None = field(default=None)
    worst: tuple[Reply, Ask, str] | None = field(default=None)

    def note(self, reply: Reply, ask: Ask, parsed: Parsed | None, problem: str = "") -> None:
        """An answer as it was understood; `parsed` None: it was not, for the reason in `problem`."""
        if reply.request.tag == tokens.TAG or len(reply.body) > LARGEST:
            return
        if parsed is not None and parsed.records:
            if self.best is None or len(parsed.records) > self.best[0]:
                self.best = (len(parsed.records), reply, ask, parsed)
        elif parsed is None or not parsed.follow:
            rejected = parsed.rejected if parsed else 0
            words = problem or (f"none of {rejected} entries could be used" if rejected else "no entries")
            self.worst = self.worst or (reply, ask, words)

    def write(self, source: Source, *, bad: bool) -> None:
        """Keep the good answer (every few hours), or the bad one where the run was `bad`."""
        best, worst = self.best, self.worst
        self.best = self.worst = None  # the bodies are not held until the end of the scan
        with suppress(OSError, ValueError, RecursionError):
            if best is not None:
                self._good(source.facts.name, *best[1:])
            elif bad and worst is not None:
                reply, ask, words = worst
                self._save("bad", self._answer(source.facts.name, reply, ask, None, words))

    def _good(self, name: str, reply: Reply, ask: Ask, parsed: Parsed) -> None:
        """An answer with records; bad all the same where a value that nearly all had is gone from all of them.

        What stays gone for a week is how the source is now.
        """
        old, new = answers.head(self.cache, name, "good"), self._answer(name, reply, ask, parsed, "")
        if old is not None and _comparable(old, new) and (gone := lost(old.shape, new.shape)):
            self._save("bad", replace(new, problem=f"gone from all entries: {', '.join(gone)}"))
            return
        answers.drop(self.cache, name, "bad")
        if old is None or not 0 <= new.at - old.at <= RENEWED or _off(old, new):
            self._save("good", new)

    def _save(self, which: answers.Which, answer: Answer) -> None:
        path = answers.path_of(self.cache, answer.source, which)
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        kept = replace(answer, body=cleaned(answer.body, self._secrets))
        write_private(path, answers.packed(kept))

    def _answer(self, name: str, reply: Reply, ask: Ask, parsed: Parsed | None, problem: str) -> Answer:
        request = reply.request
        self._secrets = tuple(ask.credentials.values())
        called = rebase(whole(request.url, request.params), self.base_url)
        key = f"{urlsplit(called).hostname} {hashlib.sha256(called.encode()).hexdigest()}"  # as http_memory's
        records = parsed.records if parsed else ()
        return Answer(
            name, int(reply.fetched_at.timestamp()), clean_url(request.url), request.tag,
            reply.headers.get("content-type", "")[:100], _date(reply, called), reply.not_modified, key, ask.geo,
            ask.language, ask.term, ask.days, dict(ask.options), dict(ask.fields), len(records),
            parsed.rejected if parsed else 0, problem[:300], shape_of(records), reply.body,
        )  # fmt: skip


def shape_of(records: Sequence[Record]) -> dict[str, float]:
    """For each value that a record may hold, the share of the records that have it."""
    seen: Counter[str] = Counter()
    for record in records:
        values = {"url": record.url, "category": record.category, "image": record.image_url, "brand": record.brand,
                  "time": record.event_at}  # fmt: skip
        seen.update(name for name, value in values.items() if value)
        seen.update({f"value {r.metric}" for r in record.readings})
        seen.update({"price"} if any(r.price_minor is not None for r in record.readings) else set())
    return {name: round(number / len(records), 3) for name, number in sorted(seen.items())}


def lost(before: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """Values that nearly all records had before and none has now."""
    return sorted(name for name, share in before.items() if share >= ALL and not now.get(name))


def _comparable(old: Answer, new: Answer) -> bool:
    """Whether both are answers to the same question, with enough entries, not too long apart."""
    same = (old.url, old.tag, old.options) == (new.url, new.tag, new.options)
    return same and min(old.records, new.records) >= ENOUGH and 0 <= new.at - old.at <= WEEK


def _off(old: Answer, new: Answer) -> bool:
    """Whether our clock and the server's have parted, or come together again, since."""
    if old.date is None or new.date is None:
        return False
    return abs((old.at - old.date) - (new.at - new.date)) > PARTED


def _date(reply: Reply, called: str) -> int | None:
    """The server's own clock, with the time that the answer lay in a cache on its way.

    None: it does not say; the answer is our own copy; or the server is this machine, which knows no other clock.
    """
    if reply.not_modified or is_loopback(urlsplit(called).hostname or ""):
        return None
    try:
        age = reply.headers.get("age", "0").strip()
        date = parsedate_to_datetime(reply.headers.get("date", "")).timestamp()
        return int(date) + (int(age) if age.isdigit() and len(age) < 9 else 0)
    except (ValueError, TypeError, OverflowError):
        return None


def cleaned(body: bytes, secrets: Sequence[str] = ()) -> bytes:
    """A body without people and secrets, in its own encoding where that can be told; the rest of it as it came."""
    coding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = body.decode(coding)
    except UnicodeDecodeError:
        coding, text = "latin-1", body.decode("latin-1")  # every byte comes back as it was
    for secret in filter(None, secrets):
        text = text.replace(secret, REMOVED)
    return without_people(clean_text(text)).encode(coding, "replace")
