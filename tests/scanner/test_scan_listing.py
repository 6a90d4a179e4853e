"""What `sources list` and `watch` read from the database."""

from collections.abc import Callable
from typing import Any

from scan_fakes import make_source

from trendctl.scanner.service import scan
from trendctl.scanner.values import ScanValues
from trendctl.settings import Settings
from trendctl.store import watches
from trendctl.store.engine import Store
from trendctl.store.sources import source_rows
from trendctl.store.writers import Role


def test_sources_have_the_documented_row_with_their_last_outcome(
    wire: Callable[..., Any], loopback: Any, store: Store, clock: Any
) -> None:
    loopback.add("/deals", [{"id": "1", "title": "Acme lamp"}])
    source = make_source("deals", retention_days=30, rate="slowly")
    scan(wire(source))
    clock.advance(3600)
    loopback.add("/deals", status=503)
    scan(wire(source))
    assert source_rows(store, [source.facts], {"deals": False}, {"deals": 90}) == [
        {
            "name": "deals", "kind": ["discover"], "auth": "none", "enabled": False, "terms": "official",
            "commercial_use": "ask", "ai_ok": False, "retention_days": 30, "may_create_product": True,
            "may_price": False, "rate": "slowly", "daily_budget_usd": None, "last_ok": "2026-06-01T12:00:00Z",
            "last_outcome": "unavailable", "min_interval_minutes": 90,
        }
    ]  # fmt: skip


def test_a_source_never_asked_has_no_outcome(store: Store) -> None:
    (row,) = source_rows(store, [make_source("new", enabled=True).facts], {}, {})
    assert (row["enabled"], row["last_ok"], row["last_outcome"], row["min_interval_minutes"]) == (True, None, None, 55)


def test_the_watch_list_holds_each_term_once(store: Store) -> None:
    with store.write(Role.SCANNER) as db:
        assert watches.add(db, "lamp", 5)
        assert not watches.add(db, "lamp", 6)
        assert [w.term for w in watches.listed(db)] == ["lamp"]
        assert watches.remove(db, "lamp")
        assert not watches.remove(db, "lamp")


def test_the_settings_become_the_scans_values() -> None:
    settings = Settings.model_validate(
        {
            "market": {"geo": "DE"},
            "scan": {"contact": "me@example.com", "candidates": 7},
            "niches": {"include": ["lamp"]},
            "sources": {"deals": {"enabled": False, "base_url": "http://127.0.0.1:1", "options": {"a": 1}}},
        }
    )
    values = ScanValues.of(settings)
    assert (values.geo, values.contact, values.candidates, values.include) == ("DE", "me@example.com", 7, ("lamp",))
    assert values.workers == settings.scan.workers
    deals = values.source("deals")
    assert (deals.enabled, deals.base_url, deals.options) == (False, "http://127.0.0.1:1", {"a": 1})
    assert values.source("other").enabled is None
