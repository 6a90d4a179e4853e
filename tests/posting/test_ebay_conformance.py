"""eBay under the conformance suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import FaultConformance
from ebay_rig import EbayRig, ebay


class TestEbay(FaultConformance):
    calls = ("offer", "publish")

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[EbayRig]:
        with ebay(tmp_path) as made:
            yield made
