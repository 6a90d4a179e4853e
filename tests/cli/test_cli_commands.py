"""The commands as a script sees them: output, exit codes, JSON, and one clear line for every failure."""

import json
import os
import sys
from pathlib import Path

import pytest
from cli_kit import run, serve

from loopback import Loopback
from trendctl.cli.commands import COMMANDS, LATER
from trendctl.errors import ExitCode
from trendctl.home import Home
from trendctl.store.engine import Store

Capture = pytest.CaptureFixture[str]


def test_help_names_every_command(capsys: Capture) -> None:
    ran = run(capsys, "--help")
    assert ran.code == 0
    assert all(f"  {c.name:<12}{c.words}" in ran.out for c in COMMANDS)


@pytest.mark.parametrize("name", [c.name for c in COMMANDS])
def test_every_command_has_help_with_an_example(capsys: Capture, name: str) -> None:
    import importlib

    import typer

    module = next(c.module for c in COMMANDS if c.name == name)
    ran = run(capsys, name, "--help")
    assert ran.code == 0
    assert ran.out.startswith("Usage: trendctl") or "Usage: trendctl" in ran.out
    command = typer.main.get_command(importlib.import_module(module).app)
    for part in getattr(command, "commands", {"": command}).values():
        assert str(part.epilog).startswith("Example: trendctl")
        assert part.help


def test_help_and_version_load_nothing_heavy(fresh_python) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import sys, trendctl.cli.main as m; m.main(['--help']); m.main(['--version']);"
        "print([n for n in ('typer', 'rich', 'pydantic', 'sqlmodel', 'httpx', 'numpy', 'openai') if n in sys.modules])"
    )
    assert fresh_python(code).splitlines()[-1] == "[]"


def test_a_ctrl_c_that_python_would_drop_arrives(fresh_python) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import sys, time\nimport trendctl.cli.main as m\nsys.unraisablehook = m._not_lost\n"
        "class Last:\n    def __del__(self): raise KeyboardInterrupt\n"
        "try:\n    Last()\n    time.sleep(20)\nexcept KeyboardInterrupt:\n    print('told')"
    )
    assert fresh_python(code) == "told\n"


def test_products_loads_no_database_toolkit_and_no_numbers(fresh_python, home: Home, store: Store) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import sys, trendctl.cli.main as m; m.main(['products', '--json']);"
        "heavy = ('sqlmodel', 'sqlalchemy', 'httpx', 'numpy', 'pandas', 'openai', 'PIL');"
        "print([n for n in heavy if n in sys.modules])"
    )
    assert fresh_python(code).splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["scna"], ExitCode.USAGE, "the nearest one is scan"),
        (["scan", "--sauce", "x"], ExitCode.USAGE, "--sauce"),
        (["products", "--limit", "many"], ExitCode.USAGE, "valid integer"),
        (["products", "--sort", "colour"], ExitCode.USAGE, "score, newest or title"),
        (["show", "99"], ExitCode.USAGE, "no product '99'"),
        (["post"], ExitCode.NOTHING_APPROVED, "nothing is approved"),
        (["image", "add", "1", "x.jpg", "--rights", "own"], ExitCode.USAGE, "no product"),
        (["sources", "show", "hackernewz"], ExitCode.USAGE, "the nearest one is hackernews"),
        (["secrets", "set", "EBAY_APP"], ExitCode.USAGE, "EBAY_APP_ID"),
        (["backup", "verify", "7"], ExitCode.USAGE, "no backup '7'"),
        (["approve", "1", "--platform", "local"], ExitCode.FAILED, "needs a terminal"),
    ],
)
def test_a_mistake_is_one_line_with_the_next_step(
    capsys: Capture, store: Store, args: list[str], code: int, words: str
) -> None:
    ran = run(capsys, *args)
    assert ran.code == code
    assert words in ran.err
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("error: ")
    assert "Next: trendctl" in ran.err


@pytest.mark.parametrize("name", sorted(LATER))
def test_what_is_not_built_says_so(capsys: Capture, name: str) -> None:
    ran = run(capsys, name)
    assert (ran.code, "not in this version" in ran.err) == (ExitCode.USAGE, True)


