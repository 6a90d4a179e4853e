"""The sections of the report, each from plain values to markup."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trendctl.commerce.money import Money
from trendctl.report import charts
from trendctl.report.markup import DASH, number, share, table, tag, text
from trendctl.report.profit import Group
from trendctl.report.profit import profit as profit_of
from trendctl.report.sales import Sales

if TYPE_CHECKING:
    from trendctl.report.page import Trend

STAGES = ("emerging", "rising", "peaking", "fading", "seasonal", "steady")
KINDS = {
    "stage": "stage two weeks later", "forecast": "still rising two weeks later",
    "price": "price within its range", "score": "sells within 30 days",
}  # fmt: skip


def money(minor: float | int | None, currency: str | None) -> str:
    """An amount as markup; a loss is marked."""
    if minor is None or not currency:
        return DASH
    amount = f"{Money(int(minor), currency).decimal():,f}"
    shown = f"{text(currency)} {amount}"
    return tag("span", shown, class_="bad") if minor < 0 else shown


def tiles(counts: Mapping[str, int], sales: Sales) -> str:
    """The figures a reader wants first."""
    whole = sales.whole
    found = [
        ("live listings", number(counts.get("live")), ""),
        ("units sold", number(whole.sums["units"]), f"{number(whole.sums['views'])} views"),
        ("conversion", share(whole.conversion, 1), "orders a view, where both are told"),
    ]
    for code, purse in sorted(whole.purses.items()):
        found.append((f"revenue, {code}", _plain(purse.revenue, code), ""))
        found.append((f"profit, {code}", _plain(purse.profit, code), purse.note))
    cells = "".join(
        tag("div", f"<dt>{text(name)}</dt><dd>{value}{tag('small', text(more)) if more else ''}</dd>", class_="card")
        for name, value, more in found
    )
    return tag("dl", cells, class_="tiles")


def _plain(minor: int | None, currency: str) -> str:
    """An amount whose currency stands beside it already."""
    return DASH if minor is None else f"{Money(minor, currency).decimal():,f}"


def trend(one: "Trend") -> str:
    """A product's card: title, stage, score, curve, price."""
    row = one.row
    stage = row["stage"] if row["stage"] in STAGES else ""
    chip = tag("span", text(stage or "no stage"), class_=f"stage {stage}".strip())
    low, high = row["price_low"], row["price_high"]
    price = DASH if low is None else f"{money(low, row['currency'])} to {money(high, row['currency'])}"
    chart = charts.area(one.points, f"{one.metric} at {one.source}, {len(one.points)} points", falling=one.rank)
    told = ""
    if chart:
        days = f"{_day(one.points[0][0])} to {_day(one.points[-1][0])}"
        kind = "rank, best on top" if one.rank else one.metric
        told = tag("p", text(f"{kind} at {one.source}, {days}"), class_="soft")
    up = row["forecast_up"]
    chance = f" · {share(up)} still rising later" if isinstance(up, float | int) else ""
    score = tag("div", f"{number(row['score'])}{tag('small', 'score of 100')}", class_="score")
    return tag(
        "article",
        tag("div", f"<div>{tag('h3', text(row['title'], 90))}</div>{score}", class_="top")
        + tag("p", f"{chip}{text(row['sources'])} sources{chance}")
        + chart + told + tag("p", f"asked: {price}", class_="soft"),
        class_="card",
    )  # fmt: skip


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d %b %Y").lstrip("0")


def listings(sales: Sales, shown: int) -> str:
    """The listings that brought most, then the newest."""
    if not sales.rows:
        return tag("p", "Nothing is listed yet.", class_="soft")
    order = sorted(sales.rows, key=lambda r: -(r["revenue_minor"] or 0))[:shown]
    heads = [("product", ""), ("platform", ""), ("state", ""), ("price", "num"), ("left", "num"), ("views", "num"),
             ("units", "num"), ("revenue", "num"), ("profit", "num"), ("last 28 days", "")]  # fmt: skip
    rows = [_listing(row, sales) for row in order]
    many = f"{len(order)} of {len(sales.rows)} listings, most revenue first"
    return table(heads, rows, many)


