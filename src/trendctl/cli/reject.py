"""`trendctl reject ID --reason R`."""

from typing import Annotated

import typer

from trendctl.cli import base

app = base.single("Drop a product, with a reason.")


@app.command(epilog="Example: trendctl reject 12 --reason 'too fragile to ship'")
def reject(product: base.Product, reason: Annotated[str, typer.Option(help="Why not.", show_default=False)]) -> int:
    """Drop a product: it leaves the review and does not come back."""
    from trendctl.approval import service

    run, screen = base.open_app(), base.screen()
    service.reject(run.approving, run.product_id(product), reason)
    screen.say("rejected")
    return 0
