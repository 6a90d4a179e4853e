from pathlib import Path

from selling import Market, Shop, Twin
from trendctl.ports import Action
from trendctl.posting import proposing
from trendctl.store import metrics, stocks
from trendctl.store.writers import Role


def test_a_sale_meanwhile_is_no_drift_of_a_new_price(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Twin(), Market())
    number = shop.stock()
    shop.approve(number)
    shop.post(number)
    proposing.propose(shop.drafting, number, shop.name, Action.REPRICE, {"price": {"minor": 2699, "currency": "USD"}})
    shop.approve(number)
    now = int(shop.clock.now().timestamp())
    with shop.store.write(Role.POSTING) as db:
        metrics.save(db, shop.listings()[0]["id"], [metrics.DayRow(now // 86_400, units=1)], now)
        stocks.count(db, now)
    (row,) = shop.post(number)
    assert (row.state, row.cause) == ("live", "")
