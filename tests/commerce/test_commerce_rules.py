"""Each platform's listing rules: lengths at the edge, characters, words, links, style."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.commerce import facts
from trendctl.commerce.rules import Limit, check, fit, limit, measure, platforms

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
LIMITED = [(platform, field) for platform in platforms() for field in facts.load("listing_rules")[platform]["fields"]]


def the_limit(platform: str, field: str) -> Limit:
    found = limit(platform, field)
    assert found is not None
    return found


def given_as(field: str, text: str) -> dict[str, object]:
    """The fields of a listing in which the rule's text is found."""
    if field == "aspect_name":
        return {"aspects": {text: "Blue"}}
    if field == "aspect_value":
        return {"aspects": {"Colour": ["Blue", text]}}
    return {field: [text]} if field == "bullets" else {field: text}


def broken(platform: str, fields: dict[str, object], rule: str | None = None) -> list[str]:
    found = check(platform, fields, partial=True)
    return [one.rule for one in found if rule is None or one.rule == rule]


def blocking(platform: str, fields: dict[str, object]) -> list[str]:
    return [one.rule for one in check(platform, fields, partial=True) if one.blocking]


def text_of(length: int, unit: str, piece: str) -> str:
    """Text of exactly that length: pieces as far as they go, then letters."""
    size = measure(piece, unit)
    return piece * (length // size) + "a" * (length % size)


@pytest.mark.parametrize("piece", ["a", FAMILY, "e\u0301", "\U0001f44b\U0001f3fd", "漢"], ids=str.__repr__)
@pytest.mark.parametrize(("platform", "field"), LIMITED)
def test_every_limit_holds_at_its_edge(platform: str, field: str, piece: str) -> None:
    found = the_limit(platform, field)
    for length, refused in ((found.maximum - 1, []), (found.maximum, []), (found.maximum + 1, ["max_length"])):
        text = text_of(length, found.unit, piece)
        assert measure(text, found.unit) == length
        assert broken(platform, given_as(field, text), "max_length") == refused


@pytest.mark.parametrize("hidden", ["\U000e0041", "\u200b", "\u202e", "\x07"], ids=ascii)
@pytest.mark.parametrize(("platform", "field"), LIMITED)
def test_hidden_characters_block_in_every_field(platform: str, field: str, hidden: str) -> None:
    assert "invisible" in blocking(platform, given_as(field, f"Mu{hidden}g"))


@pytest.mark.parametrize("piece", ["blue mug ", FAMILY, "e\u0301", "漢"], ids=str.__repr__)
@pytest.mark.parametrize(("platform", "field"), LIMITED)
def test_fit_brings_any_text_within_the_limit(platform: str, field: str, piece: str) -> None:
    found = the_limit(platform, field)
    text = piece * (found.maximum // measure(piece, found.unit) + 2)
    short = fit(text, platform, field)
    assert found.maximum - 2 * measure(piece, found.unit) <= measure(short, found.unit) <= found.maximum
    assert fit(short, platform, field) == short
    assert not broken(platform, given_as(field, short), "max_length")


@settings(max_examples=60)
@given(st.sampled_from(LIMITED), st.text(max_size=30), st.integers(1, 40))
def test_fit_of_arbitrary_text_is_within_the_limit(where: tuple[str, str], text: str, times: int) -> None:
    found = the_limit(*where)
    short = fit(text * times, *where)
    assert measure(short, found.unit) <= found.maximum
    assert (text * times).startswith(short)


def test_fit_leaves_fields_without_a_limit_alone() -> None:
    assert fit("x" * 5000, "ebay", "caption") == "x" * 5000
    assert limit("ebay", "caption") is None


@pytest.mark.parametrize(
    ("platform", "field", "maximum"),
    [
        ("ebay", "title", 80),
        ("ebay", "subtitle", 55),
        ("ebay", "description", 4000),
        ("ebay", "aspect_name", 40),
        ("ebay", "aspect_value", 50),
        ("ebay", "brand", 65),
        ("amazon", "title", 200),
        ("amazon", "bullets", 250),
        ("amazon", "search_terms", 249),
        ("tiktok", "title", 200),
        ("tiktok", "description", 10000),
        ("tiktok", "sku", 50),
        ("facebook", "title", 200),
        ("facebook", "description", 9999),
        ("instagram", "caption", 2200),
    ],
)
def test_published_limits(platform: str, field: str, maximum: int) -> None:
    assert the_limit(platform, field).maximum == maximum


def test_amazon_search_terms_are_counted_in_bytes() -> None:
    assert not broken("amazon", {"search_terms": "é" * 124})  # 248 bytes
    assert broken("amazon", {"search_terms": "é" * 125}) == ["max_length"]  # 250 bytes


def test_an_unknown_platform_is_refused() -> None:
    for name in ("nowhere", "words"):
        with pytest.raises(ValueError, match="no listing rules"):
            check(name, {})


def test_required_fields_are_missed_only_in_a_whole_listing() -> None:
    missed = {one.field for one in check("ebay", {}) if one.rule in ("required", "min_count")}
    assert missed == {"title", "description", "sku", "images"}
    assert check("ebay", {}, partial=True) == ()
    assert broken("ebay", {"title": ""}) == ["required"]


@pytest.mark.parametrize("char", "!$?_{}^¬¦;")
def test_amazon_titles_may_not_hold_its_banned_characters(char: str) -> None:
    assert blocking("amazon", {"title": f"Blue Mug {char} Set"}) == ["characters"]
    assert blocking("ebay", {"title": f"Blue Mug {char} Set"}) == []


def test_amazon_exempts_the_brand_from_banned_characters() -> None:
    assert blocking("amazon", {"title": "Yahoo! Blue Mug", "brand": "Yahoo!"}) == []
    assert blocking("amazon", {"title": "Yahoo! Blue Mug!", "brand": "Yahoo!"}) == ["characters"]


@pytest.mark.parametrize(("count", "refused"), [(1, []), (2, []), (3, ["repeats"])])
def test_amazon_titles_may_say_a_word_twice(count: int, refused: list[str]) -> None:
    assert blocking("amazon", {"title": "Blue " + "Mug, " * count + "for the Car for the Home for the Sink"}) == refused


def test_repetition_is_seen_through_case_accents_and_width() -> None:
    assert blocking("amazon", {"title": "mug MUG Ｍｕｇ"}) == ["repeats"]


@pytest.mark.parametrize(
    "title", ["Mug Free Shipping", "Mug - BEST SELLER", "Mug best‑seller", "Mug ｆｒｅｅ shipping"]
)
def test_promotional_words_block_on_amazon(title: str) -> None:
    assert blocking("amazon", {"title": title}) == ["words.promo"]


def test_promotional_words_only_warn_on_ebay() -> None:
    assert blocking("ebay", {"title": "Mug best seller"}) == []
    assert broken("ebay", {"title": "Mug best seller"}) == ["words.promo"]


@pytest.mark.parametrize("other", ["Amazon", "eBay", "Etsy", "ETSY"])
def test_tiktok_names_no_other_platform(other: str) -> None:
    assert blocking("tiktok", {"title": f"Ceramic mug as seen on {other} in blue"}) == ["words.platforms"]
    assert blocking("tiktok", {"title": "Ceramic mug as seen on TikTok in blue"}) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("see https://example.com/x", "links"),
        ("see www.example.com", "links"),
        ("see example.shop now", "links"),
        ("write to sales@example.com", "emails"),
        ("call 555-123-4567 now", "phones"),
        ("call (555) 123-4567 now", "phones"),
        ("call +49 30 1234567 now", "phones"),
    ],
)
@pytest.mark.parametrize("platform", ["ebay", "amazon", "tiktok", "facebook"])
def test_links_and_contacts_block_in_descriptions(platform: str, text: str, rule: str) -> None:
    assert rule in blocking(platform, {"description": f"A blue mug. {text}."})


