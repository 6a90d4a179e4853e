"""The one byte form of a document (RFC 8785), over which approvals are hashed."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import rfc8785

MAX_INT = 2**53 - 1  # beyond it, JSON readers with IEEE 754 numbers see another value (RFC 7493, 2.2)


def canonical(obj: Any) -> bytes:
    """The RFC 8785 bytes of None, bool, int, str, list, tuple and str-keyed mappings of these.

    ValueError, with the path, for anything else: a float (40.0 and 40 would hash alike), a key that is no string,
    an integer beyond 2**53 - 1, a lone surrogate, bytes, a set.
    """
    return rfc8785.dumps(_plain(obj, "$"))


def sha256_hex(data: bytes) -> str:
    """Lower-case hex SHA-256 of the bytes."""
    return sha256(data).hexdigest()


def intent_hash(obj: Any) -> str:
    """The SHA-256 of the canonical bytes: equal exactly when two intents say the same."""
    return sha256_hex(canonical(obj))


def _plain(value: Any, path: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _integer(value, path)
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, Mapping):
        return _mapping(value, path)
    if isinstance(value, list | tuple):
        return [_plain(entry, f"{path}[{index}]") for index, entry in enumerate(value)]
    raise ValueError(f"{path}: {type(value).__name__} has no place in an intent")


def _integer(value: int, path: str) -> int:
    if not -MAX_INT <= value <= MAX_INT:
        raise ValueError(f"{path}: {value} is beyond 2**53 - 1")
    return int(value)


def _text(value: str, path: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{path}: the text holds a lone surrogate") from None
    return str.__str__(value)


def _mapping(value: Mapping[Any, Any], path: str) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, entry in value.items():
        if not isinstance(key, str):
            raise ValueError(f"{path}: the key {key!r} is no string")
        plain[_text(key, path)] = _plain(entry, f"{path}.{key}")
    return plain
