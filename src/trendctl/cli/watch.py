"""`trendctl watch add/list/remove`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from trendctl.cli import base
from trendctl.errors import UsageError

app = base.group("Terms to measure at every scan.")
Term = Annotated[
    str, typer.Argument(metavar="TERM", help="A product or kind of product, in words.", show_default=False)
]
MAX_TERM = 120


@app.command(epilog="Example: trendctl watch add 'folding camp lantern'")
def add(term: Term) -> int:
    """Measure a term at every scan; it comes first and always becomes a product."""
    from trendctl.render import clean
    from trendctl.store import watches
    from trendctl.store.rows import epoch
    from trendctl.store.writers import Role

    run, screen = base.open_app(), base.screen()
    words = clean(term)
    if not words or len(words) > MAX_TERM:
        raise UsageError(f"A term is 1 to {MAX_TERM} characters", next="trendctl watch add 'camp lantern'")
    with run.store.write(Role.SCANNER) as db:
        fresh = watches.add(db, words, epoch(run.clock.now()))
    screen.say(f"watching {words!r}. Next: trendctl scan" if fresh else f"{words!r} is watched already")
    return 0


@app.command("list", epilog="Example: trendctl watch list")
def list_(as_json: base.Json = False) -> int:
    """The watched terms."""
    from trendctl.store import watches

    run, screen = base.open_app(), base.screen(as_json)
    with run.store.read() as db:
        found = watches.listed(db)
    rows = [
        {"term": w.term, "created_at": _iso(w.created_at), "last_measured_at": _iso(w.last_measured_at)} for w in found
    ]
    screen.rows(
        rows, ("term", "since", "last measured"),
        lambda: [[r["term"], r["created_at"], r["last_measured_at"] or "not yet"] for r in rows],
        empty="Nothing is watched. Next: trendctl watch add TERM",
    )  # fmt: skip
    return 0


@app.command(epilog="Example: trendctl watch remove 'folding camp lantern'")
def remove(term: Term) -> int:
    """Stop watching a term; what was found stays."""
    from trendctl.store import watches
    from trendctl.store.writers import Role

    run, screen = base.open_app(), base.screen()
    with run.store.write(Role.SCANNER) as db:
        if not watches.remove(db, term):
            raise UsageError(f"{term!r} is not watched", next="trendctl watch list")
    screen.say("removed")
    return 0


def _iso(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
