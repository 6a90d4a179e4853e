"""What Amazon's answers prove, status by status and code by code; and that no answer breaks the understanding."""

import json
from typing import Any

import pytest
from fake_amazon import SELLER, US, issue
from hypothesis import given
from hypothesis import strategies as st

from trendctl.ports import Answer, Resend, State, Verdict
from trendctl.posting.platforms.amazon import answers, back
from trendctl.posting.platforms.amazon.platform import Amazon

STEPS = ("preview", "put", "patch", "delete", "quantity")
INTENT: dict[str, Any] = {
    "marketplace": US, "sku": "TC1", "action": "create", "extra": {"seller": SELLER, "asin": "B0LANTERN1"},
    "price": {"minor": 2499, "currency": "USD"}, "quantity": 5,
}  # fmt: skip


def said(status: int, body: Any = None, **headers: str) -> Answer:
    return Answer(status, headers, b"" if body is None else json.dumps(body).encode())


def submitted(status: str, *issues: dict[str, Any]) -> Answer:
    return said(200, {"sku": "TC1", "status": status, "submissionId": "s-1", "issues": list(issues)})


def refused(status: int, message: str = "no", details: str = "") -> Answer:
    return said(status, {"errors": [{"code": "X", "message": message, "details": details}]})


@pytest.mark.parametrize("step", STEPS)
def test_answers_that_mean_the_same_everywhere(step: str) -> None:
    over = answers.understand(step, refused(403, "denied", "The access token you provided has expired."))
    lacks = answers.understand(step, refused(403, "Access to requested resource is denied."))
    busy = answers.understand(step, refused(429))
    assert {found.verdict for found in (over, lacks, busy)} == {Verdict.NOT_APPLIED}
    assert (over.retry_after, lacks.retry_after, busy.retry_after) == (0.0, 3600.0, None)
    assert answers.understand(step, said(429, None, **{"retry-after": "17"})).retry_after == 17.0
    assert answers.understand(step, refused(400, "bad")).verdict is Verdict.REJECTED


@pytest.mark.parametrize("step", STEPS[1:])
def test_no_answer_and_a_server_error_prove_nothing(step: str) -> None:
    for answer in (Answer(0, error="cut"), said(500), said(503), said(200), said(200, {"status": "ODD"})):
        assert answers.understand(step, answer).verdict is Verdict.UNKNOWN


def test_a_200_with_invalid_is_final_but_for_an_internal_error() -> None:
    found = answers.understand("put", submitted("INVALID", issue("90220", "needed", "brand")))
    assert found.verdict is Verdict.REJECTED
    assert found.cause == "Amazon refuses the brand: trendctl supply ID --brand ... (Amazon 90220: needed; brand)"
    assert answers.understand("put", submitted("INVALID", issue("4000000", "x"))).verdict is Verdict.NOT_APPLIED
    both = submitted("INVALID", issue("4000000", "x"), issue("90220", "needed"))
    assert answers.understand("put", both).verdict is Verdict.REJECTED


def test_an_accepted_submission_keeps_its_number_and_its_warnings() -> None:
    found = answers.understand("put", submitted("ACCEPTED", issue("1", "look", severity="WARNING")))
    assert (found.verdict, found.late, "look" in found.cause) == (Verdict.APPLIED, {"submission_id": "s-1"}, True)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [(submitted("VALID"), Verdict.APPLIED), (submitted("INVALID", issue("9", "x")), Verdict.REJECTED),
     (submitted("INVALID", issue("4000000", "x")), Verdict.APPLIED), (said(500), Verdict.APPLIED),
     (said(200), Verdict.APPLIED), (said(503), Verdict.NOT_APPLIED), (Answer(0), Verdict.NOT_APPLIED)],
)  # fmt: skip
def test_only_a_clear_invalid_of_the_preview_stops(answer: Answer, verdict: Verdict) -> None:
    assert answers.understand("preview", answer).verdict is verdict


