"""The keys that approve, and what the card says of what they approve."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pexpect
import pytest
import typer
from cli_kit import spawn
from rich.console import Console

from selling import Market, Shop, Twin
from trendctl.approval import card
from trendctl.approval.card import ReviewCard
from trendctl.cli import card_view
from trendctl.cli.terminal import Terminal
from trendctl.ports import Action, Said
from trendctl.posting import proposing
from trendctl.render import Screen


class Fetching(Twin):
    """A market that fetches pictures from their addresses."""

    facts = replace(Twin.facts, fetches_images=True)


def shown(shop: Shop, number: int) -> ReviewCard:
    with shop.store.read() as db:
        found = card.load(db, number, shop.context, shop.clock.now())
    assert found is not None
    return found


def drawn(shop: Shop, number: int) -> str:
    out = io.StringIO()
    card_view.draw(Console(file=out, width=160), shown(shop, number), shop.clock.now())
    return out.getvalue()


def confirmed(shop: Shop, number: int, keys: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Said | None, str]:
    """What `approve` makes of these keys; and the keys that it left."""
    left = iter(keys)
    monkeypatch.setattr(typer, "getchar", lambda: next(left))
    terminal = Terminal(Screen(), shop.clock, ("local",), lambda n: None, {})
    return terminal.confirm(shown(shop, number)), "".join(left)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    return Shop(tmp_path)


def test_approve_takes_two_keys(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    number = shop.stock()
    said, left = confirmed(shop, number, "ay!", monkeypatch)
    assert said is not None
    assert said.draft_ids == (shop.card(number).id,)
    assert left == "!"


@pytest.mark.parametrize(("keys", "left"), [("yy", "y"), ("\ry", "y"), ("aa!", "!"), ("a\r!", "!"), ("an!", "!")])
def test_no_single_key_and_no_key_twice_approves(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, keys: str, left: str
) -> None:
    assert confirmed(shop, shop.stock(), keys, monkeypatch) == (None, left)


@pytest.mark.usefixtures("real_sleep")  # another process answers
def test_the_command_approves_by_two_keys_at_a_terminal(shop: Shop) -> None:
    number = shop.stock()
    told = spawn(shop.home.root, {}, "approve", str(number), "--platform", "local")
    told.expect("a: approve")
    told.send("a")
    told.expect("Approve exactly what is shown")
    told.send("y")
    told.expect("approved. Next")
    told.expect(pexpect.EOF)
    assert shop.card(number).state == "approved"


def test_approve_asks_for_no_key_where_nothing_can_be_approved(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    number = shop.stock()
    shop.approve(number)
    assert confirmed(shop, number, "!", monkeypatch) == (None, "!")


def test_the_card_shows_the_address_from_which_a_platform_fetches_a_picture(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Fetching(), Market())
    number = shop.stock()
    url = shop.card(number).intent["images"][0]["url"]
    assert url.startswith("https://")
    assert url in drawn(shop, number)


def test_the_card_of_a_new_price_shows_no_stock(shop: Shop) -> None:
    number = shop.stock()
    assert "quantity" in drawn(shop, number)
    shop.approve(number)
    shop.post()
    proposing.propose(shop.drafting, number, "local", Action.REPRICE, {"price": {"minor": 2999, "currency": "USD"}})
    text = drawn(shop, number)
    assert "29.99" in text
    assert "quantity" not in text
