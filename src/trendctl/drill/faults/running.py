"""What runs, broken from outside: the schedule, the clock, settings, backups, models, memory, listings, sign-ins."""

import os
import time

from trendctl.drill.cases import Case, on_unix
from trendctl.drill.holders import MEMORY, hold
from trendctl.drill.server import Said
from trendctl.drill.world import World

JOBS = ("scan", "reconcile", "track", "backup", "retention", "restore_drill", "deep_check")
"""Without `analyze`: every scan makes that due, whatever its row says."""
HOUR, DAY = 3600, 86_400


def _now(world: World) -> int:
    return int(world.clock.now().timestamp())


def stuck(world: World) -> None:
    """A job is said to be running since hours, but nobody runs it, and its next time is far."""
    job = JOBS[world.variant % len(JOBS)]
    hours = world.random.randrange(4, 30)
    began = _now(world) - hours * HOUR
    world.sql(
        "UPDATE job_state SET outcome = 'running', last_started_at = ?, next_due_at = ?, detail = '' WHERE job = ?",
        began, _now(world) + world.random.randrange(3, 9) * HOUR, job,
    )  # fmt: skip
    world.subject = job
    world.notes.append(f"{job} runs since {hours} h, says its row")


def moving(world: World) -> bool:
    """The job has run since, or is due within its usual time."""
    world.rounds(2, 61)
    outcome, started = world.sql("SELECT outcome, last_started_at FROM job_state WHERE job = ?", world.subject)[0]
    return outcome != "running" and (outcome == "ok" or started is not None)


def far_ahead(world: World) -> None:
    """A job's next time lies years ahead: the clock was wrong when it was set."""
    job = JOBS[world.variant % len(JOBS)]
    days = world.random.randrange(90, 900)
    world.sql("UPDATE job_state SET next_due_at = ? WHERE job = ?", _now(world) + days * DAY, job)
    world.subject = job
    world.notes.append(f"{job} is due in {days} days")


def due_soon(world: World) -> bool:
    """Its next time is within its interval."""
    due, _ = world.sql("SELECT next_due_at, last_started_at FROM job_state WHERE job = ?", world.subject)[0]
    return int(due) - _now(world) <= 8 * DAY


def missed(world: World) -> None:
    """The machine slept, or was off, for hours."""
    hours = world.random.randrange(3, 30)
    world.notes.append(f"nothing ran for {hours} hours")
    world.clock.advance(hours * HOUR)


def clock_back(world: World) -> None:
    """The clock is set back behind what was stored, or far ahead of everybody else's."""
    seconds = world.random.choice((2 * HOUR, 9 * HOUR, 3 * DAY, 40 * DAY))
    if world.variant % 3 == 2:
        seconds = -world.random.randrange(2, 9) * HOUR
    world.notes.append(f"the clock goes {'back' if seconds > 0 else 'ahead'} by {abs(seconds) // HOUR} h")
    world.clock.advance(-seconds)
    world.skew = seconds


def then_scans(world: World) -> None:
    """Minutes, then an hour in which the sources are asked."""
    world.rounds(2, 6)
    world.hourly(1)


def settings_broken(world: World) -> None:
    """A slip of the pen in config.toml."""
    text = world.config.read_text()
    how = world.variant % 10
    name, old, new = (
        ("an unclosed quote", 'contact = "drill@example.org"', 'contact = "drill@example.org'),
        ("an unknown key", "candidates = 0", "candidates = 0\ncandidats = 5"),
        ("a number out of range", "candidates = 0", "candidates = -3"),
        ("a word where a number is due", "candidates = 0", 'candidates = "many"'),
        ("an unclosed section", "[scan]", "[scan"),
        ("a section twice", "[scan]", "[scan]\n[scan]"),
        ("an unknown section", "[scan]", "[scann]\nx = 1\n[scan]"),
        ("an address without https", "[scan]", '[llm]\nbase_url = "http://example.org"\n[scan]'),
        ("bytes that are no UTF-8", "# my own", "# my \udcff own"),
        ("a source that is none", "[scan]", "[sources.steam_chart]\nenabled = true\n[scan]"),
    )[how]
    world.config.write_bytes(text.replace(old, new, 1).encode("utf-8", "surrogateescape"))
    world.subject = name
    world.notes.append(name)
    world.program.restart()


