"""`trendctl listings`."""

from trendctl.cli import base
from trendctl.cli.post import show

app = base.single("Your listings and their state.")


@app.command(epilog="Example: trendctl listings --platform ebay")
def listings(platform: base.Platform = None, as_json: base.Json = False) -> int:
    """Your listings and their state, newest first."""
    from trendctl.posting.service import Posted
    from trendctl.store import operations

    run, screen = base.open_app(), base.screen(as_json)
    base.platform_name(platform)
    with run.store.read() as db:
        found = [r for r in operations.listings(db) if platform in (None, r["platform"])]
        blocked = operations.blocked(db)
    rows = [
        Posted(r["product_id"], r["platform"], r["state"], r["sku"], r["external_id"], r["url"], r["cause"], r["title"])
        for r in found
    ]
    show(screen, rows)
    for (name, account), why in blocked.items():
        screen.say(f"{name} ({account}) may not post until reconciled: {why}. Next: trendctl reconcile")
    return 0
