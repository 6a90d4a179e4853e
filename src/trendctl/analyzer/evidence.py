"""Evidence: the JSON an agent reads. Tidy, so that its hash is stable; and marked, so that a model sees no more than
the sources allow.

A piece of text from outside is `{"text": ..., "source": ..., "ai_ok": ...}`; see `for_model`.
"""

import json
import math
from collections.abc import Mapping
from hashlib import sha256

from trendctl.ports import Json

DIGITS = 6


def text(value: str, source: str, ai_ok: bool) -> dict[str, Json]:
    """Text from outside with where it came from and whether a language model may read it."""
    return {"text": value, "source": source, "ai_ok": ai_ok}


def tidy(value: Json) -> Json:
    """Floats rounded to six digits (NaN and infinity become None, -0.0 becomes 0.0), tuples as lists."""
    if isinstance(value, bool) or value is None or isinstance(value, int | str):
        return value
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0 if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): tidy(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [tidy(entry) for entry in value]
    raise TypeError(f"{type(value).__name__} has no place in evidence")


def digest(evidence: Mapping[str, Json]) -> str:
    """SHA-256 of tidy evidence with sorted keys: another value means that the agent would read something else."""
    plain = json.dumps(evidence, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return sha256(plain.encode("ascii")).hexdigest()


def for_model(value: Json) -> Json:
    """The evidence without every text whose source does not allow a model to read it; numbers stay.

    In a mapping such an entry becomes None, in a list it is left out.
    """
    if isinstance(value, Mapping):
        return {key: None if _closed(entry) else for_model(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [for_model(entry) for entry in value if not _closed(entry)]
    return value


def _closed(value: Json) -> bool:
    return isinstance(value, Mapping) and "text" in value and value.get("ai_ok") is not True
