"""What TikTok's answers prove, code by code; and what its products say when they are read back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl.commerce.money import Money
from trendctl.ports import Answer, Resend, State, Verdict, Wire
from trendctl.posting.platforms.tiktok import answers, back
from trendctl.posting.platforms.tiktok.envelope import envelope
from trendctl.posting.platforms.tiktok.platform import Tiktok

SEEN = ("create", "price", "stock", "quantity", "edit", "deactivate")
QUIET = ("shop_7", "image_1", "check")
STEPS = (*QUIET, *SEEN)
NOT, UNKNOWN, REJECTED, APPLIED = Verdict.NOT_APPLIED, Verdict.UNKNOWN, Verdict.REJECTED, Verdict.APPLIED


def said(code: Any, status: int = 200, data: Any = None, message: str = "no") -> Answer:
    return Answer(status, {}, json.dumps({"code": code, "message": message, "data": data, "request_id": "r"}).encode())


def verdict(step: str, answer: Answer) -> Verdict:
    return answers.understand(step, answer).verdict


@pytest.mark.parametrize("step", STEPS)
def test_what_the_gate_refuses_was_not_done_under_any_status(step: str) -> None:
    for code, status in ((105002, 200), (105002, 401), (105005, 401), (106001, 401), (106013, 400), (101000, 200),
                         (36009002, 429), (36009002, 200), (105000, 401), (106011, 400)):  # fmt: skip
        found = answers.understand(step, said(code, status))
        assert (found.verdict, str(code) in found.cause) == (NOT, True), code
    waits = [answers.understand(step, said(code)).retry_after or 0.0 for code in (105002, 36009002, 105005, 106001)]
    assert waits == [0.0, 2.0, 3600.0, 3600.0]
    assert verdict(step, Answer(429, {}, b'{"errors": []}')) is NOT
    assert answers.understand(step, Answer(429, {"retry-after": "17"})).retry_after == 17.0
    assert verdict(step, Answer(401)) is NOT


@pytest.mark.parametrize("step", STEPS)
def test_what_proves_nothing_is_unknown_where_a_buyer_could_see_it(step: str) -> None:
    doubts = (Answer(0, error="cut"), Answer(500), Answer(503), Answer(200, body=b'{"code": 0, "da'), Answer(404),
              said(36009003), said(36009007), said(12001000), said(12056001), said(36009004), said(36009004, 400),
              said(36001234), said(12019010, 500), Answer(200, body=b"[]"), said(True), said(None))  # fmt: skip
    for answer in doubts:
        assert verdict(step, answer) is (NOT if step in QUIET else UNKNOWN), answer


@pytest.mark.parametrize("step", [s for s in STEPS if s != "deactivate"])
def test_a_product_code_is_a_refusal_though_it_comes_with_http_200(step: str) -> None:
    found = answers.understand(step, said(12052097, message="The warehouse does not exist"))
    assert found.verdict is REJECTED
    assert found.cause == (
        "the warehouse does not fit: trendctl platforms check tiktok (TikTok 12052097: The warehouse does not exist)"
    )
    assert answers.understand(step, said(12345678)).cause == "TikTok 12345678: no"


def test_an_end_of_what_is_over_is_left_to_the_read_back() -> None:
    for code in answers.OVER:
        assert verdict("deactivate", said(code)) is UNKNOWN
        assert verdict("deactivate", said(0, data={"errors": [{"code": code, "message": "x"}]})) is UNKNOWN
    assert verdict("deactivate", said(12052048)) is REJECTED
    assert verdict("deactivate", said(0, data={"errors": []})) is APPLIED


def test_errors_within_a_success_are_errors() -> None:
    inner = [{"warehouse_id": "8", "code": 12052097, "message": "The warehouse does not exist"}]
    failed = said(
        0, data={"errors": [{"code": 12052990, "message": "Check failed", "detail": {"extra_errors": inner}}]}
    )
    for step in ("stock", "quantity", "price"):
        found = answers.understand(step, failed)
        assert (found.verdict, "12052097" in found.cause) == (REJECTED, True)
        assert verdict(step, said(0, data={})) is APPLIED
        assert verdict(step, said("0")) is APPLIED
        assert verdict(step, said(0, data={"errors": [{"code": 36009003}]})) is UNKNOWN


def test_success_without_what_it_should_name_is_no_proof() -> None:
    assert verdict("create", said(0, data={})) is UNKNOWN
    assert verdict("image_1", said(0, data={})) is NOT
    assert verdict("shop_7", said(0, data={"shops": [{"id": "8", "cipher": "c"}]})) is NOT
    made = answers.understand("create", said(0, data={"product_id": "1", "skus": [{"id": "2"}],
                                                      "warnings": [{"message": "brand cleared"}]}))  # fmt: skip
    assert (made.verdict, dict(made.late), made.cause) == (APPLIED, {"product_id": "1", "sku_id": "2"}, "brand cleared")
    assert answers.understand("image_2", said(0, data={"uri": "u"})).late == {"image_2": "u"}
    shop = answers.understand("shop_7", said(0, data={"shops": [{"id": "7", "cipher": "c"}]}))
    assert shop.late == {"shop_id": "7", "shop_cipher": "c"}


def test_a_dry_run_refuses_by_its_reasons_and_tells_its_warnings() -> None:
    reasons = [{"code": 12052700, "message": "The seller is inactive."}]
    failed = answers.understand("check", said(0, data={"check_result": "FAILED", "fail_reasons": reasons}))
    assert (failed.verdict, "your shop is not active" in failed.cause) == (REJECTED, True)
    assert verdict("check", said(0, data={"check_result": "FAILED"})) is REJECTED
    assert "12019011" in answers.understand("check", said(0, data={"issues": [{"code": 12019011}]})).cause
    passed = answers.understand("check", said(0, data={"check_result": "PASS", "warnings": {"message": "no review"}}))
    assert (passed.verdict, passed.cause) == (APPLIED, "no review")


@given(st.sampled_from(STEPS), st.integers(100, 599), st.binary(max_size=60))
def test_no_answer_breaks_the_understanding(step: str, status: int, body: bytes) -> None:
    told = answers.understand(step, Answer(status, {}, body))
    assert told.verdict is APPLIED or told.cause
    assert told.verdict is not APPLIED or envelope(Answer(status, {}, body)).code == 0


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["errors", "code", "message", "detail", "extra_errors", "shops", "id", "cipher", "product_id",
                         "skus", "warnings", "uri", "fail_reasons", "check_result", "status", "price", "inventory",
                         "quantity", "audit_failed_reasons", "reasons", "sale_price", "title", "seller_sku"]),
        inner, max_size=5,
    ),
)  # fmt: skip
INTENT = {"action": "reprice", "sku": "TC1", "title": "T", "marketplace": "US", "policies": {"shop": "7"},
          "price": {"minor": 2499, "currency": "USD"}, "quantity": 5}  # fmt: skip


class Told:
    """A talk with one answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def send(self, wire: Wire) -> Answer:
        return self.answer


