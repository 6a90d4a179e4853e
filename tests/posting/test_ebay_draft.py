"""From what is known to an eBay intent: category, aspects, condition, policies, images, price; and what is missing."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from trendctl.errors import Refused
from trendctl.ports import IMAGE_MARK, Case, DraftInput, ImageView, SupplyView
from trendctl.posting.platforms.ebay import wires
from trendctl.posting.platforms.ebay.draft import draft

AT = datetime(2026, 6, 1, tzinfo=UTC)
IMAGE = ImageView("ab" * 32, "ab.jpg", "image/jpeg", 1600, 1600, 1000, "own")
SUPPLY = SupplyView(
    cost_minor=750, currency="USD", stock=5, condition="new", price_minor=2499, facts={"material": "steel"}
)
ACCOUNT = {
    "tree": "0", "locations": [{"id": "W1", "name": "Home"}],
    "policies": {k: [{"id": k[0].upper() + "1", "name": k}] for k in ("fulfillment", "payment", "return")},
}  # fmt: skip
CATEGORY = {"id": "16036", "path": "Camping > Lanterns", "required": ["Material"], "names": ["Material", "Colour"]}


def wanted(**changes: Any) -> DraftInput:
    case = Case(
        "abcd2345efgh6723", "Camp Lantern", "", AT, "US", "USD", AT, AT, (), (), (), SUPPLY, (IMAGE,), ("ebay",)
    )
    copy = {
        "platforms": {"ebay": {"title": "Camp Lantern", "description": "One.\nTwo & <three>.", "bullets": ["B <1>"]}}
    }
    known = {"account": ACCOUNT, "category": CATEGORY}
    made = DraftInput(case, {"copywriter": copy}, "default", "EBAY_US", "TC1", {}, {"_platform": "ebay"}, {}, known)
    return replace(made, **changes)


def supplied(**changes: Any) -> DraftInput:
    base = wanted()
    return replace(base, case=replace(base.case, supply=replace(SUPPLY, **changes)))


def known(**changes: Any) -> DraftInput:
    return wanted(known={"account": ACCOUNT, "category": CATEGORY} | changes)


LATE = {"image_1": "https://i.ebayimg.com/1.jpg", "offer_id": "9"}


def test_all_that_is_known_makes_a_complete_intent() -> None:
    made = draft(wanted())
    assert made.missing == ()
    doc = made.intent
    assert doc["category"]["id"] == "16036"
    assert "eBay suggests the category Camping > Lanterns (16036)" in made.warnings
    assert doc["aspects"] == {"Material": ["steel"]}  # the fact under eBay's own spelling
    assert doc["policies"] == {"fulfillment": "F1", "payment": "P1", "return": "R1", "location": "W1"}
    assert any("eBay's fee at this price: about USD" in line for line in made.warnings)


def test_a_missing_required_aspect_names_the_command() -> None:
    made = draft(known(category=CATEGORY | {"required": ["Material", "Brand", "Power Source"]}))
    assert made.missing == (
        "aspect Brand: trendctl supply abcd2345efgh6723 --brand ...",
        'aspect Power Source: trendctl supply abcd2345efgh6723 --fact "Power Source=..."',
    )


def test_brand_mpn_and_gtin_fill_their_aspects() -> None:
    told = supplied(brand="Acme", mpn="X-1", gtin="036000291452")
    told = replace(told, known={"account": ACCOUNT, "category": CATEGORY | {"required": ["Brand", "MPN", "UPC"]}})
    assert draft(told).missing == ()
    doc = draft(told).intent
    product = wires.item(doc, LATE)["product"]
    assert (product["brand"], product["mpn"], product["upc"]) == ("Acme", "X-1", ["036000291452"])
    assert product["aspects"]["Brand"] == ["Acme"]


@pytest.mark.parametrize(
    ("gtin", "field"),
    [("036000291452", "upc"), ("4006381333931", "ean"), ("9780306406157", "isbn"), ("96385074", "ean")],
)
def test_a_gtin_goes_into_the_field_of_its_kind(gtin: str, field: str) -> None:
    assert wires.item(draft(supplied(gtin=gtin)).intent, LATE)["product"][field] == [gtin]


def test_a_choice_among_several_policies_is_the_sellers() -> None:
    two = {"id": "F2", "name": "Express"}
    account = ACCOUNT | {"policies": ACCOUNT["policies"] | {"fulfillment": [*ACCOUNT["policies"]["fulfillment"], two]}}
    made = draft(known(account=account))
    assert len(made.missing) == 1
    assert made.missing[0].startswith("fulfillment: choose one of F1 (fulfillment), F2 (Express)")
    chosen = replace(known(account=account), policies={"fulfillment": "F2"})
    assert draft(chosen).missing == ()
    assert draft(chosen).intent["policies"]["fulfillment"] == "F2"


def test_an_account_without_a_location_is_told_the_command() -> None:
    made = draft(known(account=ACCOUNT | {"locations": []}))
    assert made.missing == ("location: you have none at eBay: trendctl platforms check ebay",)


def test_nothing_known_leaves_the_draft_provisional_with_the_next_command() -> None:
    assert draft(wanted(known={})).missing == ("eBay's category and policies: trendctl analyze abcd2345efgh6723",)
    made = draft(wanted(known={"trouble": "no answer. Next: trendctl platforms check ebay"}))
    assert made.missing == ("eBay's category and policies (no answer. Next: trendctl platforms check ebay)",)


def test_a_title_without_a_category_asks_for_one() -> None:
    made = draft(known(category={"id": "", "path": "", "required": [], "names": []}))
    assert made.missing == ("an eBay category: trendctl edit abcd2345efgh6723",)


def test_a_price_in_another_currency_than_the_markets_is_blocked() -> None:
    assert draft(wanted()).blocks == ()
    made = draft(wanted(marketplace="EBAY_DE"))
    assert made.blocks == ("EBAY_DE sells in EUR, your market is in USD: trendctl config edit",)


def test_an_image_with_an_address_is_fetched_by_ebay_and_the_card_says_so() -> None:
    base = wanted()
    told = replace(base, case=replace(base.case, images=(replace(IMAGE, url="https://shop.example/1.jpg"),)))
    made = draft(told)
    assert any("can change after you approve" in line for line in made.warnings)
    wire = wires.render("image_1", made.intent, {})
    assert (wire.url.endswith("create_image_from_url"), wire.image) == (True, None)


def test_an_image_without_an_address_is_uploaded_as_approved() -> None:
    wire = wires.render("image_1", draft(wanted()).intent, {})
    assert wire.image == ("ab" * 32, "image/jpeg")
    assert wire.body.count(IMAGE_MARK) == 1


@pytest.mark.parametrize(
    ("condition", "word"),
    [("new", "NEW"), ("open_box", "NEW_OTHER"), ("refurbished", "SELLER_REFURBISHED"), ("used_like_new", "LIKE_NEW"),
     ("used_good", "USED_GOOD"), ("used_acceptable", "USED_ACCEPTABLE")],
)  # fmt: skip
def test_every_condition_has_ebays_word(condition: str, word: str) -> None:
    assert wires.item(draft(supplied(condition=condition)).intent, LATE)["condition"] == word


def test_every_condition_that_supply_takes_can_be_rendered() -> None:
    from trendctl.approval.supply import CONDITIONS

    assert {wires.item(draft(supplied(condition=c)).intent, LATE)["condition"] for c in CONDITIONS}


def test_the_offer_holds_every_field_and_an_update_leaves_out_only_what_identifies_it() -> None:
    doc = draft(wanted()).intent
    made, update = wires.offer_body(doc), wires.offer_body(doc, update=True)
    assert set(made) - set(update) == {"sku", "marketplaceId", "format"}
    assert made["pricingSummary"] == {"price": {"currency": "USD", "value": "24.99"}}
    assert made["listingPolicies"] == {"fulfillmentPolicyId": "F1", "paymentPolicyId": "P1", "returnPolicyId": "R1"}
    assert made["merchantLocationKey"] == "W1"


def test_the_description_is_escaped_and_holds_nothing_but_the_approved_words() -> None:
    page = wires.page(draft(wanted()).intent)
    assert page == "<p>One.</p><p>Two &amp; &lt;three&gt;.</p><ul><li>B &lt;1&gt;</li></ul>"


def test_an_item_without_the_addresses_of_its_images_is_not_rendered() -> None:
    with pytest.raises(Refused):
        wires.item(draft(wanted()).intent, {})


def test_rendering_is_pure() -> None:
    doc = draft(wanted()).intent
    for step in ("image_1", "inventory_item", "offer_read", "offer", "fees", "publish", "withdraw"):
        assert wires.render(step, doc, LATE) == wires.render(step, doc, LATE)
        names = {n.lower(): v for n, v in wires.render(step, doc, LATE).headers}
        assert names["accept-language"] == "en-US"


@pytest.mark.parametrize(("market", "tag"), [("EBAY_US", "en-US"), ("EBAY_DE", "de-DE"), ("EBAY_GB", "en-GB")])
def test_writes_name_the_markets_language(market: str, tag: str) -> None:
    doc = dict(draft(wanted()).intent) | {"marketplace": market}
    assert ("Content-Language", tag) in wires.render("inventory_item", doc, LATE).headers
