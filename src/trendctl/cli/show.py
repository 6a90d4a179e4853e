"""`trendctl show ID`: all that is known of one product."""

from datetime import UTC, datetime
from typing import Any

from trendctl.cli import base
from trendctl.render import Screen, age, clean, money, sparkline

app = base.single("All that is known of one product.")


@app.command(epilog="Example: trendctl show 12")
def show(product: base.Product, as_json: base.Json = False) -> int:
    """All that is known of one product: items, series, analyses, supply, drafts, decisions, listings."""
    run, screen = base.open_app(), base.screen(as_json)
    document = _document(run, run.product_id(product))
    if as_json:
        screen.json(document)
    else:
        _draw(screen, document, run.clock.now().timestamp())
    return 0


def _document(run: Any, product_id: int) -> dict[str, Any]:
    from dataclasses import asdict

    from trendctl.approval import card
    from trendctl.store import analyses, decisions

    with run.store.read() as db:
        shown = card.load(db, product_id, run.context, run.clock.now())
        assert shown is not None  # product_id() found it a moment ago
        failed = analyses.failures(db, product_id)
        said = [_times(dict(row)) for row in decisions.of_product(db, product_id)]
        listings = card.listing_rows(db, product_id)
    case = shown.case
    return {
        **shown.row,
        "items": [asdict(item) for item in case.items],
        "series": [asdict(series) for series in case.series],
        "analyses": shown.analyses,
        "failed_analyses": failed,
        "supply": asdict(case.supply) if case.supply else None,
        "images": [asdict(image) for image in case.images],
        "decisions": said,
        "listings": listings,
        "drafts": [_draft(d) for d in shown.drafts],
    }


def _times(row: dict[str, Any]) -> dict[str, Any]:
    return {k: _time(v) if k in ("at", "expires_at") else v for k, v in row.items()}


def _time(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _draft(d: Any) -> dict[str, Any]:
    """Design section 6."""
    return {
        "id": d.id, "platform": d.platform, "account": d.account, "action": d.action, "hash": d.hash or None,
        "state": d.state, "missing": list(d.missing), "blocks": list(d.blocks), "expires_at": _time(d.expires_at),
        "intent": d.intent,
    }  # fmt: skip


def _draw(screen: Screen, doc: dict[str, Any], now: float) -> None:
    from trendctl.cli.products import price
    from trendctl.render import table

    out = screen.console()
    out.print(f"{doc['id']}  {clean(doc['title'])}", style="bold")
    score = "no score yet" if doc["score"] is None else f"score {doc['score']:.0f}, {doc['stage']}"
    out.print(f"{score} · {clean(doc['category']) or 'no category'} · {price(doc['price'])} · {doc['status']}")
    for series in doc["series"][:8]:
        out.print(
            f"{sparkline(series['values']):<24}  {clean(series['source'])} {clean(series['metric'])}", style="dim"
        )
    rows = [[i["source"], i["title"], age(now - i["last_seen"].timestamp()), i["url"]] for i in doc["items"][:20]]
    out.print(table(("source", "item", "age", "link"), rows))
    _supply(out, doc)
    drafts = [[d["platform"], d["state"], "; ".join([*d["missing"], *d["blocks"]]) or "-"] for d in doc["drafts"]]
    if drafts:
        out.print(table(("draft", "state", "missing or blocked"), drafts))
    listings = [[x["platform"], x["state"], x["sku"], x["url"] or x["cause"]] for x in doc["listings"]]
    if listings:
        out.print(table(("listing", "state", "sku", "where"), listings))
    screen.say(f"Next: trendctl explain {doc['id']}, or trendctl supply {doc['id']}, or trendctl review")


def _supply(out: Any, doc: dict[str, Any]) -> None:
    supply = doc["supply"]
    if supply is None:
        out.print("no supply told yet", style="dim")
        return
    cost = money(supply["cost_minor"], supply["currency"])
    facts = ", ".join(f"{clean(k)} {clean(v)}" for k, v in supply["facts"].items())
    out.print(f"supply: cost {cost}, {supply['stock'] or 0} in stock, {supply['condition'] or 'no condition'}; {facts}")
    out.print(f"images: {len(doc['images'])}")
