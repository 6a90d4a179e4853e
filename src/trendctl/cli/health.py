"""`trendctl health`."""

from dataclasses import asdict
from typing import Annotated

import typer

from trendctl import flows
from trendctl.cli import base

app = base.single("Is everything well?")


@app.command(epilog="Example: trendctl health --json")
def health(
    max_age: Annotated[
        int | None, typer.Option(help="Unhealthy when the last scan is older than so many minutes.")
    ] = None,
    as_json: base.Json = False,
) -> int:
    """Look at database, journal, disk, backups, sources, settings and secrets; changes nothing."""
    run, screen = base.open_app(), base.screen(as_json)
    status, checks = flows.health(run, max_age)
    screen.rows(
        {"status": status, "checks": [asdict(c) for c in checks]}, ("check", "status", "detail", "next"),
        lambda: [[c.name, c.status, c.detail, c.next] for c in checks],
    )  # fmt: skip
    screen.say(status)
    return 0 if status != "unhealthy" else 1
