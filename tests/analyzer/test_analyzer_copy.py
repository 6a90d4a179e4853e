"""The copy: within every platform's rules, and not one number or word that is not in the facts."""

import re
from typing import Any

import pytest
from analyzer_world import PLATFORMS, SUPPLY, a_case
from hypothesis import given, settings
from hypothesis import strategies as st

from trendctl.analyzer.agents import copywriter, keywords, normaliser
from trendctl.analyzer.evidence import tidy
from trendctl.analyzer.outputs import Copy
from trendctl.commerce.rules import check
from trendctl.ports import Case, SupplyView

BODY = {"instagram": "caption", "facebook_page": "message"}
HOSTILE = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(
            ["Acme", "kettle", "2-pack", "40", "oz", "$9.99", "free shipping", "!!!", "http://x.co", "a@b.co", "<b>",
             "amazon", "best seller", "&lt;",
             "\u202e", "\U000e0041", "🔥", "👨‍👩‍👧", "é" * 90, "9" * 120, "kettle", "{x}",
             "+1 212 555 0100", "coupon", "鍋", "a\u0301\u0302" * 40, "#tag", "@you", "50% off", "-", "\n", "\x00"]
        ),
        max_size=40,
    ).map(" ".join),
)  # fmt: skip
FACTS = st.dictionaries(st.text(min_size=1, max_size=70), st.text(max_size=450), max_size=6)


def write(case: Case) -> Copy:
    outputs: dict[str, Any] = {}
    for agent in (normaliser.AGENT, keywords.AGENT, copywriter.AGENT):
        outputs[agent.name] = agent.run(tidy(agent.evidence(case, outputs)))
    found = outputs["copywriter"]
    assert isinstance(found, Copy)
    return found


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


@settings(max_examples=120)
@given(title=HOSTILE, facts=FACTS, brand=st.sampled_from(["", "Acme", "🔥Br<b>and", "é" * 80]))
def test_copy_keeps_every_platforms_rules_and_says_the_facts_only(
    title: str, facts: dict[str, str], brand: str
) -> None:
    supply = SupplyView(brand=brand, facts=facts, condition="used_good")
    copy = write(a_case(title, supply=supply))

    assert set(copy.platforms) == set(PLATFORMS)
    for platform, text in copy.platforms.items():
        fields: dict[str, object] = {BODY.get(platform, "description"): text.description, "brand": brand}
        if platform not in BODY:
            fields["title"] = text.title
        if text.bullets:
            fields["bullets"] = list(text.bullets)
        broken = [v for v in check(platform, {k: v for k, v in fields.items() if v}, partial=True) if v.blocking]
        assert [v for v in broken if not v.field.startswith("brand")] == []
        assert text.title or text.problems
        said = " ".join(copy.facts.values())
        assert numbers("\n".join([text.title, text.description, *text.bullets])) <= numbers(said)


@settings(max_examples=60)
@given(title=HOSTILE)
def test_every_line_cites_facts_that_hold_its_words(title: str) -> None:
    copy = write(a_case(title, supply=SUPPLY))
    for text in copy.platforms.values():
        assert "\n".join(s.text for s in text.sentences) == text.description
        for sentence in text.sentences:
            assert sentence.cites
            cited = " ".join(copy.facts[key] for key in sentence.cites).casefold()
            if sentence.text.startswith("#"):
                words = sorted(re.findall(r"[^\W_]+", cited), key=len, reverse=True)
                assert re.sub("|".join(map(re.escape, words)), "", sentence.text.casefold()).strip("# ") == ""
            else:
                known = set(re.findall(r"[^\W_]+", cited))
                strange = set(re.findall(r"[^\W_]+", sentence.text.casefold())) - known
                # A script without spaces may be cut anywhere; everything else is said in whole words.
                assert [w for w in strange if w < "\u0e00" or not any(k.startswith(w) for k in known)] == []


def test_copy_of_a_supplied_product_says_its_facts() -> None:
    text = write(a_case("Rocket Kettle", supply=SUPPLY)).platforms["amazon"]

    assert text.title == "Acme Rocket Kettle"
    assert text.bullets == (
        "Brand: Acme", "Model number: AC-501", "Condition: new", "Material: Steel", "Pack size: 2",
    )  # fmt: skip
    assert text.description.splitlines()[0] == "Acme Rocket Kettle"


def test_cost_price_stock_and_supplier_are_never_in_the_copy() -> None:
    dumped = write(a_case("Rocket Kettle", supply=SUPPLY)).model_dump_json()

    assert not any(secret in dumped for secret in ("1200", "12.00", "4990", "49.90", "Secret Trading"))


def test_answers_to_our_own_questions_are_not_copy() -> None:
    supply = SupplyView(facts={"brand_authorised": "yes", "responsible_person_email": "a@b.example"})

    assert "yes" not in write(a_case("Kettle", supply=supply)).model_dump_json()


def test_without_a_name_there_is_no_copy_and_each_platform_says_why() -> None:
    for text in write(a_case("$9.99", items=())).platforms.values():
        assert (text.title, text.description, text.bullets) == ("", "", ())
        assert text.problems


def test_a_word_said_thrice_is_said_twice_on_amazon() -> None:
    text = write(a_case("Kettle one kettle two kettle three"))

    assert text.platforms["amazon"].title == "Kettle one kettle two three"
    assert text.platforms["ebay"].title == "Kettle one kettle two kettle three"


def test_a_number_is_never_cut_in_two() -> None:
    title = write(a_case("Kettle " + "9" * 100)).platforms["ebay"].title

    assert title == "Kettle"


def test_a_number_with_a_forbidden_sign_in_it_is_left_out_whole() -> None:
    text = write(a_case("Kettle 1_000 ml {deluxe}"))

    assert text.platforms["amazon"].title == "Kettle ml deluxe"


def test_a_word_with_a_forbidden_run_is_left_out_whole() -> None:
    assert write(a_case("Kettle 0" + "1" * 12)).platforms["tiktok"].title == "Kettle"


def test_a_word_longer_than_the_limit_is_left_out_but_a_script_without_spaces_is_cut() -> None:
    assert write(a_case("Kettle " + "x" * 100)).platforms["ebay"].title == "Kettle"
    assert write(a_case("鍋" * 100)).platforms["ebay"].title == "鍋" * 80


def test_a_number_does_not_lose_its_unit_to_a_limit() -> None:
    title = write(a_case("Kettle with a rather long name that goes on and on until the limit is near 40 ounces"))

    assert title.platforms["ebay"].title.endswith("near")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_copy_for_one_platform_does_not_depend_on_the_others(platform: str) -> None:
    alone = write(a_case("Acme Kettle 1.7 l", supply=SUPPLY, platforms=(platform,)))
    together = write(a_case("Acme Kettle 1.7 l", supply=SUPPLY))

    assert alone.platforms[platform] == together.platforms[platform]
