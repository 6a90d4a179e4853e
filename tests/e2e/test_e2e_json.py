"""`--json`: one document on stdout and nothing else, in the shapes that design section 6 promises to scripts."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from e2e_kit import SIX, Patient, named, point_at, run, serve_fixtures

from loopback import Loopback
from selling import Shop
from trendctl.store.engine import Store

Capture = pytest.CaptureFixture[str]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SOURCE = [
    "name",
    "kind",
    "auth",
    "enabled",
    "terms",
    "commercial_use",
    "ai_ok",
    "retention_days",
    "may_create_product",
    "may_price",
    "rate",
    "daily_budget_usd",
    "last_ok",
    "last_outcome",
    "min_interval_minutes",
]
PRODUCT = [
    "id",
    "title",
    "brand",
    "category",
    "status",
    "stage",
    "score",
    "sources",
    "first_seen",
    "last_seen",
    "price",
    "platforms",
]
DRAFT = ["id", "platform", "account", "action", "hash", "state", "missing", "blocks", "expires_at", "intent"]
LISTING = ["product_id", "platform", "state", "sku", "external_id", "url", "cause"]


@pytest.fixture
def scanned(capsys: Capture, loopback: Loopback, monkeypatch: pytest.MonkeyPatch, store: Store) -> Any:
    """The document of a scan of the six."""
    serve_fixtures(loopback)
    point_at(monkeypatch, loopback, Patient())
    return run(capsys, "scan", "--json", *named()).json


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A home with one product that is approved."""
    shop = Shop(tmp_path)
    monkeypatch.setenv("TRENDCTL_HOME", str(shop.home.root))
    monkeypatch.setattr("trendctl.app.SystemClock", lambda stop: shop.clock)
    shop.approve(shop.stock())
    return shop


def test_scan(scanned: Any) -> None:
    assert list(scanned) == ["run_id", "started_at", "finished_at", "sources", "items", "products"]
    assert [s["name"] for s in scanned["sources"]] == sorted(SIX) or {s["name"] for s in scanned["sources"]} == set(SIX)
    assert all(
        list(s) == ["name", "outcome", "items", "new_items", "observations", "seconds", "cause"]
        for s in scanned["sources"]
    )
    assert list(scanned["items"]) == ["received", "stored", "duplicate", "rejected"]
    assert list(scanned["products"]) == ["new", "updated"]
    assert TIME.fullmatch(scanned["started_at"])
    received = scanned["items"]
    assert received["received"] == received["stored"] + received["duplicate"] + received["rejected"]


def test_sources_list(capsys: Capture, scanned: Any) -> None:
    rows = run(capsys, "sources", "list", "--json").json
    assert all(list(row) == SOURCE for row in rows)
    assert {row["auth"] for row in rows} <= {"none", "key", "oauth"}
    assert {row["terms"] for row in rows} <= {"official", "feed", "unofficial"}
    assert {row["commercial_use"] for row in rows} <= {"yes", "no", "ask"}
    assert {kind for row in rows for kind in row["kind"]} == {"discover", "measure"}
    done = {row["name"]: row for row in rows}["slickdeals_rss"]
    assert TIME.fullmatch(done["last_ok"])
    assert done["last_outcome"] == "ok"


def test_products_and_show(capsys: Capture, scanned: Any) -> None:
    rows = run(capsys, "products", "--json").json
    assert all(set(PRODUCT) <= set(row) for row in rows)
    assert all(list(row["price"]) == ["low", "mid", "high", "currency"] for row in rows)
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    shown = run(capsys, "show", str(rows[0]["id"]), "--json").json
    assert {*PRODUCT, "items", "analyses", "supply", "decisions", "listings", "drafts"} <= set(shown)
    assert all(list(draft) == DRAFT for draft in shown["drafts"])
    assert (shown["drafts"][0]["hash"], shown["drafts"][0]["state"]) == (None, "provisional")
    assert all(TIME.fullmatch(item["last_seen"]) for item in shown["items"])


