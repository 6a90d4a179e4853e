"""`trendctl explain ID`: the score, recomputed offline from its stored inputs."""

from dataclasses import asdict

from trendctl.cli import base
from trendctl.render import clean

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
    grid = Table.grid(padding=(0, 1))
    grid.add_column(min_width=10)
    for line in lines:
        found = next((bar for name, bar in bars.items() if line.startswith(name)), None)
        style = "bold" if found is not None else "dim" if line.startswith("- ") else ""
        grid.add_row(found or "", Text(clean(line), style=style))
    screen.draw(grid)
    return 0
