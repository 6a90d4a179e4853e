"""heal, incidents, repairs and rollback as a person and a script use them, on a pseudo-terminal where it must be."""

import json
from pathlib import Path
from typing import Any

import pexpect
import pytest
from cli_kit import run, spawn

from trendctl.home import Home
from trendctl.store import repairs
from trendctl.store.engine import Store
from trendctl.store.writers import Role

Capture = pytest.CaptureFixture[str]
INCIDENT = {"id", "fault", "cause", "confidence", "action", "repair_id", "opened_at", "closed_at", "detail"}
REPAIR = {"id", "incident_id", "fix", "state", "backup", "touched", "started_at", "finished_at"}
pytestmark = pytest.mark.usefixtures("new_connections")  # repairs look at the database's file itself
QUICK = {"TRENDCTL_SELFHEAL__WINDOW_SECONDS": "0"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def open_to_all(home: Home, store: Store) -> Path:
    """A home whose database others may read."""
    for path in home.root.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    store.path.chmod(0o644)
    return store.path


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def trusted(store: Store, fault: str, trials: int = 40) -> None:
    """As if this machine had seen that fault repaired so often."""
    with store.write(Role.SELFHEAL) as db:
        db.execute("INSERT INTO learning VALUES (?, ?, ?, 1)", (fault, trials, trials))


@pytest.fixture
def distrusted(store: Store) -> None:
    """As if permissions had been repaired wrongly here a thousand times: it is only proposed then."""
    with store.write(Role.SELFHEAL) as db:
        db.execute("INSERT INTO learning VALUES ('wrong_permissions', 1000, 0, 1)")


def of(found: list[dict[str, Any]], fault: str) -> dict[str, Any]:
    return next(i for i in found if i["fault"] == fault)


def test_heal_in_a_good_home_finds_nothing(capsys: Capture, store: Store, home: Home) -> None:
    home.root.chmod(0o700)
    ran = run(capsys, "heal", "--json")
    assert [i for i in ran.json["incidents"] if i["fault"] not in ("cpu", "memory", "disk")] == []


@pytest.mark.usefixtures("distrusted")
def test_what_did_not_prove_right_is_proposed_with_the_command_that_does_it(capsys: Capture, open_to_all: Path) -> None:
    ran = run(capsys, "heal", "--json")
    found = of(ran.json["incidents"], "wrong_permissions")
    assert found.keys() >= INCIDENT
    assert (found["action"], found["repair_id"], found["closed_at"]) == ("proposed", None, None)
    assert found["next"] == f"trendctl heal --apply {found['id']}"
    assert mode(open_to_all) == 0o644
    assert ran.code == 0
    assert of(run(capsys, "incidents", "--json").json["incidents"], "wrong_permissions") == found


def test_what_proved_right_is_done_told_and_listed(capsys: Capture, open_to_all: Path, store: Store) -> None:
    trusted(store, "wrong_permissions")
    found = of(run(capsys, "heal", "--json").json["incidents"], "wrong_permissions")
    assert (found["action"], mode(open_to_all)) == ("fixed", 0o600)
    assert found["closed_at"]
    (row,) = run(capsys, "repairs", "--json").json
    assert row.keys() >= REPAIR
    assert (row["id"], row["incident_id"], row["state"]) == (found["repair_id"], found["id"], "final")
    assert found["undo"].startswith(f"trendctl rollback {row['id']}: ")


def test_a_dry_run_says_what_it_would_do_and_does_nothing(capsys: Capture, open_to_all: Path, store: Store) -> None:
    trusted(store, "wrong_permissions")
    ran = run(capsys, "heal", "--dry-run", "--json")
    assert "would have been done" in of(ran.json["incidents"], "wrong_permissions")["detail"]
    assert mode(open_to_all) == 0o644
    assert run(capsys, "incidents", "--json").json == {"incidents": []}


def test_in_words_it_says_what_how_we_know_what_was_done_and_how_to_undo_it(
    capsys: Capture, open_to_all: Path, store: Store
) -> None:
    trusted(store, "wrong_permissions")
    out = run(capsys, "heal").out
    for words in (
        "what happened:",
        "how we know:",
        "what was done: repaired, ",
        "how to undo it: trendctl rollback 1",
    ):
        assert words in out
    assert "what happened:" in run(capsys, "incidents").out
    assert "trendctl rollback 1 (" in run(capsys, "repairs").err


def test_words_from_outside_are_cleaned(capsys: Capture, store: Store) -> None:
    from trendctl.store import incidents
    from trendctl.store.incidents import Finding

    incidents.settle(store, [Finding("x\x1b[31m", "warn", "d\x1b[2J", "c\u202e", "s\x07", ("e\x1b]0;t\x07",))], 5)
    out = run(capsys, "incidents").out
    assert not [c for c in out if c in "\x1b\x07\u202e"]


@pytest.mark.usefixtures("distrusted")
@pytest.mark.parametrize("args", [("heal", "--apply", "1"), ("rollback", "1")])
def test_a_persons_act_needs_a_terminal(capsys: Capture, open_to_all: Path, args: tuple[str, ...]) -> None:
    run(capsys, "heal")
    ran = run(capsys, *args)
    assert (ran.code, "needs a terminal" in ran.err) == (1, True)
    assert mode(open_to_all) == 0o644


@pytest.mark.parametrize("option", ["--yes", "-y", "--force"])
def test_no_option_replaces_the_keys(capsys: Capture, store: Store, option: str) -> None:
    for command in ("heal", "rollback"):
        assert run(capsys, command, *(("1",) if command == "rollback" else ()), option).code == 2


def keys(told: "pexpect.spawn[str]", *pressed: str) -> str:
    told.expect("Type y, then Y")
    for key in pressed:
        told.send(key)
    told.expect(pexpect.EOF)
    told.close()
    return str(told.before)


@pytest.mark.usefixtures("real_sleep", "distrusted")
def test_two_keys_carry_a_proposal_out_and_two_take_it_back(
    capsys: Capture, open_to_all: Path, store: Store, home: Home
) -> None:
    found = of(run(capsys, "heal", "--json").json["incidents"], "wrong_permissions")
    number = str(found["id"])
    told = spawn(home.root, QUICK, "heal", "--apply", number)
    assert "Not carried out" in keys(told, "y", "y")
    assert mode(open_to_all) == 0o644
    told = spawn(home.root, QUICK, "heal", "--apply", number)
    assert "taken back: trendctl rollback 1" in " ".join(keys(told, "y", "Y").split())
    assert (told.exitstatus, mode(open_to_all)) == (0, 0o600)
    assert "Not taken back" in keys(spawn(home.root, QUICK, "rollback", "1"), "n", "Y")
    assert mode(open_to_all) == 0o600
    told = spawn(home.root, QUICK, "rollback", "1")
    assert "rolled_back" in keys(told, "y", "Y")
    assert (told.exitstatus, mode(open_to_all)) == (0, 0o644)
    with store.read() as db:
        assert repairs.learned(db) == {"wrong_permissions": (1001, 0)}


def test_a_damaged_database_is_told_and_never_touched(capsys: Capture, store: Store) -> None:
    run(capsys, "backup", "create")
    data = store.path.read_bytes()
    store.path.write_bytes(data[:200] + b"\xff" * 40_000 + data[40_200:])
    for wal in ("-wal", "-shm"):
        Path(f"{store.path}{wal}").unlink(missing_ok=True)
    before = store.path.read_bytes()
    ran = run(capsys, "heal", "--json")
    found = of(ran.json["incidents"], "database_corrupt")
    assert found["action"] in ("proposed", "told")
    assert "backup restore" in json.dumps(found)
    assert (ran.code, store.path.read_bytes() == before) == (1, True)


def test_without_a_home_it_says_how_to_get_one(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRENDCTL_HOME", str(tmp_path / "none"))
    ran = run(capsys, "heal")
    assert (ran.code, "trendctl init" in ran.err) == (1, True)
    assert not (tmp_path / "none").exists()


def test_no_repairs_is_good_news(capsys: Capture, store: Store) -> None:
    assert run(capsys, "repairs").err == "No repairs.\n"
