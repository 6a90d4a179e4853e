"""`trendctl audit list/verify`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from trendctl.cli import base
from trendctl.errors import StoreError
from trendctl.render import clean
from trendctl.store.engine import Store

app = base.group("Every decision and call, in an append-only chain.")


@app.command("list", epilog="Example: trendctl audit list --limit 20")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50, as_json: base.Json = False
) -> int:
    """The newest entries of the chain."""
    from trendctl.store import audit

    run, screen = base.open_app(), base.screen(as_json)
    with run.store.read() as db:
        last, _ = audit.head(db)
        found = audit.entries(db, max(0, last - limit))
    rows = [
        {"seq": e.seq, "at": datetime.fromtimestamp(e.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "kind": e.kind,
         "key": e.key, "sha256": e.body_sha256, "forgotten": e.body is None}
        for e in found
    ]  # fmt: skip
    screen.rows(
        rows, ("seq", "at", "kind", "key", "sha256"),
        lambda: [[r["seq"], r["at"], r["kind"], r["key"], str(r["sha256"])[:12]] for r in rows],
        empty="Nothing has been decided yet.", right=("seq",),
    )  # fmt: skip
    return 0


@app.command(epilog="Example: trendctl audit verify")
def verify(as_json: base.Json = False) -> int:
    """Walk the chain in the database and in the journal, and compare them."""
    run, screen = base.open_app(), base.screen(as_json)
    try:
        store = run.store
        found = run.journal.settled(store)
    except StoreError as fault:  # a journal that cannot be read is what this command is there to tell
        if not run.home.database.exists() or not run.journal.path.exists():
            raise
        store = Store(run.home.database)
        screen.say(f"note: {clean(fault.what)}: {clean(fault.why)}")
        found = run.journal.verify(store)
    document = {
        "ok": found.ok,
        "database_head": {"seq": found.database_head[0], "chain": found.database_head[1]},
        "journal_head": {"seq": found.journal_head[0], "chain": found.journal_head[1]},
        "differences": list(found.differences),
    }
    if as_json:
        screen.json(document)
    else:
        for line in found.differences:
            screen.console().print(line)
        screen.say(
            f"{found.database_head[0]} entries: " + ("database and journal agree" if found.ok else "they differ")
        )
    return 0 if found.ok else 1
