"""`trendctl approve ID --platform P`: the review's question for one draft."""

from dataclasses import replace
from typing import Annotated

import typer

from trendctl.cli import base
from trendctl.errors import Refused, UsageError

app = base.single("Approve one product for one platform (in a terminal only).")


@app.command(epilog="Example: trendctl approve 12 --platform ebay")
def approve(
    product: base.Product,
    platform: Annotated[str, typer.Option("--platform", help="The platform to approve for.", show_default=False)],
) -> int:
    """Show one draft and ask for two keys. There is no way to approve without a terminal."""
    from trendctl.approval import card, service
    from trendctl.approval.seat import TerminalSeat
    from trendctl.cli.asking import terminal

    run, screen = base.open_app(), base.screen()
    base.platform_name(platform)
    seat = TerminalSeat()
    seat.check(run.home.root, platform)
    product_id = run.product_id(product)
    run.redraft([product_id])
    with run.store.read() as db:
        shown = card.load(db, product_id, run.context, run.clock.now())
    mine = tuple(d for d in shown.drafts if d.platform == platform) if shown else ()
    if shown is None or not mine:
        raise UsageError(f"There is no draft of {product} for {platform}", next="trendctl platforms list")
    said = terminal(run, screen).confirm(replace(shown, drafts=mine))
    if said is None:
        raise Refused("Not approved", next=f"trendctl supply {product_id}, or trendctl review")
    service.approve(run.approving, seat, [(d.id, d.hash) for d in mine if d.id in said.draft_ids])
    screen.say(f"approved. Next: trendctl post {product_id} --dry-run")
    return 0
