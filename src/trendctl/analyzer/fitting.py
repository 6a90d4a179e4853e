"""Brings a text within a platform's rules by taking away, never by adding: no word or number comes into being."""

import re
from collections import Counter

from trendctl.commerce.rules import Violation, check, fit
from trendctl.commerce.textmatch import words

_ROUNDS = 30  # every round takes something away
_LITERAL = ("links", "emails", "phones", "html", "scripts", "entities", "emoji", "chinese", "words.")


def fitted(text: str, platform: str, field: str, brand: str = "") -> tuple[str, tuple[str, ...]]:
    """The text without what the platform's rules forbid, cut to its limit; and what could not be met.

    "" with reasons where the rules still block it: better no text than one that is refused.
    """
    text = _cut(" ".join(text.split()), platform, field)
    for _ in range(_ROUNDS):
        broken = _blocking(text, platform, field, brand)
        if not broken:
            return text, ()
        shorter = _cut(" ".join(_without(text, broken[0]).split()), platform, field)
        if shorter == text:
            break
        text = shorter
    broken = _blocking(text, platform, field, brand)
    return ("", tuple(dict.fromkeys(v.message for v in broken))) if broken else (text, ())


def keeps(text: str, platform: str, field: str, brand: str = "") -> bool:
    """Whether the platform takes the text as it is."""
    return not _blocking(text, platform, field, brand)


def _blocking(text: str, platform: str, field: str, brand: str) -> list[Violation]:
    value: object = [text] if field == "bullets" else text
    found = check(platform, {field: value, "brand": brand}, partial=True)
    return [v for v in found if v.blocking and v.field.partition("[")[0] == field]


def _cut(text: str, platform: str, field: str) -> str:
    """Cut between words. A word cut in two, or a number that lost its unit, would say something else: it goes."""
    short = fit(text, platform, field).rstrip()
    if short == text:
        return text
    kept = short.split(" ")
    if not text[len(short) : len(short) + 1].isspace():
        word = text[len(short) - len(kept[-1]) :].split(" ")[0]
        if any(c.isdigit() or not _spaceless(c) for c in word):
            kept.pop()
    while kept and re.fullmatch(r"[\W\d_]*", kept[-1]):
        kept.pop()
    return " ".join(kept)


def _spaceless(char: str) -> bool:
    """Of a script that writes no spaces (Thai to Khmer, and from the CJK radicals on): a cut there is no cut word."""
    return (
        0x0E00 <= ord(char) <= 0x0EFF
        or 0x1000 <= ord(char) <= 0x109F
        or 0x1780 <= ord(char) <= 0x17FF
        or char >= "\u2e80"
    )


def _without(text: str, broken: Violation) -> str:
    if broken.rule == "characters":
        bad = re.escape(broken.actual)
        whole = re.sub(rf"\S*\d[{bad}]+\d\S*", " ", text)  # 1_000 is no 1 and no 000
        return re.sub(f"[{bad}]", " ", whole)
    if broken.rule == "repeats":
        return _unrepeated(text, int(broken.limit))
    if broken.rule == "run":
        return re.sub(rf"\S*?(\S)\1{{{int(broken.limit)},}}\S*", " ", text)
    if broken.rule.startswith(_LITERAL) and broken.actual:
        return _without_words_of(text, broken.actual)
    return text


def _without_words_of(text: str, part: str) -> str:
    """Without every word that the part touches: what would be left of a word is another word."""
    kept, end = [], 0
    while (start := text.find(part, end)) >= 0:
        left = text.rfind(" ", 0, start + 1) + 1
        kept.append(text[end : max(end, left)])
        right = text.find(" ", start + len(part.rstrip()))
        end = len(text) if right < 0 else right
    return "".join([*kept, text[end:]])


def _unrepeated(text: str, most: int) -> str:
    """Without the words whose parts were said `most` times before; a chunk goes as a whole."""
    seen: Counter[str] = Counter()
    kept = []
    for chunk in text.split(" "):
        parts = Counter(words(chunk))
        if all(seen[word] + count <= most for word, count in parts.items()):
            kept.append(chunk)
            seen += parts
    return " ".join(kept)
