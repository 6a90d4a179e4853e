"""Shops that sell on the fake Graph API: catalogue, Page, Instagram."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import Rig
from fake_graph import APP, CATALOG, PAGE, SECRET, SEED, USER, FakeGraph
from fake_kit import FakeServer, HttpShop, Wallet

from trendctl.posting.platforms.facebook.platform import Facebook
from trendctl.posting.platforms.facebook_page.platform import FacebookPage
from trendctl.posting.platforms.instagram.platform import Instagram

KINDS: dict[str, Any] = {"facebook": Facebook, "facebook_page": FacebookPage, "instagram": Instagram}
OPTIONS = {
    "facebook": {"catalog_id": CATALOG}, "facebook_page": {"page_id": PAGE}, "instagram": {"ig_user_id": USER},
}  # fmt: skip
EVERY = {
    "facebook": ("batch", "status", "products"),
    "facebook_page": ("page_token", "photo", "post", "publish", "post_get"),
    "instagram": ("container", "state", "quota", "publish", "media_get"),
}
KEYS = {"FACEBOOK_APP_ID": APP, "FACEBOOK_APP_SECRET": SECRET}


@dataclass(frozen=True, slots=True)
class MetaRig(Rig):
    fake: Any = None
    server: Any = None


def wallet(**more: str) -> Wallet:
    return Wallet(**KEYS | {"FACEBOOK_ACCESS_TOKEN": SEED} | more)


@contextmanager
def meta(name: str, root: Path, **options: Any) -> Iterator[MetaRig]:
    """The fake, its server and a shop of one of the three on it."""
    fake = FakeGraph()
    with FakeServer(fake) as server:
        shop = HttpShop(root, KINDS[name](), base_url=server.base_url, wallet=wallet(), options=OPTIONS[name] | options)
        fake.clock = shop.clock

        def fault(call: str, number: int, kind: str) -> None:
            server.plan[call, server.count(call) + number] = kind

        live = {
            "facebook": lambda: len(fake.products), "facebook_page": lambda: len(fake.live_posts),
            "instagram": lambda: len(fake.feed),
        }  # fmt: skip
        made = {
            "facebook": lambda: fake.made_products, "facebook_page": lambda: fake.published,
            "instagram": lambda: len(fake.feed),
        }  # fmt: skip

        def stand(sold: int) -> int | None:
            for product in fake.products.values():
                product["inventory"] -= sold
                return int(product["inventory"])
            return None

        yield MetaRig(shop, fault, live[name], made[name], EVERY[name], stand, fake, server)
