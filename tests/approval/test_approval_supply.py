"""What the seller tells of amounts: each stays in the currency in which it was told."""

from pathlib import Path
from typing import Any

import pytest

from selling import TITLE, UID, Shop
from store_rows import put
from trendctl.approval import supply
from trendctl.errors import UsageError
from trendctl.store import supplies
from trendctl.store.writers import Role


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def bare(shop: Shop) -> int:
    """A product of which nothing is told."""
    with shop.store.write(Role.SCANNER) as db:
        return int(put(db, "product", uid=UID, title=TITLE, sellable=0.9, first_seen_at=1, last_seen_at=1))


def told(shop: Shop, number: int, **fields: str) -> dict[str, Any]:
    """The row after telling these in a market of US dollars."""
    supply.tell(shop.approving, number, fields, {}, "USD")
    return row(shop, number)


def row(shop: Shop, number: int) -> dict[str, Any]:
    with shop.store.read() as db:
        found = supplies.row(db, number)
    return dict(found) if found else {}


def test_another_amount_leaves_the_currency_of_those_told_before(shop: Shop) -> None:
    number = bare(shop)
    told(shop, number, cost="9.00", currency="EUR")
    now = told(shop, number, ad="1.00")
    assert (now["cost_minor"], now["ad_minor"], now["currency"]) == (900, 100, "EUR")


def test_an_amount_is_read_in_the_digits_of_the_rows_currency(shop: Shop) -> None:
    number = bare(shop)
    told(shop, number, cost="900", currency="JPY")
    assert told(shop, number, ad="100")["ad_minor"] == 100
    with pytest.raises(UsageError, match="ad cannot be"):
        told(shop, number, ad="1.50")


def test_the_first_amount_is_in_the_markets_currency(shop: Shop) -> None:
    number = bare(shop)
    assert told(shop, number, stock="4")["currency"] is None
    assert told(shop, number, cost="9.00")["currency"] == "USD"


@pytest.mark.parametrize("fields", [{"currency": "EUR"}, {"currency": "eur", "price": "19.00"}])
def test_another_currency_is_refused_while_amounts_of_the_old_one_stay(shop: Shop, fields: dict[str, str]) -> None:
    number = bare(shop)
    before = told(shop, number, cost="9.00", ad="1.00", freight="0")
    with pytest.raises(UsageError) as refused:
        told(shop, number, **fields)
    assert "cost, ad" in str(refused.value)
    assert "freight" not in str(refused.value)  # 0 is 0 in every currency
    assert row(shop, number) == before


def test_all_amounts_may_be_told_in_another_currency_at_once(shop: Shop) -> None:
    number = bare(shop)
    told(shop, number, cost="9.00", ad="1.00")
    now = told(shop, number, cost="8.00", ad="0.90", currency="EUR")
    assert (now["cost_minor"], now["ad_minor"], now["currency"]) == (800, 90, "EUR")


def test_an_imported_row_keeps_the_currency_too(shop: Shop) -> None:
    number = bare(shop)
    told(shop, number, cost="9.00", currency="EUR")
    done = supply.import_csv(shop.approving, f"id,ad,currency\n{number},1.00,\n{number},2.00,USD\n".encode(), "USD")
    assert done.taken == 1
    assert "line 3" in done.refused[0]
    assert (row(shop, number)["ad_minor"], row(shop, number)["currency"]) == (100, "EUR")
