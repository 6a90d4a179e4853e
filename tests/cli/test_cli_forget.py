"""`trendctl forget` as it is typed: a terminal, the words in full, nothing else."""

import json

import pytest
from cli_kit import run, spawn

from store_rows import NOW, put
from trendctl.store import forgetting
from trendctl.store.engine import Store
from trendctl.store.forgetting import Scope
from trendctl.store.writers import Role

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def found(store: Store) -> Store:
    """A product that two sources named."""
    with store.write(Role.SCANNER) as db:
        number = put(db, "product", uid="p1", title="Zyxwv Lantern", first_seen_at=NOW, last_seen_at=NOW)
        for source, title in (("hackernews", "Zyxwv Lantern"), ("reddit_rss", "Camp Lantern")):
            put(db, "item", source=source, external_id="1", title=title, first_seen_at=NOW, last_seen_at=NOW,
                product_id=number)  # fmt: skip
    return store


def titles(store: Store) -> list[str]:
    with store.read() as db:
        return [row[0] for row in db.execute("SELECT title FROM product")]


def test_a_dry_run_tells_what_would_go_and_what_stays(found: Store, capsys: Capture) -> None:
    ran = run(capsys, "forget", "source", "hackernews", "--dry-run", "--json")
    assert (ran.code, ran.json["scope"], ran.json["rows"]["items"]) == (0, "source hackernews", 1)
    assert set(ran.json) == {"scope", "rows", "backups", "secrets", "folders", "stays"}
    ran = run(capsys, "forget", "everything", "--dry-run")
    assert ran.code == 0
    assert "Nothing was deleted" in ran.err
    assert "not over" in ran.err
    assert titles(found) == ["Zyxwv Lantern"]


def test_an_account_that_the_settings_no_longer_name_can_be_forgotten(found: Store, capsys: Capture) -> None:
    with found.write(Role.POSTING) as db:
        put(db, "account_block", platform="ebay", account="old shop", reason="closed", at=NOW)
    for name in ("old shop", "default"):
        assert run(capsys, "forget", "account", "ebay", name, "--dry-run").code == 0


def test_without_a_terminal_nothing_is_forgotten(found: Store, capsys: Capture) -> None:
    for scope in (("source", "hackernews"), ("account", "ebay"), ("everything",)):
        ran = run(capsys, "forget", *scope)
        assert (ran.code, "needs a terminal" in ran.err) == (1, True)
    assert titles(found) == ["Zyxwv Lantern"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("source", "hackernewz"), "hackernews"),
        (("account", "ebai"), "ebay"),
        (("account", "ebay", "typo", "--dry-run"), "no account 'typo' on ebay"),
        (("everything", "--json"), "--dry-run"),
        (("source",), "NAME"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_nearest(
    found: Store, capsys: Capture, args: tuple[str, ...], words: str
) -> None:
    ran = run(capsys, "forget", *args)
    assert ran.code == 2
    assert words in ran.err + ran.out
    assert titles(found) == ["Zyxwv Lantern"]


@pytest.mark.usefixtures("real_sleep")
def test_in_a_terminal_the_words_are_typed_in_full(found: Store) -> None:
    root = found.path.parent
    child = spawn(root, {}, "forget", "source", "hackernews")
    child.expect("Type: source hackernews")
    child.sendline("y")
    child.expect("Nothing was deleted")
    child.wait()
    assert child.exitstatus == 1
    assert titles(found) == ["Zyxwv Lantern"]
    child = spawn(root, {}, "forget", "source", "hackernews")
    child.expect("Type: source hackernews")
    child.sendline("source hackernews")
    child.expect("forgotten: source hackernews")
    child.expect("sources disable hackernews")
    child.wait()
    assert child.exitstatus == 0
    assert titles(found) == ["Camp Lantern"]
    assert b"Zyxwv" not in found.path.read_bytes()


def test_it_is_on_the_help_page_and_verifies_afterwards(found: Store, capsys: Capture) -> None:
    assert "forget" in run(capsys, "--help").out
    ran = run(capsys, "audit", "verify", "--json")
    assert json.loads(ran.out)["ok"] is True


def test_what_was_broken_off_is_finished_by_whatever_is_typed_next(found: Store, capsys: Capture) -> None:
    with found.write(Role.FORGET) as db:
        forgetting.begin(db, Scope("everything"), NOW)
    assert run(capsys, "products", "--json").json == []
    with found.read() as db:
        assert forgetting.open_runs(db) == []
    assert b"Zyxwv" not in found.path.read_bytes()
    assert run(capsys, "audit", "verify", "--json").json["ok"] is True
    assert [b["reason"] for b in run(capsys, "backup", "list", "--json").json] == ["after-forget"]
