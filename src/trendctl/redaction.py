"""Takes secrets out of a text: the values that are known, in every spelling they travel in, and what looks like one."""

import base64
import json
import re
import threading
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "***"
SHORTEST = 4  # a shorter value would take ordinary words and numbers out of every line

# Lengths are bounded so that a long line costs no more than linear time.
_STRONG = r"[\w.-]{0,40}?(?:api[_-]?key|app[_-]?key|access[_-]?key|token|secret|password|passwd|signature)"
_NAMED = r"(?i)\b(" + _STRONG + r"[\"']?\s{0,4}[=:]\s{0,4})"
_HEADER = r"(?i)((?:authorization|cookie)[\"']?\s{0,4}[:=]\s{0,4}[\"']?)"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer|basic)[ +]+(?=[\w.~+/-]{0,200}[\d=])[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)([?&](?:key|code|auth|sig|sign|appid|" + _STRONG + r")=)[^&#\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(_NAMED + r"([\"'])(?:\\.|(?!\2)[^\\])*\2"), rf"\1\2{HIDDEN}\2"),
    (re.compile(_NAMED + r"[^\s\"'&,;})\]]+"), rf"\1{HIDDEN}"),
    (re.compile(_HEADER + r"[^\s\"',}][^\"'\r\n,}]*"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{0,20}://)[^/@\s\"']{1,300}@"), rf"\1{HIDDEN}@"),
)
_SECRET_NAME = re.compile("(?i)" + _STRONG + "|authorization|cookie")


def is_secret_name(name: str) -> bool:
    """Whether a field of that name holds a credential, whatever it looks like."""
    return _SECRET_NAME.fullmatch(name) is not None


class Redactor:
    """Knows values; `redact` may be called from any thread."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for value in values:
            self.learn(value)

    def learn(self, value: str) -> None:
        """Hide this value, too."""
        value = value.strip()
        with self._lock:
            if len(value) >= SHORTEST and value not in self._known:
                self._known |= _spellings(value)
                longest_first = sorted(self._known, key=len, reverse=True)
                self._pattern = re.compile("|".join(re.escape(v) for v in longest_first))

    def redact(self, text: str) -> str:
        """The text with every known value and everything that looks like a credential replaced by ***."""
        pattern = self._pattern
        if pattern is not None:
            text = pattern.sub(HIDDEN, text)
        for look, instead in _PATTERNS:
            text = look.sub(instead, text)
        return text


def _spellings(value: str) -> set[str]:
    """As it stands, in a URL, in JSON, in a Python repr, in base64."""
    forms = {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1]}
    forms |= {json.dumps(value, ensure_ascii=False)[1:-1], ascii(value)[1:-1], repr(value.encode())[2:-1]}
    forms.add(base64.b64encode(value.encode()).decode().rstrip("="))
    return forms
