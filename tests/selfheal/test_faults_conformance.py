"""What holds for every fault of the catalogue."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import START, FakeClock
from trendctl import registry
from trendctl.home import Home
from trendctl.ports import CheckResult
from trendctl.selfheal import detector
from trendctl.selfheal.health import Probe, Round, run_round
from trendctl.selfheal.values import Diagnosis, Fault, Kind, Look, Sign
from trendctl.store.engine import Store
from trendctl.store.journal import Journal

NAMES = registry.names("faults")
CHECKS = registry.names("checks")
WANTED = {
    "database_locked", "database_corrupt", "wal_grown", "index_broken", "migration_half_done", "disk_full",
    "home_read_only", "wrong_permissions", "clock_skew", "dns", "tls", "time_out", "rate_limited", "refused",
    "block_page", "source_drift", "sudden_emptiness", "feed_encoding", "stuck_job", "missed_schedule", "memory_growth",
    "log_flood", "config_broken", "model_quota", "model_answers_invalid", "stale_lock", "backup_stale", "backup_bad",
    "unknown_listing", "token_expiring", "overlay_broken", "part_files", "journal_unwritable",
}  # fmt: skip
RESULTS = {
    "source.hackernews", "job.scan", "wal", "disk", "database", "indexes", "lock", "writable", "permissions",
    "locks", "leftovers", "backup_files", "backups", "config", "models", "journal", "journal_file", "logs", "log_rate",
    "growth", "daemon.memory", "daemon.files", "clock", "clock_servers", "due.scan", "missed", "migration",
    "fields.hackernews", "overlay.hackernews", "platform.ebay.unknown", "platform.ebay.sign_in", "scan",
}  # fmt: skip


def load(name: str) -> Fault:
    leaf: Fault = registry.load("faults", name)
    return leaf


def look_of(probe: Probe, signs: tuple[Sign, ...] = (), results: tuple[CheckResult, ...] = ()) -> Look:
    return Look(probe, Round(results, True), signs)


@pytest.fixture
def probe(home: Home, store: Store, journal: Journal, clock: FakeClock) -> Probe:
    return Probe(home, store, journal, clock)


def test_the_catalogue_holds_what_was_promised() -> None:
    assert set(NAMES) >= WANTED


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_says_what_it_does_and_what_is_done(name: str) -> None:
    fault = load(name)
    assert fault.name == name
    assert len(fault.about) > 20
    assert fault.plan is not None or len(fault.no_fix) > 30
    if fault.no_fix:
        assert not fault.no_fix.endswith(".")


def test_the_checks_that_prove_a_repair_exist(probe: Probe) -> None:
    seen = {r.name for r in run_round(probe).results} | RESULTS
    named = {(fault.name, check) for fault in map(load, NAMES) for check in fault.checks}
    unknown = [n for n in named if not any(r == n[1] or (n[1].endswith(".") and r.startswith(n[1])) for r in seen)]
    assert unknown == []


@pytest.mark.parametrize("name", NAMES)
def test_a_leaf_knows_only_kinds_that_the_detector_emits(name: str) -> None:
    path = Path(registry.PLACES["faults"].folder) / f"{name}.py"
    said = re.findall(r'"((?:http|source|database|disk|home|backup|config|journal|job|clock|model|log)\.[a-z_0-9]*)"',
                      path.read_text())  # fmt: skip
    unknown = [kind for kind in said if kind not in detector.KINDS and kind not in RESULTS | {"http.", "job."}]
    assert unknown == []


def test_every_fault_is_silent_where_nothing_is_seen(probe: Probe) -> None:
    assert [d for name in NAMES for d in load(name).diagnose(look_of(probe))] == []


def test_a_healthy_home_has_no_fault(probe: Probe) -> None:
    seen = run_round(probe)
    calm = Round(tuple(r for r in seen.results if r.name not in ("cpu", "memory", "disk")), True)
    look = Look(probe, calm, detector.detect(probe, calm))
    assert [d for name in NAMES for d in load(name).diagnose(look)] == []


def test_no_fault_raises_on_any_signs_and_no_plan_leaves_the_home(
    home: Home, store: Store, journal: Journal, clock: FakeClock
) -> None:
    kinds = sorted(k for k in detector.KINDS if k != "check.") + [f"check.{r}" for r in sorted(RESULTS)]
    probe = Probe(home, store, journal, clock)
    faults = [load(name) for name in NAMES]
    subjects = st.sampled_from(
        ["", "hackernews", "slickdeals_rss", "scan", "backup", "ebay", "../x", "no\x00name", "é"]
    )
    texts = st.sampled_from(["", "HTTP 429", "ahead", "row 1 missing from index x", "{", "\x1b[31m", "9" * 400])
    sign = st.builds(Sign, st.sampled_from(kinds), subjects, texts, st.integers(-5, 2**33), st.integers(0, 9),
                     st.sampled_from(["check", "log", "outcome", "look"]))  # fmt: skip
    result = st.builds(CheckResult, st.sampled_from(sorted(RESULTS)), st.sampled_from(["ok", "warn", "fail"]), texts)

    @settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(sign, max_size=8), st.lists(result, max_size=8))
    def holds(signs: list[Sign], results: list[CheckResult]) -> None:
        look = look_of(probe, tuple(signs), tuple(results))
        for fault in faults:
            for d in fault.diagnose(look):
                well_formed(fault, d, look)

    holds()


def well_formed(fault: Fault, d: Diagnosis, look: Look) -> None:
    assert d.fault == fault.name
    assert d.cause
    assert 0 < d.weight <= 1
    assert d.explains <= {(s.kind, s.subject) for s in look.signs}
    plan = fault.plan(d, look) if fault.plan else None
    if plan is None:
        return
    assert plan.words
    assert plan.undo_words
    assert plan.automatic or plan.because
    for change in plan.changes:
        assert change.kind in Kind
        for path in filter(None, (change.path, change.to)):
            assert path == "@config" or not (Path(path).is_absolute() or ".." in Path(path).parts)


@pytest.mark.parametrize("name", ["rate_limited", "refused", "database_locked", "unknown_listing", "token_expiring"])
def test_what_is_never_fixed_has_no_plan(name: str) -> None:
    assert load(name).plan is None


@pytest.mark.parametrize("kind", ["http.429", "http.401", "http.403"])
def test_a_refusal_leads_to_no_change_whatever_else_is_seen(kind: str, probe: Probe) -> None:
    signs = (Sign(kind, "hackernews", "HTTP said no", int(START.timestamp()), 5, "outcome"),)
    look = look_of(probe, signs, (CheckResult("source.hackernews", "warn", "unavailable 5 times"),))
    found: list[Any] = [(f, d) for f in map(load, NAMES) for d in f.diagnose(look)]
    assert {f.name for f, _ in found} == {"rate_limited" if kind == "http.429" else "refused"}
    assert [f.plan(d, look) for f, d in found if f.plan] == []
