"""One polite HTTP client for every source and platform: pace, deadlines, limits, validators, base_url."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from trendctl.http_address import check_first, is_loopback, pace_key, rebase, redirected, whole
from trendctl.http_body import BodyCache, read_whole, slow_down
from trendctl.http_fault import Fault, unavailable
from trendctl.http_hop import Exchange, Hop, Raw, Recorder, next_hop, no_cookies, plain
from trendctl.http_memory import Memory, conditions
from trendctl.http_net import Limits, Transport
from trendctl.http_pace import UNSAID, exhausted, metered, retry_after
from trendctl.http_verdict import judge, silence, words
from trendctl.ports import Answer, Clock, HttpState, Outcome, Reply, Request, Wire

__all__ = ["Client", "Exchange", "Fault", "Leaf", "Recorder"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 5
_GONE = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.CloseError)
_JITTER = 0.1  # of the gap, so that many homes do not call in step


class Client:
    """Shared by all threads. `transport` replaces the sockets (replay, tests); `spread` gives the jitter, 0 to 1."""

    def __init__(
        self,
        state: HttpState,
        clock: Clock,
        cache: Path,
        *,
        user_agent: str,
        transport: httpx.BaseTransport | None = None,
        recorder: Recorder | None = None,
        stop: threading.Event | None = None,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self.state = state
        self.clock = clock
        self.cache = BodyCache(cache)
        self.memory = Memory(state, self.cache)
        self.user_agent = user_agent
        self.recorder = recorder
        self.stop = stop or threading.Event()
        self.spread = spread
        self.limits = Limits()
        self.raw = httpx.Client(
            transport=transport or Transport(self.limits, self.stop),
            trust_env=False,
            timeout=None,
            cookies=no_cookies(),
        )

    def close(self) -> None:
        """Close the connections."""
        self.raw.close()

    def leaf(
        self,
        name: str,
        *,
        base_url: str = "",
        auth_url: str = "",
        gap_seconds: float = 1.0,
        max_bytes: int = 8_000_000,
        deadline_seconds: float = 60.0,
        contact: str = "",
        before: Callable[[], object] | None = None,
    ) -> "Leaf":
        """A leaf's own view. For `call` and `exchange` the deadline runs from now, for `send` from each call.

        `contact` goes into the User-Agent: give it only for hosts that ask for one. `before` is called just before
        every call that goes out, repeats and redirects too (each may cost money), and may raise Fault to forbid it.
        """
        agent = f"{self.user_agent} ({contact})" if contact else self.user_agent
        bases = (base_url, auth_url or base_url)
        return Leaf(self, name, bases, gap_seconds, max_bytes, deadline_seconds, agent, before)


class Leaf:
    """How one source or platform calls. Methods may be used from the one thread that runs the leaf."""

    def __init__(
        self,
        client: Client,
        name: str,
        bases: tuple[str, str],
        gap: float,
        max_bytes: int,
        deadline: float,
        agent: str,
        before: Callable[[], object] | None = None,
    ) -> None:
        self.name = name
        self._client = client
        self._bases = bases
        self._gap = gap
        self._max_bytes = max_bytes
        self._seconds = deadline
        self._ends = client.clock.monotonic() + deadline
        self._agent = agent
        self._before = before

    # ------------------------------------------------------------ reading

    def call(self, request: Request) -> Reply:
        """The answer to a read, from the cache when it says 304. Raises Fault for anything but a usable 2xx."""
        own = whole(request.url, request.params)
        called = rebase(own, self._bases[request.auth])
        keep = request.cacheable and request.method == "GET"
        # A recording must be whole, so it never asks for a 304.
        known = self._client.memory.known(called) if keep and self._client.recorder is None else None
        reply = self._follow(request, own, conditions(known[0]) if known else ())
        if known and reply.status == 304:
            return replace(reply, status=200, body=known[1], not_modified=True)
        judge(reply, self._client.clock.now())
        if keep:
            self._client.memory.remember(called, reply)
        return reply

    def exchange(self, request: Request) -> Reply:
        """The answer whatever its status, for packages that judge statuses themselves. Raises Fault without one."""
        own = whole(request.url, request.params)
        return self._follow(request, own, ())

    def _follow(self, request: Request, own: str, extra: tuple[tuple[str, str], ...]) -> Reply:
        base = self._bases[request.auth]
        url = check_first(rebase(own, base))
        local = is_loopback(urlsplit(url).hostname or "")
        hop = Hop(own, url, request.method, (*request.headers, *extra), request.body or b"")
        for _ in range(_MAX_REDIRECTS + 1):
            raw = self._retried(hop)
            location = raw.headers.get("location")
            if raw.status not in _REDIRECTS or location is None or request.method not in ("GET", "HEAD"):
                return Reply(request, raw.status, raw.headers, raw.body, self._client.clock.now())
            hop = next_hop(hop, redirected(hop.url, location, local=local), local)
        raise unavailable(f"more than {_MAX_REDIRECTS} redirects")

    def _retried(self, hop: Hop) -> Raw:
        try:
            return self._hop(hop, self._ends)
        except _GONE:
            if hop.method != "GET":
                raise unavailable("the connection was reset") from None
        try:
            return self._hop(hop, self._ends)
        except _GONE as gone:
            raise unavailable("the connection was reset, twice") from gone

    # ------------------------------------------------------------ writing

    def send(self, wire: Wire, *, auth: bool = False) -> Answer:
        """Exactly these bytes, once: no retry, no redirect followed, no exception for a status.

        Status 0 with the error's text: no whole answer came, and the call may or may not have been applied.
        """
        client = self._client
        try:
            own = whole(wire.url, wire.params)
            url = check_first(rebase(own, self._bases[auth]))
            headers = (*wire.headers, ("Connection", "close"))  # a stale kept connection would look like a lost answer
            raw = self._hop(Hop(own, url, wire.method, headers, wire.body), client.clock.monotonic() + self._seconds)
        except Fault as fault:
            return Answer(0, error=fault.cause)
        except httpx.HTTPError as fault:
            return Answer(0, error=words(fault))
        return Answer(raw.status, raw.headers, raw.body)

    # ------------------------------------------------------------ one hop

    def _hop(self, hop: Hop, ends: float) -> Raw:
        client = self._client
        host = pace_key(hop.own, hop.url)
        self._wait_turn(host, ends)
        if self._before is not None:
            self._before()
        client.limits.left = lambda: ends - client.clock.monotonic()
        client.limits.public_only = hop.public_only
        started, t0 = client.clock.now(), client.clock.monotonic()
        raw = self._answer(hop)
        self._hold(host, raw, read=hop.method == "GET")
        if client.recorder is not None:
            seconds = client.clock.monotonic() - t0
            client.recorder.add(
                Exchange(
                    hop.method, hop.own, hop.headers, hop.body, raw.status, raw.headers, raw.body, started, seconds
                )
            )
        return raw

    def _answer(self, hop: Hop) -> Raw:
        """One call, read whole. Raises Fault; lets a connection lost before the answer through, for the caller."""
        client = self._client
        headers_out = [*self._defaults(hop.headers), *hop.headers]
        try:
            request = client.raw.build_request(hop.method, hop.url, headers=headers_out, content=hop.body or None)
            request.extensions["own_url"] = hop.own
            response = client.raw.send(request, stream=True)
        except _GONE:
            raise
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise silence(fault, self._seconds, stopped=client.stop.is_set()) from fault
        headers = plain(response.headers)
        try:
            if hop.method == "HEAD" or response.status_code in (204, 304):
                return Raw(response.status_code, headers, b"")
            ready = response.is_stream_consumed  # a transport in memory has read and decoded the body already
            chunks = (response.content,) if ready else response.iter_raw(65536)
            coding = "" if ready else headers.get("content-encoding", "")
            body = read_whole(chunks, coding, headers.get("content-length"), self._max_bytes)
        except httpx.TimeoutException as fault:
            raise silence(fault, self._seconds, stopped=client.stop.is_set()) from fault
        except httpx.HTTPError as fault:
            raise unavailable("the body was cut short", response.status_code) from fault
        finally:
            response.close()
        return Raw(response.status_code, headers, body)

    def _defaults(self, given: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
        names = {name.lower() for name, _ in given}
        ours = (("User-Agent", self._agent), ("Accept-Encoding", "gzip, deflate"), ("Accept", "*/*"))
        return [(name, value) for name, value in ours if name.lower() not in names]

    # ------------------------------------------------------------ pace

    def _wait_turn(self, host: str, ends: float) -> None:
        client = self._client
        now = client.clock.now().timestamp()
        gap = self._gap * (1 + _JITTER * client.spread())
        start = client.state.reserve(host, gap, now)
        if start - now > ends - client.clock.monotonic():
            raise Fault(
                Outcome.UNAVAILABLE,
                f"{host} may be called again only in {start - now:.0f} s",
                None,
                start - now,
                over=True,
            )
        if start > now:
            client.clock.sleep(start - now)
        if client.stop.is_set():
            raise Fault(Outcome.SKIPPED, "stopped", over=True)
        if client.clock.monotonic() >= ends:
            raise Fault(Outcome.UNAVAILABLE, f"the deadline of {self._seconds:g} s has passed", over=True)

    def _hold(self, host: str, raw: Raw, *, read: bool) -> None:
        now = self._client.clock.now()
        waits = [exhausted(raw.headers, now), metered(raw.headers)]
        if raw.status in (429, 503):
            waits.append(retry_after(raw.headers, now))
        unsaid = raw.status == 429 and all(w is None for w in waits)
        if unsaid or (read and raw.status == 200 and slow_down(raw.body)):
            waits.append(UNSAID)
        longest = max((w for w in waits if w is not None), default=0.0)
        if longest > 0:
            self._client.state.hold(host, now.timestamp() + longest)
