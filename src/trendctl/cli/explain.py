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
    out = screen.console()
    bars = {f"{part.name}: ": "█" * round(part.value * 10) for part in score.parts}
    for line in lines:
        found = next((bar for name, bar in bars.items() if line.startswith(name)), None)
        if found is not None:
            out.print(f"{found:<10} {clean(line)}", style="bold")
        else:
            out.print(f"           {clean(line)}", style="dim" if line.startswith("- ") else "")
    return 0
