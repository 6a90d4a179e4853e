"""Faults of the other side: told apart by what came back, and never worked round."""

import pytest
from faults_kit import DAY, HOUR, NOW, Ill, names

from fakes import FakeClock
from trendctl.home import Home
from trendctl.ports import CheckResult, Outcome
from trendctl.selfheal import detector
from trendctl.selfheal.analyst import analyse
from trendctl.selfheal.health import Round
from trendctl.selfheal.rules import clock_servers
from trendctl.selfheal.values import Look, Sign
from trendctl.store.engine import Store

AWAY, OK, FAILED, EMPTY = Outcome.UNAVAILABLE, Outcome.OK, Outcome.FAILED, Outcome.EMPTY


@pytest.fixture
def ill(home: Home, store: Store, clock: FakeClock) -> Ill:
    return Ill(home, store, clock)


CAUSES = {
    "dns": "api.example.com cannot be resolved",
    "tls": "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
    "time_out": "no whole answer in time (60 s)",
    "unreachable": "HTTP 503",
    "rate_limited": "HTTP 429, come back in 600 s",
    "refused": "HTTP 401: refused",
    "block_page": "a block page came",
}
ONCE_IS_NOTHING = {"time_out", "unreachable", "rate_limited"}


@pytest.mark.parametrize("name", sorted(CAUSES))
def test_what_one_source_suffers_is_named_and_told(ill: Ill, name: str) -> None:
    ill.runs("hackernews", (OK, 30, ""), *[(AWAY, 0, CAUSES[name])] * 3)
    ill.runs("lemmy_hot", *[(OK, 30, "")] * 4)
    look = ill.look()
    standing = analyse(ill.faults, look).found
    assert [f.key for f in standing] == [(name, "hackernews")]
    assert "hackernews" in standing[0].diagnosis.cause
    assert ill.heal()[name].action == "told"


HELD = "api.example.com may be called again only in 3540 s"


@pytest.mark.parametrize(
    ("first", "name"),
    [("HTTP 429, come back in 7200 s", "rate_limited"), ("HTTP 503, come back in 7200 s", "unreachable")],
)
def test_a_host_that_is_left_in_peace_still_suffers_what_it_asked_that_for(ill: Ill, first: str, name: str) -> None:
    ill.runs("hackernews", (OK, 30, ""), (AWAY, 0, first), (AWAY, 0, HELD), (AWAY, 0, HELD))
    ill.runs("lemmy_hot", *[(OK, 30, "")] * 4)
    heard = ill.heal()
    assert set(heard) == {name}
    assert heard[name].action == "told"


def test_a_source_that_is_away_for_changing_reasons_is_told_by_the_last_one(ill: Ill) -> None:
    ill.runs("hackernews", (OK, 30, ""), (AWAY, 0, CAUSES["time_out"]), (AWAY, 0, "HTTP 503"), (AWAY, 0, "HTTP 429"))
    ill.runs("lemmy_hot", *[(OK, 30, "")] * 4)
    assert set(ill.heal()) == {"rate_limited"}


@pytest.mark.parametrize("name", sorted(ONCE_IS_NOTHING))
def test_a_single_hiccup_is_no_fault(ill: Ill, name: str) -> None:
    ill.runs("hackernews", (OK, 30, ""), (OK, 30, ""), (AWAY, 0, CAUSES[name]))
    ill.runs("lemmy_hot", *[(OK, 30, "")] * 3)
    assert names(ill.found()) == set()


@pytest.mark.parametrize("name", sorted(CAUSES))
def test_a_source_that_answers_again_is_no_fault(ill: Ill, name: str) -> None:
    ill.runs("hackernews", *[(AWAY, 0, CAUSES[name])] * 3, (OK, 30, ""))
    assert names(ill.found()) == set()


@pytest.mark.parametrize("name", ["dns", "tls", "time_out", "unreachable", "block_page"])
def test_what_all_sources_suffer_is_one_fault_of_this_machine(ill: Ill, name: str) -> None:
    for source in ("hackernews", "lemmy_hot", "steam_charts"):
        ill.runs(source, (OK, 30, ""), (AWAY, 0, CAUSES[name]))
    found = analyse(ill.faults, ill.look()).found
    assert [f.key for f in found if f.fault.name == name] == [(name, "")]
    assert ("check.scan", "") in found[0].diagnosis.explains


def test_a_source_that_is_switched_off_says_nothing(ill: Ill) -> None:
    from trendctl.store.writers import Role

    ill.runs("hackernews", *[(AWAY, 0, CAUSES["dns"])] * 4)
    with ill.store.write(Role.SCANNER) as db:
        db.execute("INSERT INTO source_setting (source, enabled) VALUES ('hackernews', 0)")
    assert names(ill.found()) == set()


def clock_and_missed(ill: Ill, hours: int) -> Look:
    """The clock is 7 h ahead of the servers; a scan was missed for some hours."""
    seen = Round((CheckResult("clock_servers", "warn", "the clock is 7 h ahead of 5 servers' clocks"),
                  CheckResult("missed", "warn", "1 job")), True)  # fmt: skip
    words = f"no scan in {hours} hours, from 02:00 to 08:59: off, asleep or busy"
    signs = (*detector.of_checks(seen, NOW), Sign("job.missed", "scan", words, NOW - 7 * HOUR, 1, "outcome"))
    return Look(ill.probe(), seen, signs)


