"""The sockets under the HTTP client: a total deadline on every read, stoppable waits, private addresses refused.

httpx limits each read, not the whole answer: a server that drips one byte a second would hold a thread for ever.
So the limits of the call in hand lie in a thread-local, and every socket operation of that thread obeys them.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from trendctl.http_address import is_public

SLICE = 0.25  # seconds between two looks at the stop flag
CONNECT_SECONDS = 10.0


class Limits(threading.local):
    """Of the call this thread is making: the seconds it has left, and whether only public addresses may be met."""

    left: Callable[[], float] = staticmethod(lambda: 30.0)
    public_only: bool = False


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise httpcore.ConnectError(f"{host} cannot be resolved") from fault
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Backend(httpcore.NetworkBackend):
    """Resolves once, refuses what the limits refuse, and connects to just that address (no second resolution)."""

    def __init__(self, limits: Limits, stop: threading.Event) -> None:
        self._limits = limits
        self._stop = stop
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port)
        if self._limits.public_only and not all(map(is_public, addresses)):
            raise httpcore.ConnectError(f"{host} is a private address")
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            wait = max(0.01, min(CONNECT_SECONDS, self._limits.left()))
            try:
                inner = self._inner.connect_tcp(address, port, wait, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as seen:
                fault = seen
                continue
            return Stream(inner, self._limits, self._stop)
        raise fault

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("unix sockets are not used")

    def sleep(self, seconds: float) -> None:
        self._stop.wait(seconds)


class Stream(httpcore.NetworkStream):
    """A socket whose reads and writes end with the call's deadline, or when the run is stopped."""

    def __init__(self, inner: httpcore.NetworkStream, limits: Limits, stop: threading.Event) -> None:
        self._inner = inner
        self._limits = limits
        self._stop = stop

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._limits.left()
        while left > 0 and not self._stop.is_set():
            part = min(SLICE, left)
            try:
                return self._inner.read(max_bytes, part)
            except httpcore.ReadTimeout:
                left = min(left - part, self._limits.left())
        raise httpcore.ReadTimeout("stopped" if self._stop.is_set() else "out of time")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._limits.left()
        if left <= 0 or self._stop.is_set():
            raise httpcore.WriteTimeout("out of time")
        self._inner.write(buffer, left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wait = max(0.01, min(CONNECT_SECONDS, self._limits.left()))
        return Stream(self._inner.start_tls(ssl_context, server_hostname, wait), self._limits, self._stop)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Certificates take a while to load; one context serves all."""
    return httpx.create_ssl_context()


class Transport(httpx.HTTPTransport):
    """httpx's own transport on our sockets. httpx offers no argument for the network backend, hence the pool swap."""

    def __init__(self, limits: Limits, stop: threading.Event) -> None:
        super().__init__(verify=_tls())
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=64,
            max_keepalive_connections=32,
            keepalive_expiry=5.0,
            network_backend=Backend(limits, stop),
        )
