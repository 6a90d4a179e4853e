"""A shop that sells on the fake eBay."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance import Rig
from fake_ebay import REFRESH, FakeEbay
from fake_kit import FakeServer, HttpShop, Wallet

from trendctl.approval import supply
from trendctl.posting.platforms.ebay.platform import Ebay

EVERY = ("image", "image_get", "offers", "offers", "item", "offer", "fees", "publish", "offer_get")


@dataclass(frozen=True, slots=True)
class EbayRig(Rig):
    fake: Any = None
    server: Any = None


def wallet(**more: str) -> Wallet:
    return Wallet(**{"EBAY_APP_ID": "app-1", "EBAY_CERT_ID": "cert-1", "EBAY_REFRESH_TOKEN": REFRESH} | more)


@contextmanager
def ebay(root: Path, **more: Any) -> Iterator[EbayRig]:
    """The fake, its server and a shop on it."""
    fake = FakeEbay()
    with FakeServer(fake) as server:
        shop = HttpShop(root, Ebay(), base_url=server.base_url, wallet=wallet(), **more)

        def fault(call: str, number: int, kind: str) -> None:
            server.plan[call, server.count(call) + number] = kind

        def stand(sold: int) -> int:
            (offer,) = fake.offers.values()
            offer["availableQuantity"] -= sold
            return int(offer["availableQuantity"])

        yield EbayRig(
            shop, fault, lambda: len(fake.live), lambda: len(fake.listings) + fake.republished, EVERY, stand, fake,
            server,
        )  # fmt: skip


@contextmanager
def listed(root: Path) -> Iterator[EbayRig]:
    """As `ebay`, with one product live, which may be lowered: posted once for all tests and copied."""
    home, fake = _listed()
    with ebay(root) as rig:
        shutil.copytree(home, rig.shop.home.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
        vars(rig.fake).update(deepcopy(vars(fake)))
        yield rig


@lru_cache(maxsize=1)
def _listed() -> tuple[Path, FakeEbay]:
    root = Path(tempfile.mkdtemp(prefix="listed-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    with ebay(root) as rig:
        number = rig.shop.stock()
        supply.tell(rig.shop.approving, number, {"auto_decrease": "yes"}, {}, "USD")
        rig.shop.draft(number)
        rig.shop.approve(number)
        assert [r.state for r in rig.shop.post()] == ["live"]
        rig.shop.store.connect().execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
        return rig.shop.home.root, deepcopy(rig.fake)
