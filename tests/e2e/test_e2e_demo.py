"""The demo: the whole job offline, labelled, in a home it makes and removes; its script decides nowhere else."""

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from e2e_kit import run

from trendctl import flows
from trendctl.app import App
from trendctl.approval.seat import DemoSeat, make_throwaway
from trendctl.cli import demo as command
from trendctl.demo import walk as walking
from trendctl.errors import Refused
from trendctl.home import Home
from trendctl.ports import Choice, Said

Capture = pytest.CaptureFixture[str]
EVERY_HOURS = 84  # six scans instead of 84: the same code in a second


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The command makes its home below this folder, and scans less often."""
    parent = tmp_path / "homes"
    parent.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(parent))
    whole = walking.walk

    def shorter(*args: Any, **more: Any) -> walking.Walked:
        return whole(*args, **more, every_hours=EVERY_HOURS)

    monkeypatch.setattr(walking, "walk", shorter)
    return parent


def test_the_demo_ends_with_a_live_listing_and_removes_its_home(
    capsys: Capture, walked: Path, loopback: Any, tmp_path: Path
) -> None:
    ran = run(capsys, "demo", "--json")
    assert ran.code == 0, ran.out + ran.err
    assert ran.json["simulated"] is True
    assert (ran.json["listing"]["platform"], ran.json["listing"]["state"]) == ("local", "live")
    assert ran.json["stats"]["pipeline"]["live"] == 1
    assert len(ran.json["stats"]["by_source"]) >= 6
    assert list(walked.iterdir()) == []
    assert not (tmp_path / "home").exists()  # nor anything in the user's own


def test_what_the_demo_shows_says_simulated(capsys: Capture, walked: Path) -> None:
    ran = run(capsys, "demo", "--keep")
    assert ran.code == 0, ran.out + ran.err
    text = ran.out + ran.err
    for words in ("All data below is simulated", "The best products, all simulated", "The review card, simulated",
                  "posted to local, simulated"):  # fmt: skip
        assert words in text
    home = next(walked.iterdir())
    (pack,) = [p for p in (home / "outbox").iterdir() if p.is_dir() and not p.name.startswith(".")]
    assert "simulated" in (pack / "preview.html").read_text()
    app = App(Home(home), {})
    with app.store.read() as db:
        titles = [row[0] for row in db.execute("SELECT title FROM item WHERE external_id NOT LIKE 'q:%'")]
        seen = [t for t in titles if "simulated" not in t]
        # The articles' own names are all that Wikipedia's format has room for.
        assert db.execute("SELECT count(*) FROM item WHERE source != 'wikipedia_pageviews' AND external_id NOT LIKE"
                          " 'q:%' AND title NOT LIKE '%simulated%'").fetchone()[0] == 0, seen  # fmt: skip
    assert re.search(r"TRENDCTL_HOME=\S+ trendctl products", text)


def test_a_demo_that_fails_or_is_interrupted_leaves_nothing_behind(
    capsys: Capture, walked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_products", interrupted)
    assert run(capsys, "demo").code == 130
    assert list(walked.iterdir()) == []


class Yes:
    """Approves whatever it is shown."""

    def choose(self, shown: Any) -> Said:
        return Said(Choice.APPROVE, tuple(d.id for d in shown.drafts))

    def ask_supply(self, shown: Any) -> None:
        """Nothing."""

    def tell(self, words: str) -> None:
        """Nothing."""


def test_the_demos_seat_decides_nothing_in_another_home_or_on_another_platform(tmp_path: Path) -> None:
    seat, mine, other = DemoSeat(), make_throwaway(tmp_path), tmp_path / "other"
    seat.check(mine, "local")
    other.mkdir()
    (other / ".throwaway").write_text((mine / ".throwaway").read_text())  # a copied mark does not help
    copied = tmp_path / "link"
    copied.symlink_to(other)
    for home, platform in ((other, "local"), (copied, "local"), (tmp_path, "local"), (mine, "ebay"), (mine, "")):
        with pytest.raises(Refused):
            seat.check(home, platform)
    (mine / ".throwaway").unlink()
    with pytest.raises(Refused):
        seat.check(mine, "local")


def test_the_demos_script_approves_nothing_in_the_users_home(tmp_path: Path) -> None:
    from selling import UID, Shop

    shop = Shop(tmp_path)
    number = shop.stock(UID)
    app = App(shop.home, {}, shop.clock)
    (shop.home.root / ".throwaway").write_text("of another process")
    told: list[str] = []

    class Script(Yes):
        def choose(self, shown: Any) -> Said:
            return super().choose(shown) if not told else Said(Choice.QUIT)

        def tell(self, words: str) -> None:
            told.append(words)

    done = flows.review(app, Script(), DemoSeat(), [number])
    assert done.approved == 0
    assert "The demo decides nothing here" in told[0]
    with app.store.read() as db:
        assert db.execute("SELECT count(*) FROM decision").fetchone()[0] == 0
