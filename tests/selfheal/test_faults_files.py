"""Faults of the home's files: each is found, told apart from what looks like it, repaired, and taken back."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults_kit import DAY, HOUR, NOW, Ill, aged, names, private

from fakes import FakeClock
from heal_kit import snapshot
from trendctl.home import Home
from trendctl.log import FILE
from trendctl.selfheal import analyst, config_kept, engineer, safeguard
from trendctl.store import backup
from trendctl.store.engine import Store

BROKEN = Callable[[Ill], object]


@pytest.fixture
def ill(home: Home, store: Store, clock: FakeClock) -> Ill:
    private(home.config, b"[scan]\ncandidates = 12\n")
    config_kept.keep_good(home)
    return Ill(home, store, clock)


# ---------------------------------------------------------------- what is repaired


def lock_of_the_dead(ill: Ill) -> Path:
    return private(ill.home.root / "daemon.lock", b"999999\n")


@contextmanager
def held_open(path: Path) -> Iterator[None]:
    """Another process has the file open."""
    with path.open("rb") as file, subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[file.fileno()]) as other:
        yield
        assert other.stdin is not None
        other.stdin.close()


def lock_folder(ill: Ill) -> Path:
    (ill.home.root / "config.lock").mkdir(mode=0o700)
    return ill.home.root / "config.lock"


@pytest.mark.parametrize("make", [lock_of_the_dead, lock_folder])
def test_a_stale_lock_is_moved_aside_and_comes_back(ill: Ill, make: Callable[[Ill], Path]) -> None:
    path = make(ill)
    told = ill.heal()["stale_lock"]
    assert told.action == "fixed"
    assert not path.exists()
    ill.take_back(told)
    assert path.exists()


@pytest.mark.parametrize("name", ["home.lock", "journal/journal.lock"])
def test_a_lock_that_cannot_be_opened_gets_its_modes_back(ill: Ill, name: str) -> None:
    path = private(ill.home.root / name, b"")
    path.chmod(0)
    told = ill.heal()["stale_lock"]
    assert told.action == "fixed"
    assert path.stat().st_mode & 0o777 == 0o600
    ill.take_back(told)
    assert path.stat().st_mode & 0o777 == 0


def test_a_lock_that_is_shut_and_names_the_dead_is_moved_aside_at_once(ill: Ill) -> None:
    path = lock_of_the_dead(ill)
    path.chmod(0)
    told = ill.heal()["stale_lock"]
    assert told.action == "fixed"
    assert not path.exists()
    (moved,) = (ill.home.root / "quarantine").iterdir()
    assert moved.stat().st_mode & 0o777 == 0o600  # whoever copies the home can read it
    ill.take_back(told)
    assert path.stat().st_mode & 0o777 == 0


@pytest.mark.parametrize("name", ["home.lock", "journal/journal.lock"])
def test_of_the_homes_own_locks_only_the_modes_come_back_whatever_they_say(ill: Ill, name: str) -> None:
    path = private(ill.home.root / name, b"999999\n")
    path.chmod(0)
    assert ill.heal()["stale_lock"].action == "fixed"
    assert path.read_bytes() == b"999999\n"
    assert "stale_lock" not in names(ill.found())


def test_a_shut_lock_that_someone_has_open_is_only_opened_again(ill: Ill) -> None:
    path = private(ill.home.root / "daemon.lock", b"")
    with held_open(path):
        path.chmod(0)
        plan = ill.plan("stale_lock", "daemon.lock")
    assert plan is not None
    assert plan.fix == "chmod"


def test_the_homes_own_lock_is_never_moved(ill: Ill) -> None:
    (ill.home.root / "home.lock").mkdir(mode=0o700)
    assert ill.heal()["stale_lock"].action == "told"
    assert (ill.home.root / "home.lock").is_dir()


def test_the_lock_of_a_living_process_is_left_alone(ill: Ill) -> None:
    private(ill.home.root / "daemon.lock", f"{os.getpid()}\n".encode())
    private(ill.home.root / "home.lock", b"")
    assert "stale_lock" not in names(ill.found())


def test_a_held_lock_is_left_alone_whatever_it_says(ill: Ill) -> None:
    from filelock import FileLock

    path = private(ill.home.root / "daemon.lock", b"")
    with FileLock(path):
        path.write_bytes(b"999999\n")
        assert "stale_lock" not in names(ill.found())


def test_a_lock_that_was_taken_since_the_plan_is_not_moved(ill: Ill) -> None:
    from filelock import FileLock, Timeout

    path = private(ill.home.root / "post-ebay-default.lock", b"999999\n")
    look = ill.look()
    (found,) = analyst.analyse([f for f in ill.faults if f.name == "stale_lock"], look).found
    plan = engineer.propose(found, look).plan
    assert plan is not None
    with FileLock(path):
        (done,) = safeguard.carry_out(ill.ward, [safeguard.Order(found, plan)], look.round)
        with pytest.raises(Timeout):
            FileLock(path, timeout=0).acquire()
    assert (done.state, done.success, path.read_bytes()) == ("rolled_back", None, b"999999\n")
    assert "taken by someone else meanwhile" in done.detail
    assert not (ill.home.root / "quarantine").exists()


def test_who_opened_a_lock_before_it_was_moved_holds_no_other_file_than_who_comes_after(ill: Ill) -> None:
    path = lock_of_the_dead(ill)
    with path.open("r+b") as early:
        assert ill.heal()["stale_lock"].action == "fixed"
        assert os.fstat(early.fileno()).st_nlink == 0  # by this filelock sees that it must open the new one


def test_modes_open_to_others_are_closed(ill: Ill) -> None:
    secret = private(ill.home.env_file, b"ETSY_API_KEY=x\n")
    for path, mode in ((secret, 0o644), (ill.home.backups, 0o755), (ill.home.database, 0o640)):
        path.chmod(mode)
    told = ill.heal()["wrong_permissions"]
    assert told.action == "fixed"
    assert [p.stat().st_mode & 0o777 for p in (secret, ill.home.backups, ill.home.database)] == [0o600, 0o700, 0o600]
    ill.take_back(told)
    assert ill.home.backups.stat().st_mode & 0o777 == 0o755


def test_a_link_out_of_the_home_is_never_followed(ill: Ill, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (ill.home.logs / "linked.txt").symlink_to(outside)
    plan = ill.plan("wrong_permissions")
    assert plan is None
    assert outside.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", [".", "backups", "trendctl.db"])
def test_a_home_that_cannot_be_written_is_put_right(ill: Ill, name: str) -> None:
    path = ill.home.root / name
    path.chmod(0o500 if path.is_dir() else 0o400)
    told = ill.heal()["home_read_only"]
    assert told.action == "fixed"
    assert path.stat().st_mode & 0o200
    ill.take_back(told)
    assert not path.stat().st_mode & 0o200
    path.chmod(0o700)


@pytest.mark.parametrize("name", ["journal", "journal/journal.jsonl"])
def test_a_journal_that_cannot_be_written_is_put_right(ill: Ill, name: str) -> None:
    private(ill.home.journal / "journal.jsonl", b"")
    path = ill.home.root / name
    path.chmod(0o500 if path.is_dir() else 0o400)
    assert {"home_read_only", "journal_unwritable"} & names(ill.found()) == {"journal_unwritable"}
    assert ill.heal()["journal_unwritable"].action == "fixed"
    assert path.stat().st_mode & 0o200


@pytest.mark.parametrize(
    "name",
    [".config.toml.999999-1.part", "backups/.20260101T000000Z-999999.tmp.db", "cache/.new-abc", "backups/x.db.gz"],
)
def test_half_written_files_are_moved_aside(ill: Ill, name: str) -> None:
    path = aged(private(ill.home.root / name, b"" if name.endswith("gz") else b"half"), 2 * DAY)
    told = ill.heal()["part_files"]
    assert told.action == "fixed"
    assert not path.exists()
    ill.take_back(told)
    assert path.exists()


def test_a_file_that_is_being_written_is_no_left_over(ill: Ill) -> None:
    aged(private(ill.home.root / ".config.toml.999999-1.part", b"half"), 60)
    aged(private(ill.home.root / f".secrets.json.{os.getpid()}-1.part", b"half"), 2 * DAY)
    aged(private(ill.home.outbox / "part.txt", b"whole"), 2 * DAY)
    assert "part_files" not in names(ill.found())


BAD_OVERLAYS = (
    b"{not json",
    b'["a"]',
    b'{"title": 5}',
    b"\xff\xfe\x00",
    b"",
    b'{"title": "a.b["}',
    b'{"headline": "x"}',
)


@pytest.mark.parametrize("data", BAD_OVERLAYS)
def test_a_broken_overlay_is_moved_aside(ill: Ill, data: bytes) -> None:
    path = private(ill.home.overlays / "hackernews.json", data)
    told = ill.heal()["overlay_broken"]
    assert told.action == "fixed"
    assert not path.exists()
    ill.take_back(told)
    assert path.read_bytes() == data


def test_a_good_overlay_is_left_alone(ill: Ill) -> None:
    private(ill.home.overlays / "hackernews.json", b'{"title": "headline || title"}')
    private(ill.home.overlays / "slickdeals_rss.json", b'{"title": "head/line|title", "id": "guid@value"}')
    assert "overlay_broken" not in names(ill.found())


def test_an_overlay_that_speaks_of_a_price_waits_for_a_person(ill: Ill) -> None:
    path = private(ill.home.overlays / "bestbuy.json", b'{"price": "offer.["}')
    assert ill.heal()["overlay_broken"].action == "proposed"
    assert path.exists()


# ---------------------------------------------------------------- logs


def lines(count: int, leaf: str = "scan") -> bytes:
    row = {"at": "2026-06-01T11:58:00+00:00", "level": "INFO", "event": "again", "leaf": leaf}
    return (json.dumps(row) + "\n").encode() * count


def test_a_flooded_log_is_moved_aside(ill: Ill) -> None:
    path = private(ill.home.logs / FILE, lines(5000))
    told = ill.heal()["log_flood"]
    assert told.action == "fixed"
    assert "scan" in told.cause
    assert not path.exists()
    ill.take_back(told)
    assert path.read_bytes() == lines(5000)


def test_logs_beyond_their_size_are_thinned_from_the_oldest(home: Home, store: Store, clock: FakeClock) -> None:
    ill = Ill(home, store, clock, log_max_mb=1, log_keep=0)
    for n in range(4):
        aged(private(home.logs / f"old-{n}.jsonl", bytes(8_000_000)), (9 - n) * DAY)
    private(home.logs / FILE, lines(3))
    assert ill.heal()["log_flood"].action == "fixed"
    assert sorted(p.name for p in home.logs.iterdir()) == ["old-2.jsonl", "old-3.jsonl", FILE]


def test_a_busy_hour_and_a_few_crash_files_are_no_flood(ill: Ill) -> None:
    private(ill.home.logs / FILE, lines(900))
    for n in range(4):
        aged(private(ill.home.logs / f"crash-{n}.txt", b"x"), HOUR)
    assert "log_flood" not in names(ill.found())


# ---------------------------------------------------------------- settings


def test_an_unknown_key_is_made_a_comment_and_the_rest_stays(ill: Ill) -> None:
    text = b"[scan]\ncandidates = 12  # mine\ncandidats = 3\n"
    ill.home.config.write_bytes(text)
    told = ill.heal()["config_broken"]
    assert told.action == "fixed"
    assert b"# taken out, it is no setting: candidats = 3" in ill.home.config.read_bytes()
    assert b"candidates = 12  # mine" in ill.home.config.read_bytes()
    ill.take_back(told)
    assert ill.home.config.read_bytes() == text


def test_the_last_good_copy_is_offered_for_a_text_that_is_no_toml(ill: Ill) -> None:
    ill.home.config.write_bytes(b"[scan\ncandidates = 12\n")
    plan = ill.plan("config_broken")
    assert plan is not None
    assert plan.changes[0].data == b"[scan]\ncandidates = 12\n"
    assert plan.automatic


@pytest.mark.parametrize(
    "text",
    [b'[market]\ncurency = "EUR"\n', b'[review]\nminimum_margin = "0.30"\n[scan\n', b"[daemon]\npost_aproved = true\n"],
)
def test_settings_about_money_or_posting_are_a_persons(ill: Ill, text: bytes) -> None:
    ill.home.config.write_bytes(text)
    plan = ill.plan("config_broken")
    assert plan is not None
    assert not plan.automatic
    assert plan.because


def test_a_wrong_variable_is_no_fault_of_the_file(ill: Ill) -> None:
    from dataclasses import replace

    probe = ill.probe()
    ill.probe = lambda: replace(probe, wanted=replace(probe.wanted, config_fault="TRENDCTL_SCAN__CANDIDATES ..."))  # type: ignore[method-assign]  # the settings are as the environment says
    assert ill.plan("config_broken") is None


def test_only_a_valid_config_is_kept_as_the_last_good_one(home: Home) -> None:
    private(home.config, b"[scan]\ncandidates = 5\n")
    assert config_kept.keep_good(home)
    assert not config_kept.keep_good(home)
    home.config.write_bytes(b"[scan]\ncandidates = 'x'\n")
    assert not config_kept.keep_good(home)
    assert config_kept.last_good(home) == b"[scan]\ncandidates = 5\n"
    assert (home.root / config_kept.NAME).stat().st_mode & 0o777 == 0o600


# ---------------------------------------------------------------- backups


def test_a_stale_backup_leads_to_a_new_one(ill: Ill) -> None:
    from trendctl.store import jobs

    backup.create(ill.store, ill.home.backups, "scheduled", NOW - 5 * DAY)
    jobs.begin(ill.store, "backup", NOW - 5 * DAY, NOW + DAY)
    jobs.finish(ill.store, "backup", NOW - 5 * DAY, "ok", "made")
    told = ill.heal()["backup_stale"]
    assert told.action == "fixed"
    assert len(backup.listed(ill.store, ill.home.backups)) == 2
    ill.take_back(told)
    assert len(backup.listed(ill.store, ill.home.backups)) == 1


@pytest.mark.parametrize("how", ["cut", "flipped", "text", "emptied"])
def test_a_bad_backup_is_set_aside_and_replaced(ill: Ill, how: str) -> None:
    made = backup.create(ill.store, ill.home.backups, "scheduled", NOW - HOUR)
    path = ill.home.backups / made.path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.write_bytes({"cut": bytes(data[:-100]), "flipped": bytes(data), "text": b"x" * len(data), "emptied": b""}[how])
    aged(path, 2 * DAY)  # an emptied one is no reserved name that was left over
    heard = ill.heal()
    told = heard["backup_bad"]
    assert told.action == "fixed"
    assert "part_files" not in heard
    listed = backup.listed(ill.store, ill.home.backups)
    assert len(listed) == 1
    assert listed[0].path != made.path
    ill.take_back(told)
    assert path.exists()


def test_a_good_backup_of_another_home_is_left_alone(ill: Ill) -> None:
    made = backup.create(ill.store, ill.home.backups, "scheduled", NOW - HOUR)
    (ill.home.backups / "20260101T000000Z-mine.db.gz").write_bytes((ill.home.backups / made.path).read_bytes())
    assert "backup_bad" not in names(ill.found())


# ---------------------------------------------------------------- taken back without a difference


@pytest.mark.parametrize("make", [lock_of_the_dead, lambda ill: private(ill.home.overlays / "etsy.json", b"{")])
def test_a_rollback_leaves_no_difference(ill: Ill, make: BROKEN) -> None:
    make(ill)
    before = snapshot(ill.home, ill.store)
    told = next(t for t in ill.heal().values() if t.action == "fixed")
    ill.take_back(told)
    assert snapshot(ill.home, ill.store) == before
