"""The commands daemon, service, incidents and health, as a person or cron calls them."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trendctl import daemon_jobs, log
from trendctl.app import App
from trendctl.cli.main import main
from trendctl.clock import SystemClock
from trendctl.errors import TrendctlError
from trendctl.home import Home
from trendctl.store import incidents
from trendctl.store.engine import Store
from trendctl.store.incidents import Finding
from trendctl.store.writers import Role

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Home) -> Iterator[Run]:
    """A command line in this process: exit code, stdout, stderr."""
    monkeypatch.setattr("signal.signal", lambda *_: None)

    def call(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    yield call
    log.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The daemon's jobs, replaced: nothing is asked of anyone."""
    found: dict[str, Any] = {"scan": lambda app: "3 of 3 sources measured", "backup": lambda app: "made"}
    monkeypatch.setattr(daemon_jobs, "acts", lambda app: found)
    return found


def test_once_runs_what_is_due_and_again_nothing(run: Run, quick: dict[str, Any]) -> None:
    run("init")
    code, out, _ = run("daemon", "--once", "--json")
    assert code == 0
    assert [(r["job"], r["outcome"]) for r in json.loads(out)] == [("scan", "ok"), ("backup", "ok"), ("health", "ok")]
    code, out, _ = run("daemon", "--once", "--json")
    assert (code, json.loads(out)) == (0, [])


def test_once_exits_1_when_a_job_failed(run: Run, quick: dict[str, Any]) -> None:
    def broken(app: App) -> str:
        raise TrendctlError("no network")

    quick["scan"] = broken
    run("init")
    code, out, _ = run("daemon", "--once")
    assert code == 1
    assert "no network" in out


def test_once_leaves_the_work_to_a_daemon_that_runs(run: Run, quick: dict[str, Any], home: Home) -> None:
    from filelock import FileLock

    run("init")
    with FileLock(home.root / "daemon.lock"):
        code, _, err = run("daemon", "--once")
    assert code == 0
    assert "Another daemon works in this home: nothing to do" in err


def test_a_daemon_does_not_start_on_wrong_settings_or_without_a_home(run: Run, home: Home) -> None:
    code, _, err = run("daemon", "--once")
    assert (code, "trendctl init" in err) == (1, True)
    run("init")
    home.config.write_text("[daemon]\npost_aproved = true\n")
    code, _, err = run("daemon", "--once")
    assert code == 2
    assert "post_approved" in err


def test_what_stops_a_start_is_healed_first_where_that_proved_right(
    run: Run, quick: dict[str, Any], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemClock, "sleep", lambda *_: None)  # wrong settings heal with the default window
    run("init")
    home.config.write_text("[scan]\nworkers = 4\n")
    run("daemon", "--once")  # a good round keeps the settings
    with Store(home.database).write(Role.SELFHEAL) as db:
        db.execute("INSERT INTO learning VALUES ('config_broken', 40, 40, 1)")
    home.config.write_text("[scan]\nworkers = 4\nworkerz = 8\n")
    assert run("daemon", "--once")[0] == 0
    assert "# taken out, it is no setting: workerz = 8" in home.config.read_text()
    with Store(home.database).read() as db:
        assert [(i.fault, i.action) for i in incidents.listed(db) if i.fault == "config_broken"] == [
            ("config_broken", "fixed")
        ]


def test_what_stops_a_start_and_cannot_be_healed_is_an_incident_and_said_each_time(
    run: Run, quick: dict[str, Any], home: Home
) -> None:
    run("init")
    home.config.write_text("[daemon]\npost_aproved = true\n")  # about posting: only a person may
    for _ in range(2):
        code, _, err = run("daemon", "--once")
        assert (code, "post_approved" in err) == (2, True)
    assert home.config.read_text() == "[daemon]\npost_aproved = true\n"
    with Store(home.database).read() as db:
        assert [i.times for i in incidents.listed(db, only_open=True) if i.fault == "config_broken"] == [1]


