"""From what is known to an Amazon intent: which product, own pages by schema, restrictions, fees, what is missing."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_amazon import ASIN, SELLER, US

from trendctl.approval.supply import CONDITIONS
from trendctl.commerce.canonical import canonical
from trendctl.errors import Refused
from trendctl.ports import Case, DraftInput, ImageView, SupplyView
from trendctl.posting.platforms.amazon import known, shapes, wires
from trendctl.posting.platforms.amazon.draft import FIELDS, draft
from trendctl.posting.platforms.amazon.places import known_place, place

AT = datetime(2026, 6, 1, tzinfo=UTC)
IMAGE = ImageView("ab" * 32, "ab.jpg", "image/jpeg", 1600, 1600, 1000, "own")
SUPPLY = SupplyView(
    cost_minor=750, currency="USD", stock=5, condition="new", price_minor=2499, brand="Acme",
    facts={"material": "steel", "Item Weight": "1.5 kg"},
)  # fmt: skip
LANTERN = {"asin": ASIN, "title": "Acme Camp Lantern 400 lm, green", "brand": "Acme", "type": "LANTERN"}
TENT = {"asin": "B0TENT0001", "title": "A Tent", "brand": "Other", "type": "TENT"}
ACCOUNT = {"marketplaces": {US: {"country": "US", "in": True, "held": False}}}
TEXT = {"type": "object", "required": ["value"], "properties": {
    "value": {"type": "string", "maxLength": 200}, "language_tag": {"type": "string"},
    "marketplace_id": {"$ref": "#/$defs/marketplace_id"}}, "additionalProperties": False}  # fmt: skip
PLAIN = {"type": "object", "required": ["value"], "properties": {"value": {"type": "string"}, "marketplace_id": {}}}
WEIGHT = {"type": "object", "required": ["unit", "value"], "properties": {
    "value": {"type": "number", "exclusiveMinimum": 0}, "unit": {"type": "string", "enum": ["grams", "kilograms"]},
    "marketplace_id": {"$ref": "#/$defs/marketplace_id"}}}  # fmt: skip


def listed(entry: dict[str, Any], title: str = "", **more: Any) -> dict[str, Any]:
    return {"title": title, "type": "array", "minItems": 1, "items": entry} | more


SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {"marketplace_id": {"type": "string", "enum": [US]}},
    "required": ["item_name", "brand", "condition_type", "purchasable_offer"],
    "properties": {
        "item_name": listed(TEXT), "brand": listed(TEXT), "product_description": listed(TEXT),
        "bullet_point": listed(TEXT, maxItems=5), "material": listed(TEXT), "item_weight": listed(WEIGHT),
        "color": listed({"type": "object", "properties": {"value": {"enum": ["Red", "Green"]}}}, "Colour"),
        "item_dimensions": listed({"type": "object", "properties": {"height": {"type": "object"}}}),
        "condition_type": listed(PLAIN), "purchasable_offer": listed({"type": "object"}),
        "fulfillment_availability": listed({"type": "object"}),
        "externally_assigned_product_identifier": listed({"type": "object", "required": ["type", "value"]}),
        "supplier_declared_has_product_identifier_exemption": listed({"type": "object"}),
    },
    "additionalProperties": False,
}  # fmt: skip
TYPE = {"id": "LANTERN", "name": "Lantern", "others": ["LAMP"], "schema": SCHEMA}
FOUND: dict[str, Any] = {
    "account": ACCOUNT, "catalog": {"how": "words", "items": [LANTERN, TENT]}, "type": {},
    "restrictions": {"asin": ASIN, "reasons": []},
}  # fmt: skip
OWN = FOUND | {"catalog": {"how": "new", "items": []}, "type": TYPE}
MATCHED = f'an offer on Amazon\'s {ASIN} "Acme Camp Lantern 400 lm, green"'


def wanted(supply: SupplyView | None = SUPPLY, **changes: Any) -> DraftInput:
    case = Case(
        "abcd2345efgh6723",
        "Camp Lantern 400 lm",
        "",
        AT,
        "US",
        "USD",
        AT,
        AT,
        (),
        (),
        (),
        supply,
        (IMAGE,),
        ("amazon",),
    )
    copy = {"platforms": {"amazon": {"title": "Camp Lantern", "description": "One.", "bullets": ["B 1", "B 2"]}}}
    options = {"_platform": "amazon", "seller_id": SELLER} | changes.pop("options", {})
    return replace(
        DraftInput(case, {"copywriter": copy}, "default", US, "TC1", {}, options, {}, FOUND),
        **changes,
    )


def told(**changes: Any) -> SupplyView:
    return replace(SUPPLY, **changes)


# ---------------------------------------------------------------- which product


def test_the_one_product_whose_words_fit_is_taken_and_shown() -> None:
    made = draft(wanted())
    assert (made.missing, made.blocks) == ((), ())
    assert (made.intent["extra"]["asin"], made.intent["category"]["id"]) == (ASIN, "LANTERN")
    assert any(MATCHED in line and "make sure that it is yours" in line for line in made.warnings)
    assert set(made.intent["extra"]) == set(FIELDS)
    canonical(made.intent)


@pytest.mark.parametrize(
    "other",
    [LANTERN | {"title": "Camp Lantern 300 lm"}, LANTERN | {"title": "Camp table"}, LANTERN | {"brand": "Zenith"}],
)
def test_another_number_too_few_words_or_another_brand_do_not_fit(other: dict[str, str]) -> None:
    made = draft(wanted(known=FOUND | {"catalog": {"how": "words", "items": [other]}}))
    assert made.intent["extra"]["asin"] == ""
    assert len(made.missing) == 1
    assert f"none of these is surely yours: {ASIN}" in made.missing[0]
    assert "--fact asin=ASIN (asin=new: a product page of your own)" in made.missing[0]


def test_several_that_fit_are_the_persons_choice() -> None:
    for how in ("words", "gtin"):
        twins = [LANTERN, LANTERN | {"asin": "B0LANTERN2"}]
        made = draft(wanted(known=FOUND | {"catalog": {"how": how, "items": twins}}))
        assert len(made.missing) == 1
        assert ASIN in made.missing[0]
        assert "B0LANTERN2" in made.missing[0]


@pytest.mark.parametrize(("how", "words"), [("gtin", "found by its GTIN"), ("asin", "the ASIN you told")])
def test_a_gtin_and_an_asin_that_was_told_need_no_fitting_words(how: str, words: str) -> None:
    allowed = {"restrictions": {"asin": "B0TENT0001", "reasons": []}}
    made = draft(wanted(known=FOUND | {"catalog": {"how": how, "items": [TENT]}} | allowed))
    assert made.missing == ()
    assert made.intent["extra"]["asin"] == "B0TENT0001"
    assert any(words in line for line in made.warnings)


def test_an_asin_that_amazon_has_not_is_said() -> None:
    made = draft(wanted(known=FOUND | {"catalog": {"how": "asin", "items": []}}))
    assert made.missing[0].startswith("the product at Amazon: Amazon has no such ASIN")


def test_an_offer_of_an_unknown_product_type_goes_without_it() -> None:
    made = draft(wanted(known=FOUND | {"catalog": {"how": "gtin", "items": [LANTERN | {"type": ""}]}}))
    assert wires.put_body(made.intent, known_place(US))["productType"] == "PRODUCT"


# ---------------------------------------------------------------- account, restrictions, fees


def test_nothing_known_leaves_the_draft_provisional_with_the_next_command() -> None:
    assert draft(wanted(known={})).missing == ("what Amazon knows of the product: trendctl analyze abcd2345efgh6723",)
    made = draft(wanted(known={"trouble": "no answer. Next: trendctl platforms check amazon"}))
    assert made.missing == ("what Amazon knows of the product (no answer. Next: trendctl platforms check amazon)",)


def test_without_a_seller_id_the_command_is_named() -> None:
    assert draft(wanted(options={"seller_id": ""})).missing == (
        "your seller id at Amazon: trendctl secrets set AMAZON_SELLER_ID",
    )


def test_a_restriction_blocks_with_amazons_reason_and_page() -> None:
    row = {"code": "APPROVAL_REQUIRED", "words": "You need approval.", "link": "https://sellercentral.amazon.com/x"}
    made = draft(wanted(known=FOUND | {"restrictions": {"asin": ASIN, "reasons": [row]}}))
    (said,) = made.blocks
    assert said.startswith(f"Amazon does not let you sell {ASIN} as new: You need approval. [APPROVAL_REQUIRED]: https")


def test_a_permission_that_was_asked_for_another_product_is_none() -> None:
    made = draft(wanted(known=FOUND | {"restrictions": {"asin": "B0OTHER001", "reasons": []}}))
    assert made.missing == (f"whether you may sell {ASIN}: trendctl platforms check amazon, then analyze",)


def test_a_marketplace_the_account_does_not_sell_in_blocks() -> None:
    made = draft(wanted(known=FOUND | {"account": {"marketplaces": {}}}))
    assert made.blocks == ("your account does not sell at Amazon US: trendctl platforms check amazon",)


def test_a_price_in_another_currency_and_an_unknown_marketplace_are_blocked() -> None:
    elsewhere = FOUND | {"account": {"marketplaces": {"A1PA6795UKMFR9": {"in": True}}}}
    made = draft(wanted(marketplace="DE", known=elsewhere))
    assert made.blocks == ("Amazon DE sells in EUR, your market is in USD: trendctl config edit",)
    assert "no marketplace 'MOON'" in draft(wanted(marketplace="MOON")).blocks[0]
    assert known.asks(wanted(marketplace="MOON")) == {}


def test_amazons_own_fees_stand_beside_the_table_and_a_difference_is_told() -> None:
    fees = {"minor": 375, "currency": "USD", "lines": [["ReferralFee", 375]], "price": 2499, "asin": ASIN}
    lines = draft(wanted(known=FOUND | {"fees": fees})).warnings
    assert any(line.startswith("Amazon's fee at this price: about USD 3.75 (fee table of") for line in lines)
    assert "Amazon's own estimate of its fees: USD 3.75 (ReferralFee 3.75)" in lines
    assert not any("differs" in line for line in lines)
    assert any("differs" in line for line in draft(wanted(known=FOUND | {"fees": fees | {"minor": 800}})).warnings)
    other = draft(wanted(known=FOUND | {"fees": fees | {"price": 1999}})).warnings
    assert not any("own estimate" in line for line in other)  # of another price


def test_without_supply_nothing_is_said_of_amazon() -> None:
    made = draft(wanted(None, known={}))
    assert "cost" in made.missing
    assert not any("Amazon" in line for line in made.missing)


# ---------------------------------------------------------------- a page of the seller's own


def own(supply: SupplyView = SUPPLY, options: dict[str, Any] | None = None, **changes: Any) -> DraftInput:
    schema = SCHEMA | changes.pop("schema", {})
    return wanted(
        replace(supply, gtin=changes.pop("gtin", "036000291452")), options=options or {},
        known=OWN | {"type": TYPE | {"schema": shapes.reduced(schema, tuple(schema["properties"]))}},
    )  # fmt: skip


def test_a_page_of_ones_own_fills_the_attributes_that_its_type_knows() -> None:
    made = draft(own())
    assert (made.missing, made.blocks) == ((), ())
    assert any("a new product page at Amazon, of the product type Lantern (or LAMP" in w for w in made.warnings)
    body = wires.put_body(made.intent, known_place(US))
    assert (body["productType"], body["requirements"]) == ("LANTERN", "LISTING")
    found = body["attributes"]
    assert found["item_name"] == [{"value": "Camp Lantern", "language_tag": "en_US", "marketplace_id": US}]
    assert [b["value"] for b in found["bullet_point"]] == ["B 1", "B 2"]
    assert found["item_weight"] == [{"value": 1.5, "unit": "kilograms", "marketplace_id": US}]
    assert found["material"][0]["value"] == "steel"
    assert found["externally_assigned_product_identifier"] == [
        {"type": "upc", "value": "036000291452", "marketplace_id": US}
    ]
    assert "generic_keyword" not in found  # the type does not know it
    canonical(made.intent)


def test_what_the_schema_needs_and_nothing_fills_names_the_command() -> None:
    made = draft(own(schema={"required": ["item_name", "color", "item_dimensions"]}))
    assert made.missing == (
        'attribute color (Colour), one of Red, Green: trendctl supply abcd2345efgh6723 --fact "color=..."',
        'attribute item_dimensions (as JSON): trendctl supply abcd2345efgh6723 --fact "item_dimensions=..."',
    )


def test_a_condition_in_the_schema_is_followed() -> None:
    rule = {"if": {"required": ["material"]}, "then": {"required": ["color"]}}
    assert "attribute color" in draft(own(schema={"allOf": [rule]})).missing[0]
    plain = told(facts={})
    assert draft(own(plain, schema={"allOf": [rule]})).missing == ()


def test_what_does_not_fit_the_schema_blocks() -> None:
    heavy = told(facts={"item_weight": "3 stones"})
    assert draft(own(heavy)).blocks == ("Amazon's item_weight.0.unit must be one of grams, kilograms",)
    vague = told(facts={"item_weight": "heavy"})
    assert "'heavy' is not a number with its unit" in draft(own(vague)).missing[0]


def test_a_choice_is_spelt_as_amazon_spells_it_and_an_unknown_fact_is_named() -> None:
    made = draft(own(told(facts={"COLOR": "green", "Blend Factor": "9"})))
    assert made.intent["aspects"] == {"color": ["Green"]}
    assert "not sent, as Amazon's product type has no such attribute: blend_factor" in made.warnings


def test_an_attribute_of_several_parts_is_told_as_json() -> None:
    made = draft(own(told(facts={"item_dimensions": '{"height": {"value": 3.5, "unit": "inches"}}'})))
    assert made.missing == ()
    sent = wires.attributes(made.intent, known_place(US))["item_dimensions"]
    assert sent == [{"height": {"value": 3.5, "unit": "inches"}}]
    bad = draft(own(told(facts={"item_dimensions": "tall"})))
    assert "is not JSON" in bad.missing[0]


def test_an_edited_aspect_that_does_not_fit_its_shape_is_refused_before_anything_is_sent() -> None:
    doc = dict(draft(own()).intent) | {"aspects": {"item_weight": ["heavy"]}}
    with pytest.raises(Refused, match="shape"):
        wires.render("put", doc, {})


def test_a_page_without_a_gtin_needs_amazons_exemption() -> None:
    assert "a GTIN for the new page" in draft(own(gtin="")).missing[0]
    exempt = draft(own(gtin="", options={"gtin_exempt": True}))
    assert exempt.missing == ()
    found = wires.attributes(exempt.intent, known_place(US))
    assert found["supplier_declared_has_product_identifier_exemption"] == [{"value": True, "marketplace_id": US}]


def test_images_of_a_page_need_a_public_address_and_the_card_says_that_they_can_change() -> None:
    located = listed({"type": "object", "properties": {"media_location": {"type": "string"}}})
    schema = {"properties": SCHEMA["properties"] | {"main_product_image_locator": located}}
    asked = own(schema=schema)
    assert "a public address of the main image" in draft(asked).missing[0]
    case = replace(asked.case, images=(replace(IMAGE, url="https://shop.example/1.jpg"),))
    made = draft(replace(asked, case=case))
    assert made.missing == ()
    assert any("can change after you approve" in line for line in made.warnings)
    sent = wires.attributes(made.intent, known_place(US))["main_product_image_locator"]
    assert sent == [{"media_location": "https://shop.example/1.jpg", "marketplace_id": US}]


def test_no_product_type_asks_for_one() -> None:
    made = draft(wanted(known=OWN | {"type": {"id": "", "name": "", "others": [], "schema": {}}}))
    assert made.missing == (
        "Amazon's product type (it has none for this title): trendctl supply abcd2345efgh6723 --fact product_type=...",
    )


# ---------------------------------------------------------------- wires and places


def test_every_condition_that_supply_takes_has_amazons_word() -> None:
    assert set(wires.CONDITION) == set(CONDITIONS)


@pytest.mark.parametrize(
    ("minor", "currency", "written"), [(2499, "USD", b"24.99"), (2400, "USD", b"24}"), (2499, "JPY", b"2499}")]
)
def test_a_price_is_written_exactly(minor: int, currency: str, written: bytes) -> None:
    doc = dict(draft(wanted()).intent) | {"price": {"minor": minor, "currency": currency}}
    assert b'"value_with_tax":' + written in wires.render("put", doc, {}).body


def test_lead_time_and_shipping_template_are_sent_where_they_are_told() -> None:
    made = draft(wanted(told(lead_days=3), policies={"shipping_template": "T-1"}))
    found = wires.attributes(made.intent, known_place(US))
    assert found["fulfillment_availability"][0]["lead_time_to_ship_max_days"] == 3
    assert found["merchant_shipping_group"] == [{"value": "T-1", "marketplace_id": US}]


@pytest.mark.parametrize(
    ("name", "number", "host", "page"),
    [("US", US, "-na", "com"), ("UK", "A1F83G8C2ARO7P", "-eu", "co.uk"), ("de", "A1PA6795UKMFR9", "-eu", "de"),
     ("A1VC38T7YXB528", "A1VC38T7YXB528", "-fe", "co.jp"), ("AMAZON_AU", "A39IBJ37TRP1C6", "-fe", "com.au")],
)  # fmt: skip
def test_a_marketplace_is_known_by_id_or_country(name: str, number: str, host: str, page: str) -> None:
    found = place(name)
    assert found is not None
    assert (found.id, found.host, found.page("B1")) == (
        number, f"https://sellingpartnerapi{host}.amazon.com", f"https://www.amazon.{page}/dp/B1",
    )  # fmt: skip


def test_rendering_is_pure() -> None:
    for doc in (draft(wanted()).intent, draft(own()).intent):
        for step in ("preview", "put", "delete"):
            assert wires.render(step, doc, {}) == wires.render(step, doc, {})
