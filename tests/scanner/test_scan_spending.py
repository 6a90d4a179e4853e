"""Sources whose calls cost money: paid before the call, never beyond the day's budget, off until switched on."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from scan_fakes import make_source

from trendctl import registry
from trendctl.errors import AccessError, ConfigError
from trendctl.http import Fault
from trendctl.ports import Outcome, Source
from trendctl.scanner.once import ask_once
from trendctl.scanner.service import scan
from trendctl.scanner.spending import PRICE, is_paid, purse
from trendctl.scanner.values import SourceValues
from trendctl.store import spend
from trendctl.store.engine import Store
from trendctl.store.writers import Role

LAMP = [{"id": "1", "title": "Acme Aurora desk lamp"}]


def paid(*paths: str, **facts: Any) -> Source:
    """A source that may spend 0.50 USD a day at 0.20 a call."""
    given = {"daily_budget_usd": 0.5, "options": {"usd_per_call": 0.2}, "min_interval_minutes": 0} | facts
    return make_source("paid", paths=paths, **given)


def test_the_budget_ends_the_calls_of_the_day_and_the_next_day_has_its_own(
    wire: Callable[..., Any], loopback: Any, clock: Any, rows: Callable[..., Any]
) -> None:
    loopback.add("/paid", LAMP)
    outcomes = []
    for _ in range(3):
        report = scan(wire(paid()))
        outcomes.append(report.sources[0].outcome)
        clock.advance(60)
    assert outcomes == [Outcome.OK, Outcome.OK, Outcome.SKIPPED]
    assert "today's budget is spent: 0.40 of 0.50 USD, a call costs 0.20" in report.sources[0].cause
    assert len(loopback.requests) == 2
    assert rows("SELECT source, micro_usd FROM source_spend") == [("paid", 400_000)]
    clock.advance(86_400)
    assert scan(wire(paid())).sources[0].outcome == Outcome.OK


def test_what_was_got_before_the_budget_was_spent_is_kept(wire: Callable[..., Any], loopback: Any) -> None:
    for n in range(4):
        loopback.add(f"/{n}", [{"id": str(n), "title": f"Acme lamp {n}"}])
    line = scan(wire(paid("/0", "/1", "/2", "/3"))).sources[0]
    assert (line.outcome, line.items, len(loopback.requests)) == (Outcome.OK, 2, 2)
    assert "today's budget is spent" in line.cause


def test_redirects_and_repeats_are_paid_for_too(
    wire: Callable[..., Any], loopback: Any, rows: Callable[..., Any]
) -> None:
    loopback.add("/paid", b"", 302, {"Location": "/other"})
    loopback.add("/other", LAMP)
    scan(wire(paid()))
    assert rows("SELECT micro_usd FROM source_spend") == [(400_000,)]


def test_the_person_may_set_price_and_budget(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/paid", LAMP)
    values = {"paid": SourceValues(options={"usd_per_call": "0.01", "daily_budget_usd": 0})}
    assert scan(wire(paid(), sources=values)).sources[0].outcome == Outcome.SKIPPED
    assert loopback.requests == []


def test_many_at_once_never_pass_the_budget(store: Store, clock: Any) -> None:
    refused: list[Fault] = []

    def spend_all() -> None:
        pay = purse(Store(store.path), clock, paid().facts, SourceValues())
        assert pay is not None
        for _ in range(5):
            try:
                pay()
            except Fault as fault:
                refused.append(fault)

    threads = [threading.Thread(target=spend_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as db:
        assert spend.taken(db, "paid", int(clock.now().timestamp())) == 400_000
    assert len(refused) == 4 * 5 - 2


@pytest.mark.parametrize("price", ["much", -1, True, None, "NaN", [1]])
def test_a_price_that_is_no_amount_forbids_the_call(store: Store, clock: Any, price: Any) -> None:
    pay = purse(store, clock, paid().facts, SourceValues(options={"usd_per_call": price}))
    assert pay is not None
    with pytest.raises(ConfigError, match="usd_per_call must be an amount"):
        pay()


def test_only_the_scanner_may_spend(store: Store) -> None:
    with pytest.raises(Exception, match="not authorized"), store.write(Role.HTTP) as db:
        spend.reserve(db, "paid", 1, 10, 0)


def test_x_stays_off_with_a_key_until_it_is_switched_on(wire: Callable[..., Any], loopback: Any) -> None:
    x = registry.load("sources", "x_trends")
    key = {"TWITTER_BEARER_TOKEN": "simulated"}
    line = scan(wire(x, credentials=key), force=True).sources[0]
    assert (line.outcome, line.cause) == (Outcome.SKIPPED, "disabled: trendctl sources enable x_trends")
    with pytest.raises(AccessError, match="sources enable x_trends"):
        ask_once(wire(x, credentials=key), "x_trends")
    assert loopback.requests == []


def test_every_source_with_a_budget_says_what_a_call_costs() -> None:
    priced = [s.facts for s in registry.load_all("sources") if is_paid(s.facts)]
    assert [facts.name for facts in priced] == ["x_trends"]
    assert all(0 < facts.options[PRICE] <= (facts.daily_budget_usd or 0) for facts in priced)
    assert not any(facts.enabled for facts in priced)