@given(
    st.sampled_from(STEPS), st.sampled_from([0, 12052990, 105002]), _JSON, st.sampled_from(["create", "end", "reprice"])
)
def test_no_document_breaks_the_understanding_or_the_read_back(step: str, code: int, data: Any, action: str) -> None:
    answer = said(code, data=data)
    assert answers.understand(step, answer).verdict in Verdict
    for late in ({"product_id": "1", "shop_cipher": "c"}, {"shop_cipher": "c"}):
        assert (
            back.read_back({**INTENT, "action": action}, late, Told(answer)).state is not State.LIVE or action != "end"
        )


# ---------------------------------------------------------------- read back


def read(action: str, status: str, *, price: Any = "24.99", left: Any = 5, **more: Any) -> Any:
    sku = {"id": "2", "seller_sku": "TC1", "price": {"sale_price": price, "currency": "USD"},
           "inventory": [{"warehouse_id": "8", "quantity": left}]}  # fmt: skip
    data = {"id": "1", "status": status, "title": "T", "skus": [sku], **more}
    late = {"product_id": "1", "shop_cipher": "c"}
    return back.read_back({**INTENT, "action": action}, late, Told(said(0, data=data)))


@pytest.mark.parametrize(
    ("status", "created", "ended"),
    [("ACTIVATE", "live", "unknown"), ("PENDING", "accepted", "unknown"), ("FAILED", "rejected", "unknown"),
     ("SELLER_DEACTIVATED", "rejected", "ended"), ("PLATFORM_DEACTIVATED", "rejected", "ended"),
     ("DELETED", "rejected", "ended"), ("FREEZE", "accepted", "unknown"), ("DRAFT", "accepted", "unknown"),
     ("NEW_WORD", "unknown", "unknown"), ("", "unknown", "unknown")],
)  # fmt: skip
def test_every_state_of_a_product(status: str, created: str, ended: str) -> None:
    assert read("create", status).state == created
    found = read("end", status)
    assert (found.state, found.excluded) == (ended, status in ("ACTIVATE", "PENDING"))