@pytest.mark.parametrize(
    "text",
    [
        "Size 10.5 in, 2.5 kg, model 123-4567",
        "5 pcs.Blue, v1.2",
        "GTIN 4006381333931",
        "12-pack, 100 ml",
        "No.1 choice",
        "3.5.mm",
    ],
)
def test_measures_and_models_are_no_contacts(text: str) -> None:
    assert blocking("amazon", {"description": text}) == []


def test_an_address_after_a_very_long_word_is_still_found() -> None:
    word = "x" * 3000
    assert "emails" in blocking("facebook", {"description": f"{word}@example.com"})
    assert "links" in blocking("facebook", {"description": f"{word}.{word[:60]}.example.com"})


def test_html_is_allowed_only_where_the_platform_takes_it() -> None:
    text = {"description": "<p>A blue mug, <b>1 < 2</b></p>"}
    assert blocking("ebay", text) == blocking("tiktok", text) == []
    assert blocking("amazon", text) == blocking("facebook", text) == ["html"]
    assert blocking("ebay", {"description": "<script src=x></script>"}) == ["scripts"]
    assert blocking("facebook", {"description": "size < 3 and > 1"}) == []


@pytest.mark.parametrize(
    ("title", "rules"),
    [
        ("Ceramic mug in deep blue \U0001f600 400 ml", ["emoji"]),
        ("Ceramic mug in deep blue &nbsp; 400 ml", ["entities"]),
        ("//// //// //// //// //// //// ////", ["symbols_only"]),
        ("Ceramic mug in deep blue aaaaaaaaa", []),
        ("Ceramic mug in deep blue aaaaaaaaaa", ["run"]),
        ("Ceramic mug in deep blue 杯", ["chinese"]),
        ("Ceramic Mug™ in deep blue, 400 ml", []),
    ],
)
def test_tiktok_title_characters(title: str, rules: list[str]) -> None:
    assert blocking("tiktok", {"title": title}) == rules


