"""A lock file keeps others out although nobody holds it: its process is gone, or it cannot be opened."""

from collections.abc import Iterator

from trendctl.selfheal.evidence import failing, found, keys
from trendctl.selfheal.faults.database_locked import open_by
from trendctl.selfheal.home_paths import aside, is_mine, relative
from trendctl.selfheal.rules import locks
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "stale_lock"


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """One a file. An empty lock file that can be opened is what every finished command leaves, and no fault."""
    if not failing(look, "locks"):
        return
    for lock in locks.stale(look.probe):
        name = relative(look.probe.home, lock.path)
        seen = (f"{lock.path.name} {lock.why}", "no process holds it")
        yield found(NAME, f"the lock {lock.path.name} was left behind", seen, keys(look, "check.locks"), 0.9,
                    name or lock.path.name, path=name)  # fmt: skip


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """Only while its owner is gone: looked at again, right before.

    The home's own lock and the journal's are never moved: too much hangs on them. Another one that cannot be read, so
    that it cannot be judged, is moved where nobody has it open. One that is taken before it is moved stays (acts).
    """
    home, path = look.probe.home, str(d.details.get("path") or "")
    lock = next((lock for lock in locks.stale(look.probe) if path and relative(home, lock.path) == path), None)
    if lock is None:
        return None
    own = path == home.lock.name or lock.path.parent == home.journal
    if lock.shut and not is_mine(lock.path):
        return None
    if lock.shut and (own or open_by(lock.path)):
        return Plan(NAME, d.subject, "chmod", f"I will let you open {path} again (only you)",
                    "the old permissions come back", (Change(Kind.MODE, path=path, mode=0o600),))  # fmt: skip
    if own:
        return None
    to = aside(home, lock.path, look.probe.now)
    words = f"I will move {path} out of the way; the next command makes a new one"
    move = Change(Kind.MOVE, path=path, to=to)
    opened = (Change(Kind.MODE, path=path, mode=0o600),) if lock.shut else ()  # else no copy of the home could be made
    return Plan(NAME, d.subject, "move", words, "it is moved back as it was", (*opened, move))


FAULT = Fault(
    name=NAME,
    about="Commands wait for a lock that nobody holds, and give up: no post, no job, no backup.",
    diagnose=diagnose,
    checks=("locks",),
    plan=plan,
    no_fix="the home's own lock is not moved by itself: stop every trendctl (trendctl service status), then delete it",
)
