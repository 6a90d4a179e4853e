"""The rows of `products --json`: shape, order, filters, statuses derived from other tables."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from analyzer_world import DAY, STAMP, add_product

from trendctl.store import product_rows as rows
from trendctl.store.analyses import ScoreRow, save_scores
from trendctl.store.engine import Store
from trendctl.store.writers import Role


def give_score(store: Store, product: int, score: float, stage: str = "rising", **columns: Any) -> None:
    told = {"price_low": None, "price_mid": None, "price_high": None, "currency": None} | columns
    with store.write(Role.ANALYZER) as db:
        save_scores(db, [ScoreRow(product, score, stage, "[]", "{}", 2, computed_at=STAMP, **told)])


def set_review(store: Store, product: int, status: str, until: int | None = None) -> None:
    with store.write(Role.APPROVAL) as db:
        db.execute("INSERT INTO review (product_id, status, until, at) VALUES (?, ?, ?, 1)", (product, status, until))


def make_draft(store: Store, product: int, platform: str, draft_id: str, *, frozen: bool = True) -> None:
    intent = b'{"sku":"S"}' if frozen else None
    digest = hashlib.sha256(intent).hexdigest() if intent else None
    with store.write(Role.POSTING) as db:
        db.execute(
            "INSERT INTO draft (id, product_id, platform, account, action, intent, hash, created_at)"
            " VALUES (?, ?, ?, 'default', 'create', ?, ?, 1)", (draft_id, product, platform, intent, digest),
        )  # fmt: skip


def approve(store: Store, draft_id: str, expires_at: int = STAMP + DAY) -> None:
    with store.write(Role.APPROVAL) as db:
        digest = db.execute("SELECT hash FROM draft WHERE id = ?", (draft_id,)).fetchone()[0]
        db.execute(
            "INSERT INTO decision (id, draft_id, hash, kind, seat, at, expires_at)"
            " VALUES (?, ?, ?, 'approve', 's', ?, ?)",
            (f"d-{draft_id}", draft_id, digest, 1, expires_at),
        )


def post(store: Store, product: int, platform: str, draft_id: str, state: str) -> None:
    with store.write(Role.POSTING) as db:
        digest = db.execute("SELECT hash FROM draft WHERE id = ?", (draft_id,)).fetchone()[0]
        db.execute(
            "INSERT INTO operation (id, kind, decision_id, listing_id, platform, account, hash, state, created_at,"
            " updated_at) VALUES (?, 'create', ?, ?, ?, 'default', ?, 'submitting', 2, 2)",
            (f"o-{draft_id}", f"d-{draft_id}", f"l-{draft_id}", platform, digest),
        )
        db.execute(
            "INSERT INTO listing (id, product_id, platform, account, sku, decision_id, state, created_at, updated_at)"
            " VALUES (?, ?, ?, 'default', 'S', ?, ?, 2, 2)",
            (f"l-{draft_id}", product, platform, f"d-{draft_id}", state),
        )


@pytest.fixture
def listed(store: Store) -> Callable[..., list[dict[str, Any]]]:
    def ask(**wanted: Any) -> list[dict[str, Any]]:
        with store.read() as db:
            return rows.product_rows(db, now=STAMP, **wanted)

    return ask


Listed = Callable[..., list[dict[str, Any]]]


def test_a_row_has_the_documented_shape(store: Store, listed: Listed) -> None:
    product = add_product(store, "Kettle", uid="u1", brand="Acme", category="Home & Garden", at=STAMP)
    give_score(store, product, 71.5, price_low=1000, price_mid=1999, price_high=3000, currency="USD")

    assert listed() == [
        {
            "id": product, "uid": "u1",
            "title": "Kettle", "brand": "Acme", "category": "Home & Garden", "status": "discovered",
            "stage": "rising", "score": 71.5, "sources": 2, "first_seen": "2026-06-01T12:00:00Z",
            "last_seen": "2026-06-01T12:00:00Z",
            "price": {"low": 10.0, "mid": 19.99, "high": 30.0, "currency": "USD"}, "platforms": {},
        }
    ]  # fmt: skip


def test_a_currency_without_minor_units_is_not_divided(store: Store, listed: Listed) -> None:
    give_score(store, add_product(store, "Kettle"), 1, price_low=1, price_mid=1500, price_high=2, currency="JPY")

    assert listed()[0]["price"]["mid"] == 1500


def test_best_score_first_and_products_without_one_last(store: Store, listed: Listed) -> None:
    plain = add_product(store, "plain", uid="plain")
    for uid, score in (("low", 10.0), ("high", 90.0)):
        give_score(store, add_product(store, uid, uid=uid), score)

    assert [row["uid"] for row in listed()] == ["high", "low", "plain"]
    assert [row["uid"] for row in listed(limit=2)] == ["high", "low"]
    assert listed()[2]["score"] is None
    assert listed(limit=0) == []
    assert plain


def test_sorting_by_title_and_by_newest(store: Store, listed: Listed) -> None:
    for at, title in ((STAMP - 3, "b"), (STAMP - 1, "A"), (STAMP - 2, "c")):
        add_product(store, title, uid=title, at=at)

    assert [row["uid"] for row in listed(sort="title")] == ["A", "b", "c"]
    assert [row["uid"] for row in listed(sort="newest")] == ["A", "c", "b"]
    assert [row["uid"] for row in listed(sort="title", limit=1)] == ["A"]


def test_filters_by_category_and_stage(store: Store, listed: Listed) -> None:
    give_score(store, add_product(store, "a", uid="a", category="Home & Garden > Kitchen"), 5, "rising")
    give_score(store, add_product(store, "b", uid="b", category="Electronics"), 6, "fading")

    assert [row["uid"] for row in listed(category="kitchen")] == ["a"]
    assert [row["uid"] for row in listed(stage="fading")] == ["b"]
    assert [row["uid"] for row in listed(stage="fading", sort="title")] == ["b"]
    assert listed(stage="fading", category="kitchen") == []
    assert listed(category="%") == []


def test_the_category_is_the_analysed_one_and_the_sources_where_there_is_none(store: Store, listed: Listed) -> None:
    def analysed(product: int, output: str, cause: str = "") -> None:
        with store.write(Role.ANALYZER) as db:
            db.execute(
                "INSERT INTO analysis (product_id, agent, version, input_hash, output, cause, created_at)"
                " VALUES (?, 'category', 1, 'x', ?, ?, 1)", (product, output, cause),
            )  # fmt: skip

    found, none, failed = (add_product(store, name, category="Gadgets") for name in ("Lamp", "Mug", "Mat"))
    analysed(found, '{"path": "Home & Garden > Lighting"}')
    analysed(none, '{"path": ""}')
    analysed(failed, "null", "it broke")
    assert [r["id"] for r in listed(category="garden")] == [found]
    assert {r["id"]: r["category"] for r in listed()} == {
        found: "Home & Garden > Lighting", none: "Gadgets", failed: "Gadgets"
    }  # fmt: skip


def test_merged_products_are_not_listed(store: Store, listed: Listed) -> None:
    kept = add_product(store, "kept", uid="kept")
    give_score(store, add_product(store, "gone", merged_into=kept), 99)

    assert [row["uid"] for row in listed()] == ["kept"]


def test_the_status_is_the_persons_word(store: Store, listed: Listed) -> None:
    for uid, status, until in (
        ("new", None, None), ("wait", "pending_review", None), ("no", "rejected", None),
        ("later", "deferred", STAMP + 1), ("over", "deferred", STAMP),
    ):  # fmt: skip
        product = add_product(store, uid, uid=uid)
        if status:
            set_review(store, product, status, until)
    statuses = {row["uid"]: row["status"] for row in listed()}

    assert statuses == {
        "new": "discovered", "wait": "pending_review", "no": "rejected", "later": "deferred", "over": "discovered",
    }  # fmt: skip
    for status in ("discovered", "pending_review", "rejected", "deferred"):
        assert {r["uid"] for r in listed(status=status)} == {uid for uid, s in statuses.items() if s == status}


def test_an_unknown_status_is_refused(listed: Listed) -> None:
    with pytest.raises(ValueError, match="livee"):
        listed(status="livee")


def test_platforms_show_draft_approval_and_listing(store: Store, listed: Listed) -> None:
    product = add_product(store, "Kettle", uid="u1")
    for platform in ("local", "ebay", "amazon", "tiktok"):
        make_draft(store, product, platform, platform, frozen=platform != "local")
    approve(store, "ebay")
    approve(store, "amazon")
    approve(store, "tiktok", expires_at=STAMP - 1)
    post(store, product, "amazon", "amazon", "live")

    assert listed()[0]["platforms"] == {"amazon": "live", "ebay": "approved", "local": "draft", "tiktok": "draft"}
    assert [row["uid"] for row in listed(status="live")] == ["u1"]
    assert [row["uid"] for row in listed(status="approved")] == ["u1"]
    assert listed(status="ended") == []


def test_an_approval_taken_back_is_a_draft_again(store: Store, listed: Listed) -> None:
    make_draft(store, add_product(store, "Kettle"), "ebay", "x")
    approve(store, "x")
    with store.write(Role.APPROVAL) as db:
        db.execute(
            "INSERT INTO decision (id, draft_id, hash, kind, of_decision, seat, at)"
            " SELECT 'u', draft_id, hash, 'undo', id, 's', 2 FROM decision"
        )

    assert listed()[0]["platforms"] == {"ebay": "draft"}


def test_the_worst_listing_of_a_platform_is_shown(store: Store, listed: Listed) -> None:
    product = add_product(store, "Kettle")
    for draft_id, state in (("one", "ended"), ("two", "unknown")):
        make_draft(store, product, "ebay", draft_id)
        approve(store, draft_id)
        post(store, product, "ebay", draft_id, state)

    assert listed()[0]["platforms"] == {"ebay": "unknown"}


def test_one_product_by_its_number(store: Store) -> None:
    product = add_product(store, "Kettle", uid="u1")
    with store.read() as db:
        found = rows.product_row(db, product, now=STAMP)
        assert found is not None
        assert (found["id"], found["uid"]) == (product, "u1")
        assert rows.product_row(db, 999, now=STAMP) is None


def test_a_product_is_found_by_id_beginning_or_number(store: Store) -> None:
    first = add_product(store, "a", uid="abcd1")
    second = add_product(store, "b", uid="abce2")
    gone = add_product(store, "c", uid="merged", merged_into=second)
    with store.read() as db:
        assert rows.product_id(db, "abcd1") == first
        assert rows.product_id(db, "abcd") == first
        assert rows.product_id(db, "abc") is None
        assert rows.product_id(db, str(first)) == first
        assert rows.product_id(db, "merged") == second
        assert rows.product_id(db, str(gone)) == second
        assert rows.product_id(db, "nothing") is None
        assert rows.product_id(db, "9" * 40) is None


def test_the_list_walks_the_index_of_scores(store: Store) -> None:
    plans: list[str] = []
    with store.read() as db:
        db.set_trace_callback(plans.append)
        rows.product_rows(db, now=STAMP)
        db.set_trace_callback(None)
        first = next(sql for sql in plans if "FROM score s" in sql)
        steps = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {first}"))

    assert "score_best" in steps
    assert "TEMP B-TREE" not in steps


def test_the_list_loads_nothing_heavy(fresh_python: Callable[..., str]) -> None:
    code = (
        "import sys, trendctl.store.product_rows, trendctl.store.engine;"
        "print([m for m in ('pydantic', 'sqlmodel', 'sqlalchemy', 'numpy', 'httpx') if m in sys.modules])"
    )

    assert fresh_python(code).strip() == "[]"
