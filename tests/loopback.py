"""A small threaded HTTP server on 127.0.0.1 with programmable routes, for tests of whatever talks HTTP.

loopback.add("/feed.xml", b"<rss/>", headers={"ETag": '"1"'})
loopback.add(re.compile(r"/items/\\d+"), lambda seen: {"id": seen.path})      # JSON
loopback.add("/slow", b"x" * 1000, delay=0.2, cut_after=10)
client.get(loopback.base_url + "/feed.xml");  loopback.requests[0].headers["user-agent"]
"""

import json
import re
import socketserver
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came. `target` is path and query as sent; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """Names to (last) values; blank values are kept."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """What a route's callable may return to choose the status and headers too."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    where: str | re.Pattern[str]
    body: Any
    status: int
    headers: Mapping[str, str]
    delay: float
    chunked: bool
    cut_after: int | None
    drop: bool
    method: str | None

    def matches(self, seen: Seen) -> bool:
        if self.method not in (None, seen.method):
            return False
        if isinstance(self.where, re.Pattern):
            return self.where.search(seen.target) is not None
        return self.where == (seen.target if "?" in self.where else seen.path)

    def answer(self, seen: Seen) -> Response:
        made = self.body(seen) if callable(self.body) else self.body
        return made if isinstance(made, Response) else Response(made, self.status, self.headers)


class Loopback:
    """The server and its log. Routes added later win over earlier ones."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.unmatched: list[Seen] = []  # answered with 404: no route
        self.stopping = threading.Event()
        self._routes: list[Route] = []
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="loopback")

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(
        self,
        path_or_regex: str | re.Pattern[str],
        body: Any = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        delay: float = 0,
        chunked: bool = False,
        cut_after: int | None = None,
        drop: bool = False,
        method: str | None = None,
    ) -> None:
        """Answer requests to a path (exact; with the query if it holds "?") or a pattern (searched in path and query).

        `body`: bytes, text, what json.dumps takes, a generator of bytes (use with `chunked`), or a callable taking the
        `Seen` request and returning one of these or a `Response`. `delay` seconds pass before the answer.
        `cut_after`: close the connection after so many bytes of the body, though more were promised.
        `drop`: close the connection without any answer.
        """
        route = Route(path_or_regex, body, status, dict(headers or {}), delay, chunked, cut_after, drop, method)
        with self._lock:
            self._routes.insert(0, route)

    def clear(self) -> None:
        """Forget the routes and the log."""
        with self._lock:
            self._routes.clear()
            self.requests.clear()
            self.unmatched.clear()

    def to(self, path: str) -> list[Seen]:
        """The requests to one path so far."""
        with self._lock:
            return [seen for seen in self.requests if seen.path == path]

    def take(self, seen: Seen) -> Route | None:
        with self._lock:
            self.requests.append(seen)
            route = next((r for r in self._routes if r.matches(seen)), None)
            if route is None:
                self.unmatched.append(seen)
            return route

    def __enter__(self) -> "Loopback":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()  # joins the handlers


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, loopback: Loopback) -> None:
        self.loopback = loopback
        self._open: set[Any] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own asks DNS for our name

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Wake the handlers that wait on kept-alive connections."""
        with self._guard:
            for request in self._open:
                try:
                    request.shutdown(2)
                except OSError:
                    continue  # gone already

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away in the middle is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self._body())
        route = self.server.loopback.take(seen)
        if route is None:
            self._send(Response(f"no route for {seen.target}", 404), None)
            return
        if route.delay:
            self.server.loopback.stopping.wait(route.delay)
        if route.drop:
            self.close_connection = True
            return
        self._send(route.answer(seen), route)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, answer: Response, route: Route | None) -> None:
        self.send_response(answer.status)
        chunked = route is not None and route.chunked
        names = {name.lower() for name in answer.headers}
        for name, value in answer.headers.items():
            self.send_header(name, value)
        body = _as_body(answer.body)
        if "content-type" not in names:
            self.send_header("Content-Type", _type_of(answer.body))
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif "content-length" not in names:
            self.send_header("Content-Length", str(len(body) if isinstance(body, bytes) else 0))
        self.end_headers()
        if self.command != "HEAD" and answer.status not in (204, 304):
            self._write(body, chunked, route.cut_after if route else None)

    def _write(self, body: bytes | Iterable[bytes], chunked: bool, cut_after: int | None) -> None:
        left = cut_after
        for part in [body[i : i + 65_536] for i in range(0, len(body), 65_536)] if isinstance(body, bytes) else body:
            if self.server.loopback.stopping.is_set():
                break
            sent = part if left is None else part[:left]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(sent), sent) if chunked and sent else sent)
            if left is not None:
                left -= len(sent)
                if left <= 0:
                    break
        if cut_after is not None:
            self.close_connection = True
        elif chunked:
            self.wfile.write(b"0\r\n\r\n")


def _as_body(body: Any) -> bytes | Iterable[bytes]:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "__next__"):
        made: Iterable[bytes] = body
        return made
    return json.dumps(body).encode()


def _type_of(body: Any) -> str:
    if isinstance(body, bytes) or hasattr(body, "__next__"):
        return "application/octet-stream"
    return "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
