"""A home with faults of the tests' own: a leaf that watches one file, one that watches one job; hands that count."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from fakes import FakeClock
from store_rows import insert
from trendctl.errors import StoreError
from trendctl.home import Home
from trendctl.ports import Check, CheckResult
from trendctl.selfheal.coordinator import Healing, Report, heal
from trendctl.selfheal.health import Probe, Wanted
from trendctl.selfheal.learning import Tally
from trendctl.selfheal.register import Register
from trendctl.selfheal.safeguard import Ward
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan
from trendctl.store import backup, incidents, jobs
from trendctl.store.engine import Store
from trendctl.store.incidents import Incident
from trendctl.store.journal import Journal
from trendctl.store.writers import Role

SURE = Tally(40, 40, 40, 40)


class CountingHands:
    """values.Hands that make true backups; `refuse`: they cannot."""

    def __init__(self, home: Home, clock: FakeClock) -> None:
        self.home, self.clock, self.refuse = home, clock, False
        self.made: list[str] = []
        self.dropped: list[str] = []

    def backup(self, reason: str) -> str:
        if self.refuse:
            raise StoreError("The backup could not be written", why="no space left on device")
        now = int(self.clock.now().timestamp())
        if reason == "before-repair":
            self.made.append(backup.write_copy(self.home.database, self.home.backups, reason, now).name)
        else:
            self.made.append(backup.create(Store(self.home.database), self.home.backups, reason, now).path)
        return f"backups/{self.made[-1]}"

    def drop_backup(self, path: str) -> None:
        self.dropped.append(Path(path).name)
        backup.drop(Store(self.home.database), self.home.backups, Path(path).name)


def file_check(home: Home, name: str, path: str) -> Check:
    """Well while the file says "good"."""

    def run(probe: Probe) -> CheckResult:
        target = home.root / path
        text = target.read_text() if target.exists() else "nothing"
        return CheckResult(name, "ok" if text == "good" else "fail", f"{path} says {text}")

    return Check(name, "a test", run)


def file_fault(name: str, path: str, *, writes: bytes = b"good", kind: Kind = Kind.WRITE, **changes: object) -> Fault:
    """Diagnosed by its check; its repair writes the file."""

    def diagnose(look: Look) -> Iterable[Diagnosis]:
        for sign in look.of(f"check.{name}"):
            yield Diagnosis(
                name, "", f"{path} is bad", (sign.text,), frozenset({(sign.kind, sign.subject)}), 0.9
            )  # fmt: skip

    def plan(d: Diagnosis, look: Look) -> Plan:
        return Plan(
            name, d.subject, f"rewrite_{name}", f"{path} is written anew.", f"The old {path} comes back.",
            (Change(kind, path, data=writes),),
        )  # fmt: skip

    return replace(Fault(name, "a test", diagnose, (name,), plan), **changes)  # type: ignore[arg-type]  # names of Fault


def planned(name: str, *changes: Change, checks: tuple[str, ...] | None = None, **more: object) -> Fault:
    """As `file_fault`, with these changes as its repair."""
    base = file_fault(name, "x")

    def plan(d: Diagnosis, look: Look) -> Plan:
        made = Plan(name, d.subject, f"fix_{name}", f"{name} is mended.", "All comes back.", changes)
        return replace(made, **more)  # type: ignore[arg-type]  # names of Plan

    return replace(base, plan=plan, checks=(name,) if checks is None else checks)


class Rig:
    """A home, its clock, and the round over it."""

    def __init__(
        self, home: Home, store: Store, clock: FakeClock, faults: Sequence[Fault], checks: Sequence[Check],
        window: float = 120.0,
    ) -> None:  # fmt: skip
        self.home, self.store, self.clock = home, store, clock
        self.hands = CountingHands(home, clock)
        self.stop = False
        probe = Probe(home, store, Journal(home.journal), clock, wanted=Wanted(longest={"scan": 1200}))
        self.ward = Ward(lambda: probe, self.hands, Register(home), window, lambda: self.stop, tuple(checks))
        self.faults = tuple(faults)

    def healing(self, **changes: object) -> Healing:
        prior = {f.name: SURE for f in self.faults}
        base = Healing(self.ward, self.faults, prior=prior)
        return replace(base, **changes)  # type: ignore[arg-type]  # names of Healing

    def with_checks(self, *names: str) -> Ward:
        """The ward with the checks of these files only."""
        return replace(self.ward, checks=tuple(file_check(self.home, n, f"{n}.txt") for n in names))

    def heal(self, **changes: object) -> Report:
        return heal(self.healing(**changes))

    def incidents(self) -> list[Incident]:
        with self.store.read() as db:
            return incidents.listed(db)

    @property
    def register(self) -> Register:
        return self.ward.register


Make = Callable[..., Rig]


def snapshot(home: Home, store: Store) -> tuple[list[str], dict[str, tuple[bytes, int]]]:
    """What a rollback must leave as it was: the database less incidents, repairs and job state, and every file of the
    home but the database, backups, logs and the register."""
    own = ("incident", "notice", "repair", "repair_outcome", "learning", "job_state")
    with store.read() as db:
        lines = [line for line in db.iterdump() if not any(f'INTO "{t}"' in line for t in own)]
    left_out = {"backups", "logs", "repairs"}
    files = {
        str(p.relative_to(home.root)): (p.read_bytes(), p.stat().st_mode & 0o777)
        for p in sorted(home.root.rglob("*"))
        if p.is_file() and p.relative_to(home.root).parts[0] not in left_out and not p.name.startswith("trendctl.db")
        and p.name not in ("home.lock", "journal.lock", "config.last-good.toml")
    }  # fmt: skip
    return lines, files


# ---------------------------------------------------------------- every kind of act

OLD_JOB = {"last_started_at": 1, "next_due_at": 2, "outcome": "running", "detail": "x"}
VALIDATOR = {"url": "https://a.example/", "etag": "e", "last_modified": "", "body_sha256": "0" * 64, "at": 1}
EVERY = (
    Change(Kind.WRITE, "overlays/one.json", data=b'{"title": "name"}'),
    Change(Kind.WRITE, "a.txt", data=b"good"),
    Change(Kind.WRITE, "@config", data=b"[scan]\nworkers = 4\n"),
    Change(Kind.MODE, "overlays", mode=0o500),
    Change(Kind.MOVE, "b.txt", to="quarantine/deep/b.txt"),
    Change(Kind.JOB, name="scan", values={"outcome": "broken off", "next_due_at": 99}),
    Change(Kind.CACHE, name="http_validator", values={"url": "https://a.example/"}),
    Change(Kind.REINDEX, name="item_by_product"),
    Change(Kind.CHECKPOINT),
    Change(Kind.BACKUP, name="healed"),
)


def furnish(w: Rig) -> None:
    """Something for every kind of act to touch."""
    insert(w.store, Role.APP, "job_state", job="scan", **OLD_JOB)
    insert(w.store, Role.HTTP, "http_validator", **VALIDATOR)
    insert(w.store, Role.HTTP, "http_validator", **VALIDATOR | {"url": "https://b.example/"})
    w.home.config.write_text("[scan]\nworkers = 8\n")
    (w.home.overlays / "two.json").write_text("{}")
    (w.home.root / "a.txt").write_text("bad")
    (w.home.root / "a.txt").chmod(0o640)


def job(w: Rig) -> jobs.JobState:
    with w.store.read() as db:
        return jobs.all_states(db)["scan"]
