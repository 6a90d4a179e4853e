"""An HTTP client for the SDKs whose answers end: by a deadline for the whole, and by a size. Loaded on use only."""

import ssl
from collections.abc import Callable, Iterator
from functools import lru_cache

import httpx2

MAX_BYTES = 1_000_000  # an answer of ours is a few kilobytes


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Certificates take a while to load; one context serves all."""
    return httpx2.create_ssl_context(trust_env=False)


class _Stream(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream, until: float, monotonic: Callable[[], float]) -> None:
        self._inner, self._until, self._monotonic = inner, until, monotonic

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._inner:
            size += len(chunk)
            if size > MAX_BYTES:
                raise httpx2.RemoteProtocolError("the answer is too long")
            if self._monotonic() > self._until:
                raise httpx2.ReadTimeout("the answer took too long")
            yield chunk

    def close(self) -> None:
        self._inner.close()


class _Bounded(httpx2.BaseTransport):
    def __init__(self, timeout: float, monotonic: Callable[[], float]) -> None:
        self._inner = httpx2.HTTPTransport(verify=_tls(), retries=0, trust_env=False)
        self._timeout, self._monotonic = timeout, monotonic

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        until = self._monotonic() + self._timeout
        request.headers["accept-encoding"] = "identity"
        found = self._inner.handle_request(request)
        if found.headers.get("content-encoding", "identity").strip().casefold() not in ("", "identity"):
            found.close()
            raise httpx2.RemoteProtocolError("the answer is packed, which was not asked for")
        stream = found.stream
        if not isinstance(stream, httpx2.SyncByteStream):
            raise httpx2.RemoteProtocolError("the answer has no body to read")
        return httpx2.Response(
            found.status_code, headers=found.headers, stream=_Stream(stream, until, self._monotonic),
            extensions=found.extensions,
        )  # fmt: skip

    def close(self) -> None:
        self._inner.close()


def client(timeout: float, monotonic: Callable[[], float]) -> httpx2.Client:
    """A client for one provider: no redirects (a key would travel), no proxy from the environment."""
    return httpx2.Client(
        transport=_Bounded(timeout, monotonic), timeout=timeout, follow_redirects=False, trust_env=False
    )
