"""Structured answers: the JSON schema that a provider is given, and our own check of what came back."""

import json
import re
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)

MAX_ANSWER = 60_000  # characters; an answer of ours is a few thousand
_FENCE = re.compile(r"^\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)
# Strict modes refuse these, so they are left out here and checked by us.
_UNSENT = frozenset({"maxLength", "minLength", "maxItems", "minItems", "minimum", "maximum", "pattern", "title",
                     "default", "uniqueItems"})  # fmt: skip


class Unusable(Exception):
    """The answer is not what was asked for; the text names places and kinds of faults only, never the answer."""


@cache
def wire_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema as both providers' strict modes take it: closed objects, every field required.

    The same object each time; callers must not change it.
    """
    found = _strict(model.model_json_schema())
    assert isinstance(found, dict)
    return found


def _strict(node: Any, *, named: bool = False) -> Any:
    """`named`: the keys of this mapping are names of fields, not words of the schema."""
    if isinstance(node, list):
        return [_strict(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    kept = {k: _strict(v, named=k in ("properties", "$defs")) for k, v in node.items() if named or k not in _UNSENT}
    if not named and kept.get("type") == "object":
        kept |= {"additionalProperties": False, "required": list(kept.get("properties", {}))}
    return kept


def read(text: str, model: type[T]) -> T:
    """The answer as a checked value. Raises Unusable."""
    if len(text) > MAX_ANSWER:
        raise Unusable("the answer is too long")
    fenced = _FENCE.match(text)
    try:
        return model.model_validate(json.loads(fenced[1] if fenced else text))
    except ValidationError as fault:
        places = [f"{'.'.join(str(p) for p in e['loc'])[:60]}: {e['type']}" for e in fault.errors()[:5]]
        raise Unusable(f"the answer breaks the schema ({'; '.join(places)})") from None
    except (ValueError, RecursionError):
        raise Unusable("the answer is no JSON") from None
