"""What is kept: values rolled up with age, sources' own limits, backups by generation, cache and crash files."""

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from daemon_world import world
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import START, FakeClock
from trendctl.home import Home
from trendctl.store import cases, retention
from trendctl.store.backup import Backup, listed
from trendctl.store.engine import Store
from trendctl.store.retention import Generations, kept, roll_up, thin_out
from trendctl.store.writers import Role

NOW = int(START.timestamp())
HOUR, DAY, WEEK = 3600, 86_400, 604_800
Value = tuple[int, float | None, int | None, int | None]  # at, value, rank, price


def filled(store: Store, values: list[Value], *, period: int = 0, item: int = 1, fetched: int | None = None) -> None:
    """One item's values of one metric."""
    with store.write(Role.SCANNER) as db:
        db.execute(
            "INSERT OR IGNORE INTO item (id, source, external_id, title, first_seen_at, last_seen_at)"
            " VALUES (?, 'feed', ?, 'a thing', 1, ?)", (item, f"x{item}", NOW),
        )  # fmt: skip
        db.execute("INSERT OR IGNORE INTO metric (id, name, period) VALUES (?, 'points', ?)", (period + 1, period))
        db.executemany(
            "INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(item, period + 1, at, v, r, p, "USD" if p else None, fetched or at) for at, v, r, p in values],
        )


