"""`local` and the market in memory under the same suite, as far as they can fail."""

from pathlib import Path

import pytest
from conformance import FaultConformance, FlowConformance, Rig
from fake_kit import StockedShop

from selling import LOCAL, Market, Twin


class TestLocal(FlowConformance):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Rig:
        shop = StockedShop(tmp_path, LOCAL)
        ended = shop.home.outbox / "ended"

        def made() -> int:
            return len(shop.packs()) + (len(list(ended.iterdir())) if ended.is_dir() else 0)

        return Rig(shop, lambda *_: None, lambda: len(shop.packs()), made)


class TestTwin(FaultConformance):
    calls = ("item", "offer", "publish")
    faults = ("429", "500_before", "500_after", "cut_before", "cut_after")
    lost_faults = ("500_after", "cut_after")
    end = "end"

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Rig:
        market = Market()

        def fault(call: str, number: int, kind: str) -> None:
            market.faults[call, market.calls.count(call) + number] = kind

        live = lambda: len(market.published)  # noqa: E731 - one word used twice
        return Rig(StockedShop(tmp_path, Twin(), market), fault, live, live, ("item", "offer", "publish"))
