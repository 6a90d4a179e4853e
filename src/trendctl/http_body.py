"""Bodies from outside: read with a limit on the decoded size, told apart from block pages, kept for a 304."""

import hashlib
import os
import re
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from trendctl.http_fault import failed, unavailable

_PAGE = re.compile(
    rb"^\s*(<\?xml[^>]*\?>\s*)?(<!--.*?-->\s*)*(<!doctype\s+html|<html|<head|<body|<script)", re.I | re.S
)
_BLOCKS = re.compile(
    rb"whoa there|captcha|cloudflare|access denied|are you a robot|unusual traffic|blocked|consent", re.I
)
_LIMITED = re.compile(rb"rate.?limit|limit requests|too many requests|quota|slow down|throttl", re.I)
_SHORT = 2_000  # bytes; a plain-text scolding is short, a document that merely mentions quotas is not


def read_whole(chunks: Iterable[bytes], encoding: str, declared: str | None, max_bytes: int) -> bytes:
    """The decoded body. Raises Fault when it is larger than `max_bytes`, cut short, or coded in an unknown way."""
    if declared and declared.isdigit() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    decoder = Decoder(encoding, max_bytes)
    for chunk in chunks:
        decoder.feed(chunk)
    return decoder.finish()


class Decoder:
    """gzip, deflate or identity, never holding more than the limit: a bomb is noticed before it unfolds."""

    def __init__(self, encoding: str, max_bytes: int) -> None:
        names = [n for n in encoding.lower().replace(" ", "").split(",") if n not in ("", "identity")]
        if len(names) > 1 or (names and names[0] not in ("gzip", "x-gzip", "deflate")):
            raise failed(f"the body is coded in a way not asked for ({encoding[:40]})")
        self._wbits = {"": 0, "deflate": zlib.MAX_WBITS}.get(names[0] if names else "", zlib.MAX_WBITS | 16)
        self._max = max_bytes
        self._out = bytearray()
        self._fed = False
        self._inflate = zlib.decompressobj(self._wbits) if self._wbits else None

    def feed(self, data: bytes) -> None:
        """Take the next raw bytes."""
        self._fed = self._fed or bool(data)
        if self._inflate is None:
            self._out += data
            if len(self._out) > self._max:
                raise _too_large(self._max)
            return
        while data:
            data = self._step(data)

    def _step(self, data: bytes) -> bytes:
        assert self._inflate is not None  # feed() looked
        if self._inflate.eof:  # a second gzip member
            self._inflate = zlib.decompressobj(self._wbits)
        try:
            self._out += self._inflate.decompress(data, self._max + 1 - len(self._out))
        except zlib.error as fault:
            raise unavailable("the compressed body is damaged") from fault
        if len(self._out) > self._max:
            raise _too_large(self._max)
        return self._inflate.unconsumed_tail or self._inflate.unused_data

    def finish(self) -> bytes:
        """The whole body. Raises Fault when the compressed stream has no end."""
        if self._inflate is not None and not self._inflate.eof and self._fed:
            raise unavailable("the body was cut short")
        return bytes(self._out)


def _too_large(max_bytes: int) -> Exception:
    return failed(f"the body is larger than {max_bytes / 1_000_000:g} MB")


def blocked(body: bytes) -> str | None:
    """Why a 200 is no data: a web page or a rate-limit text where a feed or JSON was due. None: it may be data."""
    head = body[:_SHORT].removeprefix(b"\xef\xbb\xbf")
    if _PAGE.match(head):
        return "a block page came" if _BLOCKS.search(body[:20_000]) else "a web page came where data was due"
    if slow_down(body):
        return "told to slow down: " + head.decode("utf-8", "replace").strip()[:120]
    return None


def slow_down(body: bytes) -> bool:
    """Whether the body is a short plain text that asks for fewer calls (GDELT sends it with status 200)."""
    head = body[:_SHORT].removeprefix(b"\xef\xbb\xbf")
    start = head.lstrip()[:1]
    return len(body) < _SHORT and start not in (b"{", b"[", b"<", b'"', b")") and _LIMITED.search(head) is not None


class BodyCache:
    """Bodies by their SHA-256, for the answer 304."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, sha256: str) -> bytes | None:
        """The body, or None when it is not there or no longer what its name says."""
        try:
            body = (self._folder / sha256).read_bytes()
        except OSError:
            return None
        return body if hashlib.sha256(body).hexdigest() == sha256 else None

    def put(self, body: bytes) -> str | None:
        """Keep a body, whole or not at all; its SHA-256, or None when the disk said no (nothing depends on it)."""
        sha256 = hashlib.sha256(body).hexdigest()
        target = self._folder / sha256
        if target.exists():
            return sha256
        name = ""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            os.replace(name, target)
        except OSError:
            if name:
                Path(name).unlink(missing_ok=True)
            return None
        return sha256

    def drop(self, sha256: str) -> None:
        """Forget a body that another has replaced."""
        (self._folder / sha256).unlink(missing_ok=True)

    def prune(self, before: float) -> int:
        """Remove bodies not written since `before` (epoch seconds); how many. URLs with a date in them pile up."""
        gone = 0
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            ours = re.fullmatch(r"[0-9a-f]{64}|\.new-.*", path.name) is not None
            if ours and path.is_file() and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                gone += 1
        return gone
