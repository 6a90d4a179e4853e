"""What eBay's answers prove, error ids by error ids."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl.ports import Answer, Resend, Verdict
from trendctl.posting.platforms.ebay import answers
from trendctl.posting.platforms.ebay.platform import Ebay, _id_of

STEPS = ("image_1", "inventory_item", "offer_read", "offer_find", "offer", "fees", "publish", "withdraw")


def said(status: int, body: Any = None, **headers: str) -> Answer:
    return Answer(status, headers, b"" if body is None else json.dumps(body).encode())


def refused(number: int, text: str = "no", status: int = 400, **parameters: str) -> Answer:
    found = {"errorId": number, "domain": "API_INVENTORY", "category": "REQUEST", "message": text,
             "parameters": [{"name": n, "value": v} for n, v in parameters.items()]}  # fmt: skip
    return said(status, {"errors": [found]})


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [(Answer(0, error="cut"), Verdict.UNKNOWN), (said(401), Verdict.NOT_APPLIED), (said(429), Verdict.NOT_APPLIED),
     (said(403), Verdict.NOT_APPLIED)],
)  # fmt: skip
def test_answers_that_mean_the_same_everywhere(step: str, answer: Answer, verdict: Verdict) -> None:
    if step == "fees" and answer.status != 401:
        verdict = Verdict.APPLIED  # only told to the person: it holds nothing up
    assert answers.understand(step, answer).verdict is verdict


@pytest.mark.parametrize("step", ["image_1", "inventory_item", "offer", "publish", "withdraw"])
def test_a_system_error_proves_nothing_and_a_busy_one_that_nothing_was_done(step: str) -> None:
    assert answers.understand(step, refused(25001, status=500)).verdict is Verdict.UNKNOWN
    assert answers.understand(step, said(503)).verdict is Verdict.UNKNOWN
    busy = answers.understand(step, refused(25025, status=500))
    assert (busy.verdict, busy.retry_after) == (Verdict.NOT_APPLIED, 3.0)


@pytest.mark.parametrize("number", [25003, 25005, 25007, 25008, 25009, 25012, 25014, 25015, 25026, 25029])
@pytest.mark.parametrize("step", ["offer", "publish"])
def test_a_refusal_is_final_and_says_what_to_do_in_ebays_words_too(step: str, number: int) -> None:
    found = answers.understand(step, refused(number, "what eBay says", field="price"))
    assert found.verdict is Verdict.REJECTED
    assert f"(eBay {number}: what eBay says; field=price)" in found.cause
    assert not found.cause.startswith("(")


def test_25002_alone_is_any_user_error() -> None:
    photos = answers.understand("offer", refused(25002, "Add at least 1 photo.", offerId="9"))
    assert photos.verdict is Verdict.REJECTED
    twin = answers.understand("offer", refused(25002, "Offer entity already exists.", offerId="9"))
    assert (twin.verdict, dict(twin.late)) == (Verdict.NOT_APPLIED, {"offer_id": "9", "adopted": "9"})
    nameless = refused(25002, "Offer entity already exists.")
    assert answers.is_nameless_duplicate(nameless)
    assert answers.understand("offer", nameless).verdict is Verdict.NOT_APPLIED
    named = answers.naming(nameless, said(200, {"offers": [{"offerId": "77"}]}))
    assert answers.understand("offer", named).late["offer_id"] == "77"
    gone = answers.understand("offer", refused(25002, "The offer does not exist.", offerId="9"))
    assert gone.verdict is Verdict.REJECTED


def test_a_sku_that_is_not_seen_yet_is_tried_again() -> None:
    assert answers.understand("offer", refused(25702)).verdict is Verdict.NOT_APPLIED
    assert answers.understand("inventory_item", refused(25702)).verdict is Verdict.REJECTED


def test_a_404_proves_nothing_about_a_publish_or_an_end() -> None:
    for step in ("publish", "withdraw"):
        assert answers.understand(step, refused(25713, status=404)).verdict is Verdict.UNKNOWN
        assert answers.understand(step, said(404)).verdict is Verdict.UNKNOWN


def test_the_read_before_finds_nothing_an_offer_or_a_live_listing() -> None:
    assert answers.understand("offer_read", refused(25713, status=404)).verdict is Verdict.APPLIED
    open_offer = {"offers": [{"offerId": "9", "status": "UNPUBLISHED"}]}
    assert answers.understand("offer_read", said(200, open_offer)).late == {"offer_id": "9", "adopted": "9"}
    live = {"offers": [{"offerId": "9", "status": "PUBLISHED", "listing": {"listingId": "42"}}]}
    assert answers.understand("offer_read", said(200, live)).verdict is Verdict.REJECTED
    assert answers.understand("offer_find", said(200, live)).late == {"offer_id": "9", "adopted": "9"}
    assert answers.understand("offer_find", said(404)).verdict is Verdict.REJECTED


def test_success_without_what_it_should_name_is_no_proof() -> None:
    assert answers.understand("offer", said(201, {})).verdict is Verdict.UNKNOWN
    assert answers.understand("publish", said(200, {})).verdict is Verdict.UNKNOWN
    assert answers.understand("image_1", said(201, {})).verdict is Verdict.UNKNOWN
    assert answers.understand("publish", said(200, {"listingId": "1"})).late == {"listing_id": "1"}


def test_a_200_with_errors_counts_as_its_errors() -> None:
    assert answers.understand("publish", refused(25007, status=200)).verdict is Verdict.REJECTED
    theirs = said(200, {"errors": [{"errorId": 25002, "category": "APPLICATION", "message": "x"}]})
    assert answers.understand("publish", theirs).verdict is Verdict.UNKNOWN


def test_the_fees_are_told_as_ebay_names_them() -> None:
    fees = [{"feeType": "INSERTION_FEE", "amount": {"value": "0.35", "currency": "USD"}},
            {"feeType": "BOLD_FEE", "amount": {"value": "0.0", "currency": "USD"}}]  # fmt: skip
    told = answers.understand("fees", said(200, {"feeSummaries": [{"fees": fees}]}))
    assert told.late == {"fees": "INSERTION_FEE 0.35 USD"}
    assert answers.understand("fees", said(200, {"feeSummaries": []})).late == {"fees": "none to list"}


def test_retry_after_is_kept() -> None:
    assert answers.understand("publish", said(429, None, **{"retry-after": "17"})).retry_after == 17.0
    assert answers.understand("publish", said(429)).retry_after == 5.0


@given(st.sampled_from(STEPS), st.integers(100, 599), st.binary(max_size=60))
def test_no_answer_breaks_the_understanding(step: str, status: int, body: bytes) -> None:
    told = answers.understand(step, Answer(status, {}, body))
    assert told.verdict is Verdict.APPLIED or told.cause
    harmless = ("fees", "offer_read", "offer_find")  # where no answer, or a 404, is one
    assert told.verdict is not Verdict.APPLIED or 200 <= status < 300 or step in harmless


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["errors", "errorId", "message", "parameters", "offers", "offerId", "listingId", "imageUrl",
                         "warnings", "feeSummaries", "fees", "amount", "status", "listing", "name", "value"]),
        inner, max_size=4,
    ),
)  # fmt: skip


@given(st.sampled_from(STEPS), st.sampled_from([200, 201, 204, 400, 404, 409, 500]), _JSON)
def test_no_document_breaks_the_understanding(step: str, status: int, body: Any) -> None:
    assert answers.understand(step, said(status, body)).verdict in Verdict


@pytest.mark.parametrize(
    ("location", "found"),
    [("https://apim.ebay.com/commerce/media/v1_beta/image/i1", "i1"), ("http://127.0.0.1:9/x/i2", "i2"),
     ("http://evil.example/i3", ""), ("ftp://x/i4", ""), ("", "")],
)  # fmt: skip
def test_only_the_id_of_a_location_is_used_and_only_from_https_or_loopback(location: str, found: str) -> None:
    assert _id_of(location) == found


def test_only_publish_and_withdraw_need_a_read_back() -> None:
    steps = [s for action in ("create", "relist", "revise", "reprice", "end")
             for s in Ebay().steps({"action": action, "images": [{}, {}]})]  # fmt: skip
    assert {s.name for s in steps if s.resend is Resend.READ_BACK} == {"publish", "withdraw"}
    assert [s.name for s in Ebay().steps({"action": "create", "images": [{}, {}]})] == [
        "image_1", "image_2", "offer_read", "inventory_item", "offer", "fees", "publish",
    ]  # fmt: skip
