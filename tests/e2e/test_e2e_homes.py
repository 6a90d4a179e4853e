"""A home that is missing, a file, read-only, full or damaged: one line that says what to do, and nothing lost."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from e2e_kit import REAL, Ran, at_terminal, child, environ, one_line, run, serve_fixtures, sound

import forked
from loopback import Loopback
from store_rows import product
from trendctl.home import Home
from trendctl.store.engine import Store
from trendctl.store.journal import Journal

Capture = pytest.CaptureFixture[str]
READ = ("products", "stats", "show 1", "listings", "backup create", "audit verify")
FEEDS = ("--source", "slickdeals_rss", "--source", "steam_charts")


def limited(home: Path, how: str, *args: str, **told: str) -> Ran:
    """A command in a process that may do less: a function of limited_child.py."""
    words = [f"{Path(__file__).with_name('limited_child.py')}:{how}", *args]
    return Ran(*forked.run(words, {**os.environ, **told, "TRENDCTL_HOME": str(home)}))


def started_limited(home: Path, prepare: Callable[[], None], *args: str) -> Ran:
    """The same with an interpreter started for it."""
    done = subprocess.run(
        [*REAL, *args], capture_output=True, text=True, timeout=60, check=False, preexec_fn=prepare,
        env={**os.environ, "TRENDCTL_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def no_file_above(size: int) -> Callable[[], None]:
    """As on a full disk, no file grows beyond `size` bytes."""

    def prepare() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    return prepare


@pytest.mark.parametrize("args", ["products", "backup create", "scan", "init", "secrets list", "config show"])
def test_a_file_in_place_of_the_home(capsys: Capture, tmp_path: Path, args: str) -> None:
    (tmp_path / "home").write_text("a file")
    ran = run(capsys, *args.split())
    assert ran.code in (1, 2)
    one_line(ran, ran.code)
    assert (tmp_path / "home").read_text() == "a file"


@pytest.mark.parametrize("args", READ)
def test_a_missing_home_says_how_to_make_one(capsys: Capture, tmp_path: Path, args: str) -> None:
    one_line(run(capsys, *args.split()), 1, "Next: trendctl init")
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="dropping root's rights is done as Linux does it")
@pytest.mark.parametrize("args", ["products", "backup create", "config set scan.contact a", "init"])
@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_home_that_may_not_be_written(home: Home, store: Store, args: str, mode: int) -> None:
    before = home.database.read_bytes()
    home.database.chmod(0o400)
    home.root.chmod(mode)
    try:
        ran = limited(home.root, "plain_user", *args.split())
    finally:
        home.root.chmod(0o700)
        home.database.chmod(0o600)
    if not (args == "init" and mode == 0o500 and ran.code == 0):
        assert ran.code in (1, 2), ran.err
        one_line(ran, ran.code)
    assert home.database.read_bytes() == before


@pytest.mark.parametrize("size", [0, 20_000, 300_000])
def test_a_disk_that_fills_during_the_first_run_is_told_and_the_next_run_completes(tmp_path: Path, size: int) -> None:
    home = tmp_path / "fresh"
    ran = started_limited(home, no_file_above(size), "init")
    if ran.code:
        one_line(ran, 1)
    assert child(home, "init", real=True).code == 0
    sound(Store(home / "trendctl.db"))
    assert not list(home.rglob("*.part"))


@pytest.mark.parametrize("args", ["scan", "backup create", "reject 1 --reason too-heavy", "config set scan.contact a"])
def test_a_full_disk_is_told_and_loses_nothing(home: Home, store: Store, loopback: Loopback, args: str) -> None:
    serve_fixtures(loopback)
    product(store, "abcd2345efgh6723")
    more = FEEDS if args == "scan" else ()
    ran = limited(home.root, "below_size", "10", *args.split(), *more, **environ(loopback))
    assert ran.code in (1, 2), ran.out + ran.err
    one_line(ran, ran.code)
    assert not [p for p in home.root.rglob("*") if p.name.endswith(".part")]
    sound(store)
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM product").fetchone()[0] == 1
    assert Journal(home.journal).verify(store).ok
    assert child(home.root, "reject", "1", "--reason", "afterwards it goes on").code == 0


@pytest.mark.parametrize("command", [["products", "--json"], ["sources", "list"], ["--help"]])
def test_stdout_on_a_full_disk_is_one_line(home: Home, store: Store, command: list[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("/dev/full is Linux's")
    with open("/dev/full", "w") as full:
        # As at a shell: with PYTHONUNBUFFERED nothing would be left to be written again when Python ends.
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
        done = subprocess.Popen([*REAL, *command], stdout=full, text=True, stderr=subprocess.PIPE, env=environ)
        _, told = done.communicate(timeout=60)
    one_line(Ran(done.returncode, "", told), 1, "disk is full")
    assert told.count("\n") == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_that_knows_few_characters_still_shows_what_it_can(home: Home, store: Store, encoding: str) -> None:
    product(store, "abcd2345efgh6723")
    ran = child(home.root, "show", "1", real=True, PYTHONIOENCODING=encoding)
    assert ran.code == 0, ran.err
    assert "Product" in ran.out


@pytest.mark.parametrize("columns", ["abc", "-5", "0", "", "99999"])
def test_any_width_is_taken(capsys: Capture, store: Store, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run(capsys, "products").code == 0


@pytest.mark.parametrize("args", [["products", "--category", "\udcff"], ["reject", "1", "--reason", "\udcff\udcfe"]])
def test_words_that_are_no_text_are_refused(capsys: Capture, store: Store, args: list[str]) -> None:
    one_line(run(capsys, *args), 2, "not UTF-8")


@pytest.mark.parametrize("file", ["logs", "backups", "images", "outbox", "cache", "journal"])
def test_a_file_in_place_of_a_folder_of_the_home(capsys: Capture, home: Home, store: Store, file: str) -> None:
    folder = home.root / file
    folder.rmdir()
    folder.write_text("")
    for args in ("products", "config show", "backup create", "stats", "audit verify"):
        ran = run(capsys, *args.split())
        if ran.code:
            one_line(ran, 1)


@pytest.mark.parametrize("content", [b"", b"garbage" * 900, "cut"])
def test_a_damaged_or_lost_database_can_be_restored_from_its_backups(
    capsys: Capture, home: Home, store: Store, content: bytes | str, real_sleep: None
) -> None:
    product(store, "abcd2345efgh6723")
    assert run(capsys, "reject", "1", "--reason", "too heavy").code == 0
    assert run(capsys, "backup", "create").code == 0
    whole = home.database.read_bytes()
    for tail in ("-wal", "-shm"):
        home.database.with_name(home.database.name + tail).unlink(missing_ok=True)
    if content == b"":
        home.database.unlink()
        one_line(run(capsys, "products"), 1, "trendctl backup restore latest")
    else:
        home.database.write_bytes(whole[:9000] if isinstance(content, str) else content)
        one_line(run(capsys, "products"), 1, "trendctl backup list")
    assert len(run(capsys, "backup", "list", "--json").json) == 1
    assert run(capsys, "backup", "verify", "latest").code == 0
    told = at_terminal(home.root, "backup", "restore", "latest")
    told.expect("Type y")
    told.send("y")
    told.send("Y")
    told.expect(pexpect.EOF)
    told.close()
    assert told.exitstatus == 0, told.before
    assert run(capsys, "products", "--status", "rejected", "--json").json[0]["title"].startswith("Product")
    sound(store)


def test_an_older_backup_is_restored_and_brought_up_to_date(capsys: Capture, home: Home, real_sleep: None) -> None:
    """The lock of the home is held while the restored database is migrated."""
    import sqlite3

    from trendctl.store import backup
    from trendctl.store import migrate as migrations

    known = migrations.migrations()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "migrations", lambda: known[:1])
        migrations.migrate(home.database, now=1, before=lambda path, reason: None)
        backup.write_copy(home.database, home.backups, "old", 1)
    told = at_terminal(home.root, "backup", "restore", "latest")
    told.expect("Type y")
    told.send("y")
    told.send("Y")
    told.expect(pexpect.EOF)
    told.close()
    assert told.exitstatus == 0, told.before
    with sqlite3.connect(home.database) as db:
        assert db.execute("SELECT max(number) FROM migration").fetchone()[0] == known[-1].number
    db.close()


def test_an_unknown_currency_is_told_before_anything_is_done(capsys: Capture, home: Home, store: Store) -> None:
    home.config.write_text('[market]\ncurrency = "XXX"\n')
    for args in ("config check", "scan", "config show"):
        one_line(run(capsys, *args.split()), 2, "market.currency")


@pytest.mark.parametrize("command", ["post", "listings", "reconcile"])
def test_a_platform_that_there_is_not_is_told_with_the_nearest(capsys: Capture, store: Store, command: str) -> None:
    one_line(run(capsys, command, "--platform", "locl"), 2, "the nearest one is local")
