"""Token buckets and circuit breakers: as published, across restarts, and nothing is sent that may not be."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from ebay_rig import EbayRig, ebay
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import FakeClock
from trendctl.ports import Answer, CallLimit, Wire
from trendctl.posting.gate import PATIENCE, Gate
from trendctl.store import http_gate
from trendctl.store.engine import Store
from trendctl.store.http_state import StoredHttpState
from trendctl.store.migrate import migrate

GET = Wire("GET", "https://api.example/things/1")
LIMIT = CallLimit("things", r"GET /things/", 3, 60.0, "the test")


def gate(store: Store, clock: FakeClock, *limits: CallLimit) -> Gate:
    return Gate(store, clock, "shop", "default", limits or (LIMIT,))


def test_a_bucket_lets_its_number_through_and_then_one_at_a_time(store: Store, clock: FakeClock) -> None:
    mine = gate(store, clock)
    for _ in range(3):
        assert mine.enter(GET)
    assert clock.slept == []
    assert mine.enter(GET)
    assert clock.slept == [pytest.approx(20.0, abs=0.1)]


def test_a_bucket_survives_a_restart(store: Store, clock: FakeClock) -> None:
    limit = CallLimit("day", r"GET /things/", 2, 86_400.0, "the test")
    for _ in range(2):
        assert gate(store, clock, limit).enter(GET)
    again = gate(Store(store.path), clock, limit)
    assert not again.enter(GET)
    assert "2 calls is used up" in again.refusal(GET, "api.example")
    clock.advance(43_200)
    assert again.refusal(GET, "api.example") == ""
    assert again.enter(GET)


def test_other_calls_are_not_counted(store: Store, clock: FakeClock) -> None:
    limit = CallLimit("day", r"GET /things/", 1, 86_400.0, "the test")
    mine = gate(store, clock, limit)
    assert mine.enter(GET)
    assert mine.enter(Wire("POST", GET.url))
    assert mine.enter(Wire("GET", "https://api.example/others"))


@pytest.fixture(scope="module")
def bucket_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    path = tmp_path_factory.mktemp("buckets") / "t.db"
    migrate(path, now=1, before=lambda *_: None)
    return Store(path)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 30), min_size=1, max_size=20))
def test_no_window_ever_holds_more_than_the_bucket_and_its_refill(bucket_store: Store, waits: list[float]) -> None:
    name, now, taken = uuid.uuid4().hex, 1000.0, []
    for wait in waits:
        now += wait
        if http_gate.take(bucket_store, name, 3, 60.0, now) == 0.0:
            taken.append(now)
    assert all(sum(1 for t in taken if 0 <= t - start < 60.0) <= 6 for start in taken)
    assert len(taken) <= 3 + (now - 1000.0) / 20.0 + 1e-6


def test_the_breaker_opens_after_failures_in_a_row_and_probes_once_its_rest_is_over(
    store: Store, clock: FakeClock
) -> None:
    mine = gate(store, clock)
    for _ in range(http_gate.TRIP_AFTER):
        assert mine.refusal(GET, "h") == ""
        mine.leave(Answer(503))
    assert "failed 5 times in a row (HTTP 503)" in mine.refusal(GET, "h")
    clock.advance(http_gate.FIRST_REST + 1)
    assert gate(Store(store.path), clock).refusal(GET, "h") == ""
    mine.leave(Answer(0, error="no answer"))
    clock.advance(http_gate.FIRST_REST + 1)
    assert mine.refusal(GET, "h") != ""  # a failed probe doubles the rest
    clock.advance(http_gate.FIRST_REST)
    mine.leave(Answer(200))
    assert http_gate.circuit(store, "shop/default") == http_gate.Circuit(0, 0.0, "")


@pytest.mark.parametrize("status", [200, 204, 400, 401, 404])
def test_an_answer_that_shows_the_platform_at_work_closes_the_breaker(
    store: Store, clock: FakeClock, status: int
) -> None:
    mine = gate(store, clock)
    for _ in range(http_gate.TRIP_AFTER - 1):
        mine.leave(Answer(500))
    mine.leave(Answer(status))
    mine.leave(Answer(500))
    assert mine.refusal(GET, "h") == ""


def test_another_account_is_not_held_up(store: Store, clock: FakeClock) -> None:
    for _ in range(http_gate.TRIP_AFTER):
        gate(store, clock).leave(Answer(500))
    assert Gate(store, clock, "shop", "second", ()).refusal(GET, "h") == ""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[EbayRig]:
    with ebay(tmp_path) as made:
        yield made


def test_an_open_breaker_refuses_before_the_approval_is_used(rig: EbayRig) -> None:
    rig.shop.approve(rig.shop.stock())
    now = rig.shop.clock.now().timestamp()
    for _ in range(http_gate.TRIP_AFTER):
        http_gate.failed(rig.shop.store, "ebay/default", "HTTP 500", now)
    before = len(rig.server.got)
    row = rig.shop.post()[0]
    assert (row.state, "in a row" in row.cause) == ("refused", True)
    assert len(rig.server.got) == before
    assert rig.shop.listings() == []
    rig.shop.clock.advance(http_gate.FIRST_REST + 1)
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_an_outage_in_the_middle_opens_the_breaker_and_no_attempt_is_written_for_what_was_not_sent(
    rig: EbayRig,
) -> None:
    rig.shop.approve(rig.shop.stock())
    for n in range(1, 30):
        rig.fault("item", n, "500_before")
    for _ in range(3):
        rig.shop.post()
    assert rig.server.count("item") == http_gate.TRIP_AFTER
    with rig.shop.store.read() as db:
        assert db.execute("SELECT count(*) FROM attempt WHERE step = 'inventory_item'").fetchone()[0] == 5
    rig.server.plan.clear()
    rig.shop.clock.advance(http_gate.LONGEST_REST)
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_a_long_retry_after_is_waited_for_by_the_next_post(rig: EbayRig) -> None:
    rig.shop.approve(rig.shop.stock())
    state = StoredHttpState(rig.shop.store, rig.shop.clock)
    host = f"apim.ebay.com at {rig.server.base_url.removeprefix('http://')}"
    state.hold(host, rig.shop.clock.now().timestamp() + PATIENCE + 100)
    row = rig.shop.post()[0]
    assert (row.state, "asked for a pause" in row.cause) == ("refused", True)
    rig.shop.clock.advance(PATIENCE + 101)
    assert [r.state for r in rig.shop.post()] == ["live"]