class Read:
    """A talk that gives one answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def send(self, wire: Any) -> Answer:
        return self.answer


def listed(status: list[str], amount: str = "24.99", quantity: int = 5, *issues: Any, market: str = US) -> Answer:
    return said(200, {
        "sku": "TC1", "summaries": [{"marketplaceId": market, "asin": "B0LANTERN1", "status": status}],
        "issues": list(issues),
        "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}],
        "offers": [{"marketplaceId": market, "offerType": "B2C", "price": {"amount": amount, "currencyCode": "USD"}}],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("action", "answer", "state"),
    [("create", listed(["BUYABLE"]), State.LIVE), ("create", listed(["DISCOVERABLE"]), State.LIVE),
     ("create", listed([]), State.ACCEPTED), ("create", listed([], quantity=0), State.LIVE),
     ("create", listed(["BUYABLE"], market="A2EUQ1WTGCTBG2"), State.ACCEPTED),
     ("create", listed([], "24.99", 5, issue("1", "x")), State.REJECTED),
     ("create", listed(["BUYABLE"], "24.99", 5, issue("1", "x")), State.LIVE),
     ("create", refused(404, "SKU not found"), State.UNKNOWN), ("create", said(404), State.UNKNOWN),
     ("create", said(500), State.UNKNOWN), ("create", said(200), State.UNKNOWN), ("create", Answer(0), State.UNKNOWN),
     ("end", refused(404, "SKU not found"), State.ENDED), ("end", said(404), State.UNKNOWN),
     ("end", said(500), State.UNKNOWN), ("end", listed(["BUYABLE"]), State.UNKNOWN), ("end", listed([]), State.UNKNOWN),
     ("reprice", listed(["BUYABLE"]), State.LIVE), ("reprice", listed(["BUYABLE"], "24.98"), State.UNKNOWN),
     ("reprice", listed(["BUYABLE"], "24.99", 9), State.LIVE),  # it says nothing of how many there are
     ("revise", listed(["BUYABLE"], "24.99", 9), State.UNKNOWN),
     ("revise", listed(["BUYABLE"], "24.99", 3), State.LIVE),
     ("reprice", listed(["BUYABLE"], "1", 5, issue("1", "x", "purchasable_offer")), State.REJECTED)],
)  # fmt: skip
def test_what_a_read_back_proves(action: str, answer: Answer, state: State) -> None:
    found = back.read_back(INTENT | {"action": action}, {}, Read(answer))
    assert found.state is state
    assert found.late["seller"] == SELLER
    assert (found.url == "https://www.amazon.com/dp/B0LANTERN1") == (state is State.LIVE)


def test_every_step_may_be_sent_again() -> None:
    steps = {a: Amazon().steps({"action": a}) for a in ("create", "relist", "revise", "reprice", "end")}
    assert {s.resend for found in steps.values() for s in found} == {Resend.SAFE}
    assert [s.name for s in steps["create"]] == [s.name for s in steps["relist"]] == ["preview", "put"]
    assert [[s.name for s in steps[a]] for a in ("revise", "reprice", "end")] == [["patch"], ["patch"], ["delete"]]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["errors", "code", "message", "issues", "severity", "attributeNames", "status", "submissionId",
                         "identifiers", "asin", "summaries", "marketplaceId", "offers", "price", "amount",
                         "currencyCode", "fulfillmentAvailability", "quantity", "marketplaceIds"]),
        inner, max_size=4,
    ),
)  # fmt: skip


@given(
    st.sampled_from(STEPS), st.integers(100, 599), st.binary(max_size=60) | _JSON.map(lambda j: json.dumps(j).encode())
)
def test_no_answer_breaks_the_understanding(step: str, status: int, body: bytes) -> None:
    assert answers.understand(step, Answer(status, {}, body)).verdict in Verdict
    for action in ("create", "reprice", "end"):
        back.read_back(INTENT | {"action": action}, {}, Read(Answer(status, {}, body)))


@pytest.mark.parametrize(
    ("told", "minor"),
    [({"amount": "24.99", "currencyCode": "USD"}, 2499), ({"Amount": 3.7485, "CurrencyCode": "USD"}, 375),
     ({"amount": "1e99", "currencyCode": "USD"}, None), ({"amount": "NaN", "currencyCode": "USD"}, None),
     ({"amount": "1", "currencyCode": "???"}, None), ({}, None), (None, None)],
)  # fmt: skip
def test_an_amount_is_read_with_its_currency(told: Any, minor: int | None) -> None:
    found = answers.money(told)
    assert (found.minor if found else None) == minor