def settings_valid(world: World) -> bool:
    """The program starts with them, and what the person wrote elsewhere stands."""
    world.program.restart()
    checks = {c["name"]: c["status"] for c in world.program.health()["checks"]}
    return checks.get("config") == "ok" and "base_url" in world.config.read_text(errors="replace")


def backup_stale(world: World) -> None:
    """The newest backup is many days old, although the schedule says daily."""
    days = world.random.randrange(4, 60)
    then = _now(world) - days * DAY
    for path in (world.root / "backups").glob("*.db.gz"):
        os.utime(path, (then, then))
    world.sql("UPDATE backup SET created_at = ?", then)
    world.sql("UPDATE job_state SET next_due_at = ? WHERE job = 'backup'", _now(world) + 20 * HOUR)
    world.subject = "backup"
    world.notes.append(f"the newest backup is {days} days old")


def backup_fresh(world: World) -> bool:
    """A backup of today that can be unpacked and is sound."""
    import gzip

    from trendctl.drill import raw

    for path in (world.root / "backups").glob("*.db.gz"):
        plain = world.root / "cache" / "unpacked.db"
        try:
            plain.write_bytes(gzip.decompress(path.read_bytes()))
            row = (
                raw.run(plain, "SELECT max(coalesce(last_finished_at, 0)) FROM job_state")
                if path.stat().st_size
                else []
            )
            sound = not raw.faults_of(plain)
        except (OSError, EOFError, raw.Unreadable):
            continue
        finally:
            plain.unlink(missing_ok=True)
        if sound and row and _now(world) - int(row[0][0] or 0) < DAY and path.stat().st_mtime > time.time() - DAY:
            return True
    return False


def backup_bad(world: World) -> None:
    """The newest backup's bytes changed; then the drill that unpacks it has its turn."""
    path = max((world.root / "backups").glob("*.db.gz"), key=lambda p: p.name)
    data = bytearray(path.read_bytes())
    how = world.variant % 4
    if how == 0:
        at = world.random.randrange(20, len(data) - 20)
        data[at] ^= 0x55
    elif how == 1:
        del data[world.random.randrange(len(data) // 4, len(data) - 10) :]
    elif how == 2:
        data[:] = bytes(len(data))
    else:
        data.clear()
    path.write_bytes(bytes(data))
    world.subject = path.name
    world.notes.append(("a byte flipped", "cut short", "all zeros", "emptied")[how])
    world.due("restore_drill")


def backup_missing(world: World) -> None:
    """Every backup file is gone."""
    for path in (world.root / "backups").glob("*.db.gz"):
        path.unlink()
    world.notes.append("all backup files deleted")


def model_quota(world: World) -> None:
    """The provider says that the account's quota is spent, or its credit; or the day's own budget is."""
    how = world.variant % 3
    body = b'{"error": {"message": "You exceeded your current quota.", "type": "insufficient_quota",'
    body += b' "code": "insufficient_quota"}}'
    if how < 2:
        _model(world, Said(body, (429, 402)[how]))
        world.notes.append(f"HTTP {(429, 402)[how]}, insufficient_quota")
    else:
        _model(world, Said(_chat("{}"), 200), budget="0.001")
        day = _now(world) // DAY
        world.sql(
            "INSERT INTO llm_call (day, agents, provider, model, reserved_micro_usd, spent_micro_usd, state, at)"
            " VALUES (?, 'writer', 'compatible', 'm', 5000, 5000, 'done', ?)", day, _now(world) - 60,
        )  # fmt: skip
        world.notes.append("the day's budget is spent")


def model_invalid(world: World) -> None:
    """The model answers, but never what was asked for."""
    text = ("I'd be happy to help!", '{"unexpected": true}', "[1, 2", "")[world.variant % 4]
    _model(world, Said(_chat(text), 200))
    world.notes.append(f"it answers {text!r}")


def _chat(text: str) -> bytes:
    import json

    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "m",
         "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
         "usage": {"prompt_tokens": 50, "completion_tokens": 20, "total_tokens": 70}}
    ).encode()  # fmt: skip


