"""The person at a terminal: scan, supply, review, approve, post; keys, and what leaves the terminal sane."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pexpect
import pytest
from cli_kit import serve, spawn

import forked
from loopback import Loopback
from selling import picture
from trendctl.home import Home

ASK = r"\[q\]uit"  # the last word of the key legend
pytestmark = pytest.mark.usefixtures("real_sleep")  # another process answers


def command(home: Home, environ: dict[str, str], *args: str) -> Any:
    """A command without a terminal, its JSON."""
    env = {**os.environ, **environ, "TRENDCTL_HOME": str(home.root)}
    return json.loads(forked.run([forked.CLI, *args, "--json"], env)[1])


def test_scan_supply_review_approve_and_post_at_a_terminal(home: Home, loopback: Loopback, tmp_path: Path) -> None:
    environ = serve(loopback)
    assert "home" in command(home, environ, "init")
    command(home, environ, "scan", "--source", "slickdeals_rss", "--source", "steam_charts")
    number = str(next(p["id"] for p in command(home, environ, "products") if "Kettle" in p["title"]))
    image = picture(tmp_path / "kettle.jpg")
    command(home, environ, "image", "add", number, str(image), "--rights", "own")

    told = spawn(home.root, environ, "review", number)
    told.expect(ASK)
    told.send("a")
    told.expect("Nothing here can be approved yet")
    told.send("s")
    for question, answer in [("cost", "12.50"), ("stock", "3"), ("condition", "new"), ("lead_days", "5"),
                             ("price", "39.00"), ("brand", "-"), ("mpn", "-"), ("gtin", "-")]:  # fmt: skip
        told.expect(question)
        told.sendline(answer)
    told.expect("fact")
    told.sendline("material=steel")
    told.expect("fact")
    told.sendline("")
    told.expect("39.00")
    told.expect(ASK)
    told.send("a")
    told.expect("Approve exactly what is shown")
    told.send("\r")  # Enter decides nothing
    told.expect("Not approved")
    told.expect(ASK)
    told.send("a")
    told.expect("Approve exactly what is shown")
    told.send("y")
    told.expect("1 approved")
    told.expect(pexpect.EOF)

    rows = command(home, environ, "post")
    assert [r["state"] for r in rows] == ["live"]
    assert (home.outbox / rows[0]["sku"] / "preview.html").is_file()
    assert command(home, environ, "audit", "verify")["ok"] is True
    assert command(home, environ, "stats")["pipeline"]["live"] == 1
    assert command(home, environ, "listings")[0]["state"] == "live"


_MADE: dict[str, Path] = {}


@pytest.fixture
def scanned(home: Home, loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after `init` and a scan: made once by the program itself, then copied."""
    if "scanned" not in _MADE:
        made, environ = Home(tmp_path_factory.mktemp("scanned")), serve(loopback)
        command(made, environ, "init")
        command(made, environ, "scan", "--source", "slickdeals_rss")
        _MADE["scanned"] = made.root
    shutil.copytree(_MADE["scanned"], home.root, dirs_exist_ok=True)
    return home


def test_ctrl_c_in_review_keeps_what_was_decided_and_the_terminal_sane(scanned: Home) -> None:
    told = spawn(scanned.root, {}, "review", real=True)
    told.expect(ASK)
    told.send("r")
    told.expect("Why not")
    told.sendline("too heavy")
    told.expect(ASK)
    told.sendintr()
    told.expect(pexpect.EOF)
    told.close()
    assert told.exitstatus == 130
    assert command(scanned, {}, "stats")["pipeline"]["rejected"] == 1


def test_a_decision_can_be_undone_before_it_is_used(scanned: Home) -> None:
    told = spawn(scanned.root, {}, "review")
    told.expect(ASK)
    told.send("r")
    told.expect("Why not")
    told.sendline("by mistake")
    told.expect(ASK)
    told.send("u")
    told.expect(ASK)
    told.send("q")
    told.expect(pexpect.EOF)
    assert command(scanned, {}, "stats")["pipeline"]["rejected"] == 0


@pytest.mark.parametrize("columns", [80, 140])
def test_the_card_fits_the_width(scanned: Home, columns: int) -> None:
    import pyte

    told = spawn(scanned.root, {}, "review", size=(60, columns))
    told.expect(ASK)
    screen = pyte.Screen(columns, 60)
    pyte.Stream(screen).feed(told.before)
    told.send("q")
    told.expect(pexpect.EOF)
    text = "\n".join(screen.display)
    assert "1 of" in text
    assert "evidence" in text
    assert "missing" in text


def test_no_color_means_no_escape_for_colour(scanned: Home) -> None:
    told = spawn(scanned.root, {"NO_COLOR": "1"}, "products")
    told.expect(pexpect.EOF)
    import re

    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", told.before)
