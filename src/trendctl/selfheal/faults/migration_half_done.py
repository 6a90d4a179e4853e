"""The schema is not what the recorded migrations made: one was broken off by force, or a foreign hand was in it."""

from collections.abc import Iterator

from trendctl.errors import StoreError
from trendctl.selfheal.evidence import failing, found, keys
from trendctl.selfheal.values import Diagnosis, Fault, Look
from trendctl.store import backup, integrity

NAME = "migration_half_done"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """A database that only waits for its migrations is no fault."""
    if not failing(look, "migration") and not look.of("database.migration"):
        return
    try:
        with look.probe.read() as db:
            schema = integrity.schema(db)
    except StoreError:
        return
    explains = keys(look, "check.migration", "database.migration")
    if schema.newer:
        newest = f"it has migration {schema.newer[-1]}, which this program does not know"
        yield found(NAME, "the database is newer than this program", (newest,), explains, 0.9)
    elif schema.half:
        seen = (*schema.half[:6], *_backups(look))
        yield found(NAME, "a migration is half done: schema and record differ", seen, explains, 0.95)


def _backups(look: Look) -> tuple[str, ...]:
    made = [b for b in backup.listed(look.probe.store, look.probe.home.backups) if "before-migration" in b.path]
    return (f"a backup from before the migration is there: {made[0].path}",) if made else ()


FAULT = Fault(
    name=NAME,
    about="Commands fail with 'no such table', or the next start cannot bring the database up to date.",
    diagnose=diagnose,
    checks=("migration",),
    no_fix="healing may not change the schema. Put back the backup made before the migration (trendctl backup list, "
    "then trendctl backup restore ID); for a newer database install the newer trendctl",
)
