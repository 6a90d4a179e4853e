"""HAR 1.2 files: a scan's calls recorded without secrets and people, and a transport that plays them back."""

import base64
import json
import os
import re
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from trendctl.errors import UsageError
from trendctl.http import Exchange
from trendctl.ports import Json
from trendctl.scanner.people import REMOVED, without_people

# Allowed rather than forbidden: a header nobody thought of is left out.
_REQUEST_HEADERS = frozenset({"accept", "accept-language", "content-type"})
_ANSWER_HEADERS = frozenset(
    {"content-type", "content-language", "date", "etag", "expires", "last-modified", "location", "retry-after", "link",
     "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
)  # fmt: skip
_SECRET = re.compile(
    r"key(?!word)|token|secret|passw|signature|^sig$|^sign$|auth(?!or)|credential|^appid$|app_?id|applicationid|client_?id|^code$"
    r"|session|cookie|^user$|^feed$|partner_?tag|e?mail|contact",
    re.I,
)
_PAIR = re.compile(
    r'("[^"]*(?:token|secret|password|api_?key|client_id|signature)[^"]*"\s*:\s*)("(?:[^"\\]|\\.)*"|[\d.]+)', re.I
)


def clean_url(url: str, redact: Callable[[str], str] = str) -> str:
    """The URL without the values of parameters that may be secret, and without a user name."""
    parts = urlsplit(url)
    query = [(k, REMOVED if _SECRET.search(k) else v) for k, v in parse_qsl(parts.query, keep_blank_values=True)]
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, urlencode(query), ""))
    return redact(bare)


def clean_text(text: str, redact: Callable[[str], str] = str) -> str:
    """A body without the secrets that a sign-in answer or a form holds."""
    return redact(_PAIR.sub(rf'\1"{REMOVED}"', text))


def _clean_form(text: str, redact: Callable[[str], str]) -> str:
    pairs = parse_qsl(text, keep_blank_values=True)
    if not pairs:
        return clean_text(text, redact)
    return redact(urlencode([(k, REMOVED if _SECRET.search(k) else v) for k, v in pairs]))


class Recorder:
    """Writes exchanges as they come, so that a long scan needs no memory; the file appears whole at the end, mode 0600.

    `redact` removes the known secrets' values wherever else they may stand. Raises OSError where the disk refuses.
    """

    def __init__(self, path: Path, version: str, redact: Callable[[str], str] = str) -> None:
        self._path = path
        self._redact = redact
        self._lock = threading.Lock()
        self._count = 0
        self._part = path.with_name(path.name + ".part")
        self._file = os.fdopen(os.open(self._part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8")
        creator = json.dumps({"name": "trendctl", "version": version})
        self._file.write(f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": [')  # buffered

    def add(self, exchange: Exchange) -> None:
        """Record one exchange; called from many threads."""
        entry = json.dumps(self._entry(exchange), ensure_ascii=False)
        with self._lock:
            self._file.write((",\n" if self._count else "\n") + entry)
            self._count += 1

    def close(self) -> None:
        """Finish the file and put it in its place."""
        try:
            with self._lock:
                self._file.write("\n]}}\n")
                self._file.close()
            os.replace(self._part, self._path)
        except OSError:  # a full disk: no half recording stays
            self._part.unlink(missing_ok=True)
            raise

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _entry(self, e: Exchange) -> dict[str, Json]:
        url = clean_url(e.url, self._redact)
        time = round(e.seconds * 1000, 1)
        request: dict[str, Json] = {
            "method": e.method,
            "url": url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": self._headers(dict(e.headers), _REQUEST_HEADERS),
            "queryString": [{"name": k, "value": v} for k, v in parse_qsl(urlsplit(url).query, True)],
            "headersSize": -1,
            "bodySize": len(e.sent),
        }
        if e.sent:
            mime = next((v for k, v in e.headers if k.lower() == "content-type"), "")
            text = _clean_form(e.sent.decode("utf-8", "replace"), self._redact)
            request["postData"] = {"mimeType": mime, "params": [], "text": text}
        return {
            "startedDateTime": e.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "time": time,
            "request": request,
            "response": self._response(e),
            "cache": {},
            "timings": {"send": 0, "wait": time, "receive": 0},
        }

    def _response(self, e: Exchange) -> dict[str, Json]:
        content: dict[str, Json] = {"size": len(e.body), "mimeType": e.answered.get("content-type", "")}
        try:
            content["text"] = self._clean(e.body.decode("utf-8"))
        except UnicodeDecodeError:
            content |= {"text": base64.b64encode(self._clean_bytes(e.body)).decode(), "encoding": "base64"}
        return {
            "status": e.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": self._headers(e.answered, _ANSWER_HEADERS),
            "content": content,
            "redirectURL": clean_url(e.answered.get("location", ""), self._redact),
            "headersSize": -1,
            "bodySize": -1,
        }

    def _clean(self, body: str) -> str:
        return without_people(clean_text(body, self._redact))

    def _clean_bytes(self, body: bytes) -> bytes:
        """A text in another encoding, cleaned in it; bytes that are no text stay."""
        coding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
        if coding == "latin-1" and body.lstrip()[:1] not in (b"<", b"{", b"["):
            return body
        try:
            return self._clean(body.decode(coding)).encode(coding, "replace")
        except UnicodeError:
            return body

    def _headers(self, headers: Mapping[str, str], allowed: frozenset[str]) -> list[dict[str, str]]:
        kept = ((k, v) for k, v in headers.items() if k.lower() in allowed)
        return [
            {"name": k, "value": clean_url(v, self._redact) if k.lower() == "location" else self._redact(v)}
            for k, v in kept
        ]


class Replay(httpx.BaseTransport):
    """Answers from a recording, by method and the leaf's own URL; a repeated call gets the next answer, then the last.

    A call that is not in the recording fails as a connection would. Raises UsageError where the file is no HAR.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str], deque[_Answer]] = defaultdict(deque)
        try:
            document = json.loads(path.read_text("utf-8"))
            for entry in document["log"]["entries"]:
                request = entry["request"]
                self._answers[str(request["method"]), clean_url(str(request["url"]))].append(_answer(entry["response"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
            raise UsageError(f"{path.name} cannot be played back", why=f"it is no HAR file ({fault})") from fault

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = clean_url(str(request.extensions.get("own_url", request.url)))
        with self._lock:
            answers = self._answers.get((request.method, url))
            if not answers:
                raise httpx.ConnectError(f"not in the recording: {request.method} {url}")
            status, headers, body = answers.popleft() if len(answers) > 1 else answers[0]
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


_Answer = tuple[int, list[tuple[str, str]], bytes]  # status, headers, body


def _answer(told: Mapping[str, Any]) -> _Answer:
    """A recorded response, checked before anything is asked. Raises what a wrong shape raises."""
    status, content = int(told["status"]), told.get("content", {})
    if not 100 <= status <= 599:
        raise ValueError(f"status {status}")
    text = str(content.get("text", ""))
    headers = [(str(h["name"]), str(h["value"])) for h in told.get("headers", ())]
    httpx.Headers(headers)  # refuses what no header can hold
    body = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
    return status, headers, body
