"""`trendctl report`: one page about the whole business."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl.cli import base

if TYPE_CHECKING:
    from trendctl.report.page import Report

app = base.single("One page: pipeline, trends, listings, profit, predictions.")


@app.command(epilog="Example: trendctl report --html report.html")
def report(
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Where to write the page.")] = None,
    as_json: base.Json = False,
) -> int:
    """Write one self-contained page for a browser, a phone or paper; without --html, say the same in short."""
    from trendctl.report import page
    from trendctl.report.build import build
    from trendctl.store.rows import epoch

    run, screen = base.open_app(), base.screen(as_json)
    market = run.settings.market
    with run.store.read() as db:
        found = build(db, epoch(run.clock.now()), f"{market.geo} ({market.currency})")
    if html is not None:
        _write(html, page.html(found, run.secrets.redact))
        screen.say(f"Written: {html}")
    if as_json:
        screen.json(_short(found, html))
    elif html is None:
        lines = [[name, value] for name, value in _short(found, html)["pipeline"].items()]
        screen.rows(lines, ("what", "number"), lambda: lines, right=("number",))
        screen.say("The whole page: trendctl report --html report.html. Sales in numbers: trendctl stats")
    return 0


def _write(path: Path, text: str) -> None:
    import os
    import tempfile

    from trendctl.errors import UsageError

    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False) as part:
            try:
                part.write(text)
                part.flush()
                os.replace(part.name, path)
            except BaseException:
                os.unlink(part.name)
                raise
    except OSError as fault:
        why = fault.strerror or type(fault).__name__
        raise UsageError(f"The report cannot be written: {path}", why=why, next="name another file") from fault


def _short(found: "Report", html: Path | None) -> dict[str, Any]:
    from trendctl.report.sales import as_json

    sales = found.sales
    return {
        "made": found.made, "file": None if html is None else str(html), "pipeline": found.pipeline,
        "total": as_json(sales.whole, "key", sales), "trends": [dict(t.row) for t in found.trends],
        "predictions": found.predictions,
    }  # fmt: skip
