"""The whole job once, on simulated data, in a home this process makes: scan, judge, supply, decide, post, look."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from trendctl import flows
from trendctl.app import App
from trendctl.approval.card import ReviewCard
from trendctl.approval.seat import DemoSeat
from trendctl.demo.answers import SOURCES
from trendctl.demo.story import DAYS, MARK, RISING
from trendctl.demo.world import DemoClock, transport
from trendctl.errors import TrendctlError
from trendctl.home import Home
from trendctl.ports import Choice, Said

EVERY_HOURS = 6
CANDIDATES = 8  # of the best, looked at for one that can be approved
SUPPLY = {"cost": "8.40", "stock": "12", "condition": "new", "lead_days": "9", "outbound_shipping": "4.20"}
FACTS = {"material": "ABS and steel", "brightness": "400 lm", "power": "3 AA cells"}


@dataclass(frozen=True, slots=True)
class Walked:
    """What the demo did. `home` is a throwaway folder; `product` the one that was posted."""

    home: Path
    scans: int
    items: int
    products: int
    product: int
    listing: Mapping[str, Any]
    stats: Mapping[str, Any]


class Script:
    """Answers the real approval question: shows the card, then approves what may be approved, once."""

    def __init__(self, show: Callable[[ReviewCard], object], tell: Callable[[str], object]) -> None:
        self._show, self._tell = show, tell
        self._asked = False

    def choose(self, shown: ReviewCard) -> Said:
        """Approve, or skip what cannot be approved; asked a second time (the first was refused), quit."""
        if self._asked:
            return Said(Choice.QUIT)
        self._asked = True
        self._show(shown)
        ready = tuple(d.id for d in shown.drafts if d.approvable)
        self._tell("The demo answers the question itself: a, then y. You will be asked each time.")
        return Said(Choice.APPROVE, ready) if ready else Said(Choice.SKIP)

    def ask_supply(self, shown: ReviewCard) -> None:
        """Told before."""

    def tell(self, words: str) -> None:
        """What the review says."""
        self._tell(words)


def walk(
    tell: Callable[[str], object],
    show_products: Callable[[App], object],
    show_card: Callable[[ReviewCard], object],
    step: Callable[[int, int], object],
    *,
    home: Path,
    every_hours: int = EVERY_HOURS,
) -> Walked:
    """Run the demo in `home`, which this process made with `make_throwaway`; the caller deletes it.

    The callbacks draw, `step(done, all)` follows the scans. Raises TrendctlError if a stage fails.
    """
    start = (datetime.now(UTC) - timedelta(days=DAYS)).replace(minute=5, second=0, microsecond=0)
    clock = DemoClock(start)
    app = App(Home(home), _environ(), clock)
    app.init()
    tell(f"A throwaway home: {app.home.root}. All data below is {MARK}.")
    items, scans = _scan(app, clock, start, step, every_hours)
    tell(f"{scans} scans over {DAYS} {MARK} days, {items} items from {len(SOURCES)} sources")
    show_products(app)
    product = _chosen(app)
    _supply(app, product)
    if not flows.review(app, Script(show_card, tell), DemoSeat(), [product]).approved:
        raise TrendctlError("The demo could not approve its product", why="see what is missing or blocked above")
    posted = flows.post(app, [product], "local", dry_run=False)
    if not posted or posted[0].state != "live":
        raise TrendctlError("The demo's post did not go live", why=posted[0].cause if posted else "nothing was posted")
    return _walked(app, scans, items, product, posted[0].to_json())


def _environ() -> dict[str, str]:
    """The demo obeys no setting or credential of the user's."""
    return {"TRENDCTL_SCAN__CONTACT": "demo@example.org", "TRENDCTL_SCAN__CANDIDATES": "8"}


def _scan(
    app: App, clock: DemoClock, start: datetime, step: Callable[[int, int], object], every_hours: int
) -> tuple[int, int]:
    answers = transport(clock, start)
    total = DAYS * 24 // every_hours
    items = 0
    for number in range(1, total + 1):
        due = start + timedelta(hours=every_hours * number)
        clock.advance((due - clock.now()).total_seconds())
        last = number == total
        report = flows.scan(app, SOURCES, analysis=last, transport=answers, force=last)
        items += report.stored
        step(number, total)
    return items, total


def _chosen(app: App) -> int:
    """The best product that is the rising good of the story: the supply and the picture are made for it."""
    from trendctl.store import product_rows
    from trendctl.store.rows import epoch

    with app.store.read() as db:
        rows = product_rows.product_rows(db, now=epoch(app.clock.now()), limit=20)
    found = [row["id"] for row in rows if row["title"].startswith(RISING.title)]
    if not found:
        raise TrendctlError("The demo did not find its rising product", why=f"{len(rows)} others")
    return int(found[0])


def _supply(app: App, product: int) -> None:
    from trendctl.approval import images
    from trendctl.demo.drawing import draw

    picture = app.home.cache / "demo.png"
    draw(picture)
    flows.tell_supply(app, product, SUPPLY, FACTS)
    images.add(app.approving, app.home.images, product, picture, "own")
    flows.refresh(app, product)


def _walked(app: App, scans: int, items: int, product: int, listing: Mapping[str, Any]) -> Walked:
    from trendctl.store import counts
    from trendctl.store.rows import epoch

    with app.store.read() as db:
        stats = counts.pipeline(db, epoch(app.clock.now()))
    return Walked(app.home.root, scans, items, stats["pipeline"]["found"], product, listing, stats)
