"""The newest backup is old, or none is there. A new one is made."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys, lines, states
from trendctl.selfheal.rules.disk import FAIL_BYTES
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan
from trendctl.store import backup

NAME = "backup_stale"
REASON = "scheduled"  # so that it is thinned out, and unpacked by the weekly drill, as the daemon's own


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """Why the daemon made none is looked up: its job's last word."""
    bad = failing(look, "backups")
    if not bad:
        return
    unchecked = "none was checked" in bad[0].detail
    job = states(look).get("backup")
    why = f"the job backup: {job.outcome or 'never ran'} {job.detail}".strip() if job else "no job has made one"
    failed = job is not None and job.outcome == "failed"
    explains = keys(look, "check.backups") | (keys(look, "check.job.backup") if failed else frozenset())
    cause = "no backup was checked lately" if unchecked else "the newest backup is too old"
    yield found(NAME, cause, (*lines(bad), why), explains, 0.8, count=len(_made(look)))


def _made(look: Look) -> tuple[backup.Backup, ...]:
    return backup.listed(look.probe.store, look.probe.home.backups)


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """Not onto a full disk, and not of a database that is itself in doubt."""
    import shutil

    room = shutil.disk_usage(look.probe.home.root).free
    size = look.probe.store.path.stat().st_size if look.probe.store.path.exists() else 0
    if not size or room < FAIL_BYTES + 2 * size or failing(look, "database", "writable"):
        return None
    return Plan(NAME, "", "backup", "I will make a new backup and check that it can be restored",
                "the new backup is removed", (Change(Kind.BACKUP, name=REASON),))  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="On the day the disk fails, the work since the last backup is lost.",
    diagnose=diagnose,
    checks=("backups",),
    plan=plan,
    no_fix="there is no room for a backup, or the database or the home is itself in trouble: mend that first",
)
