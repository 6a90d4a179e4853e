"""The ledger: what is foretold is kept, compared with what happened, and sources are weighed by it, slowly."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales_world import add_days, add_listing, add_product, run, settled
from store_rows import DAY, NOW, put
from trendctl.store import ledger
from trendctl.store.engine import Store
from trendctl.store.writers import Role

Capture = pytest.CaptureFixture[str]
FORTNIGHT = 14 * DAY


def rows(store: Store, **wanted: Any) -> list[dict[str, Any]]:
    with store.read() as db:
        found = [dict(r) for r in db.execute("SELECT * FROM prediction ORDER BY id")]
    return [r for r in found if all(r[k] == v for k, v in wanted.items())]


def one(store: Store, **wanted: Any) -> dict[str, Any]:
    (found,) = rows(store, **wanted)
    return found


def later(store: Store, seconds: int, *, stage: str = "rising", seen: bool = True, price: int | None = 1900) -> int:
    """The product is scored again after that time; the time."""
    now = NOW + seconds
    with store.write(Role.ANALYZER) as db:
        db.execute("UPDATE score SET stage = ?, price_mid = ?, computed_at = ?", (stage, price, now))
    if seen:
        with store.write(Role.SCANNER) as db:
            db.execute("UPDATE product SET last_seen_at = ?", (now,))
    return now


@pytest.fixture
def lamp(store: Store) -> Store:
    add_product(store, 1, "Lamp", stage="rising")
    price = {"low_minor": 1500, "mid_minor": 1900, "high_minor": 2400, "currency": "USD"}
    with store.write(Role.ANALYZER) as db:
        put(db, "analysis", product_id=1, agent="price", version=1, input_hash="x", output=json.dumps(price),
            created_at=NOW)  # fmt: skip
    return store


def test_every_kind_is_recorded_once_until_it_is_settled(lamp: Store) -> None:
    assert ledger.record(lamp, NOW, NOW) == 4
    assert ledger.record(lamp, NOW, NOW + 3600) == 0
    assert {r["kind"]: (r["label"], r["value"]) for r in rows(lamp)} == {
        "stage": ("rising", 0.7), "forecast": ("", 0.64), "price": ("", 1900.0), "score": ("", 87.0),
    }  # fmt: skip
    assert json.loads(one(lamp, kind="stage")["sources"]) == ["hackernews"]


def test_scores_that_are_older_foretell_nothing_new(lamp: Store) -> None:
    assert ledger.record(lamp, NOW + 1, NOW + 1) == 0


def test_nothing_is_settled_before_its_time(lamp: Store) -> None:
    ledger.record(lamp, NOW, NOW)
    later(lamp, FORTNIGHT - 60)
    assert ledger.settle(lamp, NOW + FORTNIGHT - 60) == 0


@pytest.mark.parametrize(
    ("stage", "seen", "hit", "up"),
    [("peaking", True, 1, 0.0), ("rising", True, 1, 1.0), ("fading", True, 0, 0.0), ("rising", False, 0, 0.0)],
)
def test_stage_and_forecast_are_compared_with_the_stage_of_then(
    lamp: Store, stage: str, seen: bool, hit: int, up: float
) -> None:
    ledger.record(lamp, NOW, NOW)
    assert ledger.settle(lamp, later(lamp, FORTNIGHT, stage=stage, seen=seen)) == 2
    assert one(lamp, kind="stage")["hit"] == hit
    assert (one(lamp, kind="forecast")["outcome"], one(lamp, kind="forecast")["hit"]) == (up, int(up == 1.0))


def test_what_was_not_scored_since_waits_and_is_given_up_in_the_end(lamp: Store) -> None:
    ledger.record(lamp, NOW, NOW)
    assert ledger.settle(lamp, NOW + FORTNIGHT) == 0
    assert ledger.settle(lamp, NOW + FORTNIGHT + ledger.GIVEN_UP) == 2
    assert {r["hit"] for r in rows(lamp) if r["settled_at"]} == {None}


@pytest.mark.parametrize(("price", "hit"), [(1500, 1), (2400, 1), (2401, 0), (900, 0)])
def test_a_price_range_is_compared_with_what_is_asked_later(lamp: Store, price: int, hit: int) -> None:
    ledger.record(lamp, NOW, NOW)
    ledger.settle(lamp, later(lamp, 30 * DAY, price=price))
    assert (one(lamp, kind="price")["outcome"], one(lamp, kind="price")["hit"]) == (price, hit)


def test_what_buyers_paid_is_better_than_what_is_asked(lamp: Store) -> None:
    ledger.record(lamp, NOW, NOW)
    add_days(lamp, add_listing(lamp, 1), [{"day": 0, "units": 2, "revenue_minor": 6000}])
    ledger.settle(lamp, later(lamp, 30 * DAY, price=1900))
    assert (one(lamp, kind="price")["outcome"], one(lamp, kind="price")["hit"]) == (3000.0, 0)


READ = 30 + ledger.LATE_DAYS  # days after which a score's time is over and read for good


def test_a_score_is_compared_with_sales_where_it_was_on_sale(lamp: Store) -> None:
    ledger.record(lamp, NOW, NOW)
    assert ledger.settle(lamp, NOW + READ * DAY) == 0  # nothing was scored since and nothing was on sale
    add_days(lamp, add_listing(lamp, 1), [{"day": 0, "units": 0}, {"day": -READ, "units": 0}])
    assert ledger.settle(lamp, NOW + READ * DAY) == 1
    assert (one(lamp, kind="score")["outcome"], one(lamp, kind="score")["hit"]) == (0.0, 0)


def test_a_score_waits_until_its_sales_are_read(lamp: Store) -> None:
    ledger.record(lamp, NOW, NOW)
    listing = add_listing(lamp, 1)
    add_days(lamp, listing, [{"day": -5, "units": 0}])
    add_days(lamp, add_listing(lamp, 1, "amazon"), [{"day": -READ, "units": 0}])
    assert ledger.settle(lamp, NOW + READ * DAY) == 0  # one platform was last read in time, the other not
    add_days(lamp, listing, [{"day": -20, "units": 7}, {"day": -READ, "units": 0}])
    assert ledger.settle(lamp, NOW + READ * DAY) == 1
    assert (one(lamp, kind="score")["outcome"], one(lamp, kind="score")["hit"]) == (7.0, 1)


def test_a_score_of_an_ended_listing_is_settled_by_what_was_read_after_its_end(lamp: Store) -> None:
    ledger.record(lamp, NOW, NOW)
    add_days(lamp, add_listing(lamp, 1, state="ended"), [{"day": -ledger.LATE_DAYS, "units": 1}])
    assert ledger.settle(lamp, NOW + 30 * DAY) == 1


@pytest.mark.parametrize(("units", "hit"), [(0, None), (2, 1)])
def test_sales_that_are_never_read_to_the_end_are_no_failure_of_a_score(
    lamp: Store, units: int, hit: int | None
) -> None:
    ledger.record(lamp, NOW, NOW)
    add_days(lamp, add_listing(lamp, 1), [{"day": -5, "units": units}])
    ledger.settle(lamp, NOW + 30 * DAY + ledger.GIVEN_UP - 1)
    assert one(lamp, kind="score")["settled_at"] is None
    ledger.settle(lamp, NOW + 30 * DAY + ledger.GIVEN_UP)
    assert one(lamp, kind="score")["hit"] == hit
    assert one(lamp, kind="score")["settled_at"] is not None


def test_what_buyers_paid_at_another_time_is_no_answer(lamp: Store) -> None:
    ledger.record(lamp, NOW, NOW)
    days = [{"day": 200, "units": 5, "revenue_minor": 24995}, {"day": -31, "units": 1, "revenue_minor": 9900}]
    add_days(lamp, add_listing(lamp, 1), days)
    ledger.settle(lamp, later(lamp, 32 * DAY, price=1900))
    assert (one(lamp, kind="price")["outcome"], one(lamp, kind="price")["hit"]) == (1900.0, 1)


def test_after_settling_the_next_prediction_is_kept_too(lamp: Store) -> None:
    ledger.record(lamp, NOW, NOW)
    now = later(lamp, FORTNIGHT)
    ledger.settle(lamp, now)
    assert ledger.record(lamp, now, now) == 2
    assert len(rows(lamp, kind="stage")) == 2


def test_weights_learn_slowly_and_can_be_reset(store: Store, capsys: Capture) -> None:
    for number in range(1, 31):
        add_product(store, number, f"Lamp {number}", stage="rising")
        good = number % 2
        told = {"stage": "rising", "strength": 0.5, "signals": [{"source": "good" if good else "bad"}]}
        with store.write(Role.ANALYZER) as db:
            db.execute("UPDATE analysis SET output = ? WHERE product_id = ?", (json.dumps(told), number))
    ledger.record(store, NOW, NOW)
    now = later(store, FORTNIGHT)
    with store.write(Role.ANALYZER) as db:
        db.execute("UPDATE score SET stage = 'fading' WHERE product_id % 2 = 0")
    ledger.settle(store, now)
    with store.read() as db:
        learned = ledger.weights(db)
    assert learned == {"good": 1 + ledger.STEP, "bad": 1 - ledger.STEP}
    told = run(capsys, "stats", "--predictions", "--json").json
    assert {w["source"]: (w["hits"], w["settled"]) for w in told["source_weights"]} == {
        "good": (15, 15),
        "bad": (0, 15),
    }
    assert "every source counts as 1 again" in run(capsys, "stats", "--reset-weights").err
    with store.read() as db:
        assert ledger.weights(db) == {}


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=4))
def test_weights_stay_within_their_bounds(records: list[tuple[int, int]]) -> None:
    import sqlite3

    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.execute(
        "CREATE TABLE source_weight (source TEXT PRIMARY KEY, weight REAL, hits INT, settled INT, updated_at INT)"
    )
    for n, (hits, more) in enumerate(records):
        db.execute("INSERT INTO source_weight VALUES (?, 1.0, ?, ?, 0)", (f"s{n}", hits, hits + more))
    for _ in range(60):
        ledger._learn(db, 1)
    found = [row[0] for row in db.execute("SELECT weight FROM source_weight")]
    db.close()
    assert all(ledger.LEAST <= weight <= ledger.MOST for weight in found)


def test_calibration_and_hit_rates(store: Store) -> None:
    add_product(store, 1, "Lamp")
    with store.write(Role.ANALYZER) as db:
        for value, hit in ((0.9, True), (0.9, True), (0.9, False), (0.1, False)):
            settled(db, "forecast", value, hit)
    with store.read() as db:
        found = ledger.summary(db)
    assert found["kinds"][0]["hit_rate"] == 0.5
    assert [(b["fifth"], b["n"], round(b["happened"], 3)) for b in found["calibration"]] == [(0, 1, 0.0), (4, 3, 0.667)]
    assert round(found["brier"], 4) == round((0.01 + 0.01 + 0.81 + 0.01) / 4, 4)


def test_an_empty_ledger_says_what_to_do(store: Store, capsys: Capture) -> None:
    assert "trendctl analyze" in run(capsys, "stats", "--predictions").err


def test_analysis_keeps_its_predictions_and_hears_of_the_weights(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from trendctl import flows
    from trendctl.analyzer import service
    from trendctl.app import App
    from trendctl.home import Home

    heard: dict[str, Any] = {}
    real = service.analyze

    def listening(*args: Any, **kwargs: Any) -> Any:
        heard.update(kwargs)
        return real(*args, **kwargs)

    monkeypatch.setattr(service, "analyze", listening)
    add_product(store, 1, "Folding Camp Lantern 400 lm")
    with store.write(Role.ANALYZER) as db:
        db.execute("INSERT INTO source_weight VALUES ('hackernews', 1.25, 3, 4, 5)")
    flows.analyze_one(App(Home.find(os.environ), os.environ), 1)
    assert heard["source_weights"] == {"hackernews": 1.25}
    assert one(store, kind="score")["settled_at"] is None
