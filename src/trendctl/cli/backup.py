"""`trendctl backup create/list/verify/restore`."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from trendctl.cli import base
from trendctl.errors import Refused, StoreError
from trendctl.store.rows import epoch

app = base.group("Backups of the database.")
Wanted = Annotated[str, typer.Argument(metavar="ID", help="A backup's id or file name, or latest.", show_default=False)]


@app.command(epilog="Example: trendctl backup create")
def create(as_json: base.Json = False) -> int:
    """Make a verified, compressed copy of the database."""
    from trendctl.store import backup

    run, screen = base.open_app(), base.screen(as_json)
    made = backup.create(run.store, run.home.backups, "by-hand", epoch(run.clock.now()))
    screen.rows([_json(made)], COLUMNS, lambda: [_line(made)], right=("id", "bytes"))
    return 0


@app.command("list", epilog="Example: trendctl backup list --json")
def list_(as_json: base.Json = False) -> int:
    """The backups, newest first."""
    from trendctl.store import backup
    from trendctl.store.engine import Store

    run, screen = base.open_app(), base.screen(as_json)
    found = backup.listed(Store(run.home.database), run.home.backups)  # as it is: it may be damaged or lost
    screen.rows([_json(b) for b in found], COLUMNS, lambda: [_line(b) for b in found],
                empty="No backups yet. Next: trendctl backup create", right=("id", "bytes"))  # fmt: skip
    return 0


@app.command(epilog="Example: trendctl backup verify latest")
def verify(wanted: Wanted, as_json: base.Json = False) -> int:
    """Unpack a backup beside the others and check it whole."""
    from trendctl.store import backup
    from trendctl.store.engine import Store

    run, screen = base.open_app(), base.screen(as_json)
    found = backup.verify(Store(run.home.database), run.home.backups, wanted, epoch(run.clock.now()))
    screen.rows([_json(found)], COLUMNS, lambda: [_line(found)], right=("id", "bytes"))
    return 0


@app.command(epilog="Example: trendctl backup restore latest")
def restore(wanted: Wanted) -> int:
    """Put a backup in the database's place (terminal only); a safety copy is made first.

    Approvals not yet used become void, and posting is blocked until `trendctl reconcile`.
    """
    from filelock import FileLock, Timeout

    from trendctl.approval.seat import TerminalSeat
    from trendctl.store import backup
    from trendctl.store.engine import Store
    from trendctl.store.rebuild import after_restore

    run, screen = base.open_app(), base.screen()
    TerminalSeat().check(run.home.root, "")
    screen.say("The database will be replaced. Type y, then Y")
    if (typer.getchar(), typer.getchar()) != ("y", "Y"):
        raise Refused("Not restored", next="trendctl backup list")
    now = epoch(run.clock.now())
    try:
        with FileLock(run.home.lock, mode=0o600, timeout=10):
            found, safety = backup.restore(Store(run.home.database), run.home.backups, wanted, now)
            run.migrate(alone=True)
            after_restore(Store(run.home.database), run.journal, now)
    except Timeout as fault:
        raise StoreError("Another trendctl is at work in this home", next="stop the daemon, then restore") from fault
    screen.say(f"restored {found.path}" + (f"; what was there is in {safety.name}" if safety else ""))
    screen.say("Posting is blocked until you run: trendctl reconcile")
    return 0


COLUMNS = ("id", "made", "bytes", "verified", "reason", "file")


def _json(b: Any) -> dict[str, Any]:
    return {"id": b.id, "path": b.path, "bytes": b.bytes, "created_at": _iso(b.created_at),
            "verified_at": _iso(b.verified_at), "reason": b.reason}  # fmt: skip


def _line(b: Any) -> list[object]:
    return [b.id if b.id > 0 else "-", _iso(b.created_at), b.bytes, _iso(b.verified_at) or "never", b.reason, b.path]


def _iso(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
