"""People taken out of a recorded body: authors, accounts and addresses of mail; what the parsers read stays in place.

By the names of fields and elements, so a person named in a title or a text stays: that is what the source published.
"""

import json
import re
from collections.abc import Callable
from typing import Final

from trendctl.ports import Json

REMOVED: Final = "REMOVED"
# Every repetition is bounded: a hostile body must not cost more than its length.
_MAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_KEY: Final = re.compile(
    r"(authors?|users?|creators?|owners?|accounts?|sellers?|submitters?|uploaders?|contributors?|buyers?|customers?|by"
    r"|logins?|handles?|acct|e?mails?)([_-]?(name|id|url|link|fullname|flair_text|image|avatar|login|handle))?"
    r"|(user|screen|display|nick|login|twitter_user)[_-]?names?|avatar([_-]?(url|static))?|gravatar_id|profile_\w+"
    r"|channel(title|id)",
    re.I,
)
_ELEMENT: Final = re.compile(
    r"(<(?:\w+:)?(author|creator|contributor|credit|owner|managingeditor|webmaster|email|submitter)\b[^<>/]{0,300}>)"
    r"((?:(?!<(?:\w+:)?\2\b).){0,2000}?)"
    r"(</(?:\w+:)?\2\s*>)",
    re.I | re.S,
)
_CDATA: Final = re.compile(r"<!\[CDATA\[.*?\]\]>", re.S)
_TEXT: Final = re.compile(r"(^|>)[^<]*[^\s<][^<]*(?=<|$)")
_PATH: Final = re.compile(r"((?:/|&#x2f;)(?:u|user|users|profile)/|/@)[\w.%-]+", re.I)
_PAIR: Final = re.compile(rf'("(?:{_KEY.pattern})"\s{{0,20}}:\s{{0,20}})"(?:[^"\\]|\\.){{0,2000}}"', re.I)
_TAGGED: Final = re.compile(r"(author|user)_[\w-]+")  # Hacker News' _tags


def without_people(text: str) -> str:
    """The body with names, accounts and mail addresses replaced; JSON stays the JSON it was, markup the markup."""
    document = _document(text)
    if document is None:
        marked = _ELEMENT.sub(lambda m: m[1] + _TEXT.sub(rf"\1{REMOVED}", _CDATA.sub(REMOVED, m[3])) + m[4], text)
        return _plain(_PAIR.sub(lambda m: f'{m[1]}"{REMOVED}"', marked))
    names: set[str] = set()
    try:
        kept = _walk(document, names)
        return json.dumps(_each(kept, _replacer(names)), ensure_ascii=False)
    except RecursionError:
        return _plain(_PAIR.sub(lambda m: f'{m[1]}"{REMOVED}"', text))


def _document(text: str) -> Json:
    """The JSON, where it is an object or a list; None for anything else."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return None
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None


def _walk(value: Json, names: set[str]) -> Json:
    """The document with the values of a person's fields blanked; `names` collects what stood there."""
    if isinstance(value, list):
        return [_walk(part, names) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _each(part, lambda text: _blank(text, names)) if _is_person(key, part) else _walk(part, names)
        for key, part in value.items()
    }


def _is_person(key: str, value: Json) -> bool:
    """A field of a person. A number is a count or a bare id, and only an id is taken out."""
    counts = isinstance(value, bool | int | float) or (isinstance(value, str) and value.isdigit())
    return _KEY.fullmatch(key) is not None and not (counts and not key.lower().endswith("id"))


def _each(value: Json, change: Callable[[str], str]) -> Json:
    """The same structure with each text changed."""
    if isinstance(value, list):
        return [_each(part, change) for part in value]
    if isinstance(value, dict):
        return {key: _each(part, change) for key, part in value.items()}
    return change(value) if isinstance(value, str) else value


def _blank(text: str, names: set[str]) -> str:
    if len(text) >= 3 and not text.isdigit() and re.fullmatch(r"[\w.-]+", text):
        names.add(text)
    return REMOVED if text else ""


def _replacer(names: set[str]) -> Callable[[str], str]:
    """Also takes the collected names out of addresses and ids (texts without a space), where they stand as a whole."""
    whole = re.compile(r"[\w.-]+")

    def replace(text: str) -> str:
        found = _plain(text)
        if " " in found.strip():
            return found
        if _TAGGED.fullmatch(found):
            return f"{found.partition('_')[0]}_{REMOVED}"
        return whole.sub(lambda m: REMOVED if m[0] in names else m[0], found) if "/" in found else found

    return replace


def _plain(text: str) -> str:
    return _MAIL.sub(REMOVED, _PATH.sub(rf"\1{REMOVED}", text))
