"""`trendctl end ID`."""

from trendctl import flows
from trendctl.cli import base
from trendctl.ports import Action

app = base.single("Propose to end a listing; review decides.")


@app.command(epilog="Example: trendctl end 12 --platform ebay")
def end(product: base.Product, platform: base.Platform = None) -> int:
    """Make a draft that ends a live listing. Nothing ends before you approve it in review and post it."""
    run, screen = base.open_app(), base.screen()
    base.platform_name(platform)
    product_id = run.product_id(product)
    flows.propose(run, product_id, platform, Action.END, {})
    screen.say(f"proposed. Next: trendctl review {product_id}")
    return 0
