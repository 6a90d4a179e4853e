"""`trendctl post`: send what was approved."""

from typing import Annotated, Any

import typer

from trendctl import flows
from trendctl.cli import base
from trendctl.render import Screen, clean

app = base.single("List what you approved, through the official ways.")
COLUMNS = ("id", "platform", "state", "title", "where or why")
_BAD = ("rejected", "failed", "unknown", "refused", "waiting")


@app.command(epilog="Example: trendctl post --dry-run")
def post(
    products: base.Products = None,
    platform: base.Platform = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")] = False,
    as_json: base.Json = False,
) -> int:
    """Send every approved draft (or the named products'), and continue what was begun."""
    run, screen = base.open_app(), base.screen(as_json)
    base.platform_name(platform)
    wanted = [run.product_id(word) for word in products or []]
    rows = flows.post(run, wanted, platform, dry_run=dry_run)
    show(screen, rows)
    if dry_run and not as_json:
        for row in rows:
            for step, wire in row.wires:
                screen.console().print(
                    f"would have sent {step}: {wire.method} {clean(wire.url)} ({len(wire.body)} bytes)"
                )
                screen.console().print(clean(wire.body.decode("utf-8", "replace"), 2000), style="dim")
    return 1 if any(row.state in _BAD for row in rows) else 0


def show(screen: Screen, rows: list[Any]) -> None:
    """Rows of post, listings and reconcile."""
    screen.rows(
        [row.to_json() for row in rows], COLUMNS,
        lambda: [[r.product_id, r.platform, r.state, r.title, " ".join((r.url, r.cause)).strip()] for r in rows],
        empty="Nothing to report.", right=("id",),
    )  # fmt: skip
