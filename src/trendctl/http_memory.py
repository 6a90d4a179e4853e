"""Conditional requests: which validators may be sent for a URL, and the body that a 304 stands for."""

import hashlib
from urllib.parse import urlsplit

from trendctl.http_body import BodyCache
from trendctl.ports import HttpState, Reply, Validators


class Memory:
    """Validators in the state, bodies in the cache. A missing or damaged body means: ask for the whole again."""

    def __init__(self, state: HttpState, cache: BodyCache) -> None:
        self._state = state
        self._cache = cache

    def known(self, url: str) -> tuple[Validators, bytes] | None:
        """The validators of a URL with the body they stand for."""
        validators = self._state.validators(_key(url))
        body = self._cache.get(validators.body_sha256) if validators else None
        return (validators, body) if validators and body is not None else None

    def remember(self, url: str, reply: Reply) -> None:
        """Keep what makes the next call conditional; nothing where the answer names no validator."""
        etag, modified = reply.headers.get("etag", ""), reply.headers.get("last-modified", "")
        if not etag and not modified:
            return
        key = _key(url)
        old = self._state.validators(key)
        sha256 = self._cache.put(reply.body)
        if sha256 is None:
            return
        self._state.remember(key, Validators(etag[:500], modified[:100], sha256))
        if old and old.body_sha256 != sha256:
            self._cache.drop(old.body_sha256)


def conditions(known: Validators) -> tuple[tuple[str, str], ...]:
    """The headers of a conditional request."""
    pairs = (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified))
    return tuple((name, value) for name, value in pairs if value)


def _key(url: str) -> str:
    """The host, for a person, and a hash: a key in the query is never written down."""
    return f"{urlsplit(url).hostname} {hashlib.sha256(url.encode()).hexdigest()}"
