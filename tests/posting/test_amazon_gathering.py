"""What Amazon is asked before a draft: once a day, in order, by GTIN before words; and what its answers become."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from amazon_rig import AmazonRig, amazon
from fake_amazon import ASIN, LANTERN, US
from fake_kit import Said
from test_amazon_draft import SCHEMA

from store_rows import put
from trendctl.approval import supply
from trendctl.posting import wiring
from trendctl.store import platform_known
from trendctl.store.writers import Role


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[AmazonRig]:
    with amazon(tmp_path) as made:
        yield made


def asked(rig: AmazonRig) -> list[str]:
    return [name for name, _ in rig.server.got if name != "token"]


def tell(rig: AmazonRig, number: int, facts: dict[str, str] | None = None, **values: str) -> Any:
    supply.tell(rig.shop.approving, number, values, facts or {}, "USD")
    rig.shop.draft(number)
    return rig.shop.card(number)


def test_a_draft_asks_in_order_and_again_only_after_a_day(rig: AmazonRig) -> None:
    number = rig.shop.stock()
    assert asked(rig) == ["participations", "catalog", "restrictions", "fees"]
    rig.shop.draft(number)
    assert len(asked(rig)) == 4
    tell(rig, number, price="19.99")
    assert asked(rig)[4:] == ["fees"]  # another price has other fees
    rig.shop.clock.advance(platform_known.KEPT_SECONDS + 1)
    rig.shop.draft(number)
    assert rig.server.count("catalog") == 2


def test_the_card_shows_asin_title_and_amazons_own_fees(rig: AmazonRig) -> None:
    lines = rig.shop.card(rig.shop.stock()).warnings
    assert any(ASIN in line and LANTERN["title"] in line for line in lines)
    assert any(line.startswith("Amazon's own estimate of its fees: USD 3.75") for line in lines)


def test_a_gtin_is_searched_first_and_words_only_where_amazon_does_not_know_it(rig: AmazonRig) -> None:
    number = rig.shop.stock()
    rig.fake.by_number = {"036000291452": [ASIN]}
    rig.fake.products = [LANTERN | {"title": "Something quite else", "brand": ""}]
    shown = tell(rig, number, gtin="036000291452")
    assert (shown.missing, shown.intent["extra"]["asin"]) == ((), ASIN)
    rig.fake.by_number = {}
    shown = tell(rig, number, gtin="4006381333931")
    searches = [got.query for name, got in rig.server.got if name == "catalog"]
    assert [(q.get("identifiersType"), "keywords" in q) for q in searches] == [
        (None, True), ("UPC", False), ("EAN", False), (None, True),
    ]  # fmt: skip
    assert "none of these is surely yours" in shown.missing[0]


def test_the_asin_that_the_person_tells_decides(rig: AmazonRig) -> None:
    rig.fake.products.append(LANTERN | {"asin": "B0LANTERN2"})
    number = rig.shop.stock()
    assert "choose the product among" in rig.shop.card(number).missing[0]
    shown = tell(rig, number, {"asin": "b0lantern2"})
    assert (shown.missing, shown.intent["extra"]["asin"]) == ((), "B0LANTERN2")
    assert "no such ASIN" in tell(rig, number, {"asin": "B0 NONE"}).missing[0]


def test_a_parent_of_variations_takes_no_offer(rig: AmazonRig) -> None:
    rig.fake.products = [LANTERN | {"class": "VARIATION_PARENT"}]
    rig.fake.kinds = []
    shown = rig.shop.card(rig.shop.stock())
    assert shown.intent["extra"]["asin"] == ""


def test_a_restriction_is_a_block_before_review(rig: AmazonRig) -> None:
    link = {"resource": "https://sellercentral.amazon.com/approve", "verb": "GET"}
    rig.fake.restricted = [{"message": "Approval needed.", "reasonCode": "APPROVAL_REQUIRED", "links": [link]}]
    shown = rig.shop.card(rig.shop.stock())
    (said,) = shown.blocks
    assert said == (
        f"Amazon does not let you sell {ASIN} as new: Approval needed. [APPROVAL_REQUIRED]: {link['resource']}"
    )
    assert not shown.approvable
    got = next(got for name, got in rig.server.got if name == "restrictions")
    assert (got.query["conditionType"], got.query["asin"], got.query["marketplaceIds"]) == ("new_new", ASIN, US)


def test_silence_about_restrictions_is_no_permission(rig: AmazonRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.fake, "_restrictions", lambda got, known, base_url: Said(404, {"errors": []}))
    shown = rig.shop.card(rig.shop.stock())
    assert shown.hash == ""
    assert any("did not say whether you may sell" in line for line in shown.missing)


def test_a_brand_told_later_asks_anew_for_the_product_it_chooses(rig: AmazonRig) -> None:
    number = rig.shop.stock()
    rig.fake.restricted = [{"message": "Approval needed.", "reasonCode": "APPROVAL_REQUIRED"}]
    assert tell(rig, number, brand="Zenith").intent["extra"]["asin"] == ""
    shown = tell(rig, number, brand="Acme")
    assert (shown.intent["extra"]["asin"], len(shown.blocks)) == (ASIN, 1)


def test_a_page_of_ones_own_reads_the_schema_without_the_token_and_is_listed(rig: AmazonRig) -> None:
    rig.fake.schemas = {"LANTERN": SCHEMA | {"required": ["item_name"]}}
    number = rig.shop.stock()
    shown = tell(rig, number, {"asin": "new", "material": "steel"}, gtin="036000291452")
    assert (shown.missing, shown.blocks) == ((), ())
    assert rig.server.count("schema") == 1
    rig.shop.approve(number)
    assert [r.state for r in rig.shop.post()] == ["live"]
    assert next(iter(rig.fake.items.values()))["attributes"]["material"][0]["value"] == "steel"


def test_a_damaged_schema_is_not_believed(rig: AmazonRig) -> None:
    rig.fake.schemas, rig.fake.checksum = {"LANTERN": SCHEMA}, "AAAA"
    shown = tell(rig, rig.shop.stock(), {"asin": "new"})
    assert any("came damaged" in line for line in shown.missing)


def test_an_address_of_another_machine_on_loopback_is_not_called_for_the_real_amazon(rig: AmazonRig) -> None:
    with wiring.talking(rig.shop.line) as talk:
        talk._base_url = ""
        assert talk.fetch(f"{rig.server.base_url}/schemas/x").status == 0
    assert rig.server.count("schema") == 0


def test_an_amazon_that_does_not_answer_leaves_a_draft_that_says_so(rig: AmazonRig) -> None:
    for n in range(1, 4):
        rig.fault("participations", n, "500_before")
    number = rig.shop.stock()
    shown = rig.shop.card(number)
    assert shown.hash == ""
    assert any("HTTP 500" in line and "trendctl platforms check amazon" in line for line in shown.missing)
    rig.server.plan.clear()
    rig.shop.draft(number)
    assert rig.shop.card(number).missing == ()


def test_fees_that_cannot_be_read_hold_nothing_up(rig: AmazonRig) -> None:
    rig.fake.denied = {"fees"}
    shown = rig.shop.card(rig.shop.stock())
    assert shown.missing == ()
    assert shown.approvable


def test_a_product_without_supply_spends_no_call(rig: AmazonRig) -> None:
    with rig.shop.store.write(Role.SCANNER) as db:
        number = put(db, "product", uid="q234", title="A Tent", first_seen_at=1, last_seen_at=2)
    rig.shop.draft(int(number))
    assert rig.server.got == []
