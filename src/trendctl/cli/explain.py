"""`trendctl explain ID`: the score, recomputed offline from its stored inputs."""

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from trendctl.cli import base
from trendctl.render import clean

if TYPE_CHECKING:
    from trendctl.app import App

app = base.single("Why a product has its score, part by part.")


@app.command(epilog="Example: trendctl explain 12")
def explain(product: base.Product, as_json: base.Json = False) -> int:
    """Recompute the score from its stored inputs and say each part in words, with evidence, age and source."""
    from trendctl.analyzer.explain import explain as recomputed

    run, screen = base.open_app(), base.screen(as_json)
    product_id = run.product_id(product)
    score, lines = recomputed(run.store, product_id)
    if as_json:
        screen.json({"id": product_id, "score": score.value, "stage": score.stage, "lines": lines,
                     "parts": [asdict(part) for part in score.parts]})  # fmt: skip
        return 0
    from rich.table import Table
    from rich.text import Text

    bars = {f"{part.name}: ": "█" * round(part.value * 10) for part in score.parts}
    screen.console().print(f"{product_id}  {clean(_title(run, product_id))}", style="bold")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(min_width=10)
    for line in _once(lines):
        found = next((bar for name, bar in bars.items() if line.startswith(name)), None)
        style = "bold" if found is not None else "dim" if line.startswith("- ") else ""
        grid.add_row(found or "", Text(clean(line), style=style))
    screen.draw(grid)
    return 0


def _title(run: "App", product_id: int) -> str:
    from trendctl.store import product_rows
    from trendctl.store.rows import epoch

    with run.store.read() as db:
        row = product_rows.product_row(db, product_id, now=epoch(run.clock.now()))
    return str(row["title"]) if row else ""


def _once(lines: list[str]) -> list[str]:
    """The same words several times in a row, as the prices of one source are, once with their number."""
    counted = [(line, len(list(same))) for line, same in groupby(lines)]
    return [line if number == 1 else f"{line} ({number} times)" for line, number in counted]
