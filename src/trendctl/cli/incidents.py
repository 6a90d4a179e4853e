"""`trendctl incidents`."""

from typing import Annotated

import typer

from trendctl.cli import base

app = base.single("What went wrong, what still does.")


@app.command(epilog="Example: trendctl incidents --open")
def incidents(
    only_open: Annotated[bool, typer.Option("--open", help="Only what is still wrong.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    as_json: base.Json = False,
) -> int:
    """Each fault once: what happened, how we know, what was done, how it is undone. Rounds of healing write them."""
    from trendctl.cli import heal_view
    from trendctl.store import incidents as stored

    run, screen = base.open_app(), base.screen(as_json)
    with run.store.read() as db:
        found = stored.listed(db, only_open=only_open, limit=limit)
    heal_view.show(screen, heal_view.documents(run.store, found), "No incidents.")
    return 0
