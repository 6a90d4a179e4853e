"""Amazon under the conformance suite: a share of the faults in the short run, all in soak."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from amazon_rig import AmazonRig, amazon
from conformance import ALL_FAULTS, LOST, SHORT, FaultConformance


class TestAmazon(FaultConformance):
    calls = ("put",)  # the preview has every fault in the tests of all calls
    faults, lost_faults = SHORT, ("cut_after",)
    publish = "put"
    end = "delete"

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[AmazonRig]:
        with amazon(tmp_path) as made:
            yield made


@pytest.mark.soak
class TestAmazonAtLength(TestAmazon):
    faults = tuple(fault for fault in ALL_FAULTS if fault != "429_headers")  # Amazon sends no Retry-After
    lost_faults = LOST
