"""`trendctl reconcile`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl.cli import base
from trendctl.cli.post import show
from trendctl.errors import Refused, UsageError
from trendctl.ports import State

if TYPE_CHECKING:
    from trendctl.store.operations import OperationRow

app = base.single("Ask the platforms what became of unclear listings.")


@app.command(epilog="Example: trendctl reconcile 12 --is live --url https://www.ebay.com/itm/123")
def reconcile(
    product: Annotated[str | None, typer.Argument(metavar="[ID]", help="For your own word on an unknown one.")] = None,
    is_: Annotated[
        str | None, typer.Option("--is", help="What you saw there: live (or the change is there), or not-posted.")
    ] = None,
    url: Annotated[str, typer.Option(help="Where it is live (of a new listing).")] = "",
    platform: base.Platform = None,
    as_json: base.Json = False,
) -> int:
    """Read every unclear listing back; nothing is sent. After a restore: rebuild from the journal first."""
    from trendctl.posting import reconcile as posting

    run, screen = base.open_app(), base.screen(as_json)
    base.platform_name(platform)
    if is_ is not None:
        return _word(run, screen, product, is_, url, platform)
    rows, rebuilt = posting.reconcile(run.posting, platform)
    if rebuilt:
        screen.say(f"{rebuilt} entries were rebuilt from the journal; approvals not yet used are void")
    show(screen, rows)
    return 1 if any(row.state == State.UNKNOWN for row in rows) else 0


_BOTH = "trendctl reconcile ID --is live --url URL, or --is not-posted"
_THERE = {"end": "the listing is ended there", "reprice": "the new price is there", "revise": "the change is there"}


def _question(operation: "OperationRow", *, there: bool) -> str:
    """What would be recorded. `live` of a change means that the change is there: of an end, that it ended."""
    if operation.kind in _THERE:
        words = _THERE[operation.kind] if there else _THERE[operation.kind].replace(" is ", " is not ")
        return f"Record that on {operation.platform} {words}?"
    return f"Record {operation.platform} as {'live' if there else 'not posted'}?"


def _word(run: Any, screen: Any, product: str | None, is_: str, url: str, platform: str | None) -> int:
    """The person's own verdict: a terminal, two keys, a typed reason, audited."""
    from trendctl.approval.seat import TerminalSeat
    from trendctl.posting import reconcile as posting
    from trendctl.store import operations

    states = {"live": State.LIVE, "not-posted": State.FAILED}
    if is_ not in states or product is None:
        raise UsageError("Say which, and where", next=_BOTH)
    seat = TerminalSeat()
    seat.check(run.home.root, platform or "")
    product_id = run.product_id(product)
    with run.store.read() as db:
        mine = {r["id"] for r in operations.listings(db, product_id) if platform in (None, r["platform"])}
        unclear = [o for o in operations.open_operations(db) if o.listing_id in mine and o.state == State.UNKNOWN]
    stuck = [] if unclear or is_ == "live" else posting.stuck(run.posting, product_id, platform)
    found = unclear or stuck
    if len(found) != 1:
        raise UsageError(f"{len(found)} listings of product {product_id} are unknown", next="trendctl listings")
    if is_ == "live" and not url and found[0].kind in ("create", "relist"):
        raise UsageError("Say which, and where", next=_BOTH)
    reason = str(typer.prompt("What did you see on the platform?", default="", show_default=False, err=True)).strip()
    screen.say(f"{_question(found[0], there=is_ == 'live')} Type y, then Y")
    if (typer.getchar(), typer.getchar()) != ("y", "Y"):
        raise Refused("Not recorded", next="trendctl reconcile")
    if stuck:
        show(screen, [posting.gone(run.posting, stuck[0], reason, seat.name)])
        return 0
    show(screen, [posting.verdict(run.posting, found[0].id, states[is_], url, reason, seat.name)])
    return 0
