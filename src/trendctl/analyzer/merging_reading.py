"""Puts a model's reading onto the offline answers: only what the evidence bears out, and doubts only ever added."""

import re
from collections.abc import Mapping, Sequence

from trendctl.analyzer import grounding
from trendctl.analyzer.asking import Line, Reading
from trendctl.analyzer.classes import GOOGLE, tied
from trendctl.analyzer.outputs import Category, Compliance, Flag, Normalised, Sentence, TrendStage
from trendctl.ports import Json
from trendctl.trends.title_features import Kind, read_title, token_kind
from trendctl.wording import product_title

MAX_STORY = 300
_LEAST_KEPT = 0.4  # of the offline title's words; less is another product's name
_NEEDED = frozenset({Kind.QUANTITY, Kind.PACK, Kind.CODE})


def normalised(offline: Normalised, reading: Reading, own: str) -> Normalised:
    """`own`: the product's own title where a model may read it, else "". A brand is never taken from a model."""
    title = offline.title
    if own and _is_cut_of(reading.title, own, offline):
        title = product_title(reading.title)
    return offline.model_copy(
        update={"title": title, "model": _model(offline, reading, own), "search_term": _term(offline, reading, title)}
    )


def _is_cut_of(text: str, own: str, offline: Normalised) -> bool:
    """Whether the text is the own title with words left out: no order changed, no size, pack or code lost."""
    if not grounding.is_plain_text(text) or product_title(text) != text:
        return False
    words, whole = grounding.tokens(text), iter(grounding.tokens(own))
    if not words or not all(any(word == other for other in whole) for word in words):
        return False
    before = grounding.tokens(offline.title)
    needed = {t for t in read_title(offline.title).base if token_kind(t) in _NEEDED}
    codes = {w for w in offline.title.split() if any(c.isdigit() for c in w)}
    brand = set(grounding.tokens(offline.brand)) & set(before)
    enough = len(set(words) & set(before)) >= _LEAST_KEPT * len(set(before))
    return enough and codes <= set(text.split()) and needed <= set(read_title(text).base) and brand <= set(words)


def _model(offline: Normalised, reading: Reading, own: str) -> str:
    word = reading.model.strip()
    fits = any(c.isdigit() for c in word) and " " not in word and word in own.split()
    return word if not offline.model and fits and grounding.is_plain_text(word) else offline.model


def _term(offline: Normalised, reading: Reading, title: str) -> str:
    term = reading.search_term.strip().casefold()
    fits = bool(re.fullmatch(r"[\w .'-]{2,60}", term)) and 2 <= len(term.split()) <= 5 and offline.ai_ok
    return term if fits and grounding.grounded_words(term, [title, offline.brand]) else offline.search_term


def category(offline: Category, reading: Reading, evidence: Mapping[str, Json]) -> Category:
    """A model decides between classes that the evidence leaves open, and never against the evidence."""
    if offline.google_id is not None or reading.category not in tied(evidence):
        return offline
    return offline.model_copy(
        update={"google_id": GOOGLE[reading.category], "path": reading.category, "google_path": reading.category}
    )


def stage(offline: TrendStage, reading: Reading, trend: grounding.Facts) -> TrendStage:
    """Only the story is a model's; every number in it is ours."""
    found = grounding.kept(sentences(reading.story), trend, grounding.TREND)
    story = " ".join(s.text if s.text.endswith((".", "!")) else f"{s.text}." for s in found)
    return offline.model_copy(update={"story": story}) if story and len(story) <= MAX_STORY else offline


def compliance(offline: Compliance, reading: Reading, texts: Sequence[str]) -> Compliance:
    """Doubts become warnings in words of ours with the quote they rest on; a made-up quote raises none."""
    known = {f.evidence.casefold() for f in offline.flags}
    added: dict[tuple[str, str], Flag] = {}
    for doubt in reading.doubts:
        quote = doubt.quote.strip()
        if quote.casefold() in known or len(quote) < 3 or not grounding.is_plain_text(quote):
            continue
        if any(quote.casefold() in text.casefold() for text in texts):
            what = doubt.code.replace("_", " ")
            words = f"{quote}: a language model sees a question of {what}; look into it before you sell"
            added.setdefault(
                (doubt.code, quote.casefold()),
                Flag(code=f"doubt_{doubt.code}", severity="warn", words=words, evidence=quote),
            )
    return Compliance(flags=(*offline.flags, *added.values()), blocked=offline.blocked)


def sentences(lines: Sequence[Line]) -> list[Sentence]:
    """A model's lines as sentences of ours, not yet checked."""
    return [Sentence(text=" ".join(line.text.split()), cites=tuple(line.cites)) for line in lines]
