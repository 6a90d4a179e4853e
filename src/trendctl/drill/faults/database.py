"""The database broken from outside: locked, damaged, its log grown, an index wrong, a migration half done."""

import os
from pathlib import Path

from trendctl.drill import raw
from trendctl.drill.cases import Case
from trendctl.drill.holders import hold
from trendctl.drill.world import World

INDEXES = (
    ("source_run_by_source", "DELETE FROM source_run WHERE id % {n} = 0"),
    ("source_run_by_run", "DELETE FROM source_run WHERE id % {n} = 1"),
    ("item_by_product", "UPDATE item SET product_id = NULL WHERE id % {n} = 1 AND product_id NOT NULL"),
    ("score_best", "UPDATE score SET score = score + 1.5 WHERE product_id % 2 = 0"),
    ("source_run_by_source", "UPDATE source_run SET at = at + 1 WHERE id % {n} = 2"),
    (
        "incident_by_fault",
        "INSERT INTO incident (fault, severity, opened_at, seen_at, closed_at) VALUES ('old.thing', 'warn', 1, {n}, 2)",
    ),
)  # fmt: skip


def locked(world: World) -> None:
    """A writer that never lets go."""
    how = ("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "BEGIN; UPDATE observation SET value = value")[world.variant % 3]
    world.notes.append(f"another process holds: {how}")
    hold(world, raw.HOLDER, str(world.database), how)


def one_look(world: World) -> None:
    """Each write waits for long before it gives up: one look says enough."""
    world.clock.advance(300)
    world.program.heal()


def corrupt(world: World) -> None:
    """Bytes of the file are overwritten, or its end is missing; then the thorough look has its turn."""
    world.due("deep_check")
    raw.run(world.database, "PRAGMA wal_checkpoint(TRUNCATE)")
    size, page = world.database.stat().st_size, 4096
    how = world.variant % 4
    with world.database.open("r+b") as file:
        if how == 0:
            world.notes.append("pages in the middle overwritten")
            for _ in range(6):
                file.seek(world.random.randrange(4, size // page) * page)
                file.write(world.random.randbytes(page))
        elif how == 1:
            world.notes.append("the header overwritten")
            file.write(world.random.randbytes(100))
        elif how == 2:
            keep = size * world.random.randrange(40, 80) // 100 // page * page
            world.notes.append(f"cut to {keep} of {size} bytes")
            file.truncate(keep)
        else:
            world.notes.append("zeros from the second page on")
            file.seek(page)
            file.write(bytes(page * world.random.randrange(3, 20)))


def wal_grown(world: World) -> None:
    """Much was written while another connection was open that does nothing any more."""
    size = world.random.randrange(70, 130) * 1_000_000
    world.notes.append(f"a write-ahead log of {size // 1_000_000} MB, its reader idle")
    _grow(world, size)


def wal_pinned(world: World) -> None:
    """The same, and a reader in the middle of a long transaction keeps it from being folded in."""
    hold(world, raw.HOLDER, str(world.database), "BEGIN; SELECT count(*) FROM observation")
    world.notes.append("a reader that never ends its transaction pins the log")
    _grow(world, world.random.randrange(70, 100) * 1_000_000)


def _grow(world: World, size: int) -> None:
    hold(
        world, raw.HOLDER, str(world.database), "SELECT count(*) FROM item"
    )  # keeps the log from being removed when the writer goes
    raw.fill_wal(world.database, size)
    raw.let_go()


def wal_small(world: World) -> bool:
    """The log is small again, and no row was lost on the way."""
    log = Path(f"{world.database}-wal")
    return (not log.exists() or log.stat().st_size < 40_000_000) and not raw.faults_of(world.database)


def index_broken(world: World) -> None:
    """An index does not say what its table says."""
    index, change = INDEXES[world.variant % len(INDEXES)]
    statement = change.format(n=world.random.randrange(5, 9))
    world.subject = index
    world.notes.append(f"{index} misses: {statement}")
    raw.unhook_index(world.database, index, [statement])
    if not raw.faults_of(world.database):
        raise AssertionError(f"{index} is still sound")
    world.due("deep_check")


def sound(world: World) -> bool:
    """SQLite's own thorough look finds nothing."""
    return not raw.faults_of(world.database)


def migration(world: World) -> None:
    """The schema and the record of migrations say different things."""
    last = raw.run(world.database, "SELECT max(number) FROM migration")[0][0]
    how = world.variant % 3
    if how == 0:
        world.notes.append(f"migration {last} done, but not recorded")
        raw.run(world.database, "DELETE FROM migration WHERE number = ?", (last,))
    elif how == 1:
        table = world.random.choice(("http_bucket", "http_circuit", "notice", "platform_known", "llm_answer"))
        world.subject = table
        world.notes.append(f"recorded, but its table {table} is missing")
        raw.run(world.database, f"DROP TABLE {table}")
    else:
        table = world.random.choice(("supply", "watch", "review_open"))
        column = {"supply": "supplier", "watch": "last_measured_at", "review_open": "at"}[table]
        world.notes.append(f"recorded, but the column {table}.{column} is missing")
        raw.run(world.database, f"ALTER TABLE {table} DROP COLUMN {column}")
    world.program.restart()


def replaced(world: World) -> None:
    """The file is there, but it is no database; or it is empty."""
    for tail in ("-wal", "-shm"):
        Path(f"{world.database}{tail}").unlink(missing_ok=True)
    how = world.variant % 2
    world.notes.append(("an empty file", "a text file")[how] + " in the database's place")
    world.database.write_bytes((b"", b"this is no database\n" * 500)[how])
    os.chmod(world.database, 0o600)
    world.program.restart()


FAULTS = (
    Case("database.locked", locked, one_look, never=True, heavy=True),
    Case("database.corrupt", corrupt, never=True),
    Case("database.replaced", replaced, never=True),
    Case("wal.grown", wal_grown, well=wal_small, automatic=True),
    Case("wal.pinned", wal_pinned),
    Case("index.broken", index_broken, well=sound, automatic=True),
    Case("migration.half_done", migration, never=True),
)