def test_without_a_database_a_command_says_how_to_get_one(capsys: Capture, tmp_path: Path) -> None:
    ran = run(capsys, "products")
    assert ran.code == 1
    assert "Next: trendctl init" in ran.err


def test_an_error_is_a_document_under_json(capsys: Capture, store: Store) -> None:
    ran = run(capsys, "post", "--json")
    assert ran.code == ExitCode.NOTHING_APPROVED
    assert ran.json["error"] == {"code": "nothing_approved", "message": "Nothing to post: nothing is approved",
                                 "next": "trendctl review"}  # fmt: skip


def test_a_config_typo_is_told_with_the_nearest_key(capsys: Capture, home: Home, store: Store) -> None:
    home.config.write_text("[scan]\ncontakt = 'x'\n")
    ran = run(capsys, "config", "check")
    assert ran.code == ExitCode.USAGE
    assert "contact" in ran.err


def test_a_bug_leaves_a_crash_file_without_secrets(
    capsys: Capture, home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trendctl.store import watches

    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-very-secret-value")

    def broken(db: object) -> None:
        raise ZeroDivisionError("sk-a-very-secret-value")

    monkeypatch.setattr(watches, "listed", broken)
    ran = run(capsys, "watch", "list")
    assert ran.code == ExitCode.BUG
    path = Path(ran.err.rsplit("report it with ", 1)[1].strip())
    text = path.read_text()
    assert "ZeroDivisionError" in text
    assert "sk-a-very-secret-value" not in text + ran.err


def test_init_works_without_answers_and_twice(capsys: Capture, tmp_path: Path) -> None:
    first = run(capsys, "init", "--json")
    home = Path(first.json["home"])
    (home / "config.toml").write_text("[market]\ngeo = 'DE'\n")
    assert run(capsys, "init").code == 0
    assert (home / "config.toml").read_text() == "[market]\ngeo = 'DE'\n"
    assert (home / "trendctl.db").stat().st_mode & 0o777 == 0o600


def test_six_sources_are_scanned_analysed_and_drafted(
    capsys: Capture, home: Home, store: Store, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in serve(loopback).items():
        monkeypatch.setenv(name, value)
    args = [x for s in ("hackernews", "slickdeals_rss", "steam_charts", "google_trends_rss") for x in ("--source", s)]
    ran = run(capsys, "scan", "--json", *args)
    assert [s["outcome"] for s in ran.json["sources"]] == ["ok"] * 4
    assert ran.code == 0
    found = run(capsys, "products", "--json").json
    assert any("Kettle" in p["title"] for p in found)
    number = found[0]["id"]
    shown = run(capsys, "show", str(number), "--json").json
    assert shown["drafts"][0]["state"] == "provisional"
    assert "cost" in shown["drafts"][0]["missing"]
    assert set(shown["analyses"]) >= {"normaliser", "category", "trend_stage", "copywriter", "platform_fit"}
    explained = run(capsys, "explain", str(number), "--json").json
    assert explained["score"] == pytest.approx(found[0]["score"], abs=0.05)
    words = run(capsys, "explain", str(number)).out
    assert words.startswith(f"{number}  {found[0]['title'][:20]}")
    assert "-0.0 points" not in words
    again = run(capsys, "scan", "--json", *args)
    assert [s["outcome"] for s in again.json["sources"]] == ["skipped"] * 4
    assert again.code == 0


def test_one_source_that_fails_does_not_stop_the_others(
    capsys: Capture, store: Store, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    import re

    for name, value in serve(loopback).items():
        monkeypatch.setenv(name, value)
    loopback.add(re.compile("^/steam_charts/"), b"<html>whoa there</html>", headers={"Content-Type": "text/html"})
    ran = run(capsys, "scan", "--json", "--source", "steam_charts", "--source", "slickdeals_rss")
    outcomes = {s["name"]: s["outcome"] for s in ran.json["sources"]}
    assert outcomes["slickdeals_rss"] == "ok"
    assert outcomes["steam_charts"] in ("failed", "unavailable")


def test_supply_by_csv_takes_good_rows_and_tells_the_bad_ones(capsys: Capture, store: Store, tmp_path: Path) -> None:
    from store_rows import product

    number = product(store, "abcd2345efgh6723")
    file = tmp_path / "supply.csv"
    file.write_text(
        f"id,cost,stock,condition,fact:material\n{number},7.50,3,new,steel\n99,1,1,new,\n{number},abc,1,new,\n"
    )
    ran = run(capsys, "supply", "--import", str(file), "--json")
    assert ran.code == 1
    assert ran.json["taken"] == 1
    assert [line.split(":")[0] for line in ran.json["refused"]] == ["line 3", "line 4"]
    told = run(capsys, "supply", str(number), "--json").json
    assert (told["cost_minor"], told["stock"], json.loads(told["facts"])) == (750, 3, {"material": "steel"})


def test_review_without_a_terminal_decides_nothing(capsys: Capture, store: Store) -> None:
    ran = run(capsys, "review", "--json")
    assert (ran.code, ran.json) == (0, [])


def test_hostile_titles_reach_the_terminal_clean(capsys: Capture, store: Store) -> None:
    from store_rows import insert
    from trendctl.store.writers import Role

    evil = "Lamp\x1b[2J\x1b]0;owned\x07 \u202eevil\u200b\U000e0041 [bold red]x[/]"
    insert(store, Role.SCANNER, "product", uid="u" * 16, title=evil, first_seen_at=1, last_seen_at=1)
    for args in (["products"], ["show", "1"], ["products", "--json"]):
        ran = run(capsys, *args)
        assert ran.code == 0
        assert not set("\x1b\x07\u202e\u200b\U000e0041") & set(ran.out + ran.err)
    assert "[bold red]x[/]" in run(capsys, "show", "1").out


def test_backup_create_list_verify(capsys: Capture, store: Store) -> None:
    made = run(capsys, "backup", "create", "--json").json[0]
    assert run(capsys, "backup", "list", "--json").json[0]["id"] == made["id"]
    assert run(capsys, "backup", "verify", "latest").code == 0
    assert run(capsys, "backup", "restore", "latest").code == 1  # no terminal


def test_audit_verify_tells_a_tampered_journal(capsys: Capture, home: Home, store: Store) -> None:
    from store_rows import product

    number = product(store)
    assert run(capsys, "reject", str(number), "--reason", "too fragile").code == 0
    assert run(capsys, "audit", "verify", "--json").json["ok"] is True
    journal = home.journal / "journal.jsonl"
    journal.write_text(journal.read_text().replace("too fragile", "very sturdy"))
    ran = run(capsys, "audit", "verify", "--json")
    assert (ran.code, ran.json["ok"]) == (1, False)


def test_secrets_are_read_from_a_pipe_and_never_shown(
    capsys: Capture, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("very-secret-id\n"))
    assert run(capsys, "secrets", "set", "EBAY_APP_ID").code == 0
    listed = run(capsys, "secrets", "list", "--json")
    assert next(r for r in listed.json if r["name"] == "EBAY_APP_ID")["set"] is True
    assert "very-secret-id" not in listed.out + listed.err
    assert run(capsys, "secrets", "remove", "EBAY_APP_ID").code == 0


def test_a_closed_pipe_is_silent(home: Home, store: Store) -> None:
    import subprocess

    done = subprocess.run(
        f"{sys.executable} -m trendctl.cli.main sources list | head -1", shell=True, capture_output=True, text=True,
        env=os.environ, check=False, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr


def test_a_ctrl_c_that_python_wrapped_is_an_interruption_not_a_bug(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trendctl.cli import main as program

    def interrupted(args: list[str]) -> int:
        raise RuntimeError("Error calling __set_name__") from KeyboardInterrupt()

    monkeypatch.setattr(program, "_dispatch", interrupted)
    ran = run(capsys, "products")
    assert (ran.code, ran.err.strip()) == (ExitCode.INTERRUPTED, "interrupted")
