"""`trendctl products`: the hot list. Imports nothing heavy: it is typed all day."""

from collections import Counter
from typing import Annotated, Any, cast, get_args

import typer

from trendctl.app import App
from trendctl.cli import base
from trendctl.errors import UsageError
from trendctl.render import Screen

app = base.single("The products found, best score first.")
STATUS_HELP = (
    "discovered, pending_review, deferred, approved, submitting, accepted, live, unknown, rejected, failed or ended"
)
WIDE = 120  # characters from which all columns fit beside a title
NARROW = ("id", "score", "stage", "title", "price", "status")
COLUMNS = ("id", "score", "stage", "title", "price", "sources", "status", "seen")
STAGES = {
    "emerging": "green",
    "rising": "green",
    "peaking": "yellow",
    "fading": "red",
    "seasonal": "cyan",
    "steady": "dim",
}


@app.command(epilog="Example: trendctl products --stage rising --limit 20")
def products(
    status: Annotated[str | None, typer.Option(help=f"{STATUS_HELP}.")] = None,
    category: Annotated[str | None, typer.Option(help="Words of the category.")] = None,
    stage: Annotated[str | None, typer.Option(help="emerging, rising, peaking, fading, seasonal or steady.")] = None,
    sort: Annotated[str, typer.Option(help="score, newest or title.")] = "score",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most this many.")] = 50,
    as_json: base.Json = False,
) -> int:
    """The products found, best score first."""
    from trendctl.store import product_rows

    run, screen = base.open_app(), base.screen(as_json)
    if stage is not None and stage not in STAGES:
        raise UsageError(f"--stage cannot be {stage!r}", why=", ".join(STAGES), next="trendctl products --help")
    if sort not in get_args(product_rows.Sort):
        raise UsageError(f"--sort cannot be {sort!r}", why="score, newest or title", next="trendctl products --help")
    if status is not None and status not in product_rows.STATUSES:
        raise UsageError(f"--status cannot be {status!r}", why=STATUS_HELP, next="trendctl products --help")
    draw(screen, run, status=status, category=category, stage=stage, sort=cast(product_rows.Sort, sort), limit=limit)
    return 0


def draw(screen: Screen, run: App, **chosen: Any) -> None:
    """The rows that `product_rows` gives for what was chosen."""
    from trendctl.store import product_rows
    from trendctl.store.rows import epoch

    with run.store.read() as db:
        found = product_rows.product_rows(db, now=epoch(run.clock.now()), **chosen)
    columns = COLUMNS if screen.as_json or screen.console().width >= WIDE else NARROW
    none = "No products yet. Next: trendctl scan"
    if chosen.get("status") or chosen.get("category") or chosen.get("stage"):
        none = "No product matches. Next: trendctl products"
    screen.rows(
        found, columns, lambda: [_line(row, columns) for row in found], empty=none, right=("id", "score", "sources"),
        stretch="title", whole=("price",),
    )  # fmt: skip


def _line(row: dict[str, Any], columns: tuple[str, ...]) -> list[object]:
    from rich.text import Text

    stage, narrow = str(row["stage"] or ""), columns == NARROW
    cells: dict[str, object] = {
        "id": row["id"], "score": _score(row["score"]), "stage": Text(stage, style=STAGES.get(stage, "")),
        "title": row["title"], "price": (about if narrow else price)(row["price"]), "sources": row["sources"],
        "status": status_words(row, short=narrow), "seen": str(row["last_seen"])[:10],
    }  # fmt: skip
    return [cells[name] for name in columns]


def status_words(row: dict[str, Any], *, short: bool = False) -> str:
    """Where a product stands: its listings and approvals, else its own status. `short`: platforms in numbers."""
    states = {name: state for name, state in sorted(row["platforms"].items()) if state != "draft"}
    if not states:
        return "to review" if row["status"] == "pending_review" else str(row["status"])
    if short and len(states) > 1:
        return ", ".join(f"{number} {state}" for state, number in Counter(states.values()).items())
    return ", ".join(f"{name} {state}" for name, state in states.items())


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def about(found: dict[str, Any] | None) -> str:
    """The middle of a price range where room is short: `64 USD`; below 10 with its cents."""
    if not found or found.get("mid") is None:
        return "-"
    if found["mid"] >= 10:
        return f"{found['mid']:.0f} {found['currency']}"
    return price({**found, "low": found["mid"], "high": found["mid"]})


def price(found: dict[str, Any] | None) -> str:
    """A price range in a few characters: `19.99-24.99 USD`."""
    if not found or found.get("mid") is None:
        return "-"
    from trendctl.commerce.money import EXPONENTS

    digits = EXPONENTS.get(found["currency"], 2)
    low, high = f"{found['low']:.{digits}f}", f"{found['high']:.{digits}f}"
    return f"{low}-{high} {found['currency']}" if low != high else f"{low} {found['currency']}"
