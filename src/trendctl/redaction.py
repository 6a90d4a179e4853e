"""Takes secrets out of a text: the values that are known, in every spelling they travel in, and what looks like one."""

import base64
import json
import re
import threading
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST = 4  # a shorter value would take ordinary words and numbers out of every line

# Every part is bounded or begins with a literal, so that a long line costs no more than linear time.
_STRONG = r"(?:api[_-]?key|app[_-]?key|access[_-]?key|token|secret|password|passwd|signature)"  # how a name ends
_NAMED = r"(?i)(" + _STRONG + r"[\"']?\s{0,4}[=:]\s{0,4})"
_HEADER = r"(?i)((?:authorization|cookie)[\"']?\s{0,4}[:=]\s{0,4}[\"']?)"
_NAMES = ("key", "token", "secret", "passw", "signature")
# Each with lower-case words of which one must be there: looking for them is a hundred times cheaper than matching.
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (("bearer", "basic"), re.compile(r"(?i)\b(bearer|basic)[ +]{1,4}(?=[\w.~+/-]{0,200}[\d=])[\w.~+/=-]{8,}"),
     rf"\1 {HIDDEN}"),
    (("?", "&"), re.compile(r"(?i)([?&](?:key|code|auth|auth_code|sig|sign|appid)=)[^&#\s\"']+"), rf"\1{HIDDEN}"),
    (_NAMES, re.compile(_NAMED + r"([\"'])(?:\\.|(?!\2)[^\\])*\2"), rf"\1\2{HIDDEN}\2"),
    (_NAMES, re.compile(_NAMED + r"[^\s\"'&,;})\]]+"), rf"\1{HIDDEN}"),
    (("authorization", "cookie"), re.compile(_HEADER + r"[^\s\"',}][^\"'\r\n,}]*"), rf"\1{HIDDEN}"),
    (("://",), re.compile(r"(://)[^/@\s\"']{1,300}@"), rf"\1{HIDDEN}@"),
)  # fmt: skip
_SECRET_NAME = re.compile(r"(?i)[\w.-]*(?:" + _STRONG + "|authorization|cookie)")


def is_secret_name(name: str) -> bool:
    """Whether a field of that name holds a credential, whatever it looks like."""
    return _SECRET_NAME.fullmatch(name) is not None


class Redactor:
    """Knows values; `redact` may be called from any thread."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.learn(*values)

    def learn(self, *values: str) -> None:
        """Hide these values, too."""
        with self._lock:
            before = len(self._known)
            for value in values:
                if len(value.strip()) >= SHORTEST:
                    self._known |= _spellings(value.strip())
            if len(self._known) > before:
                longest_first = sorted(self._known, key=len, reverse=True)
                self._pattern = re.compile("|".join(re.escape(v) for v in longest_first))

    def redact(self, text: str) -> str:
        """The text with every known value and everything that looks like a credential replaced by ***."""
        pattern = self._pattern
        if pattern is not None:
            text = pattern.sub(HIDDEN, text)
        lower = text.lower()
        for words, look, instead in _PATTERNS:
            if any(word in lower for word in words):
                text = look.sub(instead, text)
        return text


def _spellings(value: str) -> set[str]:
    """As it stands, in a URL, in JSON, in a Python repr, in base64."""
    forms = {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1]}
    forms |= {json.dumps(value, ensure_ascii=False)[1:-1], ascii(value)[1:-1], repr(value.encode())[2:-1]}
    forms.add(base64.b64encode(value.encode()).decode().rstrip("="))
    return forms
