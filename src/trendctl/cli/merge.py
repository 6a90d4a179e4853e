"""`trendctl merge ID ID`."""

from typing import Annotated

import typer

from trendctl import flows
from trendctl.cli import base

app = base.single("Say that two products are the same thing.")


@app.command(epilog="Example: trendctl merge 12 15")
def merge(
    product: base.Product,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The product that stays.", show_default=False)],
) -> int:
    """Join two products; remembered, so that no later scan takes them apart."""
    run, screen = base.open_app(), base.screen()
    one, other = run.product_id(product), run.product_id(into)
    flows.merge(run, one, other)
    screen.say(f"product {one} is now part of {other}")
    return 0