def test_health_has_the_documented_shape_and_says_so_when_it_is_unhealthy(run: Run, home: Home) -> None:
    code, out, _ = run("health", "--json")
    assert (code, json.loads(out)["status"]) == (1, "unhealthy")  # no database yet
    run("init")
    code, out, _ = run("health", "--json")
    document = json.loads(out)
    assert set(document) == {"status", "checks"}
    assert {"name", "status", "detail", "checked_at"} <= set(document["checks"][0])
    assert (code == 0) is (document["status"] != "unhealthy")
    home.config.write_text("[market]\ngeo = 1\n")
    code, out, _ = run("health", "--json")
    assert code == 1
    assert [c["status"] for c in json.loads(out)["checks"] if c["name"] == "config"] == ["fail"]


def test_health_by_max_age_is_for_cron(run: Run) -> None:
    run("init")
    assert run("health", "--max-age", "60")[0] == 1
    assert run("health", "--max-age", "0")[0] == 2


def test_incidents_have_the_documented_shape(run: Run, home: Home) -> None:
    run("init")
    store = Store(home.database)
    incidents.settle(store, [Finding("disk", "fail", "full \x1b[31m")], 1_780_315_200)
    incidents.record(store, Finding("missed.scan", "warn", "no scan in 2 hours"), 1_780_300_000, 1_780_310_000)
    _, out, _ = run("incidents", "--json")
    first, second = json.loads(out)["incidents"]
    assert set(first) >= {
        "id",
        "fault",
        "cause",
        "confidence",
        "action",
        "repair_id",
        "opened_at",
        "closed_at",
        "detail",
    }
    assert (first["fault"], first["opened_at"], first["closed_at"]) == ("disk", "2026-06-01T12:00:00Z", None)
    assert (second["fault"], second["action"]) == ("missed.scan", "told")
    assert len(json.loads(run("incidents", "--open", "--json")[1])["incidents"]) == 1
    assert "\x1b" not in run("incidents")[1]


def test_no_incidents_is_good_news(run: Run) -> None:
    run("init")
    assert run("incidents") == (0, "", "No incidents.\n")


# ---------------------------------------------------------------- service


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in that notes what it is asked; it fails where the file `fail` is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "systemctl"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {folder}/said\nif [ -e {folder}/fail ]; then echo no bus >&2; exit 1; fi\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_service_print_shows_the_unit_or_the_cron_lines_and_touches_nothing(run: Run, home: Home) -> None:
    before = sorted(home.root.rglob("*"))
    code, out, _ = run("service", "print")
    assert (code, out.startswith("[Unit]")) == (0, True)
    assert run("service", "print", "--cron")[1].startswith("*/5 * * * *")
    assert sorted(home.root.rglob("*")) == before


@pytest.mark.skipif(os.name == "nt", reason="the service is for Linux and macOS")
def test_service_install_and_uninstall_write_and_remove_the_unit(run: Run, systemctl: Path, tmp_path: Path) -> None:
    run("init")
    unit = tmp_path / "user" / ".config" / "systemd" / "user" / "trendctl.service"
    assert run("service", "install")[0] == 0
    assert "Type=notify" in unit.read_text()
    assert (systemctl / "said").read_text().splitlines() == [
        "--user daemon-reload", "--user enable --now trendctl.service"
    ]  # fmt: skip
    assert run("service", "uninstall")[0] == 0
    assert not unit.exists()
    assert run("service", "uninstall")[0] == 2


@pytest.mark.skipif(os.name == "nt", reason="the service is for Linux and macOS")
def test_service_install_says_why_systemd_refused_and_what_else_works(run: Run, systemctl: Path) -> None:
    run("init")
    (systemctl / "fail").touch()
    code, _, err = run("service", "install")
    assert code == 1
    assert "no bus" in err
    assert "service print --cron" in err


def test_service_without_systemd_points_to_cron(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init")
    monkeypatch.setattr("shutil.which", lambda name: None)
    code, _, err = run("service", "install")
    assert code == 2
    assert "crontab" in err


def test_service_status_shows_how_the_jobs_ended(run: Run, quick: dict[str, Any]) -> None:
    run("init")
    run("daemon", "--once")
    _, out, _ = run("service", "status", "--json")
    document = json.loads(out)
    assert (document["installed"], document["running"]) == (False, False)
    assert {j["job"]: j["outcome"] for j in document["jobs"]} == {"scan": "ok", "backup": "ok", "health": "ok"}
