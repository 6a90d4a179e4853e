"""A full queue of fifty products, at a terminal: skipped through one by one, decided in between, resumed."""

from pathlib import Path

import pexpect
import pytest
from cli_kit import spawn

from selling import Shop
from trendctl.store import reviews
from trendctl.store.writers import Role

ASK = r"\[q\]uit"
FULL = 50
pytestmark = pytest.mark.usefixtures("real_sleep")


@pytest.fixture
def full(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    numbers = [
        shop.stock(f"abcdefgh{letters[n // 32]}{letters[n % 32]}mnopqr", f"Camp Lantern Model {n + 100}")
        for n in range(FULL)
    ]
    with shop.store.write(Role.APPROVAL) as db:
        reviews.enqueue(db, numbers, int(shop.clock.now().timestamp()))
    return shop


def test_fifty_products_are_gone_through_and_the_rejected_one_does_not_come_back(full: Shop) -> None:
    told = spawn(full.home.root, {}, "review")
    for position in range(1, FULL + 1):
        told.expect(f"{position} of {FULL}")
        told.expect(ASK)
        if position == 25:
            told.send("r")
            told.expect("Why not")
            told.sendline("too bulky")
        else:
            told.send("k")
    told.expect(pexpect.EOF)
    with full.store.read() as db:
        assert db.execute("SELECT count(*) FROM review WHERE status = 'rejected'").fetchone()[0] == 1
    again = spawn(full.home.root, {}, "review")
    again.expect(f"1 of {FULL - 1}")
    again.expect(ASK)
    again.send("q")
    again.expect(pexpect.EOF)
