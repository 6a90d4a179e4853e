"""`trendctl stats`: the pipeline and the sales in numbers."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl.cli import base

if TYPE_CHECKING:
    from trendctl.app import App
    from trendctl.render import Screen
    from trendctl.report.profit import Group
    from trendctl.report.sales import Sales

app = base.single("How it sells, in numbers.")
SHOWN = 20  # lines of a table; JSON has more
PRODUCTS = 100


@app.command(epilog="Example: trendctl stats --json")
def stats(
    costs: Annotated[bool, typer.Option("--costs", help="What the language models cost.")] = False,
    predictions: Annotated[bool, typer.Option("--predictions", help="What was foretold and what came true.")] = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Which figures the platforms give.")] = False,
    reset_weights: Annotated[
        bool, typer.Option("--reset-weights", help="Forget what was learned of the sources.")
    ] = False,
    as_json: base.Json = False,
) -> int:
    """Products found, awaiting review, approved, live and ended; views, conversion, revenue and profit.

    By platform, product, source and category. n/a: a platform does not give the figure; it is never counted as 0.
    """
    run, screen = base.open_app(), base.screen(as_json)
    if reset_weights:
        from trendctl.store import ledger

        screen.say(f"{ledger.reset(run.store)} learned weights forgotten: every source counts as 1 again.")
    if predictions or reset_weights:
        return _predictions(run, screen)
    if metrics:
        return _metrics(run, screen)
    return _costs(run, screen) if costs else _sales(run, screen)


def _sales(run: "App", screen: "Screen") -> int:
    from trendctl.report.sales import gather
    from trendctl.store import counts
    from trendctl.store.rows import epoch

    now = epoch(run.clock.now())
    with run.store.read() as db:
        pipeline, sales = counts.pipeline(db, now), gather(db, now)
    if screen.as_json:
        screen.json(_document(pipeline, sales))
        return 0
    for title, rows in pipeline.items():
        columns = tuple(rows[0]) if isinstance(rows, list) and rows else ("what", "number")
        lines = [list(r.values()) for r in rows] if isinstance(rows, list) else [[k, v] for k, v in rows.items()]
        if lines:
            screen.say(title.replace("_", " "))
            screen.rows(rows, columns, lambda lines=lines: lines, right=columns[1:])  # type: ignore[misc]  # bound now
    for title, groups in (
        ("platform", sales.platforms), ("product", sales.products), ("source", sales.sources),
        ("category", sales.categories),
    ):  # fmt: skip
        _table(screen, title, [g for g in groups if g.numbers], sales)
    if not sales.whole.numbers:
        screen.say(_no_sales({row["platform"] for row in pipeline["by_platform"]}))
    return 0


def _no_sales(listed: set[str]) -> str:
    """The step that can bring sales: none is read of packs in the outbox alone."""
    if not listed:
        return "No sales are known yet: nothing is listed. Next: trendctl review, then trendctl post"
    if listed == {"local"}:
        return "No sales are known: `local` reports none. Next: trendctl platforms list"
    return "No sales are known yet. Next: trendctl track"


def _document(pipeline: dict[str, Any], sales: "Sales") -> dict[str, Any]:
    """The keys of design section 6 first; by_platform and by_source keep their counts and gain the sales."""
    from trendctl.report.sales import as_json

    def beside(rows: list[dict[str, Any]], groups: "list[Group]", name: str) -> list[dict[str, Any]]:
        found = {g.key: as_json(g, name, sales) for g in groups}
        return [{**found.get(row[name], {}), **row} for row in rows]

    products = [as_json(g, "product_id", sales) for g in sales.products[:PRODUCTS]]
    return {
        "pipeline": pipeline["pipeline"],
        "by_platform": beside(pipeline["by_platform"], sales.platforms, "platform"),
        "by_source": beside(pipeline["by_source"], sales.sources, "source"),
        "by_product": [{**p, "title": sales.titles[p["product_id"]]} for p in products],
        "by_category": [as_json(g, "category", sales) for g in sales.categories],
        "total": as_json(sales.whole, "key", sales),
    }


def _table(screen: "Screen", title: str, groups: "list[Group]", sales: "Sales") -> None:
    if not groups:
        return
    from trendctl.render import money, sparkline, table

    lines: list[list[object]] = []
    for group in groups[:SHOWN]:
        name = sales.titles.get(group.key, "") if title == "product" else group.key
        rate = group.conversion
        seen = [_told(group.sums[n]) for n in ("views", "units")]
        spark = sparkline([float(v) for v in sales.spark(group)[1]], 14)
        rest = ["n/a" if rate is None else f"{rate:.1%}", spark]
        for purse in group.purses.values():
            known = "" if purse.known == purse.of else f"{purse.known} of {purse.of}"
            left = ["n/a" if n is None else money(n, purse.currency) for n in (purse.revenue, purse.profit)]
            lines.append([name, *seen, *rest, *left, known])
        if not group.purses:
            lines.append([name, *seen, *rest, "n/a", "n/a", ""])
    screen.say(f"by {title}" + (f" (the first {SHOWN} of {len(groups)})" if len(groups) > SHOWN else ""))
    columns = (title, "views", "units", "conversion", "28 days", "revenue", "profit", "known")
    screen.draw(table(columns, lines, right=(*columns[1:4], *columns[5:7])))


def _told(value: int | None) -> str:
    return "n/a" if value is None else str(value)


def _rounded(value: object) -> object:
    return "n/a" if value is None else f"{value:.3f}" if isinstance(value, float) else value


def _predictions(run: "App", screen: "Screen") -> int:
    from trendctl.render import table
    from trendctl.store import ledger

    with run.store.read() as db:
        found = ledger.summary(db)
    if screen.as_json:
        screen.json(found)
        return 0
    for name in ("kinds", "calibration", "source_weights"):
        if found[name]:
            lines = [[_rounded(value) for value in row.values()] for row in found[name]]
            columns = tuple(found[name][0])
            screen.say(name.replace("_", " "))
            screen.draw(table(columns, lines, right=columns[1:]))
    if found["brier"] is not None:
        screen.say(f"Brier score of the forecasts: {found['brier']:.3f} (0 is perfect, 0.25 is a coin)")
    if not found["kinds"]:
        screen.say("Nothing has been foretold yet. Next: trendctl analyze")
    return 0


def _metrics(run: "App", screen: "Screen") -> int:
    from datetime import UTC, datetime, timedelta

    from trendctl.store import metrics

    with run.store.read() as db:
        rows = [dict(r) for r in metrics.coverage(db)]
        notes = [dict(r) for r in metrics.notes(db)]
    for row in rows:
        last, read = row["last_day"], datetime.fromtimestamp(row["fetched_at"], UTC)
        row["last_day"] = (
            None if last is None else str((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=last)).date())
        )
        row["fetched_at"] = read.strftime("%Y-%m-%dT%H:%M:%SZ")
    if screen.as_json:
        screen.json({"platforms": rows, "notes": notes})
        return 0
    heads = {"last_day": "last day", "fetched_at": "read", "revenue_minor": "revenue", "fees_minor": "fees"}
    columns = tuple(heads.get(name, name) for name in rows[0]) if rows else ()
    screen.rows(
        rows, columns, lambda: [["n/a" if v in (None, 0) else str(v)[:10] for v in r.values()] for r in rows],
        empty="Nothing is tracked yet. Next: trendctl track", right=columns[1:],
    )  # fmt: skip
    if rows:
        screen.say("The figures count listings for which the platform gives them.")
    for note in notes:
        screen.say(f"{note['platform']} ({note['account']}): {note['cause']}")
    return 0


def _costs(run: "App", screen: "Screen") -> int:
    from trendctl.store import counts

    with run.store.read() as db:
        found = [{**row, "usd": f"{row.pop('micro_usd') / 1e6:.4f}"} for row in counts.model_costs(db)]
    columns = tuple(found[0]) if found else ()
    screen.rows(
        found, columns, lambda: [["n/a" if v is None else v for v in r.values()] for r in found],
        empty="No model has cost anything.", right=columns[2:],
    )  # fmt: skip
    return 0
