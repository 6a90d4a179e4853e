"""Compliance flags: what is found, however it is written, and what is left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.commerce import facts
from trendctl.commerce.compliance import COMPLIANCE_VERSION, Flag, flags
from trendctl.commerce.textmatch import find, fold


def codes(found: tuple[Flag, ...], severity: str = "block") -> set[str]:
    return {flag.code for flag in found if flag.severity == severity}


@pytest.mark.parametrize(
    "title",
    [
        "Nike running shoes",
        "NIKE running shoes",
        "Ｎｉｋｅ running shoes",
        "Nіke running shoes",  # Cyrillic i
        "NIΚΕ running shoes",  # Greek capitals
        "N\u200bike running shoes",
        "Níkè running shoes",
        "running shoes,Nike!",
        "Louis-Vuitton bag",
        "Louis  Vuitton bag",
        "Levi’s jeans",
    ],
)
def test_a_listed_brand_blocks_however_it_is_written(title: str) -> None:
    assert codes(flags(title)) == {"brand_named"}


@pytest.mark.parametrize("title", ["Nikel plated bowl", "Chanelle the cat figurine", "Gucciani", "Snowboarding gloves"])
def test_only_whole_words_count(title: str) -> None:
    assert codes(flags(title)) == set()


def test_the_brand_field_blocks_whatever_the_facts_say() -> None:
    assert codes(flags("Running shoes", brand="Nike")) == {"brand"}
    assert codes(flags("Nike running shoes", brand="Nike", facts={"brand_authorised": "yes"}), "block") == {"brand"}
    assert codes(flags("Nike running shoes", facts={"brand_authorised": "no"})) == {"brand_named"}


def test_an_everyday_word_is_a_brand_only_as_the_whole_brand() -> None:
    assert codes(flags("Apple corer of steel")) == set()
    assert codes(flags("Apple corer of steel"), "warn") == {"brand_mentioned"}
    assert codes(flags("Headphones", brand="APPLE")) == {"brand"}
    assert codes(flags("Juice press", brand="Apple Barn Tools")) == set()


@pytest.mark.parametrize(
    "title", ["Case for iPhone 15", "Strap compatible with Apple Watch", "Grip for the Nintendo Switch"]
)
def test_what_an_accessory_fits_only_warns(title: str) -> None:
    found = flags(title)
    assert codes(found) == set()
    assert "brand_mentioned" in codes(found, "warn")


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Designer bag replica", "counterfeit"),
        ("9 mm pistol", "weapons"),
        ("Brass-knuckles", "weapons"),
        ("Loose batteries 10 pcs", "loose_batteries"),
        ("Single barrel whiskey 750 ml", "alcohol"),
        ("Disposable vapes, mango", "tobacco"),
        ("E‑cigarette starter kit", "tobacco"),
        ("Ozempic 1 mg", "medicine"),
        ("CBD oil 1000 mg", "cbd"),
        ("Silent vibrator", "adult"),
        ("Firecrackers, 50", "hazardous"),
        ("Lock pick set", "prohibited"),
        ("Padded crib bumper", "recalled"),
        ("Tea that cures cancer", "medical_claim"),
        ("Miracle cure balm", "medical_claim"),
        ("FDA-approved mask", "medical_claim"),
    ],
)
def test_restricted_goods_and_claims_block(title: str, code: str) -> None:
    assert code in codes(flags(title))


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Power bank 10,000 mAh", "lithium_battery"),
        ("Perfume 50 ml", "hazmat"),
        ("Kitchen knife 20 cm", "age_restricted"),
        ("Detox foot pads", "health_claim"),
        ("Eco-friendly straw", "environment_claim"),
        ("Newborn swaddle", "childrens_product"),
    ],
)
def test_what_needs_care_warns(title: str, code: str) -> None:
    found = flags(title)
    assert codes(found) == set()
    assert code in codes(found, "warn")


@pytest.mark.parametrize(
    "title",
    [
        "Hot glue gun with 20 sticks",
        "Massage gun for the back",
        "Whiskey glasses, set of 4",
        "Champagne flutes",
        "18650 battery holder",
        "Cigarette lighter adapter, 12 V",
        "Ivory dress, long",
        "Gift card holder",
        "Empty perfume bottles",
        "Bullet journal, dotted",
        "Replica engine kit",
    ],
)
def test_harmless_phrases_do_not_block(title: str) -> None:
    assert codes(flags(title)) == set()


def test_a_harmless_phrase_does_not_hide_another_hit() -> None:
    assert codes(flags("Glue gun and a gun")) == {"weapons"}


def test_the_description_counts_too() -> None:
    assert codes(flags("Herbal tea", "This tea treats anxiety.")) == {"medical_claim"}


def test_a_fact_of_the_supply_answers_a_warning_but_never_a_block() -> None:
    told = {"un383_test": "yes", "brand_authorised": "yes"}
    assert codes(flags("18650 cells", facts=told), "block") == {"loose_batteries"}
    assert flags("Power bank", facts=told) == ()
    assert codes(flags("Hookah lounge T-shirt", facts={"cleared_tobacco": "a print"}), "block") == {"tobacco"}


GPSR = {
    "manufacturer": "Northwind Pottery",
    "manufacturer_address": "1 Kiln Lane, Example Town",
    "manufacturer_email": "safety@example.com",
    "safety_warnings": "Hot when filled with hot drinks.",
}
RESPONSIBLE = {
    "responsible_person": "Example Import",
    "responsible_person_address": "2 Example Street, Example City",
    "responsible_person_email": "gpsr@example.com",
}


@pytest.mark.parametrize("marketplace", ["EBAY_DE", "A13V1IB3VIYZZH", "IE", "NO"])
def test_eu_offers_must_name_maker_and_responsible_person(marketplace: str) -> None:
    assert codes(flags("Mug", marketplace=marketplace)) == {"gpsr_missing"}
    assert codes(flags("Mug", marketplace=marketplace, facts=GPSR)) == {"gpsr_missing"}
    assert flags("Mug", marketplace=marketplace, facts={**GPSR, **RESPONSIBLE}) == ()
    assert flags("Mug", marketplace=marketplace, facts={**GPSR, "manufacturer_country": "PT"}) == ()


def test_the_missing_fields_are_named() -> None:
    facts_told = {**GPSR, "manufacturer_email": " "}
    (flag,) = [one for one in flags("Mug", marketplace="EBAY_FR", facts=facts_told) if one.code == "gpsr_missing"]
    assert flag.words[0] == "manufacturer_email"
    assert "responsible_person" in flag.words


def test_other_markets_need_no_gpsr_fields_but_northern_ireland_warns() -> None:
    assert flags("Mug", marketplace="EBAY_US") == ()
    assert codes(flags("Mug", marketplace="EBAY_GB"), "warn") >= {"gpsr_missing"}
    assert codes(flags("Mug", marketplace="EBAY_GB")) == set()


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({}, "toy_age"),
        ({"age_from_months": "3 years"}, "toy_age"),
        ({"age_from_months": "36"}, "toy_small_parts"),
        ({"age_from_months": "12"}, "toy_law"),
    ],
)
def test_toys_need_an_age(told: dict[str, str], code: str) -> None:
    assert codes(flags("Wooden train", category="1239", facts=told), "warn") == {code}
    assert codes(flags("Wooden train", category="Toys & Games > Trains", facts=told), "warn") == {code}


def test_a_toy_is_known_by_its_title_and_a_pet_toy_is_none() -> None:
    assert codes(flags("Plush penguin"), "warn") == {"toy_age"}
    assert flags("Cat toy with feather") == ()


def test_every_flag_says_why_and_from_where_and_blocks_come_first() -> None:
    found = flags("Replica Nike toy gun with power bank", "detox", marketplace="EBAY_DE")
    assert [flag.severity for flag in found] == sorted(flag.severity for flag in found)
    for flag in found:
        assert flag.message
        assert flag.evidence
        assert flag.source
        assert len(flag.as_of) == 10
    assert facts.version("compliance") == COMPLIANCE_VERSION


@settings(max_examples=50)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_judged_the_same_twice(title: str, description: str) -> None:
    assert flags(title, description) == flags(title, description)


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_folding_twice_changes_nothing_and_hits_lie_in_the_text(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    for hit in find(f"{text} Nike {text}", ["nike"]):
        assert fold(hit.evidence) in ("nike", "nikes", "nikees")


def test_the_list_of_brands_says_that_it_is_never_complete() -> None:
    (flag,) = flags("Nike shoes")
    assert "never complete" in flag.message