def _model(world: World, said: Said, budget: str = "5.00") -> None:
    world.server.say("model", lambda path, body: said)
    world.write_config(
        llm={"provider": "compatible", "model": "m", "base_url": f"http://127.0.0.1:{world.server.port}/model",
             "daily_budget_usd": budget, "timeout_seconds": 5}
    )  # fmt: skip


def judged(world: World) -> None:
    """Scans, and what they found is judged with the model's help."""
    world.hourly(2)


def asked_or_not(world: World) -> None:
    """The same, but where the budget is spent there is nothing more to see than that."""
    if "budget" in world.notes[0]:
        world.rounds(1, 2)
        world.program.heal()
    else:
        judged(world)


def memory(world: World) -> None:
    """The daemon's process has grown far beyond what it needs. (Pages mapped many times count as often.)"""
    file = world.root.with_name(f"{world.root.name}-pages")
    file.write_bytes(bytes(16_000_000))
    times = world.random.randrange(90, 140)
    world.ends.append(file.unlink)
    pid = hold(world, MEMORY, str(file), str(times))
    world.sql(
        "INSERT INTO job_state (job, last_started_at, outcome, detail) VALUES ('daemon', ?, 'running', ?)"
        " ON CONFLICT (job) DO UPDATE SET outcome = 'running', detail = excluded.detail", _now(world), str(pid),
    )  # fmt: skip
    world.notes.append(f"the daemon holds {times * 16 / 1000:.1f} GB")


def listing_unknown(world: World) -> None:
    """A listing of which nobody knows what became of it."""
    from trendctl.drill import raw

    state = ("unknown", "submitting", "accepted")[world.variant % 3]
    then = _now(world) - 9 * HOUR
    raw.without_triggers(
        world.database, "operation", [("UPDATE operation SET state = ?, updated_at = ?", (state, then))]
    )
    raw.without_triggers(world.database, "listing", [("UPDATE listing SET state = ?, updated_at = ?", (state, then))])
    world.subject = "local"
    world.notes.append(f"its listing is {state}")


def looked_at(world: World) -> None:
    """A minute: the hourly read-back, which may settle it, does not have its turn."""
    world.clock.advance(60)
    world.program.heal()


def token_ends(world: World) -> None:
    """A person's sign-in at a platform ends soon, or has ended."""
    platform = world.random.choice(("ebay", "amazon", "facebook", "tiktok"))
    days = world.random.choice((-2, 1, 3, 5))
    world.sql("INSERT INTO platform_sign_in VALUES (?, 'default', ?)", platform, _now(world) + days * DAY)
    world.subject = platform
    world.notes.append(f"the sign-in at {platform} ends in {days} days")


def restored_by_hand(world: World) -> None:
    """An older database was put in place: the journal is ahead of it."""
    from trendctl.drill import raw

    rows = world.random.randrange(1, 3)
    raw.without_triggers(
        world.database, "audit", [("DELETE FROM audit WHERE seq > (SELECT max(seq) FROM audit) - ?", (rows,))]
    )
    world.notes.append(f"the database lacks the last {rows} entries of the journal")
    world.program.restart()


FAULTS = (
    Case("job.stuck", stuck, well=moving, automatic=True),
    Case("job.far_ahead", far_ahead, well=due_soon, automatic=True),
    Case("schedule.missed", missed),
    Case("clock.skew", clock_back, then_scans, never=True),
    Case("config.broken", settings_broken, well=settings_valid),
    Case("backup.stale", backup_stale, well=backup_fresh, automatic=True),
    Case("backup.bad", backup_bad, well=backup_fresh, automatic=True),
    Case("backup.missing", backup_missing, well=backup_fresh, automatic=True),
    Case("model.quota", model_quota, asked_or_not, never=True),
    Case("model.invalid", model_invalid, judged, never=True),
    Case("memory.growth", memory, never=True, heavy=True, here=on_unix),
    Case("listing.unknown", listing_unknown, looked_at, never=True),
    Case("token.expiring", token_ends, never=True),
    Case("journal.ahead", restored_by_hand, never=True),
)
