"""The HTTP client's memory in the database: pace per host and validators per URL, shared by all processes."""

from trendctl.ports import Clock, Validators
from trendctl.store.engine import Store
from trendctl.store.writers import Role

_HOLD = "INSERT INTO http_host (host, next_at) VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET next_at = "


class StoredHttpState:
    """ports.HttpState over http_host and http_validator. Every call is one short transaction of its own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def reserve(self, host: str, gap: float, now: float) -> float:
        """The wall time (epoch seconds) at which the next call may start; booked, across processes."""
        with self._store.write(Role.HTTP) as db:
            row = db.execute("SELECT next_at FROM http_host WHERE host = ?", (host,)).fetchone()
            start = max(now, float(row[0])) if row else now
            db.execute(_HOLD + "excluded.next_at", (host, start + gap))
        return start

    def hold(self, host: str, until: float) -> None:
        """No call to the host before `until`; a later time already booked stays."""
        with self._store.write(Role.HTTP) as db:
            db.execute(_HOLD + "max(next_at, excluded.next_at)", (host, until))

    def validators(self, url: str) -> Validators | None:
        """What the last answer of that URL gave; None: nothing."""
        with self._store.read() as db:
            row = db.execute(
                "SELECT etag, last_modified, body_sha256 FROM http_validator WHERE url = ?", (url,)
            ).fetchone()
        return Validators(row[0], row[1], row[2]) if row else None

    def remember(self, url: str, validators: Validators) -> None:
        """Keep the validators of a URL, replacing older ones."""
        at = int(self._clock.now().timestamp())
        with self._store.write(Role.HTTP) as db:
            db.execute(
                "INSERT INTO http_validator (url, etag, last_modified, body_sha256, at) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (url) DO UPDATE SET etag = excluded.etag, "
                "last_modified = excluded.last_modified, body_sha256 = excluded.body_sha256, at = excluded.at",
                (url, validators.etag, validators.last_modified, validators.body_sha256, at),
            )

    def forget_before(self, at: int) -> int:
        """Drop validators not renewed since `at` (epoch seconds); how many."""
        with self._store.write(Role.HTTP) as db:
            return db.execute("DELETE FROM http_validator WHERE at < ?", (at,)).rowcount