@pytest.mark.parametrize(("hours", "names_"), [(7, {"clock_skew"}), (20, {"clock_skew", "missed_schedule"})])
def test_hours_that_only_the_clock_leapt_over_were_not_missed(
    ill: Ill, monkeypatch: pytest.MonkeyPatch, hours: int, names_: set[str]
) -> None:  # fmt: skip
    monkeypatch.setattr(clock_servers, "ahead", lambda probe: 7 * HOUR)
    assert names([f.key for f in analyse(ill.faults, clock_and_missed(ill, hours)).found]) == names_


def test_certificates_fail_for_the_clock_when_the_clock_is_wrong(ill: Ill) -> None:
    ill.runs("hackernews", *[(AWAY, 0, CAUSES["tls"])] * 3)
    probe = ill.probe()
    seen = Round((CheckResult("clock", "warn", "the clock says 3 days less"),), True)
    found = analyse(ill.faults, Look(probe, seen, detector.detect(probe, seen))).found
    assert "clock_skew" in {f.fault.name for f in found}
    assert "tls" not in {f.fault.name for f in found}


# ---------------------------------------------------------------- platforms and models


def seen(ill: Ill, *results: CheckResult, signs: tuple[Sign, ...] = ()) -> set[tuple[str, str]]:
    probe, looked = ill.probe(), Round(results, True)
    look = Look(probe, looked, (*detector.detect(probe, looked), *signs))
    return {f.key for f in analyse(ill.faults, look).found}


def test_a_listing_that_nobody_knows_of_is_told_with_reconcile(ill: Ill) -> None:
    found = seen(ill, CheckResult("platform.ebay.unknown", "warn", "2 listings are unknown"))
    assert found == {("unknown_listing", "ebay")}
    assert "trendctl reconcile" in next(f.no_fix for f in ill.faults if f.name == "unknown_listing")


def test_a_sign_in_that_ends_is_told_and_explains_a_401_only_when_over(ill: Ill) -> None:
    refused = Sign("http.401", "ebay", "HTTP 401", NOW, 1, "outcome")
    ends = CheckResult("platform.ebay.sign_in", "warn", "the sign-in of default ends in 5 days")
    over = CheckResult("platform.ebay.sign_in", "fail", "the sign-in of default has ended")
    assert seen(ill, ends) == {("token_expiring", "ebay")}
    assert seen(ill, ends, signs=(refused,)) == {("token_expiring", "ebay"), ("refused", "ebay")}
    assert ("refused", "ebay") not in seen(ill, over, signs=(refused,))


def test_a_resting_account_is_no_unknown_listing(ill: Ill) -> None:
    found = seen(ill, CheckResult("platform.ebay.default.rests", "warn", "rests for 5 min after failures: HTTP 500"))
    assert "unknown_listing" not in {name for name, _ in found}


def test_a_spent_budget_is_no_invalid_answer(ill: Ill) -> None:
    told = Sign("model.budget", "openai", "the budget of this day is spent", NOW, 1, "outcome")
    result = CheckResult("models", "warn", "1.00 of 1.00 USD today: templates until midnight UTC")
    found = seen(ill, result, signs=(told,))
    assert {name for name, _ in found} == {"model_quota"}


def test_a_provider_that_says_too_many_is_a_quota(home: Home, store: Store, clock: FakeClock) -> None:
    ill = Ill(home, store, clock, llm_provider="compatible")
    told = Sign("http.429", "compatible", "HTTP 429: too many requests", NOW, 5, "outcome")
    found = seen(ill, CheckResult("models", "warn", "the last 5 calls gave nothing: HTTP 429"), signs=(told,))
    assert {name for name, _ in found} == {"model_quota"}
    assert [t for t in ill.faults if t.name == "model_quota" and t.plan] == []


def test_answers_that_break_the_form_are_no_quota(ill: Ill) -> None:
    told = Sign("model.invalid", "openai", "it breaks the schema at title", NOW, 5, "outcome")
    result = CheckResult("models", "warn", "the last 5 calls gave nothing: it breaks the schema at title")
    found = seen(ill, result, signs=(told,))
    assert {name for name, _ in found} == {"model_answers_invalid"}


def test_a_wrong_key_of_the_model_is_a_refusal(ill: Ill) -> None:
    found = seen(ill, CheckResult("models", "warn", "the last 5 calls gave nothing: HTTP 401"),
                 signs=(Sign("http.401", "openai", "HTTP 401: invalid api key", NOW, 5, "outcome"),))  # fmt: skip
    assert ("refused", "openai") in found
    assert "model_answers_invalid" not in {name for name, _ in found}


def test_a_journal_that_is_ahead_is_no_unwritable_one(ill: Ill) -> None:
    found = seen(ill, CheckResult("journal", "fail", "the journal is ahead: an older database was put in place"))
    assert found == {("journal_ahead", "")}


def test_entries_that_wait_for_the_journal_are_told(ill: Ill) -> None:
    assert seen(ill, CheckResult("journal", "fail", "3 entries are not in the journal yet")) == {
        ("journal_unwritable", "")
    }


def test_memory_of_other_programs_is_no_growth(ill: Ill) -> None:
    assert seen(ill, CheckResult("memory", "warn", "100 MB available")) == set()
    assert seen(ill, CheckResult("daemon.memory", "warn", "the daemon uses 1.4 GB")) == {("memory_growth", "")}


def test_old_news_says_nothing(ill: Ill) -> None:
    ill.runs("hackernews", *[(AWAY, 0, CAUSES["refused"])] * 3)
    ill.clock.advance(8 * DAY + HOUR)
    assert names(ill.found()) & set(CAUSES) == set()
