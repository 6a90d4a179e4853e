"""The beginning of a file too large to fetch whole: unpacked, and its list's first objects read."""

import json
import re
import zlib
from collections.abc import Iterator
from typing import Final

from trendctl.errors import ParseError
from trendctl.ports import Json
from trendctl.scanner.formats.rows import MAX_ROWS

_UNPACKED: Final = 12_000_000
_BETWEEN: Final = re.compile(r"[ \n\r\t,]+")


def unpacked(body: bytes, packed: bool) -> str:
    """At most 12 MB of text of a gzip or plain body that may end anywhere. ParseError if it is no gzip."""
    if packed:
        try:
            body = zlib.decompressobj(wbits=31).decompress(body, _UNPACKED)
        except zlib.error:
            raise ParseError("the file is not packed as the API says") from None
    return body[:_UNPACKED].decode("utf-8", "replace")


def objects(document: str, name: str) -> Iterator[Json]:
    """The whole values at the start of the list `name` of a JSON document whose end is missing by design."""
    if not document.lstrip("\ufeff \t\r\n").startswith("{"):
        raise ParseError("the file is no JSON object")
    start = document.find(f'"{name}"')
    opened = document.find("[", start)
    if start < 0 or opened < 0:
        raise ParseError(f"the file has no list {name!r}")
    decoder, place = json.JSONDecoder(), opened + 1
    for _ in range(MAX_ROWS):
        if between := _BETWEEN.match(document, place):
            place = between.end()
        try:
            value, place = decoder.raw_decode(document, place)
        except (ValueError, RecursionError):
            return  # the end of the list, or of what was fetched
        yield value
