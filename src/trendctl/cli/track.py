"""`trendctl track`: how the listings do."""

from trendctl.cli import base

app = base.single("Read how your listings do.")


@app.command(epilog="Example: trendctl track --platform ebay")
def track(platform: base.Platform = None, as_json: base.Json = False) -> int:
    """Read views, clicks, orders, units, revenue, fees and returns of each listing and day; late data is read again.

    What sold on one platform is then taken off the others, where the approval allowed it: quantity only, downward
    only. Between two runs of this command the others still offer it: run it often (the daemon does).
    """
    from dataclasses import asdict

    from trendctl import flows
    from trendctl.errors import ExitCode
    from trendctl.render import money

    run, screen = base.open_app(), base.screen(as_json)
    rows, lowered, proposed = flows.track(run, platform)
    screen.rows(
        {
            "accounts": [row.to_json() for row in rows], "lowered": [row.to_json() for row in lowered],
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
    for low in lowered:
        words = "lowered" if low.state == "live" else f"not lowered ({low.state}): {low.cause}"
        screen.say(f"product {low.product_id} on {low.platform}: {low.quantity} left, {words}")
    for one in proposed:
        old, new = money(one.old_minor, one.currency), money(one.new_minor, one.currency)
        screen.say(
            f"product {one.product_id} on {one.platform}: {new} instead of {old} proposed ({one.why})."
            f" Next: trendctl review {one.product_id}"
        )
    failed = any(row.state == "failed" for row in rows) or any(low.state in ("failed", "rejected") for low in lowered)
    return ExitCode.FAILED if failed else ExitCode.OK
