"""`trendctl health`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl import flows
from trendctl.cli import base
from trendctl.render import table

if TYPE_CHECKING:
    from datetime import datetime

    from trendctl.ports import CheckResult
    from trendctl.render import Screen

app = base.single("Is everything well?")


@app.command(epilog="Example: trendctl health --all")
def health(
    max_age: Annotated[
        int | None, typer.Option(help="Unhealthy when the last good scan is older than so many minutes.", min=1)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show the checks that are ok too.")] = False,
    as_json: base.Json = False,
) -> int:
    """Look at database, journal, disk, backups, sources, schedule and settings; changes nothing.

    Exit code 1 when unhealthy: for cron, with --max-age 90.
    """
    run, screen = base.open_app(), base.screen(as_json)
    status, checks = flows.health(run, max_age)
    screen.say(status)
    if as_json:
        screen.json(document(status, checks, run.clock.now()))
    else:
        _draw(screen, checks, every=every)
    return 0 if status != "unhealthy" else 1


def _draw(screen: "Screen", checks: "list[CheckResult]", *, every: bool) -> None:
    """What is not well, the worst first, then how many are; or all of it."""
    fine = [c for c in checks if c.status == "ok"]
    shown = sorted((c for c in checks if c.status != "ok"), key=lambda c: c.status != "fail") + (fine if every else [])
    if shown:
        rows = [[c.name, c.status, c.detail, c.next] for c in shown]
        screen.draw(table(("check", "status", "detail", "next"), rows, whole=("check", "status")))
    if fine and not every:
        screen.say(f"{len(fine)} checks ok: trendctl health --all")


def document(status: str, checks: "list[CheckResult]", now: "datetime") -> dict[str, Any]:
    """The JSON of `health` (design section 6); `next` is the command that helps."""
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [
        {"name": c.name, "status": c.status, "detail": c.detail, "checked_at": at, "next": c.next} for c in checks
    ]  # fmt: skip
    return {"status": status, "checks": rows}
