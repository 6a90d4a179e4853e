"""A restore is a person's act: unused approvals are void, posting waits for reconcile, nothing is posted twice."""

import shutil
from pathlib import Path

import pytest

from selling import TITLE, Market, Shop, Twin
from trendctl.errors import NothingApproved, Refused
from trendctl.posting import reconcile
from trendctl.store import backup, operations
from trendctl.store.rebuild import after_restore

pytestmark = pytest.mark.usefixtures("new_connections")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def now(shop: Shop) -> int:
    return int(shop.clock.now().timestamp())


def back_up(shop: Shop) -> str:
    return backup.create(shop.store, shop.home.backups, "test", now(shop)).path


def restore(shop: Shop, name: str) -> None:
    backup.restore(shop.store, shop.home.backups, name, now(shop))
    after_restore(shop.store, shop.journal, now(shop))


def test_a_backup_older_than_a_post_is_rebuilt_from_the_journal_without_a_second_pack(shop: Shop) -> None:
    number = shop.stock()
    saved = back_up(shop)
    shop.approve(number)
    assert [r.state for r in shop.post()] == ["live"]
    before = shop.listings()
    restore(shop, saved)
    assert shop.listings() == []
    with pytest.raises(Refused, match="ahead"):
        shop.post()
    with pytest.raises(Refused, match="ahead"):
        shop.approve(number)
    _, rebuilt = reconcile.reconcile(shop.posting)
    assert rebuilt > 0
    assert shop.listings() == before
    assert shop.packs() == [before[0]["sku"]]
    with pytest.raises(NothingApproved):
        shop.post()
    assert shop.journal.verify(shop.store).ok
    with shop.store.read() as db:
        assert operations.blocked(db) == {}


def test_an_unused_approval_in_the_backup_is_void_afterwards(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    saved = back_up(shop)
    restore(shop, saved)
    with pytest.raises(NothingApproved):
        shop.post()
    assert shop.packs() == []
    assert shop.journal.verify(shop.store).ok


def test_an_approval_used_after_the_backup_is_not_usable_again(shop: Shop) -> None:
    number = shop.stock()
    shop.approve(number)
    saved = back_up(shop)
    shop.post()
    restore(shop, saved)
    with pytest.raises(Refused):
        shop.post()
    reconcile.reconcile(shop.posting)
    with pytest.raises(NothingApproved):
        shop.post()
    assert len(shop.packs()) == 1
    assert [r["state"] for r in shop.listings()] == ["live"]


def test_an_account_stays_blocked_until_its_listings_are_seen(tmp_path: Path) -> None:
    market = Market()
    shop = Shop(tmp_path, Twin(), market)
    first = shop.stock()
    saved = back_up(shop)
    shop.approve(first)
    shop.post()
    restore(shop, saved)
    market.blind = True
    reconcile.reconcile(shop.posting)
    other = shop.stock("zzzz2345efgh6723", "Bamboo Cutting Board")
    shop.approve(other)
    assert [r.state for r in shop.post(other)] == ["refused"]
    market.blind = False
    reconcile.reconcile(shop.posting)
    assert [r.state for r in shop.post(other)] == ["live"]
    assert len(market.published) == 2


def test_an_older_file_put_in_place_by_hand_counts_as_a_restore(shop: Shop) -> None:
    number = shop.stock()
    copy = shop.root / "copy.db"
    with shop.store.read():
        shutil.copyfile(shop.home.database, copy)
    shop.approve(number)
    shop.post()
    for name in ("-wal", "-shm"):
        Path(f"{shop.home.database}{name}").unlink(missing_ok=True)
    shutil.copyfile(copy, shop.home.database)
    with pytest.raises(Refused, match="ahead"):
        shop.post()
    reconcile.reconcile(shop.posting)
    assert len(shop.packs()) == 1


def test_a_lost_database_is_rebuilt_from_the_journal_alone(shop: Shop) -> None:
    from trendctl.store.migrate import migrate

    number = shop.stock()
    shop.approve(number)
    shop.post()
    before = shop.listings()
    for name in ("", "-wal", "-shm"):
        Path(f"{shop.home.database}{name}").unlink(missing_ok=True)
    migrate(shop.home.database, now=1, before=lambda path, reason: None)
    reconcile.reconcile(shop.posting)
    after = shop.listings()
    assert [{**r, "product_id": 0} for r in after] == [{**r, "product_id": 0} for r in before]
    with shop.store.read() as db:
        assert [r["title"] for r in db.execute("SELECT title FROM product")] == [TITLE]


def test_a_journal_of_another_home_is_refused(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Shop(tmp_path / "other")
    other.approve(other.stock())
    other.post()
    shop.approve(shop.stock())
    shutil.copyfile(other.journal.path, shop.journal.path)
    with pytest.raises(Refused, match="past"):
        reconcile.reconcile(shop.posting)
