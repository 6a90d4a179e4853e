"""A shop that sells on the fake eBay."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import Rig
from fake_ebay import REFRESH, FakeEbay
from fake_kit import FakeServer, HttpShop, Wallet

from trendctl.posting.platforms.ebay.platform import Ebay

EVERY = ("image", "image_get", "item", "offers", "offer", "fees", "publish", "offer_get")


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

        yield EbayRig(
            shop, fault, lambda: len(fake.live), lambda: len(fake.listings) + fake.republished, EVERY, fake, server
        )
