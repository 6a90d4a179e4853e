"""`trendctl analyze [ID]...`."""

from typing import TYPE_CHECKING, Annotated

import typer

from trendctl import flows
from trendctl.cli import base
from trendctl.errors import UsageError

if TYPE_CHECKING:
    from trendctl.analyzer.report import Tally
    from trendctl.app import App
    from trendctl.render import Screen

app = base.single("Run the analysts again, on everything or some products.")


@app.command(epilog="Example: trendctl analyze 12 --force")
def analyze(
    products: base.Products = None,
    force: Annotated[bool, typer.Option("--force", help="Answer again even where nothing changed.")] = False,
    judge: Annotated[
        bool, typer.Option("--evaluate", help="Score the analysts on 40 known products instead; stores no analysis.")
    ] = False,
    as_json: base.Json = False,
) -> int:
    """Judge what changed since last time (or the named products), then bring the drafts up to date."""
    run, screen = base.open_app(), base.screen(as_json)
    if judge:
        if products or force:
            raise UsageError("--evaluate takes no products and no --force", next="trendctl analyze --evaluate")
        return _evaluate(run, screen)
    wanted = [run.product_id(word) for word in products] if products else None
    report, drafts = flows.analyze(run, wanted, force=force)
    if as_json:
        screen.json({**report.to_json(), "drafts": drafts})
    else:
        screen.say(f"{report.analysed} analysed, {report.unchanged} unchanged, {report.failed} with a failed analyst")
        _say_model(screen, report.model)
        screen.say(f"{drafts} drafts changed. Next: trendctl review")
    return 1 if report.failed else 0


def _say_model(screen: "Screen", tally: "Tally | None") -> None:
    if tally is None:
        return
    screen.say(f"language model: {tally.calls} calls, {tally.cached} cached, ${tally.micro_usd / 1_000_000:.4f}")
    for cause, times in tally.causes.items():
        screen.say(f"answered offline {times} times: {cause}")


def _evaluate(run: "App", screen: "Screen") -> int:
    found = flows.evaluate(run).to_json()
    if screen.as_json:
        screen.json(found)
        return 0
    wrong = found.pop("wrong")
    for name, value in found.items():
        screen.say(f"{name.replace('_', ' ')}: {f'{100 * value:.1f}%' if isinstance(value, float) else value}")
    for line in wrong:
        screen.say(f"  {line}")
    return 0
