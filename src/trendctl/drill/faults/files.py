"""The home's files broken from outside: permissions, a full disk, left-overs, logs, locks, the journal, overlays."""

import json
import os
import time

from trendctl.drill import disks
from trendctl.drill.cases import Case, on_unix, some_rounds
from trendctl.drill.holders import LOCK, hold
from trendctl.drill.world import World

PRIVATE = ("config.toml", "trendctl.db", "journal/journal.jsonl", "logs/trendctl.jsonl", ".env", "secrets.json")


def opened_to_others(world: World) -> None:
    """A file or folder that others may read: by a careless chmod, a copy, or an unpacked archive."""
    backups = [str(p.relative_to(world.root)) for p in (world.root / "backups").glob("*.db.gz")]
    names = [n for n in (*PRIVATE, *backups[:1], ".", "backups", "logs", "journal") if _may_be(world, n)]
    name = names[world.variant % len(names)]
    path = world.root / name
    if name in (".env", "secrets.json"):
        path.write_text("ETSY_API_KEY=abc\n" if name == ".env" else "{}")
    if name == "config.toml":  # a config alone is private by its folder
        world.root.chmod(0o755)
    path.chmod(world.random.choice((0o755, 0o750, 0o777) if path.is_dir() else (0o644, 0o640, 0o666, 0o604)))
    world.subject = name
    world.notes.append(f"{name} has mode {path.stat().st_mode & 0o777:o}")


def _may_be(world: World, name: str) -> bool:
    return name in (".env", "secrets.json") or (world.root / name).exists()


def private_again(world: World) -> bool:
    """Nobody else may read it, the owner still may."""
    path = world.root / world.subject
    mode = path.stat().st_mode & 0o777
    return not mode & 0o077 and (mode & 0o600) == 0o600


def read_only(world: World) -> None:
    """The owner may not write what must be written."""
    name = (".", "trendctl.db", "logs", "backups")[world.variant % 4]
    _shut(world, name, "read-only")


def journal_shut(world: World) -> None:
    """The journal, or its folder, cannot be written."""
    name = ("journal/journal.jsonl", "journal")[world.variant % 2]
    _shut(world, name, "read-only")


def _shut(world: World, name: str, words: str) -> None:
    path = world.root / name
    before = path.stat().st_mode & 0o777
    path.chmod(0o500 if path.is_dir() else 0o400)
    world.subject = name
    world.notes.append(f"{name} is {words}")
    world.ends.append(lambda: path.chmod(before))
    world.program.restart()


def writable(world: World) -> bool:
    """The owner may write it again, and nobody else may read it."""
    mode = (world.root / world.subject).stat().st_mode & 0o777
    return bool(mode & 0o200) and not mode & 0o077


def disk_full(world: World) -> None:
    """The file system has no room left."""
    world.due("backup")
    world.notes.append(disks.fill(world))


def left_over(world: World) -> None:
    """Half-written files of a process that was killed long ago."""
    old = time.time() - world.random.randrange(3, 25) * 86_400  # younger than what the daemon sweeps by itself
    pid = 99_000 + world.random.randrange(900)
    names = (
        f".config.toml.{pid}-140001.part", f"backups/.20260101T000000Z-{pid}.tmp.db", f"cache/.new-{pid}abcd",
        f"overlays/.steam_charts.json.{pid}-140002.part", f"backups/.20260102T000000Z-{pid}.tmp.db-journal",
        f"logs/.crash.txt.{pid}-140003.part",
    )  # fmt: skip
    name = names[world.variant % len(names)]
    path = world.root / name
    path.write_bytes(world.random.randbytes(world.random.randrange(100, 200_000)))
    path.chmod(0o600)
    os.utime(path, (old, old))
    world.subject = name
    world.notes.append(f"{name}, {path.stat().st_size} bytes, {(time.time() - old) / 86_400:.0f} days old")


def gone(world: World) -> bool:
    """No left-over lies in its place any more."""
    return not (world.root / world.subject).exists()


def log_flood(world: World) -> None:
    """The logs are many times larger than they should be."""
    world.write_config(log={"max_mb": 1, "keep": 1})
    logs = world.root / "logs"
    how = world.variant % 3
    for n in range(world.random.randrange(3, 9)):
        name = (f"trendctl.jsonl.{n + 2}", f"crash-20260101T0000{n:02d}Z-{900 + n}.txt", f"old-{n}.jsonl")[how]
        path = logs / name
        line = json.dumps({"at": "2026-01-01T00:00:00Z", "level": "ERROR", "event": "again", "module": "trendctl.x"})
        path.write_text((line + "\n") * 90_000)
        path.chmod(0o600)
        old = time.time() - 86_400 * (n + 3)
        os.utime(path, (old, old))
    world.notes.append(f"{sum(p.stat().st_size for p in logs.iterdir()) // 1_000_000} MB of logs where 2 are wanted")


def logs_small(world: World) -> bool:
    """The logs keep to their size."""
    return sum(p.stat().st_size for p in (world.root / "logs").iterdir()) < 25_000_000


