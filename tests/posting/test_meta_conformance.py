"""Catalogue, Page and Instagram under the conformance suite: a share of the faults in the short run, all in soak."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance import ALL_FAULTS, LOST, SHORT, FaultConformance
from meta_rig import EVERY, MetaRig, meta


class TestFacebook(FaultConformance):
    calls, faults, lost_faults = ("batch",), SHORT, ("cut_after",)
    publish = end = "batch"

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[MetaRig]:
        with meta("facebook", tmp_path) as made:
            yield made


class TestFacebookPage(FaultConformance):
    calls, faults, lost_faults = ("publish",), SHORT, ("cut_after",)
    end = "delete"

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[MetaRig]:
        with meta("facebook_page", tmp_path) as made:
            yield made


class TestInstagram(FaultConformance):
    calls, faults, lost_faults = ("publish",), SHORT, ("cut_after",)
    actions = ()

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[MetaRig]:
        with meta("instagram", tmp_path) as made:
            yield made


@pytest.mark.soak
class TestFacebookAtLength(TestFacebook):
    calls, faults, lost_faults = EVERY["facebook"], ALL_FAULTS, LOST


@pytest.mark.soak
class TestFacebookPageAtLength(TestFacebookPage):
    calls, faults, lost_faults = EVERY["facebook_page"], ALL_FAULTS, LOST


@pytest.mark.soak
class TestInstagramAtLength(TestInstagram):
    calls, faults, lost_faults = EVERY["instagram"], ALL_FAULTS, LOST
