"""What Meta's answers prove, code by code, and that no answer breaks the understanding."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from meta_rig import KINDS

from trendctl.http_pace import metered
from trendctl.ports import Answer, Resend, Verdict
from trendctl.posting.graph import errors, insights

STEPS = [("facebook", s) for s in ("item", "price", "delete", "quantity")]
STEPS += [("facebook_page", s) for s in ("photo", "post", "publish", "message", "delete")]
STEPS += [("instagram", s) for s in ("container", "ready", "quota", "publish")]
every = pytest.mark.parametrize(("name", "step"), STEPS)


def said(status: int, body: Any = None, **headers: str) -> Answer:
    return Answer(status, headers, b"" if body is None else json.dumps(body).encode())


def refused(code: int, status: int = 400, subcode: int = 0, **more: Any) -> Answer:
    return said(status, {"error": {"code": code, "error_subcode": subcode, "message": "no", **more}})


def verdict(name: str, step: str, answer: Answer) -> Any:
    return KINDS[name]().understand(step, answer)


@every
def test_a_limit_was_not_applied_and_is_waited_for(name: str, step: str) -> None:
    for status in (400, 200, 403, 500):
        for code in (4, 17, 32, 341, 613, 80001, 80009, 80014):
            found = verdict(name, step, refused(code, status))
            assert (found.verdict, found.retry_after) == (Verdict.NOT_APPLIED, 300.0), (status, code)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(Answer(0, error="cut"), Verdict.UNKNOWN), (said(401), Verdict.NOT_APPLIED), (said(403), Verdict.NOT_APPLIED),
     (said(429), Verdict.NOT_APPLIED), (said(503), Verdict.UNKNOWN), (said(404), Verdict.UNKNOWN),
     (refused(1), Verdict.UNKNOWN), (refused(2, 500), Verdict.UNKNOWN),
     (refused(99, is_transient=True), Verdict.UNKNOWN),
     (refused(190, 400), Verdict.NOT_APPLIED), (refused(190, 200, 460), Verdict.NOT_APPLIED),
     (refused(10, 403), Verdict.NOT_APPLIED), (refused(200), Verdict.NOT_APPLIED), (refused(299), Verdict.NOT_APPLIED),
     (refused(368), Verdict.NOT_APPLIED), (refused(100), Verdict.REJECTED), (refused(100, 200), Verdict.REJECTED),
     (refused(506), Verdict.REJECTED)],
)  # fmt: skip
def test_answers_that_mean_the_same_everywhere(answer: Answer, expected: Verdict) -> None:
    for name, step in STEPS:
        assert verdict(name, step, answer).verdict is expected, (name, step)


@every
def test_a_success_that_names_nothing_is_no_proof(name: str, step: str) -> None:
    if step == "quota":
        assert verdict(name, step, said(200, {})).verdict is Verdict.APPLIED  # only a look; the publish tells as well
        return
    assert verdict(name, step, said(200, {})).verdict is Verdict.UNKNOWN
    assert verdict(name, step, said(200, [])).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("subcode", "expected"),
    [(2207027, Verdict.NOT_APPLIED), (2207042, Verdict.NOT_APPLIED), (2207003, Verdict.NOT_APPLIED),
     (2207020, Verdict.REJECTED), (2207004, Verdict.REJECTED), (2207051, Verdict.REJECTED),
     (2207001, Verdict.UNKNOWN), (2207032, Verdict.UNKNOWN)],
)  # fmt: skip
def test_instagrams_subcodes_decide(subcode: int, expected: Verdict) -> None:
    assert verdict("instagram", "publish", refused(-1, 400, subcode)).verdict is expected


def test_a_repeated_deletion_finds_nothing_and_that_is_success_only_there() -> None:
    gone = refused(100, 400, 33)
    assert verdict("facebook_page", "delete", gone).verdict is Verdict.APPLIED
    assert verdict("facebook_page", "publish", gone).verdict is Verdict.UNKNOWN
    unread = errors.not_made(gone)  # the Page's token could not be read: nothing was deleted
    assert verdict("facebook_page", "delete", unread).verdict is Verdict.NOT_APPLIED


@every
def test_a_call_that_was_not_made_proves_that_nothing_was_done(name: str, step: str) -> None:
    for answer in (Answer(0, error="cut"), said(500), refused(2, 500)):
        found = errors.common(errors.not_made(answer), name)
        assert found is not None
        assert found.verdict is Verdict.NOT_APPLIED


def test_a_wrong_app_secret_is_mended_not_final() -> None:
    found = verdict("facebook", "item", refused(100, message="Invalid appsecret_proof provided in the API argument"))
    assert (found.verdict, "secrets set FACEBOOK_APP_SECRET" in found.cause) == (Verdict.NOT_APPLIED, True)


def test_a_container_that_is_gone_is_over_before_the_publish_and_proves_nothing_after() -> None:
    gone = refused(100, 400, 33)
    assert verdict("instagram", "ready", gone).verdict is Verdict.REJECTED
    assert verdict("instagram", "publish", gone).verdict is Verdict.UNKNOWN


def test_metas_words_never_carry_a_token() -> None:
    token = "EAAB" + "x1" * 40
    found = verdict("facebook", "item", refused(100, message=f"Malformed access token {token}"))
    assert token not in found.cause
    assert "sign-in" in verdict("facebook", "item", refused(190, message="Malformed access token abc")).cause
    assert "abc" not in verdict("facebook", "item", refused(190, message="Malformed access token abc")).cause


def test_only_what_a_buyer_sees_needs_a_read_back() -> None:
    steps = {name: {s.name: s.resend for s in KINDS[name]().steps({"action": "create", "extra": {"post": "photo"}})}
             for name in KINDS}  # fmt: skip
    assert {n for n, all_ in steps.items() for s, r in all_.items() if r is Resend.READ_BACK} == {
        "facebook_page", "instagram",
    }  # fmt: skip
    assert list(steps["instagram"]) == ["container", "ready", "quota", "publish"]


@given(st.sampled_from(STEPS), st.integers(100, 599), st.binary(max_size=60))
def test_no_answer_breaks_the_understanding(step: tuple[str, str], status: int, body: bytes) -> None:
    told = verdict(*step, Answer(status, {}, body))
    assert told.verdict is Verdict.APPLIED or told.cause
    assert told.verdict is not Verdict.APPLIED or 200 <= status < 300


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["error", "code", "error_subcode", "message", "is_transient", "handles", "validation_status",
                         "errors", "data", "id", "success", "status_code", "quota_usage", "config", "quota_total"]),
        inner, max_size=4,
    ),
)  # fmt: skip


@given(st.sampled_from(STEPS), st.sampled_from([200, 400, 403, 404, 500]), _JSON)
def test_no_document_breaks_the_understanding(step: tuple[str, str], status: int, body: Any) -> None:
    assert verdict(*step, said(status, body)).verdict in Verdict


@pytest.mark.parametrize(
    ("headers", "rest"),
    [({"x-app-usage": '{"call_count": 74, "total_time": 1}'}, None),
     ({"x-app-usage": '{"call_count": 1, "total_cputime": 76}'}, 10.0),
     ({"x-app-usage": '{"call_count": 100}'}, 600.0),
     ({"x-business-use-case-usage": '{"1": [{"call_count": 5, "estimated_time_to_regain_access": 3}]}'}, 180.0),
     ({"x-business-use-case-usage": "[]"}, None), ({"x-app-usage": "x"}, None), ({}, None)],
)  # fmt: skip
def test_usage_headers_slow_down_and_stop(headers: dict[str, str], rest: float | None) -> None:
    assert metered(headers) == rest


def test_an_empty_set_of_figures_is_not_zero() -> None:
    assert insights.total({"data": []}, "views") is None
    assert insights.total({"data": [{"name": "views", "values": []}]}, "views") is None
    assert insights.total({"data": [{"name": "views", "values": [{"value": 0}]}]}, "views") == 0
    assert insights.total({"data": [{"name": "views", "total_value": {"value": 7}}]}, "views") == 7


def test_the_day_of_metas_times_is_utc() -> None:
    assert insights.day_of("2026-06-01T23:30:00-0200") == datetime(2026, 6, 2, tzinfo=UTC).date()
    assert insights.day_of("yesterday") is None
