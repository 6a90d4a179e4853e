"""The kit for fake platforms: a server with a fault plan, a stocked shop made once, and a shop that talks HTTP.

A fake names each request, applies it to its state and answers. The server, not the fake, does what goes wrong:

    429           refused, no header            429_headers   refused, Retry-After
    500_before    not applied                   500_after     applied, then 500
    cut_before    connection closed, nothing done             cut_after     applied, then closed
    timeout_after applied, never answered       half_body     applied, half of the answer
    expired       the access token is no longer valid, once   200_errors    the fake's own 200 with errors
    kill_before   the client process is killed before / kill_after  after the request was applied
"""

import atexit
import json
import os
import shutil
import signal
import socketserver
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from selling import UID, AnySeat, Shop
from trendctl.approval.seat import DemoSeat, make_throwaway
from trendctl.home import Home
from trendctl.ports import Platform, Talk
from trendctl.posting import drafting, wiring
from trendctl.posting import service as selling_service
from trendctl.store import cases
from trendctl.store.engine import Store
from trendctl.store.journal import Journal


@dataclass(frozen=True, slots=True)
class Got:
    """A request as it came; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Said:
    """A fake's answer; `body` is sent as JSON, None sends nothing."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Fake(Protocol):
    """A platform with memory."""

    def named(self, got: Got) -> str: ...
    def answer(self, name: str, got: Got, base_url: str) -> Said: ...
    def expire(self) -> None: ...
    def refusal(self, name: str) -> Said: ...


class FakeServer:
    """Serves a fake on 127.0.0.1. `plan`: (name, n-th call of it) -> what goes wrong."""

    def __init__(self, fake: Fake, plan: Mapping[tuple[str, int], str] | None = None) -> None:
        self.fake = fake
        self.plan = dict(plan or {})
        self.got: list[tuple[str, Got]] = []
        self.victim = 0  # the process that kill_before and kill_after kill
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fake")

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def count(self, name: str) -> int:
        """How many requests of that name came."""
        with self.lock:
            return sum(1 for n, _ in self.got if n == name)

    def bodies(self, name: str) -> list[bytes]:
        with self.lock:
            return [got.body for n, got in self.got if n == name]

    def __enter__(self) -> "FakeServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, owner: FakeServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own asks DNS for our name

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _serve(self) -> None:
        owner = self.server.owner
        headers = {name.lower(): value for name, value in self.headers.items()}
        got = Got(self.command, self.path, headers, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        self.close_connection = True
        with owner.lock:
            name = owner.fake.named(got)
            owner.got.append((name, got))
            number = sum(1 for n, _ in owner.got if n == name)
            fault = owner.plan.get((name, number), "")
            said = self._applied(owner, fault, name, got)
        if said is not None:
            self._say(said, half=fault == "half_body")
        elif fault == "timeout_after":
            self.connection.settimeout(20)
            self.rfile.read(1)  # until the client gives up

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def _applied(self, owner: FakeServer, fault: str, name: str, got: Got) -> Said | None:
        """What is said, or None where nothing is."""
        if fault in ("429", "429_headers"):
            return Said(429, {"errors": []}, {"Retry-After": "3"} if fault == "429_headers" else {})
        if fault == "500_before":
            return Said(500, {})
        if fault == "200_errors":
            return owner.fake.refusal(name)
        if fault == "kill_before":
            os.kill(owner.victim, signal.SIGKILL)
            return None
        if fault == "cut_before":
            return None
        if fault == "expired":
            owner.fake.expire()
        said = owner.fake.answer(name, got, owner.base_url)
        if fault == "kill_after":
            os.kill(owner.victim, signal.SIGKILL)
            return None
        if fault == "500_after":
            return Said(500, {})
        return None if fault in ("cut_after", "timeout_after") else said

    def _say(self, said: Said, *, half: bool) -> None:
        body = b"" if said.body is None else json.dumps(said.body).encode()
        if half and not body:
            return  # nothing to halve: the answer is lost whole
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        if said.status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)


# ---------------------------------------------------------------- shops


class StockedShop(Shop):
    """A shop whose product was stocked once for all tests and copied: migrating and encoding cost most of a test."""

    def __post_init__(self) -> None:
        """As Shop's, with the copied home instead of a migrated one."""
        self.home = Home(make_throwaway(self.root))
        shutil.copytree(_template(type(self.platform)), self.home.root, dirs_exist_ok=True, ignore=_MARKS)
        self.store = Store(self.home.database)
        self.journal = Journal(self.home.journal)
        self.accounts = {self.name: self.account}
        self.context = cases.Context(platforms=(self.name,))
        self.seat = DemoSeat() if self.name == "local" else AnySeat()

    @property
    def account(self) -> drafting.Account:
        return drafting.Account()

    def stock(self, uid: str = UID, title: str = "") -> int:
        with self.store.read() as db:
            found = db.execute("SELECT id FROM product WHERE uid = ?", (uid,)).fetchone()
        if found is None:
            return super().stock(uid, title) if title else super().stock(uid)
        self.draft(int(found[0]))
        return int(found[0])


# The mark of a throwaway home is each home's own; the database has its log in it, see below.
_MARKS = shutil.ignore_patterns(".*", "*-wal", "*-shm")


@lru_cache(maxsize=8)
def _template(kind: type[Platform]) -> Path:
    """The home of a shop with one stocked product; its draft is made in the copy, by the platform's own talk."""
    root = Path(tempfile.mkdtemp(prefix="stocked-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    shop = Shop(root, kind())
    shop.draft = lambda number: 0  # type: ignore[method-assign]
    shop.stock()
    shop.store.connect().execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    return shop.home.root


class Wallet:
    """ports.Credentials in memory."""

    def __init__(self, **values: str) -> None:
        self.values = values

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self.values[name] = value


@dataclass
class HttpShop(StockedShop):
    """A shop whose platform is reached over HTTP, wired as the program wires it."""

    base_url: str = ""
    wallet: Wallet = field(default_factory=Wallet)
    options: dict[str, Any] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)

    @property
    def account(self) -> drafting.Account:
        return drafting.Account("default", "", self.policies, self.options)

    @property
    def line(self) -> wiring.Line:
        return wiring.Line(
            self.platform, self.accounts[self.name], self.base_url, self.base_url, self.store, self.clock, self.wallet,
            self.home, "trendctl/test",
        )  # fmt: skip

    @contextmanager
    def _talk(self, name: str) -> Iterator[Talk]:
        with wiring.talking(self.line) as talk:
            yield talk

    @property
    def drafting(self) -> drafting.Drafting:
        return drafting.Drafting(
            self.store, self.clock, {self.name: self.platform}, self.accounts, self.context, self._talk
        )


def rows(posted: list[selling_service.Posted]) -> list[tuple[str, str]]:
    """State and cause of each row."""
    return [(r.state, r.cause) for r in posted]


def copied_database(shop: StockedShop) -> Path:
    """A copy of the database as it is now, to be restored later."""
    target = shop.root / "older.db"
    with sqlite3.connect(shop.home.database) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return target


def restore(shop: StockedShop, older: Path) -> None:
    """Put an older database in place, as a person with a file copy would: the journal is ahead of it then."""
    for suffix in ("-wal", "-shm", ""):  # another file, not other bytes in this one
        Path(f"{shop.home.database}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(older, shop.home.database)