def test_a_change_is_there_when_price_and_quantity_are_as_approved_with_or_without_tax() -> None:
    assert read("revise", "ACTIVATE").state is State.LIVE
    assert read("revise", "ACTIVATE", left=3).state is State.LIVE  # two sold since
    for left in (6, None):
        assert read("reprice", "ACTIVATE", left=left).state is State.LIVE  # it says nothing of how many there are
    for other in (read("reprice", "ACTIVATE", price="25.99"), read("revise", "ACTIVATE", left=6),
                  read("reprice", "ACTIVATE", price="x"), read("revise", "ACTIVATE", left=None)):  # fmt: skip
        assert (other.state, other.excluded) == (State.UNKNOWN, True)
    both = {"price": {"tax_exclusive_price": "24.99", "sale_price": "29.74", "currency": "GBP"}}
    assert back.same_price(both, Money(2499, "GBP"))
    assert not back.same_price(both, Money(2499, "USD"))


def test_a_change_of_words_waits_for_its_review() -> None:
    assert read("revise", "ACTIVATE").state is State.LIVE
    assert read("revise", "ACTIVATE", title="Old", audit={"status": "AUDITING"}).state is State.ACCEPTED
    old = read("revise", "ACTIVATE", title="Old")
    assert (old.state, old.excluded) == (State.UNKNOWN, True)


def test_what_cannot_be_read_or_found_proves_nothing() -> None:
    late = {"product_id": "1", "shop_cipher": "c"}
    for answer in (Answer(0, error="cut"), said(12052260), said(36009003), said(0, data={}), Answer(500)):
        found = back.read_back({**INTENT, "action": "create"}, late, Told(answer))
        assert (found.state, found.excluded) == (State.UNKNOWN, False)
    nothing = back.read_back({**INTENT, "action": "create"}, {"shop_cipher": "c"}, Told(said(0, data={"products": []})))
    assert (nothing.state, nothing.excluded) == (State.UNKNOWN, False)


def test_only_an_end_needs_a_read_back() -> None:
    doc = {"policies": {"shop": "7"}, "images": [{}, {}]}
    steps = {a: Tiktok().steps({**doc, "action": a}) for a in ("create", "relist", "revise", "reprice", "end")}
    assert {s.name for found in steps.values() for s in found if s.resend is Resend.READ_BACK} == {"deactivate"}
    assert [s.name for s in steps["create"]] == ["shop_7", "image_1", "image_2", "check", "create"]
    assert [s.name for s in steps["revise"]] == ["shop_7", "image_1", "image_2", "edit", "stock", "price"]
    assert [s.name for s in steps["reprice"]] == ["shop_7", "price"]
