"""What a seller reads: nothing that is not so, nothing cut silently, and the next step that helps."""

import fcntl
import io
import os
import pty
import struct
import termios
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_kit import run

from selling import Shop
from store_rows import DAY, NOW, product, put
from trendctl import flows
from trendctl.approval import service
from trendctl.cli import products
from trendctl.cli.show import supply_words
from trendctl.ports import Action, CheckResult
from trendctl.posting.proposing import propose
from trendctl.render import Screen
from trendctl.store import product_rows, reviews
from trendctl.store.engine import Store
from trendctl.store.writers import Role
from trendctl.trends import score

Capture = pytest.CaptureFixture[str]
PRICE = {"price": {"minor": 2199, "currency": "USD"}}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Product 1 is live; the commands of this test work in its home."""
    made = Shop(tmp_path)
    number = made.stock()
    with made.store.write(Role.APPROVAL) as db:
        reviews.enqueue(db, [number], int(made.clock.now().timestamp()))
    made.approve(number)
    made.post(number)
    monkeypatch.setenv("TRENDCTL_HOME", str(made.home.root))
    return made


def waiting(shop: Shop) -> list[int]:
    with shop.store.read() as db:
        return [row["id"] for row in reviews.queue(db, int(shop.clock.now().timestamp()))]


# ---------------------------------------------------------------- rejecting what is live


def test_rejecting_a_live_product_says_that_its_listing_stays_and_how_it_is_ended(shop: Shop, capsys: Capture) -> None:
    ran = run(capsys, "reject", "1", "--reason", "too bulky")
    assert ran.err == "rejected; its listing on local stays live. To end it: trendctl end 1\n"
    assert "local live, rejected" in run(capsys, "show", "1").out
    assert run(capsys, "review", "--json").json == []
    assert run(capsys, "end", "1").code == 0
    assert [row["id"] for row in run(capsys, "review", "--json").json] == [1]


def test_rejecting_what_is_not_live_says_no_more(store: Store, capsys: Capture) -> None:
    product(store)
    assert run(capsys, "reject", "1", "--reason", "too bulky").err == "rejected\n"


def test_rejecting_what_was_approved_says_that_the_approval_is_void(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    approved = Shop(tmp_path)
    approved.approve(approved.stock())
    monkeypatch.setenv("TRENDCTL_HOME", str(approved.home.root))
    assert run(capsys, "reject", "1", "--reason", "too bulky").err == "rejected; 1 approval to list it void\n"
    assert run(capsys, "post").code == 4


def test_an_end_that_was_proposed_outlives_the_rejection_until_it_is_carried_out(shop: Shop) -> None:
    propose(shop.drafting, 1, "local", Action.END, {})
    shop.clock.advance(60)
    service.reject(shop.approving, 1, "too bulky")
    assert waiting(shop) == [1]
    shop.approve(1)
    assert waiting(shop) == []
    assert [row.state for row in shop.post(1)] == ["ended"]
    assert waiting(shop) == []


def test_a_price_that_was_rejected_leaves_the_review_and_one_proposed_since_is_shown(shop: Shop) -> None:
    propose(shop.drafting, 1, "local", Action.REPRICE, PRICE)
    assert waiting(shop) == [1]
    shop.clock.advance(60)
    service.reject(shop.approving, 1, "not at this price")
    assert waiting(shop) == []
    shop.clock.advance(60)
    propose(shop.drafting, 1, "local", Action.REPRICE, PRICE)
    assert waiting(shop) == [1]


def test_pending_counts_what_review_would_list_not_what_is_live(shop: Shop, capsys: Capture) -> None:
    second = shop.stock("wxyz2345efgh6723", "Magnetic Knife Strip 40 cm")
    with shop.store.write(Role.APPROVAL) as db:
        reviews.enqueue(db, [second], int(shop.clock.now().timestamp()))
    found = run(capsys, "stats", "--json").json["pipeline"]
    assert (found["found"], found["pending"], found["live"]) == (2, 1, 1)
    assert [row["id"] for row in run(capsys, "review", "--json").json] == [second]


@pytest.mark.parametrize("args", [("end", "1"), ("reprice", "1", "--price", "9.99")])
def test_what_is_not_listed_cannot_be_ended_or_repriced(store: Store, capsys: Capture, args: tuple[str, ...]) -> None:
    product(store)
    ran = run(capsys, *args)
    assert (ran.code, ran.err) == (2, "error: Product 1 has no live listing. Next: trendctl listings\n")


# ---------------------------------------------------------------- what was told, and what was not


def test_what_was_not_told_is_called_so_and_is_no_zero(store: Store, capsys: Capture) -> None:
    product(store)
    told = run(capsys, "supply", "1", "--cost", "5.00")
    assert "cost USD 5.00, stock not told, condition not told\n" in told.err
    shown = run(capsys, "show", "1").out
    assert "supply: cost USD 5.00, stock not told, condition not told\nimages: 0\n" in shown
    assert "None" not in told.err + shown
    run(capsys, "supply", "1", "--stock", "0", "--condition", "new", "--price", "9.5")
    assert "supply: cost USD 5.00, 0 in stock, new, your price USD 9.50\n" in run(capsys, "show", "1").out


def test_stock_that_was_told_and_what_is_left_of_it_are_both_said() -> None:
    supply = {"cost_minor": 500, "currency": "USD", "stock": 2, "condition": "new", "price_minor": None}
    assert supply_words({**supply, "stock_told": 12}) == "cost USD 5.00, stock 12 told, 2 left, new"
    assert supply_words({**supply, "stock_told": 2}) == "cost USD 5.00, 2 in stock, new"


def test_show_names_the_images_where_nothing_was_told(store: Store, capsys: Capture) -> None:
    product(store)
    assert "no supply told yet\nimages: 0\n" in run(capsys, "show", "1").out


# ---------------------------------------------------------------- items, newest first


def add_items(store: Store, source: str, titles: list[str], days: list[int]) -> None:
    with store.write(Role.SCANNER) as db:
        for number, (title, day) in enumerate(zip(titles, days, strict=True)):
            key, at = f"{source}{number}", NOW - day * DAY
            put(db, "item", source=source, external_id=key, title=title, product_id=1, first_seen_at=at,
                url=f"https://shop.example/{key}", last_seen_at=at)  # fmt: skip


def test_items_are_newest_first_and_one_row_for_a_source_and_title(store: Store, capsys: Capture) -> None:
    product(store)
    add_items(store, "dealnews_rss", ["Camp Lantern for $24"] * 11, [20, 12, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    add_items(store, "hackernews", ["camp lantern"], [1])
    lines = run(capsys, "show", "1").out.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("hackernews"))
    (other,) = [n for n, line in enumerate(lines) if line.startswith("dealnews_rss x11")]
    assert first < other
    assert " to " in lines[other]
    assert "https://shop.example/dealnews_rss2" in lines[other + 1]  # the newest of them


def test_items_that_are_left_out_are_counted(store: Store, capsys: Capture) -> None:
    product(store)
    add_items(store, "hackernews", [f"lantern {n}" for n in range(20)] + ["old lantern"] * 11, [1] * 20 + [30] * 11)
    shown = run(capsys, "show", "1").out
    assert "and 11 more: trendctl show 1 --json\n" in shown
    assert "old lantern" not in shown
    assert len(run(capsys, "show", "1", "--json").json["items"]) == 31


# ---------------------------------------------------------------- the hot list


@pytest.mark.parametrize("args", [("--status", "live"), ("--category", "garden"), ("--stage", "rising")])
def test_a_filter_that_matches_nothing_does_not_send_one_to_scan(
    store: Store, capsys: Capture, args: tuple[str, str]
) -> None:
    assert run(capsys, "products").err == "No products yet. Next: trendctl scan\n"
    product(store)
    assert run(capsys, "products", *args).err == "No product matches. Next: trendctl products\n"
    assert run(capsys, "products", *args, "--json").json == []


def test_help_and_error_name_every_status_that_can_be_asked_for(store: Store, capsys: Capture) -> None:
    assert tuple(products.STATUS_HELP.replace(" or ", ", ").split(", ")) == product_rows.STATUSES
    assert products.STATUS_HELP in " ".join(run(capsys, "products", "--help").out.split())
    assert products.STATUS_HELP in run(capsys, "products", "--status", "sold").err
    assert "emerging" in run(capsys, "products", "--stage", "dawning").err


def test_at_80_columns_a_title_has_room(store: Store, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    product(store, "Folding Camp Lantern 400 lm steel")  # its title: Product and this
    with store.write(Role.APPROVAL) as db:
        reviews.enqueue(db, [1], NOW)
    with store.write(Role.ANALYZER) as db:
        put(db, "score", product_id=1, score=50.0, stage="emerging", parts="[]", inputs="{}", price_low=18899,
            price_mid=18949, price_high=18999, currency="USD", computed_at=NOW)  # fmt: skip
    line = run(capsys, "products").out.splitlines()[-1]
    assert line.split("  ")[-1].strip() == "to review"
    assert "Product Folding Camp Lantern 400 lm" in line
    assert " 189 USD " in line
    monkeypatch.setenv("COLUMNS", "140")
    assert "188.99-189.99 USD" in run(capsys, "products").out


def test_a_short_price_keeps_its_cents_where_they_matter_and_a_short_status_counts_platforms() -> None:
    found = {"low": 1.4, "mid": 1.49, "high": 2.0, "currency": "USD"}
    assert (products.about(found), products.about({**found, "mid": 63.99})) == ("1.49 USD", "64 USD")
    row = {"status": "pending_review", "platforms": {"ebay": "live", "amazon": "live", "local": "draft"}}
    assert products.status_words(row) == "amazon live, ebay live"
    assert products.status_words(row, short=True) == "2 live"


# ---------------------------------------------------------------- explain, health, help, widths


def test_explain_names_the_product_and_says_the_same_words_once(
    store: Store, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    product(store)
    lines = ["score 50.0 of 100, stage: rising", *["- dealnews_rss: USD 63.99"] * 5, "- hackernews: USD 60.00"]
    told = SimpleNamespace(value=50.0, stage="rising", parts=()), lines
    monkeypatch.setattr("trendctl.analyzer.explain.explain", lambda *_: told)
    shown = run(capsys, "explain", "1").out
    assert shown.startswith("1  Product p1\n")
    assert shown.count("63.99") == 1
    assert "USD 63.99 (5 times)" in shown
    assert run(capsys, "explain", "1", "--json").json["lines"] == lines


def test_nothing_lost_is_no_minus() -> None:
    gate = next(line for line in score.explain_lines(score.score(score.Inputs((), sellable=1.0))) if "sellable" in line)
    assert gate.startswith("sellable: 0.0 points")


def test_health_says_the_verdict_then_what_is_not_well(
    store: Store, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "source.wikipedia_pageviews"
    checks = [
        CheckResult("clock", "ok", "fine"),
        CheckResult("backups", "warn", "old " * 20, "trendctl backup create"),
        CheckResult(name, "fail", "no answer " * 9, "trendctl sources test"),
        CheckResult("disk", "ok", "1 GB"),
    ]
    monkeypatch.setattr(flows, "health", lambda *_: ("unhealthy", checks))
    monkeypatch.setenv("COLUMNS", "80")
    ran = run(capsys, "health")
    assert (ran.code, ran.err) == (1, "unhealthy\n2 checks ok: trendctl health --all\n")
    rows = [line.split()[0] for line in ran.out.splitlines()[2:] if line[0] != " "]
    assert rows == [name, "backups"]
    every = run(capsys, "health", "--all")
    assert [line.split()[0] for line in every.out.splitlines()[2:] if line[0] != " "] == [*rows, "clock", "disk"]
    assert every.err == "unhealthy\n"
    assert len(run(capsys, "health", "--json").json["checks"]) == 4


def test_the_help_page_fits_80_columns(capsys: Capture) -> None:
    assert max(len(line) for line in run(capsys, "--help").out.splitlines()) <= 80


def test_a_piped_table_is_as_wide_as_the_terminal_beside_it() -> None:
    behind, front = pty.openpty()
    try:
        fcntl.ioctl(front, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 132, 0, 0))
        with os.fdopen(front, "w") as err:
            assert Screen(out=io.StringIO(), err=err, environ={}).console().width == 132
            assert Screen(out=io.StringIO(), err=err, environ={"COLUMNS": "90"}).console().width == 90
    finally:
        os.close(behind)
    assert Screen(out=io.StringIO(), err=io.StringIO(), environ={}).console().width == 100
