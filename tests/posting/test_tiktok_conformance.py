"""TikTok Shop under the conformance suite: a share of the faults in the short run, all in soak."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import ALL_FAULTS, LOST, SHORT, FaultConformance
from tiktok_rig import TiktokRig, tiktok


class TestTiktok(FaultConformance):
    calls, faults, lost_faults = ("create",), SHORT, ("cut_after",)
    publish, end = "create", "deactivate"

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[TiktokRig]:
        with tiktok(tmp_path) as made:
            yield made


@pytest.mark.soak
class TestTiktokAtLength(TestTiktok):
    faults, lost_faults = ALL_FAULTS, LOST
