"""`post` on Amazon in a process of its own, to be killed: amazon_child.py HOME BASE_URL NOW KILL, as post_child.py."""

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from post_child import mined

from fakes import FakeClock
from trendctl.errors import NothingApproved
from trendctl.home import Home
from trendctl.posting import drafting, service, wiring
from trendctl.posting.platforms.amazon.platform import Amazon
from trendctl.store import cases
from trendctl.store.engine import Store
from trendctl.store.journal import Journal


class Wallet:
    """The test's credentials; nothing is kept."""

    values = (
        ("AMAZON_SP_API_KEY", "client-1"),
        ("AMAZON_SP_API_SECRET", "secret-1"),
        ("AMAZON_SP_REFRESH_TOKEN", "Atzr|refresh-1"),
        ("AMAZON_SELLER_ID", "A1SELLER23456"),
    )

    def get(self, name: str) -> str | None:
        return dict(self.values).get(name)

    def put(self, name: str, value: str) -> None:
        """Forgotten: the next process asks anew."""


def main(home: Home, base_url: str, now: int, kill: str) -> None:
    store, clock = Store(home.database), FakeClock(datetime.fromtimestamp(now, UTC))
    amazon, account = Amazon(), drafting.Account(options={"seller_id": "A1SELLER23456"})
    line = wiring.Line(amazon, account, base_url, base_url, store, clock, Wallet(), home, "trendctl/test")
    work = service.Posting(
        store, Journal(home.journal), clock, {"amazon": amazon}, {"amazon": account}, lambda name: wiring.talking(line),
        home.images, home.root, cases.Context(platforms=("amazon",)),
    )  # fmt: skip
    mined(kill)
    with suppress(NothingApproved):  # an earlier process died behind the last step
        service.post(work)


if __name__ == "__main__":
    main(Home(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]), sys.argv[4])