def test_show_of_an_approved_product(capsys: Capture, shop: Shop) -> None:
    shown = run(capsys, "show", "1", "--json").json
    (draft,) = shown["drafts"]
    assert re.fullmatch("[0-9a-f]{64}", draft["hash"])
    assert draft["state"] == "approved"
    assert TIME.fullmatch(draft["expires_at"])
    assert draft["intent"]["price"] == {"minor": 2499, "currency": "USD"}
    assert shown["decisions"][0]["kind"] == "approve"
    assert run(capsys, "products", "--json").json[0]["platforms"] == {"local": "approved"}


def test_explain(capsys: Capture, scanned: Any) -> None:
    found = run(capsys, "explain", "1", "--json").json
    assert {"id", "score", "stage", "parts"} <= set(found)
    assert {"momentum", "breadth", "stage", "demand", "competition", "margin"} <= {p["name"] for p in found["parts"]}


def test_post_listings_and_reconcile(capsys: Capture, shop: Shop) -> None:
    (dry,) = run(capsys, "post", "--dry-run", "--json").json
    assert list(dry) == LISTING
    assert dry["state"] == "dry_run"
    (posted,) = run(capsys, "post", "--json").json
    assert list(posted) == LISTING
    assert posted["state"] == "live"
    (listed,) = run(capsys, "listings", "--json").json
    assert {k: listed[k] for k in LISTING} == posted | {"cause": listed["cause"]}
    assert all(list(row) == LISTING for row in run(capsys, "reconcile", "--json").json)
    assert run(capsys, "products", "--json").json[0]["platforms"] == {"local": "live"}


def test_backups(capsys: Capture, store: Store) -> None:
    made = run(capsys, "backup", "create", "--json").json
    assert list(made[0]) == ["id", "path", "bytes", "created_at", "verified_at", "reason"]
    assert run(capsys, "backup", "list", "--json").json == made
    assert TIME.fullmatch(made[0]["created_at"])


def test_audit_verify(capsys: Capture, shop: Shop) -> None:
    found = run(capsys, "audit", "verify", "--json").json
    assert list(found) == ["ok", "database_head", "journal_head", "differences"]
    assert found["database_head"] == found["journal_head"]
    assert found["database_head"]["seq"] > 0


def test_platforms_check(capsys: Capture, shop: Shop) -> None:
    rows = run(capsys, "platforms", "check", "--json").json
    assert rows
    assert all(list(row) == ["platform", "account", "check", "status", "detail", "next"] for row in rows)


def test_stats_and_health(capsys: Capture, shop: Shop) -> None:
    assert {"pipeline", "by_platform", "by_source"} <= set(run(capsys, "stats", "--json").json)
    found = run(capsys, "health", "--json").json
    assert {"status", "checks"} <= set(found)
    assert found["status"] in ("healthy", "degraded", "unhealthy")
    assert all({"name", "status", "detail", "checked_at"} <= set(check) for check in found["checks"])


READING = (
    "products", "show 1", "sources list", "sources show hackernews", "watch list", "image list 1", "platforms list",
    "platforms check", "review", "listings", "stats", "health", "incidents", "backup list", "config show",
    "secrets list", "audit list", "audit verify", "supply 1", "post --dry-run",
)  # fmt: skip


def test_every_reading_command_prints_one_document_and_changes_nothing(capsys: Capture, shop: Shop) -> None:
    before = _rows(shop.store)
    for args in READING:
        ran = run(capsys, *args.split(), "--json")
        assert ran.code in (0, 1), args
        json.loads(ran.out)
        assert ran.out.isascii(), args
        assert _rows(shop.store) == before, args


def _rows(store: Store) -> dict[str, int]:
    with store.read() as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


@pytest.mark.parametrize(
    ("args", "code"),
    [("show 99", "usage"), ("post --platform nowhere", "usage"), ("scan --source nowhere", "usage"),
     ("products --sort x", "usage"), ("backup verify 9", "usage")],
)  # fmt: skip
def test_a_failure_is_a_document_too(capsys: Capture, store: Store, args: str, code: str) -> None:
    ran = run(capsys, *args.split(), "--json")
    assert list(ran.json) == ["error"]
    assert list(ran.json["error"]) == ["code", "message", "next"]
    assert ran.json["error"]["code"] == code
    assert ran.code == 2
