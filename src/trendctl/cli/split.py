"""`trendctl split ID ITEM...`."""

from typing import Annotated

import typer

from trendctl import flows
from trendctl.cli import base

app = base.single("Say that items are not this product.")


@app.command(epilog="Example: trendctl split 12 slickdeals_rss:thread-1807")
def split(
    product: base.Product,
    items: Annotated[
        list[str], typer.Argument(metavar="ITEM...", help="SOURCE:ID, as `show` has them.", show_default=False)
    ],
) -> int:
    """Take items out of a product into one of their own; remembered."""
    run, screen = base.open_app(), base.screen()
    made = flows.split(run, run.product_id(product), items)
    screen.say(f"product {made} was made of {len(items)} items")
    return 0