def stored(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as db:
        return [tuple(r) for r in db.execute("SELECT at, value, rank, price, currency FROM observation ORDER BY at")]


def day(at: int) -> int:
    return at - at % DAY


OLD = day(NOW) - 40 * DAY


def test_hours_older_than_five_weeks_become_one_row_a_day(store: Store) -> None:
    filled(store, [(OLD + n * HOUR, float(n), n + 1, 100 + n) for n in range(24)])
    assert roll_up(store, NOW) == 23
    assert stored(store) == [(OLD, 11.5, 13, 123, "USD")]  # mean value, mean rank, the newest price


def test_what_analysis_reads_stays_as_it_was(store: Store) -> None:
    hours = [(NOW - n * HOUR, 1.0, None, None) for n in range(28 * 24)]
    filled(store, hours)
    days = [(day(NOW) - n * DAY, 2.0, None, None) for n in range(180)]
    filled(store, days, period=DAY)
    before = stored(store)
    assert roll_up(store, NOW) == 0
    assert stored(store) == before
    assert cases.WINDOW_DAYS[HOUR] * DAY < retention.DAYS_AFTER
    assert cases.WINDOW_DAYS[DAY] * DAY < retention.WEEKS_AFTER


def test_days_older_than_seven_months_become_weeks_that_begin_on_monday(store: Store) -> None:
    old = day(NOW) - 300 * DAY
    filled(store, [(old + n * DAY, 1.0, None, None) for n in range(28)], period=DAY)
    roll_up(store, NOW)
    starts = [datetime.fromtimestamp(row[0], UTC) for row in stored(store)]
    assert all((s.weekday(), s.hour) == (0, 0) for s in starts)
    assert 4 <= len(starts) <= 5


def test_weekly_values_are_never_made_coarser(store: Store) -> None:
    values = [(day(NOW) - n * WEEK, 1.0, None, None) for n in range(60)]
    filled(store, values, period=WEEK)
    assert roll_up(store, NOW) == 0


def test_rolling_up_again_changes_nothing_and_each_item_and_metric_stays_its_own(store: Store) -> None:
    for item in (1, 2, 5000):
        for period in (0, HOUR):
            filled(store, [(OLD + n * HOUR, float(item), None, None) for n in range(5)], item=item, period=period)
    assert roll_up(store, NOW) == 6 * 4
    once = stored(store)
    assert roll_up(store, NOW) == 0
    assert stored(store) == once
    assert sorted(row[1] for row in once) == [1.0, 1.0, 2.0, 2.0, 5000.0, 5000.0]


def test_values_without_a_value_or_a_rank_keep_it_that_way(store: Store) -> None:
    filled(store, [(OLD, None, 3, None), (OLD + HOUR, None, 5, None)])
    roll_up(store, NOW)
    assert stored(store) == [(OLD, None, 4, None, None)]


def test_a_polite_stop_ends_it_between_two_portions(store: Store) -> None:
    filled(store, [(OLD + n * HOUR, 1.0, None, None) for n in range(5)])
    assert roll_up(store, NOW, stop=lambda: True) == 0
    assert len(stored(store)) == 5


@settings(max_examples=15)  # each makes a database
@given(st.lists(st.tuples(st.integers(0, 400 * 24), st.floats(-1e6, 1e6)), unique_by=lambda v: v[0], max_size=60))
def test_every_day_or_week_that_had_a_value_still_has_one(values: list[tuple[int, float]]) -> None:
    from tempfile import TemporaryDirectory

    from trendctl.store.migrate import migrate

    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.db"
        migrate(path, now=NOW, before=lambda path, reason: None)
        store = Store(path)
        filled(store, [(NOW - h * HOUR, v, None, None) for h, v in values])
        roll_up(store, NOW)
        roll_up(store, NOW)
        left = {row[0]: row[1] for row in stored(store)}
    days, weeks = day(NOW - retention.DAYS_AFTER), NOW - retention.WEEKS_AFTER
    weeks -= (weeks - retention.MONDAY) % WEEK
    for h, value in values:
        at = NOW - h * HOUR
        if at >= days:
            assert left[at] == value
        elif at >= weeks:
            assert [t for t in left if day(t) == day(at)] != []
        else:
            assert [t for t in left if (t - retention.MONDAY) // WEEK == (at - retention.MONDAY) // WEEK] != []
    assert sum(1 for t in left if t < days) <= len({day(NOW - h * HOUR) for h, _ in values})


# ---------------------------------------------------------------- sources' own limits


def test_a_sources_values_and_items_go_when_it_may_no_longer_keep_them(store: Store) -> None:
    filled(store, [(NOW - DAY, 1.0, None, None), (NOW - 10 * DAY, 2.0, None, None)])
    filled(store, [(NOW - 10 * DAY, 3.0, None, None)], item=2)
    with store.write(Role.SCANNER) as db:
        db.execute("UPDATE item SET last_seen_at = ? WHERE id = 2", (NOW - 10 * DAY,))
        db.execute("INSERT INTO product (id, uid, title, first_seen_at, last_seen_at) VALUES (1, 'p', 'P', 1, 1)")
        db.execute("INSERT INTO product_link VALUES (2, 1, 1, 1)")
    assert retention.purge_sources(store, {"feed": 7, "other": 1}, NOW) == 3
    assert [row[1] for row in stored(store)] == [1.0]
    with store.read() as db:
        assert [r[0] for r in db.execute("SELECT id FROM item")] == [1]
        assert db.execute("SELECT count(*) FROM product").fetchone()[0] == 1
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_source_without_a_limit_keeps_everything_but_events_of_long_ago(store: Store) -> None:
    filled(store, [(NOW - 400 * DAY, 1.0, None, None)])
    filled(store, [], item=2)
    with store.write(Role.SCANNER) as db:
        db.execute("UPDATE item SET event_at = ? WHERE id = 2", (NOW - 181 * DAY,))
    assert retention.purge_sources(store, {}, NOW) == 1
    assert len(stored(store)) == 1


def test_old_runs_go_and_the_newest_scan_stays(store: Store) -> None:
    with store.write(Role.SCANNER) as db:
        for n, at in enumerate((NOW - 100 * DAY, NOW - 91 * DAY, NOW - DAY), 1):
            db.execute("INSERT INTO scan_run (id, started_at) VALUES (?, ?)", (n, at))
            db.execute("INSERT INTO source_run (run_id, source, outcome, at) VALUES (?, 's', 'ok', ?)", (n, at))
    assert retention.drop_old_runs(store, NOW) == 4
    assert retention.drop_old_runs(store, NOW + 400 * DAY) == 0
    with store.read() as db:
        assert [r[0] for r in db.execute("SELECT id FROM scan_run")] == [3]


# ---------------------------------------------------------------- backups


def copies(*ages: int) -> tuple[Backup, ...]:
    """Backups so many hours before 2026-06-01T12:00Z, newest first."""
    return tuple(Backup(n, f"{age:05d}", 1, NOW - age * HOUR, None, "scheduled") for n, age in enumerate(sorted(ages)))


def test_the_last_of_each_hour_day_and_week_is_kept_as_far_as_wanted() -> None:
    found = copies(*range(24 * 60))
    stay = kept(found, Generations(hourly=5, daily=3, weekly=2))
    ages = sorted(int(path) for path in stay)
    assert ages[:5] == [0, 1, 2, 3, 4]
    assert ages[5:] == [13, 37]  # 23:00 of the two days before (a Sunday and a Saturday)


@given(st.sets(st.integers(0, 5000), min_size=1, max_size=80), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_the_newest_backup_always_stays_and_never_more_than_the_generations(
    ages: set[int], hourly: int, daily: int, weekly: int
) -> None:
    found = copies(*ages)
    stay = kept(found, Generations(hourly, daily, weekly))
    assert found[0].path in stay
    assert len(stay) <= max(1, hourly + daily + weekly)
    assert stay <= {b.path for b in found}


def test_only_backups_of_the_schedule_are_dropped_with_file_and_row(store: Store, home: Home) -> None:
    from trendctl.store.backup import create

    for n, reason in enumerate(["by-hand", "scheduled", "scheduled", "before-migration-0002"]):
        create(store, home.backups, reason, NOW + n * DAY)
    assert thin_out(store, home.backups, Generations(0, 1, 0), "scheduled") == 1
    left = [b.reason for b in listed(store, home.backups)]
    assert sorted(left) == ["before-migration-0002", "by-hand", "scheduled"]
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM backup").fetchone()[0] == 3


def test_backups_that_a_restored_database_does_not_know_are_thinned_out_too(store: Store, home: Home) -> None:
    from trendctl.store.backup import write_copy

    for n in range(4):
        path = write_copy(store.path, home.backups, "scheduled", NOW + n * DAY)
        os.utime(path, (NOW + n * DAY, NOW + n * DAY))
    assert thin_out(store, home.backups, Generations(0, 2, 0), "scheduled") == 2
    assert len(list(home.backups.glob("*.db.gz"))) == 2


def test_a_backup_of_the_daemon_holds_no_secret_and_can_be_verified(home: Home, clock: FakeClock) -> None:
    with world(home, clock) as w:
        w.acts.update(scan=w.noted("scan"))
        w.app.secrets.put("EBAY_REFRESH_TOKEN", "v1-super-secret-token")
        done = {r.job: r for r in w.tick()}
        assert "is good" in done["restore_drill"].detail
        (file,) = home.backups.glob("*.db.gz")
        assert b"super-secret" not in gzip.decompress(file.read_bytes())
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_backup_that_went_bad_fails_the_drill(home: Home, clock: FakeClock) -> None:
    with world(home, clock) as w:
        w.acts.update(scan=w.noted("scan"))
        w.tick()
        (file,) = home.backups.glob("*.db.gz")
        file.write_bytes(file.read_bytes()[:-20])
        del w.acts["backup"]
        done = {r.job: r.outcome for r in w.tick(7 * DAY)}
        assert done["restore_drill"] == "failed"
        w.tick(300)
        assert "backup_bad" in [i.fault for i in w.found("backup")]
        assert not file.exists(), "healing puts it aside"


# ---------------------------------------------------------------- files


def test_the_cache_keeps_the_newest_within_its_limit(tmp_path: Path) -> None:
    for n in range(5):
        (tmp_path / f"f{n}").write_bytes(b"x" * 100)
        os.utime(tmp_path / f"f{n}", (1000 + n, 1000 + n))
    assert retention.limit_folder(tmp_path, 250, 0) == 300
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f3", "f4"]
    assert retention.limit_folder(tmp_path, 250, 1004) == 100
    assert retention.limit_folder(tmp_path / "gone", 1, 0) == 0


def test_the_quarantine_keeps_what_can_be_moved_back_within_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "QUARANTINE_BYTES", 250)
    for days, name in ((0, "new"), (20, "old"), (30, "older"), (40, "big"), (91, "over")):
        put_at = datetime.fromtimestamp(NOW - days * DAY, UTC).strftime("%Y%m%dT%H%M%SZ")
        (tmp_path / f"{put_at}-{name}").write_bytes(b"x" * 100)  # its own time, today's, does not count
    aside = tmp_path / next(p.name for p in tmp_path.iterdir() if p.name.endswith("-big"))
    aside.unlink()
    aside.mkdir()
    (aside / "inside").write_bytes(b"x" * 500)
    assert retention.limit_quarantine(tmp_path, NOW) == 700
    assert sorted(p.name.split("Z-")[1] for p in tmp_path.iterdir()) == ["new", "old"]
    monkeypatch.setattr(retention, "QUARANTINE_BYTES", 0)
    assert retention.limit_quarantine(tmp_path, NOW) == 100
    assert [p.name.split("Z-")[1] for p in tmp_path.iterdir()] == ["new"]  # of this week nothing goes for its size
    assert retention.limit_quarantine(tmp_path / "gone", NOW) == 0


def test_only_so_many_crash_files_stay(tmp_path: Path) -> None:
    for n in range(4):
        (tmp_path / f"crash-{n}.txt").write_text("x")
        os.utime(tmp_path / f"crash-{n}.txt", (n, n))
    (tmp_path / "trendctl.jsonl").write_text("x")
    assert retention.keep_newest(tmp_path, "crash-*.txt", 3) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["crash-1.txt", "crash-2.txt", "crash-3.txt", "trendctl.jsonl"]


@pytest.mark.parametrize("name", ["roll_up", "purge_sources", "drop_old_runs"])
def test_an_empty_database_needs_nothing(store: Store, name: str) -> None:
    arguments: dict[str, tuple[Any, ...]] = {"purge_sources": ({"feed": 1},)}
    assert getattr(retention, name)(store, *arguments.get(name, ()), NOW) == 0
