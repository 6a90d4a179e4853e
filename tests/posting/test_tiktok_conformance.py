"""TikTok Shop under the conformance suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import FaultConformance
from tiktok_rig import TiktokRig, tiktok


class TestTiktok(FaultConformance):
    calls = ("create",)
    publish, end = "create", "deactivate"

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[TiktokRig]:
        with tiktok(tmp_path) as made:
            yield made
