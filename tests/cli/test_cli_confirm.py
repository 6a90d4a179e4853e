"""`listings --confirm` at a terminal: what became of uploaded rows, two keys each; nothing without a terminal."""

from pathlib import Path

import pexpect
import pytest
from cli_kit import run, spawn

from selling_by_file import FileShop, shop_of

ENVIRON = {"TRENDCTL_PLATFORMS__EBAY__ENABLED": "true", "TRENDCTL_PLATFORMS__EBAY__WAY": "file"}


@pytest.fixture
def waiting(tmp_path: Path) -> FileShop:
    shop = shop_of(tmp_path)
    shop.approve(shop.ready())
    shop.post()
    return shop


@pytest.mark.usefixtures("real_sleep")
def test_an_uploaded_row_is_confirmed_with_two_keys(waiting: FileShop) -> None:
    told = spawn(waiting.home.root, ENVIRON, "listings", "--confirm")
    told.expect("it is there now")
    told.send("l")
    told.expect("Its number there")
    told.sendline("110022")
    told.expect("Its address")
    told.sendline("https://example.org/itm/110022")
    told.expect("Type Y")
    told.send("Y")
    told.expect("live")
    told.expect(pexpect.EOF)
    assert [(r["state"], r["external_id"]) for r in waiting.listings()] == [("live", "110022")]
    assert waiting.rows() == []


@pytest.mark.usefixtures("real_sleep")
@pytest.mark.parametrize("keys", ["x", "ly"])
def test_any_other_key_records_nothing(waiting: FileShop, keys: str) -> None:
    told = spawn(waiting.home.root, ENVIRON, "listings", "--confirm")
    told.expect("it is there now")
    told.send(keys[0])
    if keys == "ly":
        told.expect("Its number there")
        told.sendline("")
        told.expect("Its address")
        told.sendline("")
        told.expect("Type Y")
        told.send("\r")
    told.expect(pexpect.EOF)
    assert [r["state"] for r in waiting.listings()] == ["accepted"]
    assert len(waiting.rows()) == 1


def test_without_a_terminal_nothing_is_confirmed(
    waiting: FileShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRENDCTL_HOME", str(waiting.home.root))
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    assert run(capsys, "listings", "--confirm").code == 1
    assert run(capsys, "listings", "--json").json[0]["state"] == "accepted"
    assert [r["state"] for r in waiting.listings()] == ["accepted"]