def _listing(row: Mapping[str, Any], sales: Sales) -> list[str]:
    group = Group("", numbers=[row["number"]] if row["number"] is not None else [])
    left = profit_of(row)
    early = tag("small", "before returns") if left is not None and row["refunds_minor"] is None else ""
    return [
        text(row["title"], 70), text(row["platform"]), text(row["state"]),
        money(row["price_minor"], row["asked_currency"]), number(row["quantity"]), number(row["views"]),
        number(row["units"]), money(row["revenue_minor"], row["currency"]), money(left, row["currency"]) + early,
        _spark(group, sales),
    ]  # fmt: skip


def _spark(group: Group, sales: Sales) -> str:
    what, days = sales.spark(group)
    return charts.columns(days, f"{what} a day, the last {len(days)} days: {sum(days)} in all") or DASH


def profit(sales: Sales) -> str:
    """By platform, category and source."""
    if not sales.whole.purses:
        return tag("p", "No sales are known yet: `trendctl track` reads them.", class_="soft")
    return (
        _groups("platform", sales.platforms, sales, 20)
        + _groups("category", sales.categories, sales, 15)
        + _groups("source", sales.sources, sales, 15)
        + tag("p", "A product that several sources named counts for each of them.", class_="soft")
    )


def _groups(name: str, groups: list[Group], sales: Sales, shown: int) -> str:
    heads = [(name, ""), ("units", "num"), ("conversion", "num"), ("revenue", "num"), ("refunds", "num"),
             ("fees", "num"), ("landed cost", "num"), ("profit", "num"), ("last 28 days", "")]  # fmt: skip
    rows = [
        [
            text(group.key), number(group.sums["units"]), share(group.conversion, 1),
            *(_each(group, what) for what in ("revenue", "refunds", "fees", "cost", "profit")), _spark(group, sales),
        ]
        for group in groups[:shown] if group.purses
    ]  # fmt: skip
    return table(heads, rows, f"By {name}") if rows else ""


def _each(group: Group, what: str) -> str:
    """One line a currency; beside a profit for how much of the sales it is known."""
    pairs = [(currency, purse, getattr(purse, what)) for currency, purse in sorted(group.purses.items())]
    lines = [money(n, code) if n is not None else f"{text(code)} {DASH}" for code, _, n in pairs]
    notes = [f"{code} {purse.note}" for code, purse, _ in pairs if what == "profit" and purse.note]
    return tag("span", "<br>".join(lines) + "".join(tag("small", text(note)) for note in notes))


def predictions(found: Mapping[str, Any]) -> str:
    """Hit rates, calibration and what was learned of the sources."""
    if not found["kinds"]:
        return tag("p", "Nothing has been foretold yet.", class_="soft")
    heads = [("what was foretold", ""), ("made", "num"), ("open", "num"), ("settled", "num"), ("came true", "num")]
    rows = [
        [text(KINDS.get(k["kind"], k["kind"])), number(k["made"]), number(k["open"]), number(k["settled"]),
         share(k["hit_rate"])]
        for k in found["kinds"]
    ]  # fmt: skip
    left = table(heads, rows, "Every prediction is kept and compared with what happened") + _weights(found)
    bins = [(b["foretold"], b["happened"], b["n"]) for b in found["calibration"]]
    if not bins:
        return left
    words = "; ".join(f"of {n} foretold at {share(a)}, {share(b)} came true" for a, b, n in bins)
    brier = f"Brier score {found['brier']:.3f} (0 is perfect, 0.25 is a coin)."
    read = "Across: how likely it was said to be. Up: how often it came true. On the dashed line both agree."
    right = charts.calibration(bins, words) + tag("p", text(f"{read} {brier}"), class_="soft")
    return tag("div", f"<div>{left}</div>{tag('div', right, class_='card')}", class_="two")


def _weights(found: Mapping[str, Any]) -> str:
    rows = [
        [text(w["source"]), f"{w['weight']:.2f}", number(w["settled"]), share(w["hits"] / w["settled"])]
        for w in found["source_weights"] if w["settled"]
    ]  # fmt: skip
    heads = [("source", ""), ("weight", "num"), ("settled", "num"), ("came true", "num")]
    return table(heads, rows, "What a source's word counts, learned slowly, between 0.25 and 2") if rows else ""
