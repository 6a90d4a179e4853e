"""`platforms login` and `platforms check` for Meta's three: consent, code, long life, expiry, and what may lack."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fake_graph import APP, SECRET, SEED
from fake_kit import Wallet
from meta_rig import KEYS, KINDS, MetaRig, meta, wallet

from trendctl.errors import AccessError, UsageError
from trendctl.ports import Answer, DayMetrics, Sold, Wire
from trendctl.posting import wiring
from trendctl.posting.graph import api, checking
from trendctl.posting.graph.login import proof_of
from trendctl.posting.platforms.facebook.platform import PLATFORM as FACEBOOK
from trendctl.secrets import Secrets
from trendctl.store import operations

NAMES = tuple(KINDS)
TODAY = date(2026, 6, 1)
SIGN_IN = FACEBOOK.sign_in
Open = Callable[..., MetaRig]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.setattr(checking, "today", lambda: TODAY)
    with ExitStack() as stack:
        yield lambda name, **options: stack.enter_context(meta(name, tmp_path, **options))


def checked(rig: MetaRig) -> dict[str, tuple[str, str, str]]:
    return {r["check"]: (r["status"], r["detail"], r["next"]) for r in wiring.check(rig.shop.line)}


# ---------------------------------------------------------------- pure


@pytest.mark.parametrize("name", NAMES)
def test_the_consent_address_asks_for_what_the_platform_needs_and_holds_no_secret(name: str) -> None:
    sign_in = KINDS[name]().sign_in
    url = sign_in.consent_url(Wallet(**KEYS), {"graph_version": "v25.0"}, "state-1")
    query = parse_qs(urlsplit(url).query)
    assert url.startswith("https://www.facebook.com/v25.0/dialog/oauth?")
    assert query["scope"] == [",".join(sign_in.scopes)]
    assert (query["client_id"], query["state"], query["response_type"]) == ([APP], ["state-1"], ["code"])
    assert SECRET not in url


def test_without_keys_the_next_command_is_named() -> None:
    with pytest.raises(AccessError, match="trendctl secrets set FACEBOOK_APP_ID"):
        SIGN_IN.consent_url(Wallet(), {}, "s")
    with pytest.raises(AccessError, match="trendctl secrets set FACEBOOK_APP_SECRET"):
        SIGN_IN.refresh(Wallet(FACEBOOK_APP_ID=APP), {})


@pytest.mark.parametrize(
    "pasted",
    ["AQB-1", "https://www.facebook.com/connect/login_success.html?code=AQB-1&state=s#_=_", "  code=AQB-1&state=s ",
     "AQB-1#_=_"],
)  # fmt: skip
def test_a_code_is_taken_bare_or_in_the_whole_address(pasted: str) -> None:
    wire = SIGN_IN.exchange(pasted, "s", Wallet(**KEYS), {})
    assert dict(wire.params)["code"] == "AQB-1"


def test_a_token_made_in_metas_tools_is_taken_too() -> None:
    params = dict(SIGN_IN.exchange(f" {SEED} ", "s", Wallet(**KEYS), {}).params)
    assert (params["grant_type"], params["fb_exchange_token"]) == ("fb_exchange_token", SEED)


@pytest.mark.parametrize(
    "pasted", ["", "https://x.example/declined?error=access_denied", "https://x.example/?code=a&state=other", "a b"]
)
def test_what_holds_no_code_of_this_sign_in_is_refused(pasted: str) -> None:
    with pytest.raises(UsageError):
        SIGN_IN.exchange(pasted, "s", Wallet(**KEYS), {})


def granted(status: int, body: Any) -> Any:
    return SIGN_IN.granted(Answer(status, {}, json.dumps(body).encode()))


def test_a_token_of_a_code_is_only_good_to_be_exchanged_and_a_long_one_is_its_own_successor() -> None:
    short = granted(200, {"access_token": "EAAshort", "expires_in": 5400})
    assert (short.expires_in, short.refresh_token) == (0.0, "EAAshort")
    long = granted(200, {"access_token": "EAAlong", "expires_in": 5_183_944})
    assert (long.refresh_token, long.refresh_expires_in, long.expires_in) == ("EAAlong", 5_183_944.0, 7 * 86_400.0)
    assert granted(200, {"access_token": "EAAever"}).refresh_expires_in is None


@pytest.mark.parametrize(
    ("body", "words"),
    [({"code": 190, "error_subcode": 460, "message": "EAAx"}, "password changed"),
     ({"code": 100, "message": "This authorization code has expired."}, "has expired"),
     ({"code": 101, "message": "Error validating client secret."}, "FACEBOOK_APP_SECRET")],
)  # fmt: skip
def test_a_refused_grant_says_why(body: Any, words: str) -> None:
    with pytest.raises(AccessError) as fault:
        granted(400, {"error": body})
    assert words in fault.value.why


def test_trouble_that_may_pass_is_not_taken_for_a_revoked_sign_in() -> None:
    for answer in (Answer(0, error="no answer"), Answer(503), Answer(429)):
        with pytest.raises(AccessError) as fault:
            SIGN_IN.granted(answer)
        assert fault.value.why == ""


def test_a_call_carries_token_and_proof_and_a_pages_own_token_is_kept() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    wire = api.get("v26.0", "222", fields="id")
    signed = SIGN_IN.signed(wire, "user", Wallet(**KEYS), now)
    assert dict(signed.headers)["Authorization"] == "Bearer user"
    assert dict(signed.params)["appsecret_proof"] == proof_of("user", SECRET)
    own = Wire("GET", wire.url, (("Authorization", "Bearer page"),))
    signed = SIGN_IN.signed(own, "user", Wallet(**KEYS), now)
    assert [v for n, v in signed.headers if n == "Authorization"] == ["Bearer page"]
    assert dict(signed.params)["appsecret_proof"] == proof_of("page", SECRET)
    assert "appsecret_proof" not in dict(SIGN_IN.signed(wire, "user", Wallet(), now).params)


def test_the_proof_is_the_hmac_of_the_token_with_the_apps_secret() -> None:
    # RFC 4231's second test case: key "Jefe".
    assert proof_of("what do ya want for nothing?", "Jefe") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize(
    ("version", "day", "status"),
    [("v26.0", TODAY, "ok"), ("v22.0", date(2026, 11, 17), "ok"), ("v22.0", date(2026, 11, 24), "warn"),
     ("v22.0", date(2027, 5, 20), "fail"), ("v20.0", TODAY, "fail"), ("v9.0", TODAY, "fail"), ("v27.0", TODAY, "ok")],
)  # fmt: skip
def test_a_version_is_warned_of_six_months_before_it_ends(version: str, day: date, status: str) -> None:
    row = checking.version_row(version, day, "facebook")
    assert row.status == status
    assert status == "ok" or "graph_version" in row.next


# ---------------------------------------------------------------- against the fake


@pytest.mark.parametrize("name", NAMES)
def test_a_pasted_code_becomes_a_stored_long_lived_token(opened: Open, name: str) -> None:
    rig = opened(name)
    rig.shop.wallet.values = dict(KEYS)
    assert wiring.sign_in(rig.shop.line, "good-code", "") == pytest.approx(60, abs=0.1)
    assert rig.shop.wallet.get("FACEBOOK_ACCESS_TOKEN") == f"EAAlong{2:020d}"
    rig.shop.approve(rig.shop.stock())
    assert [r.state for r in rig.shop.post()] == ["live"]
    assert rig.server.count("exchange") == 2


def test_a_token_is_prolonged_each_week_while_it_is_used(opened: Open) -> None:
    rig = opened("facebook")
    for days, exchanges in ((0, 1), (6, 1), (1, 2), (50, 3)):
        rig.shop.clock.advance(days * 86_400)
        with wiring.talking(rig.shop.line) as talk:
            assert talk.refusal(api.get("v26.0", "me")) == ""
        assert rig.server.count("exchange") == exchanges
    days_left = checked(rig)["sign-in expiry"][1]
    assert days_left == "the sign-in lasts 60 days"


def test_a_token_that_never_ends_is_told_no_end(opened: Open) -> None:
    rig = opened("facebook")
    rig.fake.lasts = None
    assert "sign-in expiry" not in checked(rig)
    assert checked(rig)["token expiry"][1] == "never ends"


def test_the_real_secret_store_keeps_the_successor_of_the_environments_token(opened: Open) -> None:
    rig = opened("facebook")
    environ = wallet().values
    rig.shop.wallet = Secrets(rig.shop.home, environ)
    with wiring.talking(rig.shop.line) as talk:
        assert talk.refusal(api.get("v26.0", "me")) == ""
    stored = Secrets(rig.shop.home, environ)
    assert stored.get("FACEBOOK_ACCESS_TOKEN") == f"EAAlong{1:020d}"
    assert f"EAAlong{1:020d}" not in stored.redact(f"fb_exchange_token=EAAlong{1:020d}&x")
    assert (
        Secrets(rig.shop.home, environ | {"FACEBOOK_ACCESS_TOKEN": "EAAnew"}).get("FACEBOOK_ACCESS_TOKEN") == "EAAnew"
    )


@pytest.mark.parametrize("name", NAMES)
def test_everything_in_order_is_told_as_ok(opened: Open, name: str) -> None:
    rig = opened(name)
    found = checked(rig)
    assert {n for n, row in found.items() if row[0] != "ok"} == set()
    assert {"sign-in", "token", "token expiry", "data access", "permissions", "API version"} <= set(found)
    assert all(SECRET not in part and "EAA" not in part for row in found.values() for part in row)
    more = {"facebook": "catalogue", "facebook_page": "Page", "instagram": "posts today"}[name]
    assert more in found


@pytest.mark.parametrize(
    ("name", "spoil", "row", "status", "words"),
    [("facebook", lambda r: r.fake.revoke(), "sign-in", "fail", "trendctl platforms login facebook"),
     ("facebook", lambda r: r.shop.wallet.values.pop("FACEBOOK_APP_SECRET"), "FACEBOOK_APP_SECRET", "fail",
      "trendctl secrets set FACEBOOK_APP_SECRET"),
     ("facebook", lambda r: setattr(r.fake, "scopes", ["other"]), "permissions", "fail", "login facebook"),
     ("facebook", lambda r: setattr(r.fake, "expires_at", 1_780_617_600), "token expiry", "warn", "login facebook"),
     ("facebook", lambda r: setattr(r.fake, "data_access", 1_780_272_000), "data access", "fail", "login facebook"),
     ("facebook", lambda r: r.shop.options.pop("catalog_id"), "catalogue", "fail", "options.catalog_id"),
     ("facebook", lambda r: r.shop.options.update(graph_version="v21.0"), "API version", "ok", ""),
     ("facebook", lambda r: r.shop.options.update(graph_version="26"), "API version", "fail", "graph_version"),
     ("facebook_page", lambda r: r.shop.options.update(page_id="999"), "Page", "fail", "page_id"),
     ("instagram", lambda r: r.shop.options.pop("ig_user_id"), "account", "fail", "ig_user_id"),
     ("instagram", lambda r: setattr(r.fake, "quota_total", 0), "posts today", "warn", "wait a day")],
)  # fmt: skip
def test_each_thing_that_is_missing_has_what_mends_it(
    opened: Open, name: str, spoil: Callable[[MetaRig], Any], row: str, status: str, words: str
) -> None:
    rig = opened(name)
    spoil(rig)
    told = checked(rig)[row]
    assert (told[0], words in told[2]) == (status, True)


def test_the_own_pages_and_accounts_are_named_where_none_is_chosen(opened: Open) -> None:
    rig = opened("instagram")
    rig.shop.options.clear()
    assert "333 (lantern_shop of Lantern Shop)" in checked(rig)["account"][1]


def test_the_own_catalogues_are_named_where_none_is_chosen(opened: Open) -> None:
    rig = opened("facebook")
    rig.shop.options.clear()
    assert "111 (Lanterns)" in checked(rig)["catalogue"][1]


def test_an_unreachable_meta_tells_no_secret(opened: Open) -> None:
    rig = opened("facebook")
    rig.shop.base_url = "http://127.0.0.1:9"
    with wiring.talking(rig.shop.line) as talk:
        told = talk.refusal(api.get("v26.0", "me"))
    assert "gives no access token now" in told
    assert SECRET not in told
    assert SEED not in told


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(("name", "metric"), [("facebook_page", "post_media_view"), ("instagram", "views")])
def test_views_are_told_for_the_day_of_the_post_and_never_as_zero_where_meta_says_nothing(
    opened: Open, name: str, metric: str
) -> None:
    rig = opened(name)
    rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    row = rig.shop.listings()[0]
    with rig.shop.store.read() as db:
        late = operations.of_listing(db, row["id"])[-1].late
    sold = Sold(row["sku"], row["external_id"], row["url"], "", "USD", late)
    with wiring.talking(rig.shop.line) as talk:
        assert rig.shop.platform.performance(sold, [TODAY], talk) == ()
        rig.fake.insights = {metric: 120}
        assert list(rig.shop.platform.performance(sold, [TODAY], talk)) == [DayMetrics(TODAY, views=120)]
        assert rig.shop.platform.performance(sold, [date(2026, 5, 1)], talk) == ()
        rig.fake.refuse[f"{'post' if name == 'facebook_page' else 'media'}_insights"] = rig.fake.refusal("")
        with pytest.raises(AccessError):
            rig.shop.platform.performance(sold, [TODAY], talk)


def test_the_catalogue_gives_no_figures_by_days() -> None:
    assert not hasattr(FACEBOOK, "performance")
