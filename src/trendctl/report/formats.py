"""A table as CSV, JSON or NDJSON, line by line: nothing that a spreadsheet would run, nothing raw for a terminal."""

import base64
import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

FORMATS = ("csv", "json", "ndjson")
# A cell that begins with one of these is a formula to some spreadsheet (OWASP, CSV injection; the wide forms too).
_FORMULA = frozenset("=+-@＝＋－＠|%")
# Where a program takes ; for the separator, a cell begins in the middle of a text: behind it, or behind a line's end.
_MIDDLE = re.compile(rf"([;\n][\s\"]*)(?=[{re.escape(''.join(sorted(_FORMULA)))}])")
Redact = Callable[[str], str]


def lines(
    form: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], nested: Collection[str], redact: Redact
) -> Iterator[str]:
    """The rows as text. `nested`: columns whose text is JSON. `redact` takes known secrets out of every text.

    ValueError for a format that is not in FORMATS.
    """
    if form not in FORMATS:
        raise ValueError(f"no such format: {form}")
    if form == "csv":
        return _csv(columns, rows, redact)
    documents = (json.dumps(_document(columns, row, nested, redact), ensure_ascii=True) for row in rows)
    return (line + "\n" for line in documents) if form == "ndjson" else _array(documents)


def cell(value: object, redact: Redact = str) -> object:
    """A value as a CSV cell. Numbers stay numbers; a text that a spreadsheet could run is put behind an apostrophe,
    also in its middle where a cell could begin; control, bidi and other invisible characters go; bytes are text where
    they are UTF-8, else base64."""
    if value is None or isinstance(value, int | float):
        return value
    text = redact(_text(value))
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c)[0] != "C" or c == "\t").replace("\t", " ")
    first = "'" if kept.lstrip()[:1] in _FORMULA and kept.strip() else ""
    return first + _MIDDLE.sub(r"\1'", kept)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], redact: Redact) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")  # RFC 4180
    writer.writerow(columns)
    yield _taken(buffer)
    for row in rows:
        writer.writerow([cell(value, redact) for value in row])
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _array(documents: Iterator[str]) -> Iterator[str]:
    first = next(documents, None)
    if first is None:
        yield "[]\n"
        return
    yield f"[\n{first}"
    for document in documents:
        yield f",\n{document}"
    yield "\n]\n"


def _document(columns: Sequence[str], row: Sequence[Any], nested: Collection[str], redact: Redact) -> dict[str, Any]:
    return {name: _value(value, name in nested, redact) for name, value in zip(columns, row, strict=True)}


def _value(value: object, nested: bool, redact: Redact) -> object:
    if value is None or isinstance(value, int | float):
        return value
    text = _text(value)
    if not nested:
        return redact(text)
    try:
        return _redacted(json.loads(text), redact)
    except ValueError:
        return redact(text)


def _redacted(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(one, redact) for one in value]
    if isinstance(value, dict):
        return {redact(name): _redacted(one, redact) for name, one in value.items()}
    return value


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode("ascii")
