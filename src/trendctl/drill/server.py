"""The drill's own small HTTP server on 127.0.0.1: one path prefix a source, each with a behaviour that can be changed.

With a certificate it speaks TLS. `/model` answers as a language model's server with OpenAI's interface would.
"""

import hashlib
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. `slow`: seconds before it; `drip`: seconds between its bytes; `hang_up`: no answer at all."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    slow: float = 0.0
    drip: float = 0.0
    hang_up: bool = False


Behaviour = Callable[[str, bytes], Said]  # of the path below the prefix, and the body that was sent


class Server:
    """`say(prefix, behaviour)` sets what is answered below /prefix/; the last one counts. `now`: epoch seconds by the
    server's own clock. Answers carry an ETag."""

    def __init__(self, now: Callable[[], float], certificate: Path | None = None) -> None:
        self.now = now
        self.calls: dict[str, int] = {}
        self._behaviours: dict[str, Behaviour] = {}
        self._http = _Http(self)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), name="drill-server", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Chosen by the system."""
        return int(self._http.server_address[1])

    def say(self, prefix: str, behaviour: Behaviour) -> None:
        """From now on."""
        self._behaviours[prefix] = behaviour

    def take(self, target: str, body: bytes) -> Said:
        """The answer to a request."""
        prefix, _, rest = target.lstrip("/").partition("/")
        self.calls[prefix] = self.calls.get(prefix, 0) + 1
        behaviour = self._behaviours.get(prefix)
        return Said(b"no such list", 404, "text/plain") if behaviour is None else behaviour("/" + rest, body)

    def close(self) -> None:
        """Stop; threads that still drip end with the process."""
        self._http.shutdown()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, server: Server) -> None:
        self.drill = server
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own asks DNS for our name

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up, or will not shake hands, is what some faults are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def date_time_string(self, timestamp: float | None = None) -> str:
        """For the header Date: the time of the drill's world, not of this machine."""
        return super().date_time_string(self.server.drill.now() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = self.server.drill.take(self.path, sent)
        time.sleep(said.slow)
        if said.hang_up:
            self.close_connection = True
            return
        tag = f'"{hashlib.sha256(said.body).hexdigest()[:20]}"'
        fresh = said.status == 200 and self.command == "GET" and self.headers.get("If-None-Match") == tag
        self._send(said, 304 if fresh else said.status, b"" if fresh else said.body, tag)

    do_GET = do_POST = _serve

    def _send(self, said: Said, status: int, body: bytes, tag: str) -> None:
        self.send_response(status)
        headers = {"Content-Type": said.kind, "Content-Length": str(len(body)), **said.headers}
        if said.status == 200:
            headers.setdefault("ETag", tag)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        for start in range(0, len(body), 1 if said.drip else 65_536):
            self.wfile.write(body[start : start + (1 if said.drip else 65_536)])
            time.sleep(said.drip)
