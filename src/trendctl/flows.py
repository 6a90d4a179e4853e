"""What a command does where more than one stage takes part; cron and the daemon call the same functions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trendctl.app import VERSION, App
from trendctl.errors import UsageError
from trendctl.ports import Action, Json

if TYPE_CHECKING:
    import httpx

    from trendctl.analyzer.evaluate import Evaluation
    from trendctl.analyzer.modelled import Modelled
    from trendctl.analyzer.report import AnalyzeReport
    from trendctl.approval.review import Reviewed, Reviewer
    from trendctl.approval.seat import Seat
    from trendctl.http import Client
    from trendctl.ports import CheckResult
    from trendctl.posting.repricing import Proposal
    from trendctl.posting.service import Posted
    from trendctl.posting.stock import Lowered
    from trendctl.posting.tracking import Tracked
    from trendctl.scanner.report import ScanReport
    from trendctl.scanner.values import Progress, Scanning

URL = "https://github.com/trendctl/trendctl"


# ---------------------------------------------------------------- scan, analyse, draft


@contextmanager
def scanning(
    app: App, *, record: Path | None = None, transport: "httpx.BaseTransport | None" = None
) -> "Iterator[Scanning]":
    """The scanner's wiring; connections and the recording are closed at the end."""
    from trendctl import config, registry
    from trendctl.scanner import har
    from trendctl.scanner.values import Scanning, ScanValues

    sources = registry.load_all("sources", lambda name, cause: _warn(app, name, cause))
    config.check_names(app.settings, "sources", [s.facts.name for s in sources])
    with ExitStack() as open_things:
        recorder = open_things.enter_context(har.Recorder(record, VERSION, app.secrets.redact)) if record else None
        client = _client(app, transport, recorder)
        open_things.callback(client.close)
        values = ScanValues.of(app.settings)
        yield Scanning(app.store, client, app.clock, sources, values, app.secrets, lambda name: overlay(app, name))


def _client(app: App, transport: "httpx.BaseTransport | None", recorder: Any) -> "Client":
    from trendctl.http import Client
    from trendctl.store.http_state import StoredHttpState

    return Client(
        StoredHttpState(app.store, app.clock), app.clock, app.home.cache, user_agent=f"trendctl/{VERSION}",
        transport=transport, recorder=recorder, stop=app.stop,
    )  # fmt: skip


def http_client(app: App) -> "Client":
    """The HTTP client outside a scan; the caller closes it."""
    return _client(app, None, None)


def _warn(app: App, name: str, cause: str) -> None:
    from trendctl import log

    log.event("broken leaf", stage="scan", leaf=name, cause=cause)


