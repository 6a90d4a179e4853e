"""A shop that sells on the fake Amazon."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import Rig
from fake_amazon import REFRESH, SELLER, FakeAmazon
from fake_kit import FakeServer, HttpShop, Wallet

from trendctl.posting.platforms.amazon.platform import Amazon

EVERY = ("preview", "put", "get")
OPTIONS = {"seller_id": SELLER}
KEYS = {"AMAZON_SP_API_KEY": "client-1", "AMAZON_SP_API_SECRET": "secret-1"}


@dataclass(frozen=True, slots=True)
class AmazonRig(Rig):
    fake: Any = None
    server: Any = None


def wallet(**more: str) -> Wallet:
    return Wallet(**KEYS | {"AMAZON_SP_REFRESH_TOKEN": REFRESH, "AMAZON_SELLER_ID": SELLER} | more)


@contextmanager
def amazon(root: Path, **more: Any) -> Iterator[AmazonRig]:
    """The fake, its server and a shop on it."""
    fake = FakeAmazon()
    with FakeServer(fake) as server:
        options = OPTIONS | more.pop("options", {})
        shop = HttpShop(root, Amazon(), base_url=server.base_url, wallet=wallet(), options=options, **more)

        def fault(call: str, number: int, kind: str) -> None:
            server.plan[call, server.count(call) + number] = kind

        def stand(sold: int) -> int:
            (item,) = fake.items.values()
            kept = item["attributes"]["fulfillment_availability"][0]
            kept["quantity"] -= sold
            return int(kept["quantity"])

        yield AmazonRig(shop, fault, lambda: len(fake.live), lambda: len(fake.created), EVERY, stand, fake, server)
