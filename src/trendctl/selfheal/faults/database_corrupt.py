"""The database's file is damaged. Putting a backup in its place is a person's act: it is proposed, never done."""

from collections.abc import Iterator

from trendctl.errors import StoreError
from trendctl.selfheal.evidence import failing, found, keys, lines, said
from trendctl.selfheal.health import ago
from trendctl.selfheal.rules import indexes
from trendctl.selfheal.values import Diagnosis, Fault, Look, Plan
from trendctl.store import backup, integrity

NAME = "database_corrupt"
_HEADER = b"SQLite format 3\x00"
_DAMAGE = ("database.malformed", "database.references", "database.missing")


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Damaged pages, a wrong header, rows that refer to nothing; not an index that only has to be rebuilt."""
    bad, told = failing(look, "database", "indexes"), look.of(*_DAMAGE)
    if not bad and not told:
        return
    damage = _damage(look)
    if not damage:
        return
    seen = (*damage, *lines(bad), *said(told, look.probe.now), _newest_backup(look))
    explains = keys(look, "check.database", "check.indexes", *_DAMAGE, "database.other") | _not_looked_at(look)
    yield found(NAME, f"the database is damaged: {damage[0]}"[:200], seen, explains, 0.95)


def _damage(look: Look) -> list[str]:
    """What is damaged, looked at now."""
    path = look.probe.store.path
    try:
        with path.open("rb") as file:
            header = file.read(16)
    except FileNotFoundError:
        return ["its file is gone"]
    except OSError:
        return []  # it may not be read: another fault
    if header != _HEADER:
        return ["its file does not begin as a database does" if header else "its file is empty"]
    try:
        verdict = indexes.verdict(look.probe)
    except StoreError as fault:
        return [fault.why] if "damaged" in fault.what else []
    if verdict:
        return [] if integrity.broken_indexes(verdict) else verdict[:5]
    return [s.text[:200] for s in look.of("database.malformed", "database.references") if s.origin == "check"]


def _not_looked_at(look: Look) -> frozenset[tuple[str, str]]:
    """Checks that say nothing but that they could not look."""
    return frozenset((s.kind, s.subject) for s in look.of("check.") if s.text.startswith("not looked at"))


def _newest_backup(look: Look) -> str:
    listed = backup.listed(look.probe.store, look.probe.home.backups)
    if not listed:
        return "there is no backup"
    verified = "verified" if listed[0].verified_at else "not verified"
    return f"the newest backup is {listed[0].path}, {ago(look.probe.now - listed[0].created_at)} old, {verified}"


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """The command for the person; nothing is changed here."""
    listed = backup.listed(look.probe.store, look.probe.home.backups)
    if not listed:
        return None
    command = f"trendctl backup restore {listed[0].id if listed[0].id > 0 else listed[0].path}"
    return Plan(NAME, "", "restore", f"you could put {listed[0].path} in the database's place: {command}",
                "the damaged file is kept beside the backups", (), automatic=False,
                because=f"a restore voids approvals and blocks posting until reconciled: {command}")  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="Rows may be lost or wrong; nothing that reads or writes the damaged part works.",
    diagnose=diagnose,
    checks=("database", "indexes"),
    plan=plan,
    no_fix="a damaged database cannot be mended, only replaced, and there is no backup: keep the file as it is",
)
