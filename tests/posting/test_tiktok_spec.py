"""Every call of the TikTok flow against the mock server made of Partner Center's own descriptions: no violation.

The token calls are not in those documents. The mock keeps no state and checks no signature: that is tested on the fake.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_kit import HttpShop
from prism import address, mocked
from tiktok_rig import FACTS, wallet

from trendctl.ports import IMAGE_MARK, DraftInput, Grant, Seen, Sold
from trendctl.posting import wiring
from trendctl.posting.platforms.tiktok import known, wires
from trendctl.posting.platforms.tiktok.envelope import envelope
from trendctl.posting.platforms.tiktok.platform import Tiktok
from trendctl.posting.tokens import Tokens
from trendctl.store import cases

OPERATIONS = {
    "GET /authorization/202309/shops", "GET /logistics/202309/warehouses", "GET /product/202312/prerequisites",
    "POST /product/202309/categories/recommend", "GET /product/202309/categories/N/attributes",
    "GET /product/202309/categories/N/rules", "GET /product/202309/brands", "POST /product/202309/images/upload",
    "POST /product/202309/products/listing_check", "POST /product/202502/products/search",
    "POST /product/202309/products", "GET /product/202309/products/N", "POST /product/202309/products/N/prices/update",
    "POST /product/202309/products/N/inventory/update", "POST /product/202509/products/N/partial_edit",
    "POST /product/202309/products/deactivate", "GET /analytics/202405/shop_products/N/performance",
    "GET /analytics/202405/shop/performance",
}  # fmt: skip
LATE = {"approval": "a876dbb7d3e849e88ec9c0de91e1fd66", "shop_id": "7000714532876273420", "shop_cipher": "GCP_x",
        "image_1": "tos/1", "product_id": "1729592969712207008", "sku_id": "1729592969712207012"}  # fmt: skip


@pytest.fixture
def mock(shared: Path) -> Iterator[Path]:
    with mocked(shared, "tiktok") as log:
        yield log


@pytest.mark.shared
@pytest.mark.timeout(400)
def test_no_call_of_the_flow_violates_tiktoks_documents(tmp_path: Path, mock: Path) -> None:
    shop = HttpShop(tmp_path, Tiktok(), base_url=address("tiktok"), wallet=wallet())
    Tokens(Tiktok.sign_in, shop.wallet, {}, shop.clock, lambda wire: pytest.fail("a token call"), "tiktok").keep(
        Grant("access", 7 * 86_400.0)
    )
    with wiring.talking(shop.line) as talk:
        intent = asked(shop, talk)
        drive(shop.platform, intent, talk)
        days = [shop.clock.now().date() - timedelta(days=n) for n in (1, 0)]
        sold = Sold("TC1", LATE["product_id"], "", "US", "USD", LATE)
        Tiktok().performance(sold, days, talk)
        Tiktok().left(sold, talk)
        quantity = Tiktok().render_quantity(intent, LATE, 1)
        assert envelope(Tiktok().perform("quantity", quantity, talk)).code == 0
        rows = Tiktok().check(Seen("default", "GB", {}, {}, talk))
        assert {r.name for r in rows} == {"sign-in", "shop", "prerequisites", "warehouse", "figures"}
    log = re.sub(r"\x1b\[[0-9;]*m", "", mock.read_text())
    assert "Violation:" not in log
    seen = {f"{m.upper()} {path}" for m, path in re.findall(r"\[HTTP SERVER\] (get|post|put) ([^\s?]+)", log)}
    assert {re.sub(r"/\d{6,}(?=/[a-z]|$)(?<!/20\d{4})", "/N", s) for s in seen} == OPERATIONS


def asked(shop: HttpShop, talk: Any) -> dict[str, Any]:
    """A complete intent, of what the mock tells: one shop in the UK."""
    number = shop.stock()
    with shop.store.read() as db:
        case = cases.one(db, number, shop.context, shop.clock.now())
    assert case is not None
    assert case.supply is not None
    supply = replace(case.supply, facts=FACTS, brand="Teas", gtin="036000291452")
    copy = {
        "copywriter": {"platforms": {"tiktok": {"title": "Lantern", "description": "A lantern.", "bullets": ["x"]}}}
    }
    wanted = DraftInput(replace(case, supply=supply), copy, "default", "GB", "TC1", {}, {"_platform": "tiktok"}, {})
    told: dict[str, Any] = {}
    for name in known.asks(wanted):
        told[name] = known.ask(name, wanted, told, talk)
    assert told["brand"]["name"] == "Teas"
    told["category"]["rules"] = {}  # the mock's category wants papers
    made = Tiktok().draft(replace(wanted, known=told))
    assert made.missing == ()
    assert any("return warehouse" in line for line in made.blocks)
    return dict(made.intent)


def drive(platform: Any, intent: dict[str, Any], talk: Any) -> None:
    """Each step of each action, as the machine would go; and the read-backs."""
    upload = platform.render("image_1", intent, {})
    whole = replace(upload, body=upload.body.replace(IMAGE_MARK, b"\xff\xd8\xff"), image=None)
    assert platform.understand("image_1", talk.send(whole)).late["image_1"]
    for action in ("create", "revise", "reprice", "end"):
        doc = intent | {"action": action}
        for step in platform.steps(doc):
            if not step.name.startswith("image_"):
                answer = platform.perform(step.name, platform.render(step.name, doc, LATE), talk)
                assert envelope(answer).code == 0, (action, step.name, answer)
        platform.read_back(doc, LATE, talk)
    assert talk.send(wires.product_of(LATE["product_id"], "GCP_x")).status == 200
