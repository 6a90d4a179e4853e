"""Every call of the Amazon flow against the mock server made of Amazon's own OpenAPI documents: nothing violates them.

The token call is not in those documents. The mock keeps no state: what happens is tested on the fake.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from amazon_rig import OPTIONS, wallet
from fake_amazon import ASIN, SELLER, US
from fake_kit import HttpShop
from prism import address, mocked
from test_amazon_draft import FOUND, LANTERN, wanted

from trendctl.errors import TrendctlError
from trendctl.ports import Answer, Grant, Seen, Sold, State, Verdict, Wire
from trendctl.posting import wiring
from trendctl.posting.platforms.amazon import known, views, wires
from trendctl.posting.platforms.amazon.places import known_place
from trendctl.posting.platforms.amazon.platform import Amazon
from trendctl.posting.tokens import Tokens

ITEM = f"/listings/2021-08-01/items/{SELLER}/TC1"
OPERATIONS = {
    "GET /sellers/v1/marketplaceParticipations", "GET /catalog/2022-04-01/items",
    "GET /definitions/2020-09-01/productTypes", "GET /definitions/2020-09-01/productTypes/LUGGAGE",
    "GET /listings/2021-08-01/restrictions", f"POST /products/fees/v0/items/{ASIN}/feesEstimate",
    f"PUT {ITEM}", f"GET {ITEM}", f"PATCH {ITEM}", f"DELETE {ITEM}", f"GET /listings/2021-08-01/items/{SELLER}",
    "GET /sales/v1/orderMetrics", "GET /reports/2021-06-30/reports", "POST /reports/2021-06-30/reports",
    "GET /reports/2021-06-30/reports/ID323", "GET /reports/2021-06-30/documents/D1",
}  # fmt: skip


@pytest.fixture
def mock(shared: Path) -> Iterator[Path]:
    with mocked(shared, "amazon") as log:
        yield log


@pytest.mark.shared
@pytest.mark.timeout(400)
def test_no_call_of_the_flow_violates_amazons_documents(tmp_path: Path, mock: Path) -> None:
    shop = HttpShop(tmp_path, Amazon(), base_url=address("amazon"), wallet=wallet(), options=dict(OPTIONS))
    Tokens(Amazon.sign_in, shop.wallet, {}, shop.clock, lambda wire: pytest.fail("a token call"), "amazon").keep(
        Grant("access", 3600.0)
    )
    with wiring.talking(shop.line) as talk:
        ask_all(talk)
        drive(shop.platform, talk)
        figures(shop.platform, talk)
        seen = Seen("default", US, {}, OPTIONS, talk)
        assert {r.name for r in shop.platform.check(seen)} > {"listings", "catalogue", "sales", "views"}
    log = re.sub(r"\x1b\[[0-9;]*m", "", mock.read_text())
    assert "Violation:" not in log
    calls = {
        f"{m.upper()} {path}" for m, path in re.findall(r"\[HTTP SERVER\] (get|post|put|patch|delete) ([^\s?]+)", log)
    }
    assert calls >= OPERATIONS


def ask_all(talk: Any) -> None:
    """Every read that a draft needs: by ASIN, by GTIN, by words; the mock's schema stands at no real address."""
    where = known_place(US)
    for supply in ({}, {"gtin": "036000291452"}, {"gtin": "9780306406157"}, {"facts": {"asin": ASIN}}):
        asking = wanted(replace(wanted().case.supply, **supply))  # type: ignore[type-var]  # it is there
        for name in ("account", "catalog", "restrictions", "fees"):
            line = Made(talk) if name == "fees" else talk
            found = known.ask(name, asking, {"catalog": {"how": "gtin", "items": [LANTERN]}}, line)
            assert found or name in ("restrictions", "fees")  # the mock: of another condition, in no currency
    with pytest.raises(TrendctlError, match="schema"):
        known.product_type(Named(talk), where, wanted())


class Made:
    """A talk whose answers the mock makes up: its example of the fees does not fit its own document."""

    def __init__(self, talk: Any) -> None:
        self._talk = talk

    def send(self, wire: Wire) -> Answer:
        answer: Answer = self._talk.send(replace(wire, headers=(*wire.headers, ("Prefer", "dynamic=true"))))
        return answer


class Named:
    """A talk with Amazon's mock that has nothing to fetch."""

    def __init__(self, talk: Any) -> None:
        self.send = talk.send


def drive(platform: Any, talk: Any) -> None:
    """Each step of each action, as the machine would go, with the sandbox's own valid, invalid and error cases."""
    intent = dict(platform.draft(wanted(known=FOUND)).intent)
    for action in ("create", "reprice", "revise", "end"):
        doc = intent | {"action": action}
        for step in platform.steps(doc):
            wire = platform.render(step.name, doc, {})
            said = platform.understand(step.name, platform.perform(step.name, wire, talk))
            assert said.verdict is Verdict.APPLIED, (action, step.name, said)
        back = platform.read_back(doc, {}, talk)
        assert back.state in (State.LIVE, State.UNKNOWN, State.REJECTED), back
    assert told(platform, talk, intent, "preview", "example=case2").verdict is Verdict.REJECTED
    for code, verdict in ((400, Verdict.REJECTED), (429, Verdict.NOT_APPLIED),
                          (500, Verdict.UNKNOWN), (503, Verdict.UNKNOWN)):  # fmt: skip
        assert told(platform, talk, intent, "put", f"code={code}").verdict is verdict
    lowered = platform.perform("quantity", platform.render_quantity(intent, {}, 1), talk)
    assert platform.understand("quantity", lowered).verdict is Verdict.APPLIED
    assert platform.left(Sold("TC1", ASIN, "", US, "USD", {"seller": SELLER}), talk) == 100


def told(platform: Any, talk: Any, intent: dict[str, Any], step: str, prefer: str) -> Any:
    wire = platform.render(step, intent, {})
    return platform.understand(step, talk.send(replace(wire, headers=(*wire.headers, ("Prefer", prefer)))))


def figures(platform: Any, talk: Any) -> None:
    """Sales and views; the mock's document stands at no real address."""
    days = [date(2026, 6, 1) - timedelta(days=n) for n in range(4, -1, -1)]
    platform.performance(Sold("TC1", ASIN, "", US, "USD"), days, Fetching(talk))
    where = known_place(US)
    for path in ("reports/ID323", "documents/D1"):
        assert talk.send(wires.get(where, f"{views.PATH}/{path}")).status == 200


class Fetching(Named):
    """A talk whose documents are all empty."""

    def fetch(self, url: str) -> Answer:
        return Answer(200, {}, b"{}")
