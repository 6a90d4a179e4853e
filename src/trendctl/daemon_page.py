"""A page for this machine only: /health as JSON and /metrics for Prometheus. Off unless a port is given."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from trendctl.daemon_health import probe_of
from trendctl.errors import StoreError
from trendctl.selfheal.health import Round, run_round
from trendctl.store import incidents, jobs

if TYPE_CHECKING:
    from trendctl.daemon import Schedule

LOOPBACK = "127.0.0.1"
_NAMES = (LOOPBACK, "localhost", "[::1]")  # a page elsewhere that a browser was lured to names another host
_LEVEL = {"ok": 0, "warn": 1, "fail": 2}


class Page:
    """The server, in a thread of its own, until `close`. Port 0: any free one (`port` says which)."""

    def __init__(self, schedule: "Schedule", port: int) -> None:
        self._server = ThreadingHTTPServer((LOOPBACK, port), _handler(schedule))
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="page", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(schedule: "Schedule") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            """The two pages; 404 for others, 403 for another host's name."""
            if self.headers.get("Host", "").rsplit(":", 1)[0] not in _NAMES:
                self._answer(403, "text/plain", "this page is for this machine\n")
            elif self.path == "/health":
                document = health(schedule)
                self._answer(503 if document["status"] == "unhealthy" else 200, "application/json",
                             json.dumps(document) + "\n")  # fmt: skip
            elif self.path == "/metrics":
                self._answer(*_measured(schedule))
            else:
                self._answer(404, "text/plain", "/health and /metrics\n")

        def _answer(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: who looks is no news."""

    return Handler


def _measured(schedule: "Schedule") -> tuple[int, str, str]:
    """Status, kind and text; 503 while the database cannot be read."""
    try:
        return 200, "text/plain; version=0.0.4; charset=utf-8", metrics(schedule)
    except StoreError as fault:
        return 503, "text/plain", f"{fault.what}\n"


def _round(schedule: "Schedule") -> Round:
    last = schedule.watch.last
    return last if isinstance(last, Round) else run_round(probe_of(schedule.app))


def health(schedule: "Schedule") -> dict[str, Any]:
    """The last round, as `health --json` shows it."""
    seen = _round(schedule)
    rows = [{"name": c.name, "status": c.status, "detail": c.detail, "checked_at": seen.at} for c in seen.results]
    return {"status": seen.whole, "checks": rows}


def metrics(schedule: "Schedule") -> str:
    """Checks (0 ok, 1 warn, 2 fail), jobs and open incidents in Prometheus' text format. Raises StoreError."""
    lines = ["# TYPE trendctl_check gauge"]
    lines += [f"trendctl_check{{name={_label(c.name)}}} {_LEVEL[c.status]}" for c in _round(schedule).results]
    with schedule.app.store.read() as db:
        states, still_open = jobs.all_states(db), incidents.listed(db, only_open=True)
    lines.append("# TYPE trendctl_job_last_ok_timestamp_seconds gauge")
    lines += [f"trendctl_job_last_ok_timestamp_seconds{{job={_label(s.job)}}} {s.last_ok_at}"
              for s in sorted(states.values(), key=lambda s: s.job) if s.last_ok_at is not None]  # fmt: skip
    lines += ["# TYPE trendctl_incidents_open gauge", f"trendctl_incidents_open {len(still_open)}"]
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
