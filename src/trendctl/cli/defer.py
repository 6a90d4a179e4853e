"""`trendctl defer ID --days N`."""

from typing import Annotated

import typer

from trendctl.cli import base

app = base.single("Look at a product again in some days.")


@app.command(epilog="Example: trendctl defer 12 --days 7")
def defer(product: base.Product, days: Annotated[int, typer.Option(min=1, max=365, help="How long.")] = 7) -> int:
    """Take a product out of the review for some days."""
    from trendctl.approval import service

    run, screen = base.open_app(), base.screen()
    service.defer(run.approving, run.product_id(product), days)
    screen.say(f"deferred for {days} days")
    return 0
