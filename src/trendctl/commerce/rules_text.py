"""The rules of one text field: length, characters, words, links, repetition, capitals, hashtags."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trendctl.commerce import facts
from trendctl.commerce.graphemes import is_pictograph, is_regional
from trendctl.commerce.invisible import invisible_characters
from trendctl.commerce.length import measure
from trendctl.commerce.textmatch import find, words
from trendctl.commerce.violation import Violation

_TOP = "com|net|org|info|biz|shop|store|online|site|io|co|me|app|us|uk|de|fr|it|es|nl|eu|cn|ru|ca|au|jp|tv|link|xyz"
# Every repetition is bounded, so that a long text without spaces costs no more than another.
_LINK = re.compile(
    r"(?i)\b(?:https?://|www\.)\S+"
    rf"|\b[a-z0-9][a-z0-9-]{{0,62}}(?:\.[a-z0-9-]{{1,63}}){{0,8}}\.(?:{_TOP})(?![\w.-])(?:/\S*)?"
)
_EMAIL = re.compile(r"(?i)[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(r"(?<![\w.-])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{2,4}\)[\s.-]?|\d{3}[\s.-])\d{3}[\s.-]\d{4}(?![\w-])")
_INTERNATIONAL = re.compile(r"(?<![\w.-])\+\d{1,3}(?:[\s.()-]{0,2}\d){7,12}(?!\w)")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--")
_SCRIPT = re.compile(r"(?i)<\s*/?\s*(?:script|iframe|object|embed|form|style|link|meta)\b|\bon\w+\s*=|javascript:")
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_HASHTAG = re.compile(r"(?<![\w&])#\w+")
_MENTION = re.compile(r"(?<![\w@])@[\w.]+")


def _is_emoji(char: str) -> bool:
    # The signs below U+2190 and the arrows are text unless a selector says otherwise; a keycap has U+20E3.
    return char == "\u20e3" or is_regional(char) or (ord(char) >= 0x2300 and is_pictograph(char))


def _emoji(text: str) -> str:
    return next((char for char in text if _is_emoji(char)), "")


def _first(*patterns: re.Pattern[str]) -> Callable[[str], str]:
    def look(text: str) -> str:
        return next((found.group() for pattern in patterns if (found := pattern.search(text))), "")

    return look


def _symbols_only(text: str) -> str:
    return "" if not text.strip() or any(char.isalnum() for char in text) else text


_DENIED: dict[str, tuple[Callable[[str], str], str]] = {
    "links": (_first(_LINK), "a web address"),
    "emails": (_first(_EMAIL), "an e-mail address"),
    "phones": (_first(_PHONE, _INTERNATIONAL), "a telephone number"),
    "html": (_first(_TAG), "HTML"),
    "scripts": (_first(_SCRIPT), "active content"),
    "entities": (_first(_ENTITY), "an HTML escape"),
    "emoji": (_emoji, "an emoji"),
    "symbols_only": (_symbols_only, "nothing but symbols"),
    "chinese": (_first(_CHINESE), "Chinese characters"),
}


def check_text(platform: str, field: str, text: str, rule: Mapping[str, Any], brand: str) -> Iterator[Violation]:
    """All rules of the table `rule` for one text. `brand`: left out where the platform exempts brand names."""
    yield from _length(field, text, rule)
    yield from _hidden(field, text, rule)
    bare = _without(text, brand) if rule.get("brand_exempt") else text
    yield from _characters(field, bare, rule)
    yield from _listed(platform, field, bare, rule)
    yield from _denied(field, text, rule)
    yield from _repetition(field, text, rule)
    yield from _style(field, text, rule)
    yield from _counts(field, text, rule)


def _length(field: str, text: str, rule: Mapping[str, Any]) -> Iterator[Violation]:
    unit, size = rule["unit"], measure(text, rule["unit"])
    if size > rule["max"]:
        message = f"{field} is {size} long, at most {rule['max']} ({unit})"
        yield Violation.of(rule, field, "max_length", rule["max"], size, message)
    if size < rule.get("min", 0):
        message = f"{field} is {size} long, at least {rule['min']} ({unit})"
        yield Violation.of(rule, field, "min_length", rule["min"], size, message)
    elif size < rule.get("advised_min", 0):
        message = f"{field} is {size} long, at least {rule['advised_min']} is advised ({unit})"
        yield Violation.of(rule, field, "advised_length", rule["advised_min"], size, message, blocking=False)
    least = rule.get("advised_words", 0)
    count = len(_TAG.sub(" ", text).split())
    if count < least:
        message = f"{field} has {count} words, at least {least} are advised"
        yield Violation.of(rule, field, "advised_words", least, count, message, blocking=False)


def _hidden(field: str, text: str, rule: Mapping[str, Any]) -> Iterator[Violation]:
    hidden = invisible_characters(text, multiline=rule.get("multiline", False))
    if hidden:
        index, code, name = hidden[0]
        message = f"{field} holds {len(hidden)} invisible character(s), first {code} {name} at place {index + 1}"
        yield Violation.of(rule, field, "invisible", 0, len(hidden), message)


def _characters(field: str, text: str, rule: Mapping[str, Any]) -> Iterator[Violation]:
    for key, blocking in (("characters", True), ("characters_soft", False)):
        bad = "".join(dict.fromkeys(char for char in text if char in rule.get(key, "")))
        if bad:
            verb = "may not hold" if blocking else "should not be decorated with"
            yield Violation.of(rule, field, "characters", rule[key], bad, f"{field} {verb} {' '.join(bad)}", blocking)
    pattern = rule.get("pattern")
    if pattern and not re.fullmatch(pattern, text):
        message = f"{field} must be {rule['pattern_text']}"
        yield Violation.of(rule, field, "pattern", rule["pattern_text"], text, message)


def _listed(platform: str, field: str, text: str, rule: Mapping[str, Any]) -> Iterator[Violation]:
    for name in rule.get("words", ()):
        table = facts.load("listing_rules")["words"][name]
        phrases = [phrase for phrase in table["phrases"] if not phrase.startswith(platform)]
        for hit in {hit.phrase: hit for hit in find(text, phrases)}.values():
            message = f'{field} may not say "{hit.evidence}"' if rule["words_block"] else f'"{hit.evidence}" in {field}'
            yield Violation.of(table, field, f"words.{name}", hit.phrase, hit.evidence, message, rule["words_block"])


def _denied(field: str, text: str, rule: Mapping[str, Any]) -> Iterator[Violation]:
    for name in rule.get("deny", ()):
        look, what = _DENIED[name]
        seen = look(text)
        if seen:
            yield Violation.of(rule, field, name, 0, seen, f"{field} may not hold {what}: {seen}")


def _repetition(field: str, text: str, rule: Mapping[str, Any]) -> Iterator[Violation]:
    most = rule.get("repeats")
    if most:
        uncounted = facts.load("listing_rules")["words"]["uncounted"]["phrases"]
        counts = Counter(word for word in words(text) if word not in uncounted)
        for word, count in counts.items():
            if count > most:
                message = f'{field} says "{word}" {count} times, at most {most}'
                yield Violation.of(rule, field, "repeats", most, count, message)
    run = rule.get("run")
    longest = max((len(found.group()) for found in re.finditer(r"(\S)\1*", text)), default=0)
    if run and longest > run:
        message = f"{field} repeats one character {longest} times, at most {run}"
        yield Violation.of(rule, field, "run", run, longest, message)


def _style(field: str, text: str, rule: Mapping[str, Any]) -> Iterator[Violation]:
    letters = [char for char in text if char.isupper() or char.islower()]
    capitals = sum(1 for char in letters if char.isupper())
    if rule.get("caps") and len(letters) >= 12 and capitals * 10 > len(letters) * 7:
        share = f"{capitals * 100 // len(letters)}%"
        yield Violation.of(rule, field, "caps", "70%", share, f"{field} is written in capitals", blocking=False)


def _counts(field: str, text: str, rule: Mapping[str, Any]) -> Iterator[Violation]:
    for name, pattern in (("hashtags", _HASHTAG), ("mentions", _MENTION)):
        if name in rule and len(pattern.findall(text)) > rule[name]:
            count = len(pattern.findall(text))
            yield Violation.of(rule, field, name, rule[name], count, f"{count} {name}, at most {rule[name]}")


def _without(text: str, brand: str) -> str:
    return re.sub(rf"(?i)(?<!\w){re.escape(brand)}(?!\w)", " ", text) if brand.strip() else text
