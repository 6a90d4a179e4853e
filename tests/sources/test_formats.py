"""The shared readers: text, numbers and times from outside."""

import unicodedata
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.scanner.formats import numbers, text, times

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("  two\n\t words ", "two words"),
        ("e\u0301", "é"),
        ("a\u202eb\u200b\u2066c", "abc"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\ud800x", "x"),
        ("a\u00a0b\u3000c", "a b c"),
        ("☕ 日本語", "☕ 日本語"),
        ("", ""),
    ],
)
def test_clean_leaves_one_visible_line(given: str, expected: str) -> None:
    assert text.clean(given) == expected


@given(st.text(max_size=400), st.integers(2, 60))
@settings(max_examples=150)
def test_clean_is_safe_short_and_stable(given: str, limit: int) -> None:
    result = text.clean(given, limit)
    assert len(result) <= limit
    assert result == text.clean(result, limit)
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for char in result)
    result.encode("utf-8")


def test_a_cut_leaves_no_letter_without_its_accents() -> None:
    assert text.clean("ab" + "q\u0303" * 3 + "z", 6) == "abq\u0303…"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<b>bold</b>er", "bolder"),
        ("<p>one</p><p>two</p>", "one two"),
        ("Caf&eacute; &amp; bar &#8212; 5", "Café & bar — 5"),
        ("8 < 9 > 7 <3", "8 < 9 > 7 <3"),
        ("<script>alert(1)</script>shown", "shown"),
        ("<STYLE>p{}</style >shown", "shown"),
        ("<!-- note -->shown<br/>on", "shown on"),
        ("&lt;b&gt;not a tag&lt;/b&gt;", "<b>not a tag</b>"),
        ("<script>never closed", ""),
    ],
)
def test_from_html_gives_what_a_reader_sees(markup: str, expected: str) -> None:
    assert text.from_html(markup) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, "5"), (" a\u200b ", "a"), (True, ""), (None, ""), (1.5, ""), ("x" * 201, ""), (10**40, ""), ("x" * 5000, "")],
)
def test_ident_refuses_what_is_no_identifier(value: object, expected: str) -> None:
    assert text.ident(value) == expected


@pytest.mark.parametrize(
    ("value", "base", "expected"),
    [
        ("https://a.example/x", "", "https://a.example/x"),
        ("/x", "https://a.example/y", "https://a.example/x"),
        ("//b.example/x", "https://a.example/y", "https://b.example/x"),
        ("javascript:alert(1)", "https://a.example/", ""),
        ("data:text/html,x", "", ""),
        ("file:///etc/passwd", "https://a.example/", ""),
        ("https://user:word@a.example/", "", ""),
        ("https://[broken", "", ""),
        ("https://a.example/a b", "", ""),
        ("https://", "", ""),
        ("https://a.example/" + "x" * 3000, "", ""),
        (None, "", ""),
    ],
)
def test_only_web_addresses_come_through(value: object, base: str, expected: str) -> None:
    assert text.web_url(value, base) == expected


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2000+", 2000),
        ("200K+", 200_000),
        ("1.5M", 1_500_000),
        ("1,234", 1234),
        ("12,345,678", 12_345_678),
        ("+15", 15),
        ("-3", -3),
        ("2B", 2_000_000_000),
        (" 7 ", 7),
        (7, 7),
        (7.5, 7.5),
        ("0", 0),
        ("1,23", None),
        ("1.2.3", None),
        ("", None),
        ("K", None),
        ("٣", None),
        ("1e5", None),
        ("0x10", None),
        ("--1", None),
        (True, None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("9" * 41, None),
        ([1], None),
    ],
)
def test_numbers_are_understood_or_refused(value: object, expected: float | None) -> None:
    assert numbers.number(value) == expected


def test_whole_refuses_fractions_and_count_refuses_less_than_nothing() -> None:
    assert (numbers.whole("12"), numbers.whole(12.5), numbers.whole("1.5K")) == (12, None, 1500)
    assert (numbers.count("-1"), numbers.count(0)) == (None, 0)


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("59.99", "USD", 5999),
        (59.99, "USD", 5999),
        (875, "usd", 87500),
        ("1,299.00", "USD", 129900),
        ("$5", "USD", 500),
        ("3359", "JPY", 3359),
        ("1.234", "KWD", 1234),
        ("1.005", "USD", 101),
        (0.1 + 0.2, "USD", None),
        (149.985, "USD", 14999),
        ("0", "USD", None),
        (0, "USD", None),
        ("-5", "USD", None),
        ("5", "XXX", None),
        ("5", None, None),
        ("abc", "USD", None),
        (float("nan"), "USD", None),
        (1e300, "USD", None),
        (True, "USD", None),
        (None, "USD", None),
        ("9" * 20, "USD", None),
    ],
)
def test_prices_become_minor_units(value: object, currency: object, expected: int | None) -> None:
    assert numbers.minor(value, currency) == expected


@given(st.decimals(min_value="0.01", max_value="99999999", places=3), st.sampled_from(["USD", "JPY", "KWD"]))
def test_a_price_is_exact_and_rounded_once(amount: Decimal, currency: str) -> None:
    places = {"USD": 2, "JPY": 0, "KWD": 3}[currency]
    exact = (amount.scaleb(places)).quantize(Decimal(1), ROUND_HALF_UP)
    assert numbers.minor(f"{amount:f}", currency) == (int(exact) or None)


@pytest.mark.parametrize(
    ("title", "cents"),
    [
        ("Oven Mitts (Aqua Sky) $9.50 + Free S&H", 950),
        ("Gaming laptop $1,249.99", 124999),
        ("$5 off $35+ orders: lamp $12", 1200),
        ("$10 gift card with a $50 purchase", 5000),
        ("Lamp $12+ shipping", 1200),
        ("Lamp 50% off", None),
        ("Lamp $", None),
        ("From $7", 700),
    ],
)
def test_the_price_in_a_deal_title_is_the_first_that_is_no_rebate(title: str, cents: int | None) -> None:
    assert numbers.dollars_in(title) == cents


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Thu, 1 Oct 2026 09:20:00 -0700", "2026-10-01T16:20:00+00:00"),
        ("2026-09-26T07:01:00-07:00", "2026-09-26T14:01:00+00:00"),
        ("2026-09-26", "2026-09-26T00:00:00+00:00"),
        ("20260530T101500Z", "2026-05-30T10:15:00+00:00"),
        ("1795478400", "2026-11-24T00:00:00+00:00"),
        (1795478400, "2026-11-24T00:00:00+00:00"),
        (1795478400.0, "2026-11-24T00:00:00+00:00"),
        ("2026-10-01T00:00:00", "2026-10-01T00:00:00+00:00"),
        ("yesterday", None),
        ("", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (-1, None),
        (1e18, None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("x" * 100, None),
        ("1970-01-01", None),
    ],
)
def test_times_are_understood_or_refused(value: object, expected: str | None) -> None:
    found = times.moment(value)
    assert (found.isoformat() if found else None) == expected


@given(st.text(max_size=40) | st.integers() | st.floats() | st.binary(max_size=4))
@settings(max_examples=150)
def test_no_time_ever_raises(value: object) -> None:
    found = times.moment(value)
    assert found is None or found.tzinfo is UTC


def test_days_before_leaves_today_out() -> None:
    assert times.days_before(NOW, 2) == [datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)]
    assert len(times.days_before(NOW, 0)) == 1
