"""`trendctl health`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl import flows
from trendctl.cli import base

if TYPE_CHECKING:
    from datetime import datetime

    from trendctl.ports import CheckResult

app = base.single("Is everything well?")


@app.command(epilog="Example: trendctl health --json")
def health(
    max_age: Annotated[
        int | None, typer.Option(help="Unhealthy when the last good scan is older than so many minutes.", min=1)
    ] = None,
    as_json: base.Json = False,
) -> int:
    """Look at database, journal, disk, backups, sources, schedule and settings; changes nothing.

    Exit code 1 when unhealthy: for cron, with --max-age 90.
    """
    run, screen = base.open_app(), base.screen(as_json)
    status, checks = flows.health(run, max_age)
    screen.rows(
        document(status, checks, run.clock.now()), ("check", "status", "detail", "next"),
        lambda: [[c.name, c.status, c.detail, c.next] for c in checks],
    )  # fmt: skip
    screen.say(status)
    return 0 if status != "unhealthy" else 1


def document(status: str, checks: "list[CheckResult]", now: "datetime") -> dict[str, Any]:
    """The JSON of `health` (design section 6); `next` is the command that helps."""
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [
        {"name": c.name, "status": c.status, "detail": c.detail, "checked_at": at, "next": c.next} for c in checks
    ]  # fmt: skip
    return {"status": status, "checks": rows}
