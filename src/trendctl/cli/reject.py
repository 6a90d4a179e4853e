"""`trendctl reject ID --reason R`."""

from typing import Annotated

import typer

from trendctl.app import App
from trendctl.cli import base

app = base.single("Drop a product, with a reason.")


@app.command(epilog="Example: trendctl reject 12 --reason 'too fragile to ship'")
def reject(product: base.Product, reason: Annotated[str, typer.Option(help="Why not.", show_default=False)]) -> int:
    """Drop a product: it leaves the review and does not come back. Its live listings stay: `end` proposes their end."""
    from trendctl.approval import service

    run, screen = base.open_app(), base.screen()
    product_id = run.product_id(product)
    voided = service.reject(run.approving, product_id, reason)
    void = [f"{voided} {'approval' if voided == 1 else 'approvals'} to list it void"] if voided else []
    screen.say("; ".join(["rejected", *void, *_still_live(run, product_id)]))
    return 0


def _still_live(run: App, product_id: int) -> list[str]:
    """What goes on being sold, and how it is ended."""
    from trendctl.posting.proposing import live_platforms

    names = live_platforms(run.store, product_id)
    words = []
    for name in names:
        chosen = f"trendctl end {product_id}" + (f" --platform {name}" if len(names) > 1 else "")
        platform = run.platforms.get(name)
        how = chosen if platform is None or platform.facts.can_end else "on the platform's own page"
        words.append(f"its listing on {name} stays live. To end it: {how}")
    return words
