"""`trendctl track`: how the listings do."""

from typing import TYPE_CHECKING

from trendctl.cli import base

if TYPE_CHECKING:
    from trendctl.posting.repricing import Proposal
    from trendctl.posting.stock import Lowered

app = base.single("Read how your listings do.")
_NOT_DONE = ("failed", "rejected", "unknown")


@app.command(epilog="Example: trendctl track --platform ebay")
def track(platform: base.Platform = None, as_json: base.Json = False) -> int:
    """Read views, clicks, orders, units, revenue, fees and returns of each listing and day; late data is read again.

    What sold on one platform is then taken off the others, where the approval allowed it: quantity only, downward
    only. Between two runs of this command the others still offer it: run it often (the daemon does).
    """
    from dataclasses import asdict

    from trendctl import flows
    from trendctl.errors import ExitCode

    run, screen = base.open_app(), base.screen(as_json)
    rows, lowered, proposed = flows.track(run, platform)
    screen.rows(
        {
            "accounts": [row.to_json() for row in rows], "lowered": [asdict(row) for row in lowered],
            "proposed": [asdict(one) for one in proposed],
        },
        ("platform", "account", "state", "listings", "days", "changed"),
        lambda: [[r.platform, r.account, r.state, r.listings, r.days, r.changed] for r in rows],
        empty="Nothing is listed that could be tracked. Next: trendctl listings",
        right=("listings", "days", "changed"),
    )  # fmt: skip
    for row in rows:
        for words in row.told:
            screen.say(f"{row.platform} ({row.account}): {words}")
    for line in (*map(_lowered, lowered), *map(_proposed, proposed)):
        screen.say(line)
    failed = any(row.state == "failed" for row in rows) or any(low.state in _NOT_DONE for low in lowered)
    return ExitCode.FAILED if failed else ExitCode.OK


def _lowered(one: "Lowered") -> str:
    words = "lowered" if one.state == "live" else f"not lowered ({one.state}): {one.cause}"
    return f"product {one.product_id} on {one.platform}: {one.quantity} left, {words}"


def _proposed(one: "Proposal") -> str:
    from trendctl.render import money

    new, old = money(one.new_minor, one.currency), money(one.old_minor, one.currency)
    what = f"product {one.product_id} on {one.platform}: {new} instead of {old} proposed ({one.why})."
    return f"{what} Next: trendctl review {one.product_id}"
