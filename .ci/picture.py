"""Draws .github/terminal.svg: the product list and the review card of the demo, as a terminal shows them."""

import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from trendctl.approval.seat import make_throwaway
from trendctl.cli import card_view
from trendctl.cli.products import NARROW, _line
from trendctl.demo.walk import walk
from trendctl.render import table
from trendctl.store import product_rows

TARGET = Path(__file__).resolve().parents[1] / ".github" / "terminal.svg"


def main() -> int:
    """Run the demo once and keep what it shows."""
    out = Console(record=True, width=92, file=io.StringIO(), force_terminal=True, highlight=False, markup=False)

    def products(app: Any) -> None:
        with app.store.read() as db:
            rows = product_rows.product_rows(db, now=int(app.clock.now().timestamp()), limit=6)
        out.print("$ trendctl products --limit 6", style="bold")
        lines = [_line(row, NARROW) for row in rows]
        out.print(table(NARROW, lines, right=("id", "score"), stretch="title"))

    def card(shown: Any) -> None:
        out.print("\n$ trendctl review", style="bold")
        card_view.draw(out, shown, shown.case.now)

    with TemporaryDirectory() as folder:
        walk(lambda words: None, products, card, lambda done, of: None, home=make_throwaway(Path(folder)))
    TARGET.parent.mkdir(exist_ok=True)
    out.save_svg(str(TARGET), title="trendctl (simulated data)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