def test_tiktok_advice_does_not_block() -> None:
    found = check("tiktok", {"title": "Mug", "description": "A mug."}, partial=True)
    assert {(one.rule, one.blocking) for one in found} == {("advised_length", False), ("advised_words", False)}


def test_capitals_warn() -> None:
    found = check("ebay", {"title": "CERAMIC MUG IN DEEP BLUE"}, partial=True)
    assert [(one.rule, one.blocking) for one in found] == [("caps", False)]
    assert not broken("ebay", {"title": "USB-C LED lamp"})


@pytest.mark.parametrize(("count", "refused"), [(5, []), (6, ["hashtags"])])
def test_instagram_counts_hashtags(count: int, refused: list[str]) -> None:
    caption = "Mug " + " ".join(f"#tag{index}" for index in range(count))
    assert blocking("instagram", {"caption": caption}) == refused


def test_instagram_counts_mentions_but_no_addresses() -> None:
    assert blocking("instagram", {"caption": "@a @b @c"}) == []
    assert blocking("instagram", {"caption": "@a @b @c @d"}) == ["mentions"]


@pytest.mark.parametrize("count", [5, 6])
def test_amazon_takes_five_bullets(count: int) -> None:
    assert blocking("amazon", {"bullets": ["Dishwasher safe"] * count}) == ([] if count == 5 else ["entries"])


@pytest.mark.parametrize("sku", ["A-1", "A 1", "Ä1"])
def test_ebay_skus_are_letters_and_digits(sku: str) -> None:
    assert blocking("ebay", {"sku": sku}) == ["pattern"]
    assert blocking("ebay", {"sku": "Az09"}) == []


@pytest.mark.parametrize("link", ["http://shop.example", "https://shop.example/a b", "shop.example"])
def test_facebook_needs_an_https_link(link: str) -> None:
    assert blocking("facebook", {"link": link}) == ["pattern"]
    assert blocking("facebook", {"link": "https://shop.example/mug?a=1"}) == []


@pytest.mark.parametrize("field", ["title", "description", "brand", "mpn", "sku"])
def test_what_local_takes_every_marketplace_takes(field: str) -> None:
    ours = the_limit("local", field)
    for platform in platforms():
        theirs = limit(platform, field)
        assert theirs is None or (ours.maximum <= theirs.maximum and ours.unit == theirs.unit)
