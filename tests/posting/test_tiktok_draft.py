"""From what is known to a TikTok intent: category, attributes, shop, warehouse, parcel, brand; and what is missing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiktok_rig import TiktokRig, tiktok

from store_rows import put
from trendctl.approval.supply import CONDITIONS
from trendctl.errors import AccessError, Refused
from trendctl.ports import IMAGE_MARK, Case, DraftInput, ImageView, SupplyView
from trendctl.posting.platforms.tiktok import attributes, known, parcel, wires
from trendctl.posting.platforms.tiktok.draft import draft
from trendctl.store.writers import Role

AT = datetime(2026, 6, 1, tzinfo=UTC)
UID = "abcd2345efgh6723"
SUPPLY = SupplyView(
    cost_minor=750, currency="USD", stock=5, condition="new", price_minor=2499,
    facts={"material": "steel", "Package Weight": "500 g", "package_size": "20x15x10 cm"},
)  # fmt: skip
ACCOUNT = {
    "shops": [{"id": "7", "name": "Mine", "region": "US"}],
    "shop": {"id": "7", "name": "Mine", "region": "US", "cipher": "c"},
    "warehouses": [{"id": "8", "name": "Main", "default": True}], "failed": [],
}  # fmt: skip
MATERIAL = {"id": "100", "name": "Material", "is_requried": True, "values": [{"id": "1", "name": "Steel"}]}
CATEGORY = {"id": "605254", "path": "Camping > Lanterns", "closed": "", "rules": {},
            "attributes": attributes.trimmed([MATERIAL])}  # fmt: skip
PERSON = (
    'manufacturer: make it in TikTok\'s Seller Center, then manufacturer = "ID" in [platforms.tiktok.policies]: '
    "trendctl config edit"
)
LATE = {"image_1": "tos/1", "shop_cipher": "c", "approval": "a876dbb7d3e849e88ec9c0de91e1fd66", "product_id": "9",
        "sku_id": "91"}  # fmt: skip


def wanted(**changes: Any) -> DraftInput:
    image = ImageView("ab" * 32, "ab.jpg", "image/jpeg", 1600, 1600, 1000, "own")
    case = Case(UID, "Camp Lantern", "", AT, "US", "USD", AT, AT, (), (), (), SUPPLY, (image,), ("tiktok",))
    copy = {
        "platforms": {"tiktok": {"title": "Camp Lantern", "description": "One.\nTwo & <three>.", "bullets": ["B&amp;"]}}
    }
    asked = {"account": ACCOUNT, "category": CATEGORY}
    made = DraftInput(case, {"copywriter": copy}, "default", "US", "TC1", {}, {"_platform": "tiktok"}, {}, asked)
    return replace(made, **changes)


def supplied(**changes: Any) -> DraftInput:
    base = wanted()
    return replace(base, case=replace(base.case, supply=replace(SUPPLY, **changes)))


def asked(**changes: Any) -> DraftInput:
    return wanted(known={"account": ACCOUNT, "category": CATEGORY} | changes)


def body(told: DraftInput) -> dict[str, Any]:
    return wires.product(draft(told).intent, LATE)


# ---------------------------------------------------------------- the intent


def test_all_that_is_known_makes_a_complete_intent() -> None:
    made = draft(wanted())
    assert (made.missing, made.blocks) == ((), ())
    doc = made.intent
    assert (doc["category"]["id"], doc["aspects"]) == ("605254", {"Material": ["Steel"]})
    assert doc["policies"] == {"shop": "7", "warehouse": "8"}
    assert doc["extra"] == {
        "category_version": "v2", "attributes": {"Material": {"id": "100", "values": {"Steel": "1"}}},
        "package_weight": {"value": "0.50", "unit": "KILOGRAM"},
        "package_dimensions": {"length": "20", "width": "15", "height": "10", "unit": "CENTIMETER"},
    }  # fmt: skip
    assert made.warnings[:2] == ("TikTok suggests the category Camping > Lanterns (605254)",
                                 "the parcel: 0.50 kilogram, 20 x 15 x 10 centimeter")  # fmt: skip
    assert "TikTok's fee at this price: about USD 1.50" in made.warnings[2]


@pytest.mark.parametrize(
    ("told", "line"),
    [(supplied(facts={"material": "steel"}), f'package weight: trendctl supply {UID} --fact "package weight=500 g"'),
     (supplied(facts={"material": "steel", "package weight": "heavy"}),
      f'package weight: trendctl supply {UID} --fact "package weight=500 g"'),
     (asked(category={**CATEGORY, "rules": {"package_dimension": True}}), ""),
     (supplied(facts={**SUPPLY.facts, "package_size": "large"}),
      f'package size: trendctl supply {UID} --fact "package size=20x15x10 cm"'),
     (supplied(facts={"package weight": "1 kg"}),
      f'attribute Material (Steel): trendctl supply {UID} --fact "Material=..."'),
     (supplied(facts={**SUPPLY.facts, "material": "Unobtainium"}),
      f'attribute Material (Steel): trendctl supply {UID} --fact "Material=..."'),
     (asked(category={**CATEGORY, "id": ""}), f"a TikTok category: trendctl edit {UID}"),
     (asked(account={**ACCOUNT, "warehouses": []}),
      "warehouse: you have none that sells: trendctl platforms check tiktok"),
     (asked(account={**ACCOUNT, "warehouses": [{"id": n, "name": "", "default": False} for n in "89"]}),
      "warehouse: choose one of 8, 9 in [platforms.tiktok.policies]: trendctl config edit"),
     (asked(account={**ACCOUNT, "shop": {}}),
      "shop: choose one of 7 (Mine) in [platforms.tiktok.policies]: trendctl config edit"),
     (asked(account={**ACCOUNT, "shop": {}, "shops": []}),
      "shop: this sign-in opens no shop in US: trendctl platforms check tiktok"),
     (replace(wanted(), policies={"warehouse": "1"}), "warehouse: 1 is not one of yours: trendctl config edit"),
     (asked(category={**CATEGORY, "rules": {"manufacturer": True}}),
      PERSON),
     (wanted(known={}), f"TikTok's category and shop: trendctl analyze {UID}"),
     (wanted(known={"trouble": "no answer"}), "TikTok's category and shop (no answer)")],
)  # fmt: skip
def test_what_is_missing_has_its_command(told: DraftInput, line: str) -> None:
    assert draft(told).missing == ((line,) if line else ())


@pytest.mark.parametrize(
    ("told", "words"),
    [(asked(account={**ACCOUNT, "failed": ["no return warehouse"]}), "your shop cannot list yet: no return warehouse"),
     (asked(category={**CATEGORY, "rules": {"papers": ["SNI Certificate"], "size_chart": True}}),
      "this category needs SNI Certificate, a size chart: list it in TikTok's Seller Center"),
     (wanted(marketplace="GB"), "TikTok Shop GB sells in GBP, your market is in USD: trendctl config edit")],
)  # fmt: skip
def test_what_forbids_a_listing_blocks_it(told: DraftInput, words: str) -> None:
    assert draft(told).blocks == (words,)


def test_the_length_is_of_the_page_with_its_bullets() -> None:
    copy = {"platforms": {"tiktok": {"title": "Lantern", "description": "x" * 6_000, "bullets": ["y" * 3_971]}}}
    assert draft(wanted(analyses={"copywriter": copy})).blocks == ()
    copy["platforms"]["tiktok"]["bullets"] = ["y" * 4_000]
    assert "at most 10000" in draft(wanted(analyses={"copywriter": copy})).blocks[0]


def test_the_people_that_a_category_wants_are_sent() -> None:
    told = replace(asked(category={**CATEGORY, "rules": {"manufacturer": True, "responsible_person": True}}),
                   policies={"manufacturer": "m1", "responsible_person": "r1"})  # fmt: skip
    assert draft(told).missing == ()
    assert (body(told)["manufacturer_ids"], body(told)["responsible_person_ids"]) == (["m1"], ["r1"])


def test_a_brand_is_sent_by_its_number_or_the_card_says_that_it_is_not() -> None:
    told = supplied(brand="Acme")
    assert draft(told).missing == (f"TikTok's category and shop: trendctl analyze {UID}",)
    found = replace(told, known={**told.known, "brand": {"id": "55", "name": "ACME"}})
    assert (draft(found).missing, body(found)["brand_id"]) == ((), "55")
    none = replace(told, known={**told.known, "brand": {}})
    assert "brand_id" not in body(none)
    assert "TikTok has no brand Acme for your shop: it is listed without a brand" in draft(none).warnings


@pytest.mark.parametrize("condition", CONDITIONS)
def test_whatever_is_not_new_is_listed_as_pre_owned_and_the_card_says_so(condition: str) -> None:
    told = supplied(condition=condition)
    assert body(told).get("is_pre_owned", False) is (condition != "new")
    assert any("pre-owned" in line for line in draft(told).warnings) is (condition != "new")


@pytest.mark.parametrize(
    ("gtin", "kind"),
    [("036000291452", "UPC"), ("4006381333931", "EAN"), ("9780306406157", "ISBN"), ("96385074", "EAN"),
     ("00012345600012", "GTIN")],
)  # fmt: skip
def test_an_identifier_has_the_name_of_its_kind(gtin: str, kind: str) -> None:
    assert body(supplied(gtin=gtin))["skus"][0]["identifier_code"] == {"code": gtin, "type": kind}
    assert "identifier_code" not in body(wanted())["skus"][0]


def test_the_check_is_the_create_without_what_only_a_create_has() -> None:
    import json

    doc = draft(wanted()).intent
    check, create = (json.loads(wires.render(step, doc, LATE).body) for step in ("check", "create"))
    assert set(create) - set(check) == {"category_version", "save_mode", "idempotency_key"}
    assert {name: create[name] for name in check} == check
    assert create["idempotency_key"] == "a876dbb7-d3e8-49e8-8ec9-c0de91e1fd66"
    assert create["skus"] == [{"seller_sku": "TC1", "price": {"amount": "24.99", "currency": "USD"},
                               "inventory": [{"warehouse_id": "8", "quantity": 5}]}]  # fmt: skip


def test_the_description_holds_nothing_but_the_approved_words_and_escapes_only_what_would_be_markup() -> None:
    assert wires.page(draft(wanted()).intent) == "<p>One.</p><p>Two & &lt;three&gt;.</p><ul><li>B&amp;amp;</li></ul>"


def test_rendering_is_pure_and_what_is_not_known_is_not_rendered() -> None:
    doc = dict(draft(wanted()).intent)
    for step in ("shop_7", "image_1", "check", "create", "edit", "price", "stock", "deactivate"):
        assert wires.render(step, doc, LATE) == wires.render(step, doc, LATE)
        if not step.startswith(("shop", "image")):
            with pytest.raises(Refused):
                wires.render(step, doc, {"shop_cipher": "c"})
    image = wires.render("image_1", doc, {})
    assert (image.body.count(IMAGE_MARK), image.image, image.params) == (1, ("ab" * 32, "image/jpeg"), ())
    assert b'name="use_case"\r\n\r\nMAIN_IMAGE\r\n' in image.body
    assert wires.render("shop_7", doc, LATE).params == ()


def test_an_edited_aspect_is_posted_and_one_that_tiktok_does_not_name_is_not() -> None:
    table = {"Material": {"id": "100", "values": {"Steel": "1"}}}
    assert attributes.posted({"Material": ["Oak"], "Odd": ["x"]}, table) == [{"id": "100", "values": [{"name": "Oak"}]}]


# ---------------------------------------------------------------- attributes and parcel


def test_attributes_take_listed_values_own_ones_where_allowed_and_conditions() -> None:
    given_ = attributes.trimmed([
        {"id": "1", "name": "Power", "is_required": True, "values": [{"id": "11", "name": "Battery"}],
         "is_customizable": True},
        {"id": "2", "name": "Volts", "is_requried": True, "value_data_format": "POSITIVE_INT_OR_DECIMAL",
         "requirement_conditions": [{"attribute_id": "1", "attribute_value_id": "11"}]},
        {"id": "3", "name": "Use", "is_multiple_selection": True,
         "values": [{"id": "31", "name": "Camp"}, {"id": "32", "name": "Home"}]},
        {"id": "4", "name": "Size", "type": "SALES_PROPERTY", "is_requried": True},
    ])  # fmt: skip
    found = attributes.filled({"POWER": ["battery"], "use": ["Camp, home, Moon"], "volts": ["12 V"]}, given_)
    assert found == {
        "Power": {"id": "1", "values": {"Battery": "11"}},
        "Use": {"id": "3", "values": {"Camp": "31", "Home": "32"}},
    }
    assert attributes.missing(found, given_, "U") == ['attribute Volts: trendctl supply U --fact "Volts=..."']
    assert attributes.missing(attributes.filled({"power": ["Solar"]}, given_), given_, "U") == []
    assert attributes.filled({"power": ["Solar"], "volts": ["12.5"]}, given_)["Volts"]["values"] == {"12.5": ""}


@pytest.mark.parametrize(
    ("facts", "region", "weight", "size"),
    [({"package weight": "1.3 kg"}, "US", ("1.30", "KILOGRAM"), None),
     ({"shipping-weight": "12oz", "package size": "8 x 6.2 × 4 in"}, "US", ("0.75", "POUND"), ("8", "7", "4", "INCH")),
     ({"package weight": "1 lb", "package size": "1x1x1 in"}, "GB", ("0.46", "KILOGRAM"),
      ("3", "3", "3", "CENTIMETER")),
     ({"package weight": "2 lb", "package size": "100x50x25 mm"}, "US", ("2.00", "POUND"), ("4", "2", "1", "INCH")),
     ({"package weight": "0.1 g"}, "US", ("0.01", "KILOGRAM"), None),
     ({"package weight": "0 g", "package size": "0x1x1 cm"}, "US", None, None),
     ({"weight": "1 kg", "package size": "20x15 cm"}, "US", None, None),
     ({"package weight": "1 stone", "package size": "1x1x1 parsec"}, "US", None, None)],
)  # fmt: skip
def test_a_parcel_in_tiktoks_units_both_of_one_system(
    facts: dict[str, str], region: str, weight: tuple[str, ...] | None, size: tuple[str, ...] | None
) -> None:
    found, sides = parcel.weight(facts, region), parcel.size(facts, region)
    assert (tuple(found.values()) if found else None) == weight
    assert (tuple(sides.values()) if sides else None) == size


@given(st.text(max_size=20), st.text(max_size=30), st.sampled_from(["US", "GB"]))
def test_no_fact_breaks_the_parcel(weight: str, size: str, region: str) -> None:
    facts = {"package weight": weight, "package size": size}
    for found in (parcel.weight(facts, region), parcel.size(facts, region)):
        assert found is None or all(value for value in found.values())


# ---------------------------------------------------------------- what TikTok is asked


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[TiktokRig]:
    with tiktok(tmp_path) as made:
        yield made


def test_what_was_asked_once_is_not_asked_again_and_a_product_without_supply_spends_no_call(rig: TiktokRig) -> None:
    rig.shop.stock()
    asked_ = [name for name, _ in rig.server.got]
    assert asked_ == ["token_refresh", "shops", "warehouses", "prerequisites", "recommend", "attributes", "rules"]
    assert [got.query.get("category_version") for name, got in rig.server.got if name in ("attributes", "rules")] == [
        "v2"
    ] * 2
    rig.shop.draft(1)
    with rig.shop.store.write(Role.SCANNER) as db:
        rig.shop.draft(int(put(db, "product", uid="q234", title="A Tent", first_seen_at=1, last_seen_at=2)))
    assert [name for name, _ in rig.server.got] == asked_


def test_a_shop_that_is_not_clear_is_asked_for_and_nothing_more_is_read(rig: TiktokRig) -> None:
    rig.fake.shops.append({**rig.fake.shops[0], "id": "7002", "cipher": "GCP_two"})
    shown = rig.shop.card(rig.shop.stock())
    assert [line.split(":")[0] for line in shown.missing] == ["shop"]
    assert rig.server.count("recommend") == rig.server.count("warehouses") == 0
    rig.shop.policies["shop"] = "7002"
    rig.shop.accounts[rig.shop.name] = rig.shop.account
    rig.shop.draft(1)
    shown = rig.shop.card(1)
    assert (shown.missing, shown.intent["policies"]["shop"]) == ((), "7002")
    assert {got.query["shop_cipher"] for name, got in rig.server.got if name == "rules"} == {"GCP_two"}


@pytest.mark.parametrize(("spoil", "words"), [("category", "a TikTok category"), ("denied", "lacks a permission")])
def test_what_tiktok_does_not_tell_is_a_line_of_the_draft(rig: TiktokRig, spoil: str, words: str) -> None:
    if spoil == "category":
        rig.fake.category = ""
    else:
        rig.fake.denied.add("attributes")
    shown = rig.shop.card(rig.shop.stock())
    assert shown.hash == ""
    assert any(words in line for line in shown.missing)


def test_a_brand_is_searched_by_its_name(rig: TiktokRig) -> None:
    rig.fake.brands = [
        {"id": "54", "name": "Acme Tools"},
        {"id": "55", "name": "ACME", "authorized_status": "AUTHORIZED"},
    ]
    assert rig.shop.stock()
    from trendctl.posting import wiring

    with wiring.talking(rig.shop.line) as talk:
        assert known.brand(talk, "GCP_first", "Acme", "v2") == {"id": "55", "name": "ACME"}
        assert known.brand(talk, "GCP_first", "Acm", "v2") == {}
        rig.fake.brands = [{"id": "55", "name": "Acme", "authorized_status": "UNAUTHORIZED", "is_t1_brand": True}]
        assert known.brand(talk, "GCP_first", "Acme", "v2") == {}
        rig.fault("brands", 1, "500_before")
        with pytest.raises(AccessError):
            known.brand(talk, "GCP_first", "Acme", "v2")
