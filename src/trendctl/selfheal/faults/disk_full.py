"""The disk is full, or nearly: what cannot be written explains failed backups, logs and journal entries."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from trendctl.selfheal.evidence import failing, found, keys, lines, said, states
from trendctl.selfheal.health import bytes_words
from trendctl.selfheal.rules.disk import FAIL_BYTES, wanted_bytes
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan
from trendctl.selfheal.wal_readers import pinned_by

NAME = "disk_full"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Free space is looked up: an old message alone is no full disk."""
    bad, told = failing(look, "disk"), [s for s in look.of("disk.full") if s.origin != "check"]
    if not bad and not told:
        return
    try:
        free = shutil.disk_usage(look.probe.home.root).free
    except OSError:
        return
    if not bad and free > FAIL_BYTES:
        return  # it was full; now there is room again
    seen = (f"{bytes_words(free)} free", *lines(bad), *said(told, look.probe.now), *_large(look))
    explains = keys(look, "check.disk", "disk.full", "database.io") | _failed_for_it(look)
    if free <= FAIL_BYTES:
        explains |= keys(look, "check.journal", "journal.broken", "check.backups")
    yield found(NAME, f"the disk is {'full' if free <= FAIL_BYTES else 'nearly full'}", seen, explains,
                0.95 if free <= FAIL_BYTES else 0.8, wal=_size(_wal(look)))  # fmt: skip


def _failed_for_it(look: Look) -> frozenset[tuple[str, str]]:
    words = ("space", "disk", "full")
    names = {
        s.job for s in states(look).values() if s.outcome == "failed" and any(w in s.detail.lower() for w in words)
    }
    return frozenset((s.kind, s.subject) for s in look.of("job.failed", "check.job.") if s.subject in names)


def _large(look: Look) -> tuple[str, ...]:
    """What of ours takes room, largest first: the person decides what may go."""
    home = look.probe.home
    sizes = [(sum(_size(p) for p in f.rglob("*")), f.name) for f in (home.cache, home.logs, home.backups, home.outbox)]
    sizes.append((_size(_wal(look)), "the write-ahead log"))
    return tuple(f"{name}: {bytes_words(size)}" for size, name in sorted(sizes, reverse=True) if size)[:4]


def _wal(look: Look) -> Path:
    return Path(f"{look.probe.store.path}-wal")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() and not path.is_symlink() else 0
    except OSError:
        return 0


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """Folding the write-ahead log frees its size and loses nothing; done where that is enough and no reader keeps it.

    Moving files frees nothing on the same disk, and the copy kept as the way back would take what deleting frees: so
    nothing else is done by itself.
    """
    wal, probe = int(d.details["wal"]), look.probe
    if not wal or pinned_by(probe.store.path) or shutil.disk_usage(probe.home.root).free + wal < wanted_bytes(probe):
        return None
    words = f"I will fold the write-ahead log into the database, which frees up to {bytes_words(wal)}"
    return Plan(NAME, "", "free", words, "nothing to undo: no row changes", (Change(Kind.CHECKPOINT),))


FAULT = Fault(
    name=NAME,
    about="Nothing can be stored: scans, approvals, posts and backups fail; what was stored is safe.",
    diagnose=diagnose,
    checks=("disk",),
    plan=plan,
    no_fix="what may be deleted is yours to say. The home's cache folder may be deleted at any time, and old backups "
    "but the newest: see `trendctl config path`, `trendctl backup list`",
)
