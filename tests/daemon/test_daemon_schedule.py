"""When jobs are due, what counts as missed, and the market's quiet hours."""

from datetime import UTC, datetime

import pytest

from trendctl.daemon_schedule import HOUR, LANES, PLANS, Plan, is_quiet, longest

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_an_aligned_job_is_due_at_the_next_whole_hour_however_late_it_began() -> None:
    plan = Plan("scan", HOUR, aligned=True)
    assert plan.next_due(at("2026-06-01T12:00:00")) == at("2026-06-01T13:00:00")
    assert plan.next_due(at("2026-06-01T12:59:59")) == at("2026-06-01T13:00:00")


def test_another_job_is_due_an_interval_after_it_began() -> None:
    assert Plan("backup", 24 * HOUR).next_due(at("2026-06-01T12:34:56")) == at("2026-06-02T12:34:56")


@pytest.mark.parametrize(
    ("last", "now", "missed"),
    [
        ("2026-06-01T12:00", "2026-06-01T13:00", 0),
        ("2026-06-01T12:00", "2026-06-01T13:59", 0),
        ("2026-06-01T12:59", "2026-06-01T14:00", 1),
        ("2026-06-01T12:00", "2026-06-02T12:00", 23),
        ("2026-06-01T12:00", "2026-06-01T11:00", 0),
    ],
)
def test_an_hour_is_missed_when_no_run_began_in_it(last: str, now: str, missed: int) -> None:
    assert Plan("scan", HOUR, reports_missed=True).missed(at(last), at(now)) == missed


def test_nothing_is_missed_before_the_first_run_or_by_a_job_that_does_not_report_it() -> None:
    assert Plan("scan", HOUR, reports_missed=True).missed(None, at("2026-06-01T12:00")) == 0
    assert Plan("analyze", HOUR).missed(at("2026-06-01T12:00"), at("2026-06-03T12:00")) == 0


@pytest.mark.parametrize(
    ("hours", "zone", "now", "quiet"),
    [
        ("22:00-07:00", "UTC", "2026-06-01T22:00", True),
        ("22:00-07:00", "UTC", "2026-06-01T21:59", False),
        ("22:00-07:00", "UTC", "2026-06-01T06:59", True),
        ("22:00-07:00", "UTC", "2026-06-01T07:00", False),
        ("12:00-13:00", "UTC", "2026-06-01T12:30", True),
        ("12:00-13:00", "UTC", "2026-06-01T13:00", False),
        ("", "UTC", "2026-06-01T03:00", False),
        ("08:00-08:00", "UTC", "2026-06-01T08:00", False),
        ("22:00-07:00", NEW_YORK, "2026-06-01T12:00", False),
        ("22:00-07:00", NEW_YORK, "2026-06-01T10:59", True),
        ("22:00-07:00", NEW_YORK, "2026-12-01T11:59", True),
        ("22:00-07:00", BERLIN, "2026-03-29T01:30", True),  # 03:30, an hour that began at 01:00
        ("02:00-03:00", BERLIN, "2026-03-29T00:59", False),  # 01:59; 02:00 does not come that day
        ("02:00-03:00", BERLIN, "2026-03-29T01:00", False),
        ("02:00-03:00", BERLIN, "2026-10-25T00:30", True),  # 02:30 comes twice that day
        ("02:00-03:00", BERLIN, "2026-10-25T01:30", True),
    ],
)
def test_quiet_hours_follow_the_wall_clock_of_the_market(hours: str, zone: str, now: str, quiet: bool) -> None:
    assert is_quiet(hours, zone, at(now)) is quiet


def test_every_job_has_a_lane_a_time_limit_and_a_name_of_its_own() -> None:
    assert len({p.name for p in PLANS}) == len(PLANS)
    assert all(p.lane in LANES and p.longest >= 300 and p.every >= 300 for p in PLANS)
    assert [p.name for p in PLANS if p.reports_missed] == ["scan"]
    assert "notify" not in longest()
    assert longest()["scan"] == 1200
