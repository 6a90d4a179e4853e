"""The very first scan on a new machine: what is measured gives the score a history."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from scan_fakes import make_source

from loopback import Loopback, Seen
from trendctl import registry
from trendctl.analyzer.service import Market, analyze
from trendctl.ports import Outcome
from trendctl.scanner.service import scan

DAYS = 60


def history(loopback: Loopback, clock: Any) -> None:
    """Views and stories that have doubled in the last days."""
    today = clock.now().replace(hour=0, minute=0)
    days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
    rising = [100 + n % 7 + (40 * (n - 50) if n > 50 else 0) for n in range(DAYS)]
    views = [{"timestamp": f"{day:%Y%m%d}00", "views": value} for day, value in zip(days, rising, strict=True)]
    loopback.add(
        "/w/rest.php/v1/search/page", {"pages": [{"key": "Folding_camp_lantern", "title": "Folding camp lantern"}]}
    )
    loopback.add(re.compile("/per-article/"), {"items": views})

    def stories(seen: Seen) -> dict[str, Any]:
        if "query" not in seen.query:
            return {"hits": []}
        hits = [
            {"created_at_i": int(day.timestamp()) + 60 * n} for day, v in zip(days, rising, strict=True)
            for n in range(v // 50)
        ]  # fmt: skip
        return {"hits": hits, "nbHits": len(hits)}

    loopback.add(re.compile("/api/v1/search"), stories)


def test_the_first_scan_gives_a_score_with_history(
    wire: Callable[..., Any], loopback: Any, clock: Any, rows: Callable[..., Any], store: Any
) -> None:
    loopback.add("/deals", [{"id": "1", "title": "Folding camp lantern $19.99"}])
    history(loopback, clock)
    wikipedia, hackernews = registry.load("sources", "wikipedia_pageviews"), registry.load("sources", "hackernews")
    loopback.add(re.compile("/pageviews/top/"), {"items": []})
    report = scan(wire(make_source("deals"), wikipedia, hackernews, contact="me@mail.example"))
    measured = {line.name: (line.outcome, line.observations) for line in report.sources}
    assert measured["hackernews"][0] == Outcome.EMPTY  # its front page; the term was measured all the same
    assert measured["hackernews"][1] >= DAYS
    assert rows("SELECT count(DISTINCT o.at) FROM observation o JOIN item i ON i.id = o.item_id "
                "WHERE i.external_id = 'q:folding camp lantern|US' AND i.product_id = 1") == [(90,)]  # fmt: skip
    analyze(store, clock=clock, market=Market("US", "USD"), platforms=("local",), minimum_margin="0.15")
    ((score, stage, inputs),) = rows("SELECT score, stage, inputs FROM score")
    signals = {signal["source"]: signal for signal in json.loads(inputs)["signals"]}
    assert {"hackernews", "wikipedia_pageviews"} <= set(signals)
    assert stage in ("emerging", "rising", "peaking")
    assert score > 0
