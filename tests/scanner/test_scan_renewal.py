"""Sources that renew their own access token: refused once, renewed once, both tokens kept; without it all as before."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from scan_fakes import Known

from trendctl import registry
from trendctl.ports import Outcome
from trendctl.scanner.service import scan
from trendctl.scanner.values import SourceValues

PINTEREST = {
    "PINTEREST_ACCESS_TOKEN": "old", "PINTEREST_APP_ID": "app", "PINTEREST_APP_SECRET": "hush",
    "PINTEREST_REFRESH_TOKEN": "first",
}  # fmt: skip
TIKTOK = {
    "TIKTOK_SHOP_API_KEY": "shop", "TIKTOK_SHOP_SECRET": "s", "TIKTOK_CREATOR_TOKEN": "old",
    "TIKTOK_CREATOR_KEY": "key", "TIKTOK_CREATOR_SECRET": "hush", "TIKTOK_CREATOR_REFRESH_TOKEN": "first",
}  # fmt: skip
TRENDS = {"trends": [{"keyword": "camp lantern", "pct_growth_wow": 5, "pct_growth_mom": 6, "pct_growth_yoy": 7}]}
PRODUCTS = {"code": 0, "data": {"products": [{"id": "1", "title": "Camp lantern", "units_sold": 4}]}}


def guarded(header: str, good: str, body: Any, refusal: Any) -> Callable[[Any], Any]:
    """Answers those with the good token, refuses the others."""
    return lambda seen: body if seen.headers.get(header) == good else refusal


def known(wiring: Any) -> Known:
    assert isinstance(wiring.credentials, Known)
    return wiring.credentials


@pytest.fixture
def pinterest(loopback: Any) -> Any:
    from loopback import Response

    refusal = Response(b'{"code": 2}', status=401)
    loopback.add(re.compile("/v5/trends"), guarded("authorization", "Bearer new", TRENDS, refusal))
    loopback.add(
        "/v5/oauth/token", {"access_token": "new", "refresh_token": "second", "token_type": "bearer"}, method="POST"
    )
    return loopback


def test_a_refused_token_is_renewed_once_and_both_successors_are_kept(
    wire: Callable[..., Any], pinterest: Any, clock: Any
) -> None:
    source = registry.load("sources", "pinterest_trends")
    wiring = wire(source, credentials=PINTEREST)
    line = scan(wiring).sources[0]
    assert (line.outcome, line.items) == (Outcome.OK, 1)
    (call,) = pinterest.to("/v5/oauth/token")
    assert b"refresh_token=first" in call.body
    assert call.headers["authorization"].startswith("Basic ")
    assert "hush" not in call.path
    assert known(wiring).get("PINTEREST_ACCESS_TOKEN") == "new"
    assert known(wiring).get("PINTEREST_REFRESH_TOKEN") == "second"
    clock.advance(86_400)
    assert scan(wiring).sources[0].outcome == Outcome.OK
    assert len(pinterest.to("/v5/oauth/token")) == 1, "the kept token is used"


def test_measuring_after_it_uses_the_new_token(wire: Callable[..., Any], pinterest: Any, store: Any) -> None:
    from trendctl.store import watches
    from trendctl.store.writers import Role

    with store.write(Role.SCANNER) as db:
        watches.add(db, "camp lantern", 1)
        watches.add(db, "standing desk", 1)
    scan(wire(registry.load("sources", "pinterest_trends"), credentials=PINTEREST))
    assert len(pinterest.to("/v5/oauth/token")) == 1


def test_a_renewed_token_that_is_refused_too_is_not_renewed_again(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add(re.compile("/v5/trends"), {"code": 2}, 401)
    loopback.add("/v5/oauth/token", {"access_token": "new"}, method="POST")
    line = scan(wire(registry.load("sources", "pinterest_trends"), credentials=PINTEREST)).sources[0]
    assert (line.outcome, len(loopback.to("/v5/oauth/token"))) == (Outcome.UNAVAILABLE, 1)
    assert "HTTP 401" in line.cause


def test_a_refresh_token_that_is_void_is_a_failure_with_its_code(wire: Callable[..., Any], loopback: Any) -> None:
    loopback.add(re.compile("/v5/trends"), {"code": 2}, 401)
    loopback.add(
        "/v5/oauth/token", {"error": "invalid_grant", "error_description": "first is void"}, 400, method="POST"
    )
    line = scan(wire(registry.load("sources", "pinterest_trends"), credentials=PINTEREST)).sources[0]
    assert line.outcome == Outcome.FAILED
    assert "HTTP 400" in line.cause
    assert "invalid_grant" in line.cause
    assert "first" not in line.cause


def test_without_the_optional_credentials_a_refused_token_is_told(wire: Callable[..., Any], pinterest: Any) -> None:
    some = {name: value for name, value in PINTEREST.items() if name != "PINTEREST_APP_SECRET"}
    line = scan(wire(registry.load("sources", "pinterest_trends"), credentials=some)).sources[0]
    assert line.outcome == Outcome.UNAVAILABLE
    assert line.cause.endswith("trendctl secrets set PINTEREST_ACCESS_TOKEN")
    assert pinterest.to("/v5/oauth/token") == []


@pytest.mark.parametrize("status", [200, 401])
def test_tiktoks_expired_token_is_renewed_once_for_all_keywords(
    wire: Callable[..., Any], loopback: Any, status: int
) -> None:
    from loopback import Response

    refusal = Response(b'{"code": 105002, "message": "expired"}', status=status)
    loopback.add(
        re.compile("/affiliate_creator/"), guarded("x-tts-access-token", "new", PRODUCTS, refusal), method="POST"
    )
    told = {"code": 0, "data": {"access_token": "new", "refresh_token": "second"}}
    loopback.add("/api/v2/token/refresh", told)
    source = registry.load("sources", "tiktok_shop_affiliate")
    values = SourceValues(options={"keywords": ["lantern", "token"]})
    wiring = wire(source, sources={source.facts.name: values}, credentials=TIKTOK)
    line = scan(wiring).sources[0]
    assert (line.outcome, line.items) == (Outcome.OK, 1)
    (call,) = loopback.to("/api/v2/token/refresh")
    assert (call.query["refresh_token"], call.query["app_key"]) == ("first", "key")
    assert known(wiring).get("TIKTOK_CREATOR_TOKEN") == "new"
    assert known(wiring).get("TIKTOK_CREATOR_REFRESH_TOKEN") == "second"
    assert {seen.query["app_key"] for seen in loopback.requests} == {"key"}
