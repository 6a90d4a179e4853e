"""A shop that sells on the fake TikTok Shop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import Rig
from fake_kit import FakeServer, HttpShop, Wallet
from fake_tiktok import KEY, REFRESH, SECRET, FakeTiktok

from selling import TITLE, UID
from trendctl.approval import supply
from trendctl.posting.platforms.tiktok.platform import Tiktok

KEYS = {"TIKTOK_SHOP_API_KEY": KEY, "TIKTOK_SHOP_SECRET": SECRET}
EVERY = ("shops", "image", "check", "search", "create", "product")
FACTS = {"material": "steel", "package weight": "500 g", "package size": "20 x 15 x 10 cm"}


@dataclass(frozen=True, slots=True)
class TiktokRig(Rig):
    fake: Any = None
    server: Any = None


class TiktokShop(HttpShop):
    """Its product has a parcel, too, told before TikTok is asked about it."""

    def stock(self, uid: str = UID, title: str = "") -> int:
        draft, self.draft = self.draft, lambda number: 0
        number = super().stock(uid, title or TITLE)
        self.draft = draft
        supply.tell(self.approving, number, {"stock": "5"}, FACTS, "USD")
        self.draft(number)
        return number


def wallet(**more: str) -> Wallet:
    return Wallet(**KEYS | {"TIKTOK_SHOP_REFRESH_TOKEN": REFRESH} | more)


@contextmanager
def tiktok(root: Path, **more: Any) -> Iterator[TiktokRig]:
    """The fake, its server and a shop on it; they share one clock."""
    fake = FakeTiktok()
    with FakeServer(fake) as server:
        shop = TiktokShop(root, Tiktok(), base_url=server.base_url, wallet=wallet(), **more)
        fake.now = lambda: shop.clock.now().timestamp()

        def fault(call: str, number: int, kind: str) -> None:
            server.plan[call, server.count(call) + number] = kind

        def stand(sold: int) -> int:
            kept = fake.one["skus"][0]["inventory"][0]
            kept["quantity"] -= sold
            return int(kept["quantity"])

        yield TiktokRig(shop, fault, lambda: len(fake.live), lambda: len(fake.products), EVERY, stand, fake, server)
