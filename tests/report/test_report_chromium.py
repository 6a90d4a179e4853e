"""The report in a real browser: at a phone's width and a desk's, light, dark and on paper."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium_pipe import PROGRAM, Chromium, chromium
from test_report_page import document, fill

from trendctl.store.engine import Store

pytestmark = pytest.mark.skipif(not PROGRAM, reason="Chromium is not installed (Debian's package `chromium`)")
WIDE = "document.documentElement.scrollWidth"
# Elements that stick out of the window: what is cut off or would need scrolling sideways.
_ALL = "[...document.body.querySelectorAll('*:not(thead *)')]"
OUT = f"{_ALL}.filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"


@pytest.fixture
def shown(store: Store, tmp_path: Path) -> Path:
    fill(store)
    path = tmp_path / "report.html"
    path.write_text(document(store), "utf-8")
    return path


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chromium]:
    with chromium(tmp_path / "profile") as running:
        yield running


def test_it_fits_the_window_loads_nothing_and_logs_nothing(shown: Path, browser: Chromium) -> None:
    grounds = {}
    for width in (390, 1400):
        for dark in (False, True):
            browser.open(shown, width=width, dark=dark)
            assert browser.value(WIDE) == width
            assert browser.value(OUT) == 0
            assert browser.requests() == [shown.as_uri()]
            assert browser.complaints() == []
            grounds[dark] = browser.value("getComputedStyle(document.body).backgroundColor")
            keep = os.environ.get("REPORT_PICTURES")
            if keep:
                Path(keep, f"report-{width}-{'dark' if dark else 'light'}.png").write_bytes(browser.picture())
    assert grounds[False] != grounds[True]


def test_charts_are_drawn_and_words_are_readable(shown: Path, browser: Chromium) -> None:
    browser.open(shown, width=390, dark=False)
    assert browser.value("document.querySelectorAll('svg.area path.line').length") == 8
    assert browser.value("Math.min(...[...document.querySelectorAll('svg.area')].map(e => e.clientWidth))") > 250
    small = "[...document.querySelectorAll('p, td, th, li, dd, dt, small')].filter(e => e.textContent &&"
    assert browser.value(f"{small} parseFloat(getComputedStyle(e).fontSize) < 12).length") == 0
    assert browser.value("document.querySelector('table thead').getBoundingClientRect().width") <= 1


def test_it_prints_in_ink_on_white_though_the_screen_is_dark(shown: Path, browser: Chromium) -> None:
    browser.open(shown, width=1400, dark=True, media="print")
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    made = browser.pdf()
    assert made.startswith(b"%PDF")
    keep = os.environ.get("REPORT_PICTURES")
    if keep:
        Path(keep, "report.pdf").write_bytes(made)
