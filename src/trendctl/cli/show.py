"""`trendctl show ID`: all that is known of one product."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from trendctl.cli import base
from trendctl.render import Screen, age, clean, money, sparkline

app = base.single("All that is known of one product.")
ITEMS = 20  # rows of items; JSON has all


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
    from trendctl.approval import card
    from trendctl.store import analyses, decisions, supplies

    with run.store.read() as db:
        shown = card.load(db, product_id, run.context, run.clock.now())
        assert shown is not None  # product_id() found it a moment ago
        failed = analyses.failures(db, product_id)
        said = [_times(dict(row)) for row in decisions.of_product(db, product_id)]
        listings = card.listing_rows(db, product_id)
        told = supplies.row(db, product_id)
    case = shown.case
    return {
        **shown.row,
        "items": [asdict(item) for item in case.items],
        "series": [asdict(series) for series in case.series],
        "analyses": shown.analyses,
        "failed_analyses": failed,
        "supply": _supply_told(case.supply, told),
        "images": [asdict(image) for image in case.images],
        "decisions": said,
        "listings": listings,
        "drafts": [_draft(d) for d in shown.drafts],
    }


def _supply_told(view: Any, row: Any) -> dict[str, Any] | None:
    """The supply as drafts see it (`stock` is what is left), with the number that was told."""
    return None if view is None else {**asdict(view), "stock_told": row["stock_told"]}


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
    from trendctl.cli.products import price, status_words
    from trendctl.render import table

    out = screen.console()
    out.print(f"{doc['id']}  {clean(doc['title'])}", style="bold")
    score = "no score yet" if doc["score"] is None else f"score {doc['score']:.0f}, {doc['stage']}"
    status = status_words(doc) + (f", {doc['status']}" if doc["status"] in ("rejected", "deferred") else "")
    out.print(f"{score} · {clean(doc['category']) or 'no category'} · {price(doc['price'])} · {status}")
    for series in doc["series"][:8]:
        out.print(
            f"{sparkline(series['values']):<24}  {clean(series['source'])} {clean(series['metric'])}", style="dim"
        )
    _items(out, doc, now)
    _supply(out, doc)
    drafts = [
        [d["platform"], d["action"], d["state"], "; ".join([*d["missing"], *d["blocks"]]) or "-"] for d in doc["drafts"]
    ]
    if drafts:
        out.print(table(("draft", "action", "state", "missing or blocked"), drafts))
    listings = [[x["platform"], x["state"], x["sku"], x["url"] or x["cause"]] for x in doc["listings"]]
    if listings:
        out.print(table(("listing", "state", "sku", "where"), listings, whole=("listing", "state", "sku")))
    screen.say(f"Next: trendctl explain {doc['id']}, or trendctl supply {doc['id']}, or trendctl review")


def _items(out: Any, doc: dict[str, Any], now: float) -> None:
    """Newest first; what one source gave several times under one title is one row with its ages and newest link."""
    from rich.text import Text

    from trendctl.render import table

    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for item in sorted(doc["items"], key=lambda i: i["last_seen"], reverse=True):
        groups.setdefault((item["source"], item["title"]), []).append(item)
    rows = []
    for (source, title), items in list(groups.items())[:ITEMS]:
        ages = list(dict.fromkeys(age(now - i["last_seen"].timestamp()) for i in (items[0], items[-1])))
        words = Text(clean(title))
        if link := clean(next((i["url"] for i in items if i["url"]), "")):
            words.append(f"\n{link}", style="dim")
        rows.append([source + (f" x{len(items)}" if len(items) > 1 else ""), words, " to ".join(ages)])
    out.print(table(("source", "item", "age"), rows, whole=("source", "age")))
    rest = sum(len(items) for items in list(groups.values())[ITEMS:])
    if rest:
        out.print(f"and {rest} more: trendctl show {doc['id']} --json", style="dim")


def _supply(out: Any, doc: dict[str, Any]) -> None:
    supply = doc["supply"]
    if supply is None:
        out.print("no supply told yet", style="dim")
    else:
        facts = "; ".join(f"{clean(k)} {clean(v)}" for k, v in supply["facts"].items())
        out.print(f"supply: {supply_words(supply)}" + (f"; {facts}" if facts else ""))
    out.print(f"images: {len(doc['images'])}")


def supply_words(supply: dict[str, Any]) -> str:
    """What the seller told, in a line; what was not told is said to be so, and is no 0."""
    cost, price = (money(supply[f"{name}_minor"], supply["currency"]) for name in ("cost", "price"))
    words = [
        "cost not told" if supply["cost_minor"] is None else f"cost {cost}",
        _stock(supply["stock"], supply.get("stock_told")),
        clean(supply["condition"] or "condition not told"),
    ]
    return ", ".join(words if supply["price_minor"] is None else [*words, f"your price {price}"])


def _stock(left: int | None, told: int | None) -> str:
    if left is None:
        return "stock not told"
    return f"{left} in stock" if told in (None, left) else f"stock {told} told, {left} left"
