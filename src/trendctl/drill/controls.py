"""Life that looks like trouble and is none: in these nothing may be mended."""

import json
import os
import random
import threading
import time

from trendctl.drill import raw
from trendctl.drill.answers import JSON_SOURCES, SOURCES
from trendctl.drill.cases import control
from trendctl.drill.faults.network import choose
from trendctl.drill.server import Said
from trendctl.drill.world import World

MINUTE, HOUR = 60, 3600


def quiet(world: World) -> None:
    """Nothing happens."""


def hours(world: World) -> None:
    """Scans."""
    world.hourly(2)


def new_home(world: World) -> None:
    """A home of a minute ago: no scan, no product, nothing to review, no backup."""
    for path in (world.database, *world.root.glob("trendctl.db-*")):
        path.unlink(missing_ok=True)
    for folder in ("journal", "backups", "logs", "cache", "outbox", "images"):
        for path in sorted((world.root / folder).rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    world.program.restart()
    world.program.app.init()


def one_look(world: World) -> None:
    """Only healing looks, no job has run yet."""
    world.program.heal()
    world.program.heal()


def busy(world: World) -> None:
    """Another process writes a lot, in short transactions: busy, not locked."""
    ends = threading.Event()
    thread = threading.Thread(target=raw.keep_busy, args=(world.database, ends))
    thread.start()
    world.ends += [thread.join, ends.set]


def large_log_of_writes(world: World) -> None:
    """A write-ahead log as a large scan leaves it, which the next checkpoint folds in."""
    raw.fill_wal(world.database, world.random.randrange(8, 30) * 1_000_000)


def empty_by_nature(world: World) -> None:
    """A source that has something to say only now and then: usually little or nothing."""
    source = choose(world, JSON_SOURCES)
    amounts = world.random.choices((0, 0, 1, 2), k=40)
    for n, (number,) in enumerate(world.sql("SELECT id FROM source_run WHERE source = ? AND outcome = 'ok'", source)):
        outcome = "ok" if amounts[n] else "empty"
        world.sql("UPDATE source_run SET items = ?, outcome = ? WHERE id = ?", amounts[n], outcome, number)
    world.well(source, lambda kind, body: _first(body, 0))


def _first(body: bytes, number: int) -> bytes:
    def cut(value: object) -> object:
        if isinstance(value, dict):
            return {k: cut(v) for k, v in value.items()}
        return value[:number] if isinstance(value, list) else value

    return json.dumps(cut(json.loads(body))).encode()


def fewer(world: World) -> None:
    """A quiet night: half as many entries."""
    world.well(choose(world, JSON_SOURCES), lambda kind, body: _first(body, 13))


def more_fields(world: World) -> None:
    """The answer has new fields, in another order; all the old ones are there."""
    rng = random.Random(world.variant)

    def grown(value: object) -> object:
        if isinstance(value, dict):
            pairs = [(k, grown(v)) for k, v in value.items()] + [("beta_flag", rng.random()), ("name_v2", "x")]
            return dict(rng.sample(pairs, len(pairs)))
        return [grown(v) for v in value] if isinstance(value, list) else value

    world.well(choose(world, JSON_SOURCES), lambda kind, body: json.dumps(grown(json.loads(body))).encode())


def prices_up(world: World) -> None:
    """A sale is over: every price is another one, in the same place."""

    def dearer(kind: str, body: bytes) -> bytes:
        document = json.loads(body)
        for row in document["top_sellers"]["items"]:
            row["final_price"] = row["final_price"] * 3
        return json.dumps(document).encode()

    world.well(choose(world, ("steam_charts",)), dearer)


def own_config(world: World) -> None:
    """A person's own config.toml: comments, odd spacing, unusual but valid values, sources switched off."""
    text = world.config.read_text().replace(" = ", "=").replace("[scan]", "# mine!\n\n[ scan ]  # spaced")
    text += '\n[review]\nminimum_score=0\nexpires_hours=700\n\n[backup]\nkeep_hourly=0\n\n[notify]\nquiet_hours=""\n'
    world.config.write_text(text)
    world.program.restart()


def daylight_saving(world: World) -> None:
    """The local wall clock jumps by an hour between two rounds; UTC does not."""
    if not hasattr(time, "tzset"):
        return
    now = time.gmtime(world.clock.now().timestamp())
    jump = f"J{now.tm_yday}/{now.tm_hour}:{min(59, now.tm_min + 3):02d}"
    back = f"J{now.tm_yday % 364 + 1}/3" if world.variant % 2 else "J1/0"
    os.environ["TZ"] = f"AAA0BBB,{jump},{back}" if world.variant % 2 else f"AAA0BBB-2,{jump},{back}"
    time.tzset()


def old_backup(world: World) -> None:
    """The newest backup is nearly a day old, as a daily schedule has it."""
    now = int(world.clock.now().timestamp())
    then = now - world.random.randrange(18, 23) * HOUR
    world.sql("UPDATE backup SET created_at = ?", then)
    world.sql("UPDATE job_state SET last_started_at = ?, last_finished_at = ?, next_due_at = ? WHERE job = 'backup'",
              then, then, then + 24 * HOUR)  # fmt: skip


def slow(world: World) -> None:
    """A source that takes its time, and then says all."""
    world.well(choose(world), slow=world.random.choice((0.3, 0.6)))


def unchanged(world: World) -> None:
    """The source says 304: nothing new since the last time."""
    source, frozen = choose(world), world.clock.now()
    from trendctl.drill import answers

    def behave(path: str, _: bytes) -> Said:
        kind, body = answers.answer(source, path, frozen)
        return Said(body, kind=kind)

    world.server.say(source, behave)


def switched_off(world: World) -> None:
    """The person disabled a source in the settings; it would not answer anyway."""
    source = world.random.choice(SOURCES)
    world.says(source, Said(b"", 500))
    world.write_config(**{f"sources__{source}": {"enabled": False}})


def switched_off_by_command(world: World) -> None:
    """The same, by `trendctl sources disable`."""
    source = world.random.choice(SOURCES)
    world.says(source, Said(b"", 500))
    world.sql("INSERT INTO source_setting VALUES (?, 0)", source)


def paused(world: World) -> None:
    """The daemon was away for less than an hour: a restart, a short sleep."""
    world.clock.advance(world.random.randrange(12, 40) * MINUTE)


def no_daemon(world: World) -> None:
    """A home that is used by hand: no daemon ever ran, no backup was made."""
    world.sql("DELETE FROM job_state")
    world.sql("DELETE FROM backup")
    for path in (world.root / "backups").glob("*"):
        path.unlink()


def tighter(world: World) -> None:
    """Unusual permissions that are fine: stricter than need be, or a config that others may read in a closed home."""
    (world.root / "images").chmod(0o700)
    for path in (world.root / "images").iterdir():
        path.chmod(0o400)
    for path in (world.root / "backups").glob("*.db.gz"):
        path.chmod(0o400)
    world.config.chmod((0o644, 0o600, 0o400)[world.variant % 3])


def hiccup(world: World) -> None:
    """A source was away once, and is back."""
    source = choose(world)
    world.says(source, Said(b"", 503))
    world.hourly(1)
    world.well(source)


def own_overlay(world: World) -> None:
    """The person's own overlay, which works."""
    fields = {"steam_charts": {"title": "name"}, "hackernews": {"id": "objectID"}, "lemmy_hot": {"title": "post.name"},
              "openlibrary_trending": {"title": "title"}}  # fmt: skip
    source = choose(world, JSON_SOURCES)
    path = world.root / "overlays" / f"{source}.json"
    path.write_text(json.dumps(fields[source], indent=4) + "\n")
    path.chmod(0o600)


def part_in_work(world: World) -> None:
    """A file that another process is writing just now."""
    name = (f".config.toml.{os.getpid()}-1.part", f"backups/.20260101T000000Z-{os.getpid()}.tmp.db",
            "cache/.new-abc123")[world.variant % 3]  # fmt: skip
    path = world.root / name
    path.write_bytes(b"half of it")
    path.chmod(0o600)


def free_locks(world: World) -> None:
    """Lock files that nobody holds, as every process leaves them."""
    for name in ("home.lock", "daemon.lock", "post-local-default.lock"):
        path = world.root / name
        path.touch(mode=0o600)
        path.chmod(0o600)


def long_job(world: World) -> None:
    """A scan that is at work for ten minutes, within what it may take."""
    now = int(world.clock.now().timestamp())
    world.sql("UPDATE job_state SET outcome = 'running', last_started_at = ?, next_due_at = ? WHERE job = 'scan'",
              now - 4 * MINUTE, now + HOUR)  # fmt: skip


def two_looks(world: World) -> None:
    """A few minutes."""
    world.rounds(2, 3)


def clock_corrected(world: World) -> None:
    """Time synchronisation takes back half a minute."""
    world.clock.advance(-world.random.randrange(5, 60))


def old_trouble(world: World) -> None:
    """Incidents of the past, all of them closed."""
    now = int(world.clock.now().timestamp())
    for n, fault in enumerate(("wal", "source.steam_charts", "disk", "check.backups")):
        world.sql("INSERT INTO incident (fault, severity, detail, opened_at, seen_at, closed_at)"
                  " VALUES (?, 'warn', 'long ago', ?, ?, ?)",
                  fault, now - 90_000 - n, now - 80_000, now - 70_000)  # fmt: skip
    world.past |= {number for (number,) in world.sql("SELECT id FROM incident")}


def large_logs(world: World) -> None:
    """Logs near their limit, which are allowed to be there."""
    line = json.dumps({"at": "2026-01-01T00:00:00Z", "level": "INFO", "event": "job", "module": "trendctl"}) + "\n"
    path = world.root / "logs" / "trendctl.jsonl.1"
    path.write_text(line * (15_000_000 // len(line)))
    path.chmod(0o600)


def reworded_titles(world: World) -> None:
    """Titles in capitals, with a prefix: other words, the same form."""
    world.well(choose(world), lambda kind, body: body.replace(b"part", b"PART").replace(b"model", b"Model"))


CONTROLS = (
    control("quiet", quiet, hours),
    control("new_home", new_home, one_look),
    control("busy", busy),
    control("large_wal", large_log_of_writes, hours),
    control("empty_by_nature", empty_by_nature, hours),
    control("fewer_items", fewer, hours),
    control("more_fields", more_fields, hours),
    control("prices_up", prices_up, hours),
    control("own_config", own_config),
    control("daylight_saving", daylight_saving),
    control("old_backup", old_backup),
    control("slow_source", slow, hours),
    control("not_modified", unchanged, hours),
    control("disabled_source", switched_off, hours),
    control("disabled_by_command", switched_off_by_command, hours),
    control("paused_daemon", paused),
    control("no_daemon", no_daemon, one_look),
    control("tight_permissions", tighter),
    control("hiccup", hiccup, hours),
    control("own_overlay", own_overlay, hours),
    control("part_in_work", part_in_work),
    control("free_locks", free_locks),
    control("long_job", long_job, two_looks),
    control("clock_corrected", clock_corrected),
    control("old_trouble", old_trouble),
    control("large_logs", large_logs),
    control("other_words", reworded_titles, hours),
)