def log_storm(world: World) -> None:
    """One part of the program writes the same line again and again."""
    part = world.random.choice(("scan", "post", "analyze"))
    at = world.clock.now().isoformat(timespec="milliseconds")
    line = json.dumps({"at": at, "level": "WARNING", "event": "again", "module": "trendctl.x", "stage": part})
    with (world.root / "logs" / "trendctl.jsonl").open("a") as file:
        file.write((line + "\n") * world.random.randrange(15_000, 40_000))
    world.subject = part
    world.notes.append(f"{part} writes thousands of lines in an hour")


def readable(world: World) -> bool:
    """The running log is short again, and no line of the storm was thrown away."""
    kept = sum(p.read_bytes().count(b'"event": "again"') for p in world.root.rglob("*trendctl.jsonl*") if p.is_file())
    return (world.root / "logs" / "trendctl.jsonl").stat().st_size < 1_000_000 and kept >= 15_000


def lock_held(world: World) -> None:
    """A process that hangs has held the home's lock for hours: no job is begun."""
    hold(world, LOCK, str(world.root / "home.lock"))
    world.notes.append("a hanging process holds home.lock")


def for_hours(world: World) -> None:
    """Until jobs are late."""
    world.rounds(4, 61)


def lock_stale(world: World) -> None:
    """A daemon's or a poster's lock that nobody can take any more: left by a process that is gone."""
    _leave_lock(world, ("daemon.lock", "post-local-default.lock")[world.variant % 2])


def own_lock_stale(world: World) -> None:
    """The same with a lock that guards the database or the journal: a person makes sure that nobody works."""
    _leave_lock(world, ("home.lock", "journal/journal.lock")[world.variant % 2])


def _leave_lock(world: World, name: str) -> None:
    path = world.root / name
    if world.random.random() < 0.5:
        path.unlink(missing_ok=True)
        path.mkdir(mode=0o700)
        world.notes.append(f"{name} is a folder")
    else:
        path.write_text("999999\n")
        path.chmod(0o000)
        world.notes.append(f"{name} names a process that is gone and cannot be opened")
        world.ends.append(lambda: path.chmod(0o600) if path.exists() else None)
    world.subject = name


def lock_free(world: World) -> bool:
    """It is a plain file again, or is gone, and can be opened."""
    path = world.root / world.subject
    return not path.exists() or (path.is_file() and bool(path.stat().st_mode & 0o200))


def overlay_broken(world: World) -> None:
    """An overlay that cannot be used, or that makes its source unreadable."""
    source = world.random.choice(("steam_charts", "hackernews", "lemmy_hot", "dealnews_rss", "slickdeals_rss"))
    bad = (b"{not json", b'["a list"]', b'{"title": 5}', b"\xff\xfe\x00\x01", b"", b'{"title": "a.b["}')
    path = world.root / "overlays" / f"{source}.json"
    path.write_bytes(bad[world.variant % (6 if source in ("steam_charts", "hackernews", "lemmy_hot") else 5)])
    path.chmod(0o600)
    world.subject = source
    world.notes.append(f"overlays/{source}.json holds {path.read_bytes()[:20]!r}")


def scans(world: World) -> None:
    """Two hours."""
    world.hourly(2)


def read_again(world: World) -> bool:
    """The source is read as before: the last run gave what it was served."""
    world.hourly(1)
    run = world.sql("SELECT outcome, items FROM source_run WHERE source = ? ORDER BY id DESC LIMIT 1", world.subject)
    return bool(run) and run[0][0] == "ok" and int(run[0][1]) >= 10


def journal_damaged(world: World) -> None:
    """The journal is not what was written: lines changed, missing or foreign."""
    path = world.root / "journal" / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    how = world.variant % 3
    if how == 0:
        lines.append(b"2026-01-01 not an entry\n")
        world.notes.append("a foreign line at its end")
    elif how == 1:
        lines[-1] = b"\x00" * len(lines[-1].rstrip(b"\n")) + b"\n"
        world.notes.append("its last line is zeros")
    else:
        lines[-1] = lines[-1].replace(b'"chain":"', b'"chain":"f00d', 1)
        world.notes.append("the chain of its last entry is another one")
    path.write_bytes(b"".join(lines))


FAULTS = (
    Case("permissions.open", opened_to_others, well=private_again, automatic=True, here=on_unix),
    Case("home.read_only", read_only, well=writable, automatic=True, as_user=True, here=on_unix),
    Case("journal.unwritable", journal_shut, well=writable, automatic=True, as_user=True, here=on_unix),
    Case("journal.damaged", journal_damaged, never=True),
    Case("disk.full", disk_full, some_rounds, never=True, first=disks.apart, here=disks.can_fill),
    Case("leftover.parts", left_over, well=gone, automatic=True),
    Case("log.flood", log_flood, well=logs_small, automatic=True),
    Case("log.storm", log_storm, well=readable, automatic=True),
    Case("lock.held", lock_held, for_hours),
    Case("lock.own", own_lock_stale, well=lock_free, as_user=True, here=on_unix),
    Case("lock.stale", lock_stale, well=lock_free, automatic=True, as_user=True, here=on_unix),
    Case("overlay.broken", overlay_broken, scans, well=read_again, automatic=True),
)
