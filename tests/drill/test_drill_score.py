"""How runs are added up, against hand-made runs and hand-worked figures."""

from typing import Any

import pytest

from trendctl.drill import catalogue, score
from trendctl.drill.names import NAMES


def run(case: str, **changes: Any) -> dict[str, Any]:
    """A run that went as it should."""
    kind = "control" if case in {c.name for c in catalogue.all_controls()} else "fault"
    fault = kind == "fault"
    made: dict[str, Any] = {
        "case": case, "kind": kind, "variant": 0, "subject": "", "notes": "", "found": fault,
        "top": NAMES[case][0] if fault else "", "top_subject": "", "confidence": 0.9 if fault else None,
        "action": "", "faults": [], "repairs": 0, "claimed": False, "well": False, "same": None, "difference": "",
        "seconds": None, "errors": [], "broken": "", "real": 0.0, "work": 0.0,
    }  # fmt: skip
    return made | changes


def fixed(case: str, **changes: Any) -> dict[str, Any]:
    """A repair that helped and could be taken back."""
    return run(case, claimed=True, repairs=1, well=True, same=True, seconds=480.0, action="fixed") | changes


def test_every_fault_has_names_and_every_name_a_fault() -> None:
    assert set(NAMES) == {case.name for case in catalogue.faults()}


def test_case_names_are_unique_and_enough_in_kind_and_number() -> None:
    faults, controls = catalogue.faults(), catalogue.all_controls()
    names = [c.name for c in (*faults, *controls)]
    assert len(names) == len(set(names))
    assert len(faults) >= 24
    assert len(controls) >= 18
    assert all(c.variants >= (10 if c.automatic else 3) for c in faults)
    runs = sum(c.variants for c in faults)
    assert 3 * len(controls) >= 0.2 * (runs + 3 * len(controls))


def test_refusals_and_money_are_never_to_be_repaired() -> None:
    never = {c.name for c in catalogue.faults() if c.never}
    assert never >= {"http.401", "http.403", "http.429", "drift.price", "database.corrupt", "listing.unknown"}
    assert not any(c.automatic for c in catalogue.faults() if c.never)


def test_a_whole_good_run_misses_no_bar() -> None:
    runs = [fixed("wal.grown") for _ in range(10)] + [run("http.429") for _ in range(3)] + [run("quiet")]
    found = score.report(runs)
    assert found["missed"] == []
    assert found["misses"] == []
    assert found["controls"]["false_fixes"] == 0
    assert [one["fault"] for one in found["faults"]] == ["wal.grown", "http.429"]
    assert (found["faults"][0]["fixed"], found["faults"][0]["seconds"], found["faults"][1]["abstained"]) == (
        10,
        480.0,
        3,
    )


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (run("dns", found=False, top=""), "found 0 of 1"),
        (run("dns", top="tls"), "diagnosed 0 of 1"),
        (fixed("http.403"), "1 false fixes"),
        (fixed("wal.grown", well=False), "1 false fixes"),
        (run("quiet", repairs=1), "1 false fixes"),
        (fixed("wal.grown", same=False, difference="config.toml"), "1 rollbacks left a difference"),
        (run("wal.grown"), "0 faults repaired by itself, 1 wanted"),
        (run("dns", broken="Traceback"), "1 runs broke"),
    ],
)
def test_each_bar_is_missed_by_what_it_is_about(bad: dict[str, Any], words: str) -> None:
    found = score.report([bad])
    assert any(words in missed for missed in found["missed"]), found["missed"]
    assert len(found["misses"]) == 1


def test_the_wrong_source_is_no_diagnosis() -> None:
    assert score.is_diagnosed(run("dns", subject="hackernews", top_subject="hackernews"))
    assert not score.is_diagnosed(run("dns", subject="hackernews", top_subject="steam_charts"))


def test_interval_and_calibration_are_as_worked_by_hand() -> None:
    low, high = score.wilson(9, 10, z=1.96)
    assert (round(low, 4), round(high, 4)) == (0.5958, 0.9821)  # Newcombe 1998, method 3
    assert score.wilson(0, 0) == (0.0, 1.0)
    stated = [(0.9, True), (0.9, False), (0.2, False), (0.2, False)]
    assert score.brier(stated) == round((0.01 + 0.81 + 0.04 + 0.04) / 4, 4)
    assert score.ece(stated) == round((abs(1.8 - 1) + abs(0.4 - 0)) / 4, 4)
    assert score.brier([]) is None
    assert score.ece([]) is None


def test_the_prior_counts_repairs_by_the_programs_own_names() -> None:
    runs = [fixed("wal.grown"), fixed("wal.grown", well=False), run("wal.pinned"),
            fixed("quiet", top="wal_grown", found=True), run("http.429")]  # fmt: skip
    found = score.prior(runs, "2026-01-02", 7)
    row = found["faults"]["wal_grown"]
    assert (row["trials"], row["successes"], row["false_fixes"]) == (3, 1, 2)
    assert (row["named"], row["named_right"]) == (4, 3)
    assert found["faults"]["rate_limited"]["trials"] == 0
    assert "--seed 7" in found["by"]
