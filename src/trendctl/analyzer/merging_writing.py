"""Puts a model's copy and keywords onto the offline ones: grounded sentences within the platform's rules."""

import re
from collections.abc import Mapping, Sequence

from trendctl.analyzer import grounding
from trendctl.analyzer.asking import Aspect, PlatformText, Writing
from trendctl.analyzer.fitting import keeps
from trendctl.analyzer.grounding import Facts
from trendctl.analyzer.laying import MAX_BULLETS, body, bullets, joined, title_field
from trendctl.analyzer.merging_reading import sentences
from trendctl.analyzer.outputs import Copy, Keywords, PlatformCopy, Sentence

_TITLE_WORDS = frozenset({"a", "an", "and", "by", "for", "in", "of", "on", "the", "to", "with"})
_LEAST_SAID = 0.5  # of the product's name in a title
_MAX_TERMS, _MAX_TAGS = 20, 5
_TERM = r"[\w .'-]{2,60}"
_NAMES: Mapping[str, frozenset[str]] = {
    "colour": frozenset({"color", "colour"}),
    "color": frozenset({"color", "colour"}),
    "pack size": frozenset({"number in pack", "pack size"}),
    "materials": frozenset({"material"}),
    "length": frozenset({"item length"}),
    "width": frozenset({"item width"}),
    "height": frozenset({"item height"}),
    "weight": frozenset({"item weight"}),
}
"""Names under which platforms ask for a fact; any other name would say another thing of the goods."""


def copy(offline: Copy, writing: Writing, facts: Facts, brand: str) -> Copy:
    """Each platform's copy; one that the evidence did not ask for is not looked at."""
    told = {text.platform: text for text in reversed(writing.platforms)}
    merged = {
        name: _platform(name, own, told[name], facts, brand) if name in told and own.title else own
        for name, own in offline.platforms.items()
    }
    return offline.model_copy(update={"platforms": merged})


def _platform(name: str, own: PlatformCopy, told: PlatformText, facts: Facts, brand: str) -> PlatformCopy:
    said = grounding.kept(sentences(told.sentences), facts)
    title = _title(name, own.title, told, facts, brand)
    lines = body(name, _lines(own, said), brand) if said else list(own.sentences)
    points = grounding.kept(sentences(told.bullets), facts)[:MAX_BULLETS]
    return PlatformCopy(
        title=title,
        description=joined(lines),
        bullets=bullets(name, points, brand) or own.bullets,
        sentences=tuple(lines),
        problems=own.problems,
    )


def _lines(own: PlatformCopy, said: Sequence[Sentence]) -> list[Sentence]:
    """The model's sentences, then our own lines for the facts that they leave out; hashtags last."""
    cited = {key for sentence in said for key in sentence.cites}
    ours = [s for s in own.sentences if s.text.startswith("#") or not set(s.cites) <= cited]
    first = [s for s in ours if "title" in s.cites and not s.text.startswith("#")]
    return [*first, *said, *(s for s in ours if s not in first)]


def _title(name: str, own: str, told: PlatformText, facts: Facts, brand: str) -> str:
    (line,) = sentences([told.title])
    named = grounding.stems(facts.get("title", ("", ""))[1])
    words = grounding.stems(line.text)
    good = (
        bool(named)
        and not grounding.fault(line, facts, _TITLE_WORDS)
        and len(words & named) >= _LEAST_SAID * len(named)
        and (not brand or brand.casefold() not in own.casefold() or brand.casefold() in line.text.casefold())
        and keeps(line.text, name, title_field(name), brand)
    )
    return line.text if good else own


def keywords(offline: Keywords, writing: Writing, facts: Facts) -> Keywords:
    """Terms and hashtags made of the facts' words; of the aspects only names change, values stay the facts' texts."""
    texts = [text for _, text in facts.values()]
    terms = [" ".join(t.casefold().split()) for t in writing.search_terms]
    good = [t for t in terms if re.fullmatch(_TERM, t) and len(t.split()) <= 6 and grounding.grounded_words(t, texts)]
    known = {w for text in texts for w in grounding.tokens(text) if w.isalpha()}
    tags = [t for t in writing.hashtags if re.fullmatch(r"#[^\W\d_]{3,40}", t) and _made_of(t[1:].casefold(), known)]
    unique = {t.casefold(): t for t in reversed([*tags, *offline.hashtags])}
    return Keywords(
        search_terms=tuple(dict.fromkeys([*offline.search_terms, *good]))[:_MAX_TERMS],
        hashtags=tuple(reversed(unique.values()))[:_MAX_TAGS],
        aspects=_renamed(offline.aspects, writing.aspects, facts),
    )


def _made_of(text: str, words: set[str]) -> bool:
    """Whether the text is some of the words written together."""
    reached = {0}
    for end in range(1, len(text) + 1):
        if any(start in reached and text[start:end] in words for start in range(end)):
            reached.add(end)
    return len(text) in reached


def _renamed(own: Mapping[str, str], told: Sequence[Aspect], facts: Facts) -> dict[str, str]:
    names = {
        facts[a.cites][0]: a.name
        for a in told
        if a.cites in facts and a.name.casefold() in _NAMES.get(facts[a.cites][0].casefold(), frozenset())
    }
    renamed = {names.get(name, name): value for name, value in own.items()}
    return renamed if len(renamed) == len(own) else dict(own)
