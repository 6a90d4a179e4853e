"""Listing rules of images, price and quantity, and of a whole listing."""

from typing import Any

import pytest

from trendctl.commerce import facts
from trendctl.commerce.money import Money
from trendctl.commerce.rules import RULES_VERSION, check


def broken(platform: str, fields: dict[str, object]) -> list[str]:
    return [one.rule for one in check(platform, fields, partial=True)]


def blocking(platform: str, fields: dict[str, object]) -> list[str]:
    return [one.rule for one in check(platform, fields, partial=True) if one.blocking]


def image(width: int = 1600, height: int = 1600, size: int = 1000, mime: str = "image/jpeg") -> dict[str, Any]:
    return {"width": width, "height": height, "bytes": size, "mime": mime}


@pytest.mark.parametrize(
    ("platform", "pictures", "rules"),
    [
        ("ebay", [], ["min_count"]),
        ("ebay", [image()] * 24, []),
        ("ebay", [image()] * 25, ["max_count"]),
        ("ebay", [image(499, 400)], ["min_longest"]),
        ("ebay", [image(500, 10)], []),
        ("ebay", [image(size=12_000_000)], []),
        ("ebay", [image(size=12_000_001)], ["max_bytes"]),
        ("ebay", [image(mime="image/svg+xml")], ["format"]),
        ("amazon", [image(10_000, 500)], []),
        ("amazon", [image(10_001, 500)], ["max_longest"]),
        ("tiktok", [image(300, 4000)], []),
        ("tiktok", [image(299, 4000)], ["min_side"]),
        ("tiktok", [image(300, 4001)], ["max_side"]),
        ("tiktok", [image(size=5_000_001)], ["max_bytes"]),
        ("tiktok", [image()] * 10, ["max_count"]),
        ("facebook", [image(500, 499)], ["min_side"]),
        ("instagram", [image(1440, 1440)], []),
        ("instagram", [image(1441, 1441)], ["max_width"]),
        ("instagram", [image(800, 1000)], []),  # 4:5
        ("instagram", [image(799, 1000)], ["ratio"]),
        ("instagram", [image(1000, 1000, mime="image/png")], ["format"]),
        ("instagram", [image(1000, 1000, mime="image/jpg")], []),
    ],
)
def test_images(platform: str, pictures: list[dict[str, Any]], rules: list[str]) -> None:
    assert blocking(platform, {"images": pictures}) == rules


def test_small_images_are_advised_against() -> None:
    assert broken("amazon", {"images": [image(999, 999)]}) == ["advised_longest"]
    assert broken("tiktok", {"images": [image()] * 4}) == ["advised_count"]


@pytest.mark.parametrize(
    ("minor", "currency", "rules"),
    [
        (0, "USD", ["price_range"]),
        (1, "USD", []),
        (760_000, "USD", []),
        (760_001, "USD", ["price_range"]),
        (560_000, "GBP", []),
        (560_001, "GBP", ["price_range"]),
        (99_999_999, "EUR", []),  # no range is known
    ],
)
def test_tiktok_price_range(minor: int, currency: str, rules: list[str]) -> None:
    assert blocking("tiktok", {"price": Money(minor, currency)}) == rules
    assert blocking("tiktok", {"price": {"minor": minor, "currency": currency}}) == rules
    assert blocking("tiktok", {"price_minor": minor, "currency": currency}) == rules


def test_quantity_is_at_least_one() -> None:
    assert blocking("ebay", {"quantity": 1}) == []
    assert blocking("ebay", {"quantity": 0}) == ["quantity"]


@pytest.mark.parametrize(
    "fields",
    [{"quantity": 1.0}, {"quantity": True}, {"price_minor": 1.5, "currency": "USD"}, {"title": 5}, {"aspects": []}],
)
def test_values_of_a_wrong_kind_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"whole|text|mapping"):
        check("tiktok" if "price_minor" in fields else "ebay", fields, partial=True)


def test_a_good_listing_breaks_nothing() -> None:
    fields: dict[str, object] = {
        "title": "Ceramic Mug 400 ml, Deep Blue Glaze, Dishwasher Safe",
        "description": "A mug of stoneware with a deep blue glaze. " * 8,
        "sku": "MUG400BLUE",
        "brand": "Northwind Pottery",
        "aspects": {"Colour": "Blue", "Material": ["Stoneware"]},
        "link": "https://shop.example/mug",
        "images": [image()] * 5,
        "price": Money(1999, "USD"),
        "quantity": 3,
    }
    for platform in ("ebay", "amazon", "tiktok", "facebook", "local"):
        assert check(platform, fields) == ()


def test_every_violation_says_what_where_from_and_when() -> None:
    for one in check("tiktok", {"title": "Etsy! " * 60, "sku": "x" * 51, "price": Money(0, "USD"), "quantity": 0}):
        assert one.message
        assert one.source
        assert len(one.as_of) == 10
    assert facts.version("listing_rules") == RULES_VERSION
