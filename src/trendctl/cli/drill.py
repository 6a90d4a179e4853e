"""`trendctl drill`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from trendctl.cli import base
from trendctl.render import Screen

app = base.single("Break throwaway homes on purpose and measure how healing does.")


@app.command(epilog="Example: trendctl drill --fault index.broken --variants 3")
def drill(
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="Only this fault or control; may be given again.")
    ] = None,
    variants: Annotated[int | None, typer.Option(help="So many of each, drawn anew.", min=1, max=100)] = None,
    seed: Annotated[int, typer.Option(help="What the variants are drawn from.", min=0)] = 1,
    prior: Annotated[
        Path | None,
        typer.Option(help="Let every repair act, and write what was measured to this file.", dir_okay=False),
    ] = None,
    as_json: base.Json = False,
) -> int:
    """Faults are injected from outside into copies of a made-up home; a part of the runs are look-alikes without one.

    Nothing of yours is touched and nothing leaves this machine. Exit code 1 when a bar is missed.
    """
    from trendctl.drill import score
    from trendctl.drill.drill import drill as run

    screen = base.screen(as_json)
    done = run(fault or [], variants, seed, lambda n, of: _step(screen, n, of), learning=prior is not None)
    found = score.report(done.runs, done.skipped)
    if prior is not None:
        _keep(prior, score, done.runs, seed)
    _show(screen, found)
    return 1 if found["missed"] else 0


def _step(screen: Screen, done: int, of: int) -> None:
    if screen.err.isatty():
        screen.err.write(f"\r{done} of {of} runs" + ("\n" if done == of else ""))
        screen.err.flush()


def _keep(path: Path, score: Any, runs: Any, seed: int) -> None:
    import json
    from datetime import UTC, datetime

    made = datetime.now(UTC).date().isoformat()
    path.write_text(json.dumps(score.prior(runs, made, seed), indent=1) + "\n")


def _show(screen: Screen, found: dict[str, Any]) -> None:
    columns = ("fault", "variants", "found", "diagnosed", "90%", "fixed", "false", "abstained", "seconds")
    screen.rows(found, columns, lambda: [_row(one) for one in found["faults"]], right=columns[1:])
    if screen.as_json:
        return
    controls = found["controls"]
    screen.say(f"{controls['run']} controls: {controls['false_fixes']} false fixes, {controls['told']} false alarms")
    screen.say(f"confidences: Brier {_number(found['brier'])}, calibration error {_number(found['ece'])}")
    if found["skipped"]:
        screen.say(f"cannot be shown on this machine: {', '.join(found['skipped'])}")
    for words in found["missed"]:
        screen.say(f"missed: {words}")


def _row(one: dict[str, Any]) -> list[Any]:
    low, high = one["diagnosed_interval"]
    return [one["fault"], one["variants"], one["found"], one["diagnosed"], f"{low:.2f}-{high:.2f}",
            one["fixed"] if one["automatic"] or one["fixed"] else "-", one["false_fixes"], one["abstained"],
            "" if one["seconds"] is None else f"{one['seconds']:.0f}"]  # fmt: skip


def _number(value: float | None) -> str:
    return "none stated" if value is None else f"{value:.3f}"
