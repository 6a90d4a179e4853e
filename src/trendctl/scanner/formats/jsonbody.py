"""JSON answers: bytes to a document, a document to rows by JMESPath. Anything else is a ParseError."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from trendctl.errors import ParseError
from trendctl.ports import Json
from trendctl.scanner.formats import text as texts
from trendctl.scanner.formats.rows import Row

_GUARD: Final = re.compile(r"\)\]\}',?\s*")  # Google's guard against reading JSON as a script


def load(body: bytes) -> Json:
    """The document. ParseError for a web page, plain text, a cut or wrongly encoded body, NaN, or absurd nesting."""
    start = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise ParseError("the answer is empty where JSON was expected")
    if start.startswith(b"<"):
        raise ParseError("the answer is a web page or XML where JSON was expected")
    try:
        decoded = body.decode(json.detect_encoding(body)).lstrip("\ufeff \t\r\n")
    except UnicodeDecodeError as error:
        raise ParseError("the answer is not in the encoding of JSON", why=f"byte {error.start}") from None
    guard = _GUARD.match(decoded)
    try:
        return json.loads(decoded[guard.end() :] if guard else decoded, parse_constant=_no_constant)
    except RecursionError:
        raise ParseError("the JSON is nested too deeply") from None
    except ValueError as error:  # also a whole number of more than 4,300 digits
        raise ParseError("the answer is not whole JSON", why=str(error)[:120]) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def load_object(body: bytes) -> dict[str, Json]:
    """The document, which must be an object."""
    found = load(body)
    if not isinstance(found, dict):
        raise ParseError("the answer is not a JSON object")
    return found


@functools.cache
def _compiled(expression: str) -> Any:
    from jmespath import compile as compile_path  # here: listing sources needs no JMESPath
    from jmespath.exceptions import JMESPathError

    try:
        return compile_path(expression)
    except JMESPathError as error:
        raise ParseError(f"the field map holds no JMESPath: {expression!r}", why=str(error)[:120]) from None


def find(document: Json, expression: str) -> Json:
    """What `expression` finds in the document; None if nothing. "": always None."""
    if not expression:
        return None
    from jmespath.exceptions import JMESPathError

    try:
        return _compiled(expression).search(document)
    except (JMESPathError, RecursionError, TypeError, ValueError) as error:
        raise ParseError(f"the field map's {expression!r} does not fit the answer", why=str(error)[:120]) from None


class JsonRow(Row):
    """One value of a JSON list. Values are read by JMESPath; a row that is no object has none."""

    def __init__(self, value: Json, fields: Mapping[str, str]) -> None:
        self.value = value
        self.fields = fields

    def raw(self, name: str) -> Json:
        """See Row."""
        return find(self.value, self.fields.get(name, "")) if isinstance(self.value, dict) else None

    def text(self, name: str, limit: int = texts.TITLE_LIMIT) -> str:
        """See Row. JSON text is plain text: no markup is taken out."""
        found = self.raw(name)
        return texts.clean(found, limit) if isinstance(found, str) else ""


def rows(document: Json, fields: Mapping[str, str]) -> list[JsonRow]:
    """The rows at the map's `rows`. ParseError if there is no list there; an empty list is an honest answer."""
    found = find(document, fields.get("rows", ""))
    if not isinstance(found, list):
        told = _told_error(document)
        raise ParseError(f"the answer has no list at {fields.get('rows', '')!r}", why=told)
    return [JsonRow(value, fields) for value in found]


def _told_error(document: Json) -> str:
    """The other side's own word on an error, if it is one of the usual forms; cleaned and short."""
    for expression in ("error.message", "error_description", "errors[0].message", "message", "error"):
        word = find(document, expression) if isinstance(document, dict) else None
        if isinstance(word, str):
            return texts.clean(word, 120)
    return ""
