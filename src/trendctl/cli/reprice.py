"""`trendctl reprice ID --price P`."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from trendctl import flows
from trendctl.cli import base
from trendctl.errors import UsageError
from trendctl.ports import Action

app = base.single("Propose a new price; review decides.")


@app.command(epilog="Example: trendctl reprice 12 --price 21.99")
def reprice(
    product: base.Product,
    price: Annotated[str, typer.Option(help="The new price, in the listing's currency.", show_default=False)],
    platform: base.Platform = None,
) -> int:
    """Make a draft with a new price for a live listing. Nothing changes before you approve it and post it."""
    from trendctl.commerce.money import Money

    run, screen = base.open_app(), base.screen()
    base.platform_name(platform)
    product_id = run.product_id(product)
    try:
        amount = Money.from_decimal(Decimal(price), run.settings.market.currency)
    except (ValueError, InvalidOperation) as fault:
        raise UsageError(
            f"price cannot be {price!r}",
            why="a number such as 21.99 is needed",
            next="trendctl reprice ID --price 21.99",
        ) from fault
    changes = {"price": {"minor": amount.minor, "currency": amount.currency}}
    flows.propose(run, product_id, platform, Action.REPRICE, changes)
    screen.say(f"proposed. Next: trendctl review {product_id}")
    return 0
