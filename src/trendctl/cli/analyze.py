"""`trendctl analyze [ID]...`."""

from typing import Annotated

import typer

from trendctl import flows
from trendctl.cli import base

app = base.single("Run the analysts again, on everything or some products.")


@app.command(epilog="Example: trendctl analyze 12 --force")
def analyze(
    products: base.Products = None,
    force: Annotated[bool, typer.Option("--force", help="Answer again even where nothing changed.")] = False,
    as_json: base.Json = False,
) -> int:
    """Judge what changed since last time (or the named products), then bring the drafts up to date."""
    run, screen = base.open_app(), base.screen(as_json)
    wanted = [run.product_id(word) for word in products] if products else None
    report, drafts = flows.analyze(run, wanted, force=force)
    if as_json:
        screen.json({**report.to_json(), "drafts": drafts})
    else:
        screen.say(f"{report.analysed} analysed, {report.unchanged} unchanged, {report.failed} with a failed analyst")
        screen.say(f"{drafts} drafts changed. Next: trendctl review")
    return 1 if report.failed else 0
