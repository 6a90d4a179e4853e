"""The report page: what it says, that nothing from outside gets in raw, and that it loads nothing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales_world import GOODS, add_cost, add_days, add_listing, add_product, run, settled
from store_rows import NOW
from trendctl.report import charts, page
from trendctl.report.build import build
from trendctl.report.markup import text
from trendctl.store.engine import Store
from trendctl.store.writers import Role

Capture = pytest.CaptureFixture[str]
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)>&amp;\u202egnp.exe'


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def fill(store: Store) -> None:
    """A small business."""
    for number, title in enumerate(GOODS, 1):
        add_product(store, number, title)
    for number in range(1, 6):
        listing = add_listing(store, number, "ebay" if number % 2 else "amazon", price=1999 + 100 * number)
        add_days(store, listing, [
            {"day": d, "views": 40 + 3 * d, "orders": d % 3, "units": d % 3, "revenue_minor": (d % 3) * 2499,
             "fees_minor": (d % 3) * 361, "returns": int(d == 9), "refunds_minor": 2499 * int(d == 9)}
            for d in range(25)
        ])  # fmt: skip
        if number != 4:
            add_cost(store, number, 750, packaging_minor=40)
    views_only = add_listing(store, 6, "facebook", price=1500)
    add_days(store, views_only, [{"day": d, "views": 5, "clicks": 1, "currency": None} for d in range(5)])
    euro = add_listing(store, 7, "ebay", price=2900, currency="EUR")
    add_days(store, euro, [{"day": 1, "views": 9, "units": 1, "revenue_minor": 2900, "fees_minor": 400}], "EUR")
    with store.write(Role.ANALYZER) as db:
        for value in (0.15, 0.35, 0.55, 0.75, 0.95):
            for n in range(6):
                settled(db, "forecast", value, n < 6 * value)
        settled(db, "stage", 0.7, True)
        db.execute("INSERT INTO source_weight VALUES ('hackernews', 1.1, 20, 31, ?)", (NOW,))


def document(store: Store) -> str:
    with store.read() as db:
        return page.html(build(db, NOW, "US (USD)"))


def test_it_says_what_there_is(store: Store) -> None:
    fill(store)
    shown = document(store)
    for words in ("Folding Camp Lantern 400 lm", "USD 20.99", "EUR 29.00", "rising", "hackernews", "Brier score"):
        assert words in shown
    assert 'id="pipeline"' in shown
    assert 'id="predictions"' in shown
    assert "known for 4 of 5 that sold" in shown


def test_an_empty_home_has_a_report(store: Store) -> None:
    shown = document(store)
    assert "Nothing is listed yet" in shown
    assert "n/a" in shown


def test_what_a_platform_does_not_give_is_na_and_not_nought(store: Store) -> None:
    add_product(store, 1, "Lamp")
    add_days(store, add_listing(store, 1, "facebook"), [{"day": 1, "views": 5, "currency": None}])
    row = document(store).split('id="listings"')[1].split("<tbody>")[1]
    assert '<td class="num" data-label="views">5</td>' in row
    assert '<td class="num" data-label="revenue">n/a</td>' in row
    assert '<td class="num" data-label="units">n/a</td>' in row


def test_text_from_outside_is_escaped_everywhere(store: Store) -> None:
    add_product(store, 1, EVIL, stage=EVIL)
    with store.write(Role.SCANNER) as db:
        db.execute("UPDATE product SET category = ?", (EVIL,))
        db.execute("UPDATE item SET source = ?", (EVIL,))
        db.execute("UPDATE metric SET name = ?", (EVIL,))
    listing = add_listing(store, 1, "ebay")
    add_days(store, listing, [{"day": 1, "units": 1, "revenue_minor": 5, "fees_minor": 1}])
    with store.write(Role.ANALYZER) as db:
        db.execute("INSERT INTO source_weight VALUES (?, 1.1, 20, 31, ?)", (EVIL, NOW))
        settled(db, "stage", 0.7, True)
    shown = document(store)
    names = {name for name, _ in Elements(shown).found}
    assert not names & {"script", "img", "iframe", "object", "link", "form", "base"}
    assert "\u202e" not in shown
    assert all(not key.startswith("on") and key != "style" for _, a in Elements(shown).found for key in a)


def test_it_loads_nothing_and_says_so_to_the_browser(store: Store) -> None:
    fill(store)
    shown = document(store)
    elements = Elements(shown).found
    policy = next(a["content"] for n, a in elements if a.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in str(policy)
    assert [a for _, a in elements if "src" in a or "srcset" in a] == []
    assert {str(a["href"])[0] for _, a in elements if "href" in a} == {"#"}
    assert not re.search(r"url\(|@import|https?://", shown)


def test_the_style_is_the_one_the_policy_allows(store: Store) -> None:
    import base64
    import hashlib

    shown = document(store)
    css = shown.split("<style>")[1].split("</style>")[0]
    assert base64.b64encode(hashlib.sha256(css.encode()).digest()).decode() in shown


@given(st.text())
def test_escaped_text_holds_no_markup(value: str) -> None:
    assert not set(text(value)) & set("<>\"'")


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(-1e9, 1e9)), max_size=30, unique_by=lambda p: p[0]))
def test_a_curve_stays_within_its_box(points: list[tuple[int, float]]) -> None:
    drawn = charts.area(sorted(points), "x")
    if len(points) < 2:
        assert drawn == ""
        return
    pairs = re.findall(r"(-?[\d.]+),(-?[\d.]+)", drawn)
    assert all(0 <= float(x) <= charts.WIDE and 0 <= float(y) <= charts.HIGH for x, y in pairs)


def test_the_best_rank_is_drawn_on_top() -> None:
    worse_to_better = charts.area([(0, 50.0), (1, 1.0)], "x", falling=True)
    first, last = re.findall(r"[ML]([\d.]+),([\d.]+)", worse_to_better)[:2]
    assert float(last[1]) < float(first[1])


def test_the_command_writes_one_file(store: Store, capsys: Capture, tmp_path: Path) -> None:
    fill(store)
    target = tmp_path / "report.html"
    ran = run(capsys, "report", "--html", str(target), "--json")
    assert ran.code == 0
    assert target.read_text("utf-8").startswith("<!doctype html>")
    assert ran.json["pipeline"]["live"] == 7
    assert [p.name for p in tmp_path.glob("*.part")] == []


def test_a_folder_that_is_not_there_is_one_line(store: Store, capsys: Capture, tmp_path: Path) -> None:
    ran = run(capsys, "report", "--html", str(tmp_path / "no" / "report.html"))
    assert ran.code == 2
    assert "cannot be written" in ran.err


def test_a_folder_for_a_file_is_one_line_and_leaves_nothing(store: Store, capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    ran = run(capsys, "report", "--html", str(folder))
    assert ran.code == 2
    assert str(folder) in ran.err
    assert ".part" not in ran.err
    assert list(tmp_path.rglob("*.part")) == []


def test_refunds_that_are_not_told_are_na_and_the_profit_is_before_returns(store: Store) -> None:
    add_product(store, 1, GOODS[0])
    add_cost(store, 1)
    add_days(store, add_listing(store, 1, "amazon"), [{"day": 1, "units": 1, "revenue_minor": 2499, "fees_minor": 375}])
    (row,) = re.findall(
        r"<tr>.*?</tr>", document(store).split("By platform")[1].split("</table>")[0].split("<tbody>")[1]
    )
    assert '<td class="num" data-label="refunds"><span>USD n/a</span></td>' in row
    assert "before returns" in row


def test_without_a_file_it_says_the_pipeline(store: Store, capsys: Capture) -> None:
    ran = run(capsys, "report")
    assert ran.code == 0
    assert "found" in ran.out