def overlay(app: App, name: str) -> Mapping[str, str]:
    """A source's overridden field paths: overlays/NAME.json, an object of texts. None: nothing is overridden."""
    import json

    try:
        found = json.loads((app.home.overlays / f"{name}.json").read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as fault:
        raise UsageError(f"The overlay of {name} cannot be read", why=str(fault), next="fix or delete it") from fault
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise UsageError(f"The overlay of {name} is no object of texts", next="fix or delete it")
    return found


def scan(
    app: App,
    wanted: Sequence[str] | None = None,
    *,
    force: bool = False,
    analysis: bool = True,
    dry_run: bool = False,
    record: Path | None = None,
    transport: "httpx.BaseTransport | None" = None,
    progress: "Progress | None" = None,
) -> "ScanReport":
    """Scan, then analyse and draft what the scan touched, so that `review` has something to show."""
    from trendctl import log
    from trendctl.scanner.service import scan as run_scan

    with scanning(app, record=record, transport=transport) as wiring:
        report = run_scan(wiring, wanted, force=force, dry_run=dry_run, progress=progress)
    for line in report.sources:
        log.event(
            "source", run=report.run_id, stage="scan", leaf=line.name, cause=line.cause,
            outcome=str(line.outcome), items=line.items,
        )  # fmt: skip
    if analysis and not dry_run:
        analyze(app)
    return report


def analyze(app: App, product_ids: Sequence[int] | None = None, *, force: bool = False) -> "tuple[AnalyzeReport, int]":
    """Analyse (what changed, or the named products), then bring drafts up to date; the report and changed drafts."""
    report = _analysis(app, product_ids, force=force)
    return report, app.redraft(product_ids if product_ids is not None else worthy(app))


def worthy(app: App) -> list[int]:
    """The products worth a review: the best by score, above the least score, not rejected; and those in work."""
    from trendctl.store import reviews

    with app.store.read() as db:
        return reviews.worthy(db, app.settings.review.minimum_score, app.settings.review.queue_limit)


# ---------------------------------------------------------------- what the person tells


def tell_supply(app: App, product_id: int, told: Mapping[str, str], facts: Mapping[str, str]) -> None:
    """Store supply, then analyse and redraft the product."""
    from trendctl.approval import supply

    supply.tell(app.approving, product_id, told, facts, app.settings.market.currency)
    refresh(app, product_id)


def refresh(app: App, product_id: int) -> None:
    """Analyse one product anew and rebuild its drafts, though it is open in review."""
    analyze_one(app, product_id)
    app.redraft([product_id], forced=True)


def analyze_one(app: App, product_id: int) -> None:
    """All analysts on one product."""
    _analysis(app, [product_id])


def _analysis(app: App, product_ids: Sequence[int] | None, *, force: bool = False) -> "AnalyzeReport":
    from trendctl.analyzer.service import Market
    from trendctl.analyzer.service import analyze as run_analysis
    from trendctl.store import ledger
    from trendctl.store.rows import epoch

    review, market, began = app.settings.review, app.settings.market, epoch(app.clock.now())
    with app.store.read() as db:
        weights = ledger.weights(db)
    with language_model(app, fresh=force) as answerer:
        report = run_analysis(
            app.store, clock=app.clock, market=Market(market.geo, market.currency), platforms=tuple(app.accounts),
            minimum_margin=review.minimum_margin, product_ids=product_ids, force=force,
            minimum_score=review.minimum_score, limit=review.queue_limit, answerer=answerer, source_weights=weights,
        )  # fmt: skip
        report.model = answerer.model.tally if answerer is not None else None
    ledger.record(app.store, began, epoch(app.clock.now()))
    return report


def evaluate(app: App, progress: "Callable[[int], None] | None" = None) -> "Evaluation":
    """How good the agents are on the golden products, with the language model of the settings or offline."""
    from trendctl import registry
    from trendctl.analyzer.evaluate import evaluate as judge

    with language_model(app) as answerer:
        return judge(registry.load_all("agents"), answerer, progress)


@contextmanager
def language_model(app: App, *, fresh: bool = False) -> "Iterator[Modelled | None]":
    """The agents with the language model of the settings; None: they are offline. Its line is closed at the end."""
    if app.settings.llm.provider == "offline":
        yield None
        return
    from trendctl.analyzer.setup import modelled

    found = modelled(app.settings.llm, app.secrets, app.store, app.clock, fresh=fresh)
    try:
        yield found
    finally:
        if found is not None:
            found.model.close()


def review(app: App, reviewer: "Reviewer", seat: "Seat", product_ids: Sequence[int] | None = None) -> "Reviewed":
    """Go through the queue with whoever answers."""
    from trendctl.approval.review import Room, run

    room = Room(app.approving, seat, app.context, lambda product_id: refresh(app, product_id))
    return run(room, reviewer, product_ids)


def undo_last(app: App, seat: "Seat") -> int:
    """Take back the approvals given last, where nothing used them; how many."""
    from trendctl.approval import service
    from trendctl.store import decisions

    with app.store.read() as db:
        found = decisions.last_undoable(db, 0)
    return service.take_back(app.approving, seat, found, "undone by hand") if found else 0


# ---------------------------------------------------------------- selling


def post(app: App, product_ids: Sequence[int], platform: str | None, *, dry_run: bool) -> "list[Posted]":
    """Send what was approved. Approvals that no longer stand (drift) are voided and drafted anew for review."""
    from trendctl.approval import service as approval
    from trendctl.posting import service
    from trendctl.store import decisions

    rows = service.post(app.posting, product_ids, platform, dry_run=dry_run)
    drifted = {row.drifted for row in rows if row.drifted}
    if drifted and not dry_run:
        with app.store.read() as db:
            stale = [a for a in decisions.unused(db) if a.decision_id in drifted]
        approval.void(app.approving, stale, "what it rests on changed")
        for product_id in {a.product_id for a in stale}:
            refresh(app, product_id)
    return rows


def track(app: App, platform: str | None = None) -> "tuple[list[Tracked], list[Lowered], list[Proposal]]":
    """Read how the listings do; lower what offers more than is left (where approved), draft better prices, settle
    predictions. No price changes before a person approves it."""
    from trendctl.posting import repricing, stock, tracking
    from trendctl.store import ledger
    from trendctl.store.rows import epoch

    rows = tracking.track(app.posting, platform)
    lowered = stock.lower(app.posting)
    ledger.settle(app.store, epoch(app.clock.now()))
    # While a restore waits for `reconcile`, drafts stay as they were.
    proposed = [] if app.journal.is_ahead(app.store) else repricing.propose_prices(app.drafting)
    app.enqueue([one.product_id for one in proposed])
    return rows, lowered, proposed


def propose(app: App, product_id: int, platform: str | None, action: Action, changes: dict[str, Json]) -> str:
    """A draft that ends or reprices a live listing; its platform. Raises UsageError when it is not clear which."""
    from trendctl.posting.proposing import live_platforms
    from trendctl.posting.proposing import propose as make

    found = live_platforms(app.store, product_id)
    if not found:
        raise UsageError(f"Product {product_id} has no live listing", next="trendctl listings")
    if platform is None:
        if len(found) > 1:
            why = f"product {product_id} is live: {', '.join(found)}"
            raise UsageError("Which listing?", why=why, next="name it with --platform")
        platform = found[0]
    make(app.drafting, product_id, platform, action, changes)
    app.enqueue([product_id])
    return platform


# ---------------------------------------------------------------- products


def merge(app: App, product_id: int, into: int) -> None:
    """Join two products and judge the result anew."""
    from trendctl.scanner.products import merge as join

    join(app.store, product_id, into, app.clock.now())
    refresh(app, into)


def split(app: App, product_id: int, words: Sequence[str]) -> int:
    """Part items (SOURCE:ID) from a product; the new product."""
    from trendctl.scanner.products import split as part
    from trendctl.scanner.values import new_uid
    from trendctl.store import products

    with app.store.read() as db:
        own = {f"{row[1]}:{row[2]}": row[0] for row in products.items_of(db, product_id)}
    unknown = [word for word in words if word not in own]
    if unknown:
        raise UsageError(f"{unknown[0]} is no item of product {product_id}", next=f"trendctl show {product_id}")
    made = part(app.store, product_id, [own[word] for word in words], app.clock.now(), new_uid)
    for number in (product_id, made):
        refresh(app, number)
    return made


# ---------------------------------------------------------------- sources


def ask_source(app: App, name: str, *, record: Path | None = None) -> tuple[str, list[dict[str, Json]], str]:
    """One run of one source without storing anything: outcome, records as plain values, cause."""
    from dataclasses import asdict

    from trendctl import registry
    from trendctl.scanner.once import ask_once

    registry.load("sources", name)
    with scanning(app, record=record) as wiring:
        result = ask_once(wiring, name)
    return str(result.outcome), [asdict(r) for r in result.records], result.cause


# ---------------------------------------------------------------- health


def health(app: App, max_age_minutes: int | None = None) -> "tuple[str, list[CheckResult]]":
    """Run every health check, changing nothing; the whole: healthy, degraded (a warning) or unhealthy (a failure)."""
    from trendctl.daemon_health import probe_of
    from trendctl.selfheal.health import run_checks, whole

    checks = run_checks(probe_of(app, max_age_minutes))
    return whole(checks), checks
