"""From what is known to a Meta intent: the link, images that Meta can fetch, ids, texts; and what is missing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_graph import CATALOG, PAGE, USER
from meta_rig import KINDS, MetaRig, meta

from trendctl.approval import supply
from trendctl.ports import Case, DraftInput, DraftOutput, ImageView, SupplyView
from trendctl.posting import checks
from trendctl.posting.texts import caption, message
from trendctl.store import operations

AT = datetime(2026, 6, 1, tzinfo=UTC)
IMAGE = ImageView("ab" * 32, "ab.jpg", "image/jpeg", 1080, 1080, 1000, "own", "https://shop.example/1.jpg")
SUPPLY = SupplyView(
    cost_minor=750, currency="USD", stock=5, condition="new", price_minor=2499, link="https://shop.example/lantern"
)
OPTIONS = {"catalog_id": CATALOG, "page_id": PAGE, "ig_user_id": USER}
ALL = tuple(KINDS)


def wanted(name: str, **changes: Any) -> DraftInput:
    case = Case("abcd2345efgh6723", "Lantern", "", AT, "US", "USD", AT, AT, (), (), (), SUPPLY, (IMAGE,), (name,))
    copy = {"platforms": {name: {"title": "Camp Lantern", "description": "One.\nTwo.", "bullets": ["Steel"]}}}
    analyses = {"copywriter": copy, "category": {"google_id": 1023, "path": "Sporting Goods > Lanterns"}}
    made = DraftInput(case, analyses, "default", "", "TC1", {}, {"_platform": name, **OPTIONS}, {})
    return replace(made, **changes)


def draft(name: str, **changes: Any) -> DraftOutput:
    made: DraftOutput = KINDS[name]().draft(wanted(name, **changes))
    return made


def of_case(name: str, **changes: Any) -> DraftOutput:
    return draft(name, case=replace(wanted(name).case, **changes))


@pytest.mark.parametrize("name", ALL)
def test_all_that_is_known_makes_a_complete_intent(name: str) -> None:
    made = draft(name)
    assert (made.missing, made.blocks) == ((), ())
    assert made.intent["extra"]["graph_version"] == "v26.0"
    assert set(made.intent["extra"]) == set(KINDS[name]().facts.fields)
    assert checks.findings(dict(made.intent), SUPPLY, {}, "0.15").blocks == ()


@pytest.mark.parametrize("name", ALL)
def test_a_product_that_can_be_bought_nowhere_is_blocked_with_the_command(name: str) -> None:
    made = of_case(name, supply=replace(SUPPLY, link=""))
    assert [b for b in made.blocks if "trendctl supply abcd2345efgh6723 --link" in b]
    insecure = of_case(name, supply=replace(SUPPLY, link="http://shop.example/1"))
    assert [b for b in insecure.blocks if "must be an https address" in b]


@pytest.mark.parametrize(
    ("live", "link"),
    [({"ebay": "https://www.ebay.com/itm/1", "amazon": "https://www.amazon.com/dp/1"}, "https://www.ebay.com/itm/1"),
     ({"tiktok": "https://shop.tiktok.com/1"}, "https://shop.tiktok.com/1"),
     ({"facebook_page": "https://www.facebook.com/1", "instagram": "https://www.instagram.com/p/1/"}, ""),
     ({"local": "file:///x"}, "")],
)  # fmt: skip
@pytest.mark.parametrize("name", ALL)
def test_a_live_listing_elsewhere_is_linked_to_never_metas_own(name: str, live: dict[str, str], link: str) -> None:
    case = replace(wanted(name).case, supply=replace(SUPPLY, link=""))
    made = draft(name, case=case, live=live)
    assert made.intent["link"] == link
    assert bool(made.blocks) == (link == "")


@pytest.mark.parametrize("name", ["facebook", "instagram"])
def test_where_meta_fetches_the_image_it_needs_an_address(name: str) -> None:
    made = of_case(name, images=(replace(IMAGE, url=""),))
    assert [line for line in made.missing if "trendctl image add abcd2345efgh6723 FILE --rights own --url" in line]
    assert any("can change after you approve" in line for line in draft(name).warnings)


@pytest.mark.parametrize(
    "address",
    ["https://localhost/1.jpg", "https://192.168.1.4/1.jpg", "https://[::1]/1.jpg", "https://nas.local/1.jpg",
     "https://intranet/1.jpg", "http://shop.example/1.jpg"],
)  # fmt: skip
def test_an_address_that_meta_cannot_reach_is_no_address(address: str) -> None:
    assert of_case("instagram", images=(replace(IMAGE, url=address),)).missing
    assert of_case("instagram", supply=replace(SUPPLY, link=address)).blocks


def test_a_product_without_brand_and_number_is_warned_of() -> None:
    assert any("without a brand, GTIN or MPN" in line for line in draft("facebook").warnings)
    assert not any("GTIN" in line for line in of_case("facebook", supply=replace(SUPPLY, brand="Acme")).warnings)


def test_a_page_takes_an_images_bytes_and_then_no_address_is_told() -> None:
    made = of_case("facebook_page", images=(replace(IMAGE, url=""),))
    assert made.missing == ()
    assert not any("can change" in line for line in made.warnings)


@pytest.mark.parametrize(("name", "option"), [("facebook", "catalog_id"), ("facebook_page", "page_id"),
                                              ("instagram", "ig_user_id")])  # fmt: skip
@pytest.mark.parametrize("value", ["", "my page"])
def test_an_id_that_is_not_set_is_missing_with_where_to_set_it(name: str, option: str, value: str) -> None:
    made = draft(name, options={"_platform": name, **OPTIONS, option: value})
    assert [line for line in made.missing if f"trendctl config set platforms.{name}.options.{option} ID" in line]


@pytest.mark.parametrize(("told", "used"), [("v25.0", "v25.0"), ("25", "v26.0"), ("v26.0/../x", "v26.0")])
def test_the_version_of_the_api_is_a_setting_and_part_of_what_is_approved(told: str, used: str) -> None:
    made = draft("facebook", options={"_platform": "facebook", **OPTIONS, "graph_version": told})
    assert made.intent["extra"]["graph_version"] == used
    wire = KINDS["facebook"]().render("item", made.intent, {})
    assert wire.url == f"https://graph.facebook.com/{used}/{CATALOG}/items_batch"


def test_the_card_says_that_an_instagram_post_stays_and_its_caption_has_no_price() -> None:
    made = draft("instagram")
    assert "Instagram's API can neither change nor remove a post: only you can, in the app" in made.warnings
    assert caption(made.intent) == "One.\nTwo.\n\nhttps://shop.example/lantern"
    assert KINDS["instagram"]().facts.can_end is False


def test_a_page_posts_text_has_price_link_and_sku() -> None:
    assert message(draft("facebook_page").intent) == (
        "One.\nTwo.\n\nUSD 24.99\nhttps://shop.example/lantern\nItem TC1"
    )  # fmt: skip


def test_the_rules_are_checked_on_the_text_that_is_sent() -> None:
    copy = {"platforms": {"instagram": {"title": "T", "description": "x" * 2190, "bullets": []}}}
    doc = dict(draft("instagram", analyses={"copywriter": copy}).intent)
    found = checks.findings(doc, SUPPLY, {}, "0.15").blocks
    assert [line for line in found if "caption" in line and "2200" in line]


def test_a_catalogue_item_has_metas_words_and_the_google_category() -> None:
    wire = KINDS["facebook"]().render("item", draft("facebook").intent, {})
    body = json.loads(wire.body)
    assert (body["item_type"], body["allow_upsert"]) == ("PRODUCT_ITEM", True)
    assert body["requests"] == [{"method": "UPDATE", "data": {
        "id": "TC1", "title": "Camp Lantern", "description": "One.\nTwo.\nSteel", "availability": "in stock",
        "inventory": 5, "condition": "new", "price": "24.99 USD", "link": "https://shop.example/lantern",
        "image_link": "https://shop.example/1.jpg", "google_product_category": "1023",
    }}]  # fmt: skip


def test_a_currency_without_cents_has_none() -> None:
    doc = dict(draft("facebook").intent) | {"price": {"minor": 2499, "currency": "JPY"}}
    assert json.loads(KINDS["facebook"]().render("price", doc, {}).body)["requests"][0]["data"]["price"] == "2499 JPY"


def test_every_condition_that_supply_takes_can_be_rendered() -> None:
    from trendctl.approval.supply import CONDITIONS

    for condition in CONDITIONS:
        doc = dict(draft("facebook").intent) | {"condition": condition}
        assert json.loads(KINDS["facebook"]().render("item", doc, {}).body)["requests"][0]["data"]["condition"]


# ---------------------------------------------------------------- with the machine


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[MetaRig]:
    with meta("facebook", tmp_path) as made:
        yield made


def test_a_link_that_is_not_live_any_more_is_drift(rig: MetaRig, monkeypatch: pytest.MonkeyPatch) -> None:
    number = rig.shop.stock()
    supply.tell(rig.shop.approving, number, {"link": ""}, {}, "USD")
    rig.shop.draft(number)
    assert rig.shop.card(number).blocks
    live = {"ebay": "https://www.ebay.com/itm/1"}
    monkeypatch.setattr(operations, "live_urls", lambda db, product_id: dict(live))
    rig.shop.draft(number)
    assert rig.shop.card(number).intent["link"] == live["ebay"]
    rig.shop.approve(number)
    live.clear()
    row = rig.shop.post()[0]
    assert (row.state, "links to is not live any more" in row.cause, row.drifted != "") == ("refused", True, True)
    assert rig.made() == 0
