"""`platforms login amazon` and `platforms check amazon`: pasted tokens and codes, expiry, each thing that may lack."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from amazon_rig import KEYS, AmazonRig, amazon
from fake_amazon import REFRESH, SELLER, US
from fake_kit import Wallet

from trendctl.errors import AccessError, UsageError
from trendctl.ports import Answer, Seen, Wire
from trendctl.posting import drafting, wiring
from trendctl.posting.platforms.amazon import check
from trendctl.posting.platforms.amazon.login import AmazonSignIn
from trendctl.posting.platforms.amazon.platform import Amazon

APP = {"application_id": "amzn1.sp.solution.1"}
SIGN_IN = AmazonSignIn()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[AmazonRig]:
    with amazon(tmp_path) as made:
        yield made


def checked(rig: AmazonRig) -> dict[str, tuple[str, str, str]]:
    return {r["check"]: (r["status"], r["detail"], r["next"]) for r in wiring.check(rig.shop.line)}


# ---------------------------------------------------------------- pure


def test_the_consent_page_is_the_marketplaces_own_and_holds_no_secret() -> None:
    url = SIGN_IN.consent_url(Wallet(**KEYS), APP | {"_marketplace": "DE", "draft_app": True}, "s-1")
    assert url.startswith("https://sellercentral-europe.amazon.com/apps/authorize/consent?")
    query = parse_qs(urlsplit(url).query)
    assert query == {"application_id": [APP["application_id"]], "state": ["s-1"], "version": ["beta"]}
    assert "secret-1" not in url


def test_without_an_application_id_the_page_that_shows_the_token_is_named() -> None:
    url = SIGN_IN.consent_url(Wallet(**KEYS), {}, "s-1")
    assert url == "https://sellercentral.amazon.com/sellingpartner/developerconsole"
    with pytest.raises(AccessError, match="trendctl secrets set AMAZON_SP_API_KEY"):
        SIGN_IN.consent_url(Wallet(), {}, "s")


@pytest.mark.parametrize("pasted", [REFRESH, f"  {REFRESH}\n", f'"{REFRESH}"'])
def test_a_pasted_refresh_token_is_tried_as_such(pasted: str) -> None:
    wire = SIGN_IN.exchange(pasted, "s", Wallet(**KEYS), {})
    form = parse_qs(wire.body.decode())
    assert (form["grant_type"], form["refresh_token"]) == (["refresh_token"], [REFRESH])
    assert wire.url == "https://api.amazon.com/auth/o2/token"


@pytest.mark.parametrize(
    "pasted", ["RHcode1", "https://x.example/back?state=s&selling_partner_id=A1&spapi_oauth_code=RHcode1"]
)
def test_a_code_is_taken_bare_or_in_the_whole_address(pasted: str) -> None:
    form = parse_qs(SIGN_IN.exchange(pasted, "s", Wallet(**KEYS), APP).body.decode())
    assert (form["grant_type"], form["code"]) == (["authorization_code"], ["RHcode1"])


@pytest.mark.parametrize(
    "pasted", ["", "https://x.example/declined", "a b", "https://x.example/?state=o&spapi_oauth_code=c", "Atzr|a b"]
)
def test_what_holds_neither_is_refused_and_says_where_the_token_is(pasted: str) -> None:
    with pytest.raises(UsageError) as fault:
        SIGN_IN.exchange(pasted, "s", Wallet(**KEYS), {})
    assert "Authorize app" in fault.value.why or "another sign-in" in fault.value.what


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(400, {"error": "invalid_grant"}, "revoked"), (401, {"error": "invalid_client"}, "180 days"),
     (418, None, "HTTP 418")],
)  # fmt: skip
def test_a_refused_grant_says_why(status: int, body: Any, words: str) -> None:
    with pytest.raises(AccessError) as fault:
        SIGN_IN.granted(Answer(status, {}, json.dumps(body).encode()))
    assert words in fault.value.why


def test_trouble_that_may_pass_is_not_taken_for_a_revoked_sign_in() -> None:
    for answer in (Answer(0, error="no answer"), Answer(503), Answer(429)):
        with pytest.raises(AccessError) as fault:
            SIGN_IN.granted(answer)
        assert fault.value.why == ""


def test_a_call_carries_the_token_in_amazons_own_header() -> None:
    wire = SIGN_IN.signed(Wire("GET", "https://x.example"), "Atza|1", Wallet(), datetime.now(UTC))
    assert wire.headers == (("x-amz-access-token", "Atza|1"),)


def test_the_seller_id_among_the_credentials_becomes_an_option() -> None:
    assert drafting.own_options(Amazon(), {"x": 1}, Wallet(AMAZON_SELLER_ID="A1")) == {"seller_id": "A1", "x": 1}
    assert drafting.own_options(Amazon(), {"seller_id": "A2"}, Wallet(AMAZON_SELLER_ID="A1")) == {"seller_id": "A2"}
    assert drafting.own_options(Amazon(), {}, Wallet()) == {}


# ---------------------------------------------------------------- against the fake


@pytest.mark.parametrize(("pasted", "echoes"), [(REFRESH, True), (REFRESH, False), ("good", True)])
def test_what_is_pasted_becomes_a_stored_refresh_token(rig: AmazonRig, pasted: str, echoes: bool) -> None:
    rig.fake.echoes = echoes
    del rig.shop.wallet.values["AMAZON_SP_REFRESH_TOKEN"]
    assert wiring.sign_in(rig.shop.line, pasted, "") is None
    assert rig.shop.wallet.get("AMAZON_SP_REFRESH_TOKEN") == REFRESH
    with wiring.talking(rig.shop.line) as talk:
        assert (
            talk.send(Wire("GET", f"https://sellingpartnerapi-na.amazon.com/listings/2021-08-01/items/{SELLER}")).status
            == 200
        )
    assert rig.server.count("token") == 1


def test_a_wrong_token_is_not_stored(rig: AmazonRig) -> None:
    del rig.shop.wallet.values["AMAZON_SP_REFRESH_TOKEN"]
    with pytest.raises(AccessError, match="revoked"):
        wiring.sign_in(rig.shop.line, "Atzr|other", "")
    assert rig.shop.wallet.get("AMAZON_SP_REFRESH_TOKEN") is None


def test_a_token_that_is_over_is_renewed_once_for_a_read(rig: AmazonRig) -> None:
    search = Wire("GET", f"https://sellingpartnerapi-na.amazon.com/listings/2021-08-01/items/{SELLER}")
    with wiring.talking(rig.shop.line) as talk:
        assert talk.send(search).status == 200
        rig.fake.expire()
        assert talk.send(search).status == 200
    assert (rig.server.count("token"), rig.server.count("search")) == (2, 3)


def test_a_permission_that_one_call_lacks_does_not_lock_the_others_out(rig: AmazonRig) -> None:
    rig.fake.denied = {"reports"}
    host = "https://sellingpartnerapi-na.amazon.com"
    with wiring.talking(rig.shop.line) as talk:
        for _ in range(3):
            assert talk.send(Wire("GET", f"{host}/reports/2021-06-30/reports")).status == 403
        assert talk.send(Wire("GET", f"{host}/listings/2021-08-01/items/{SELLER}")).status == 200


def test_everything_in_order_is_told_as_ok(rig: AmazonRig) -> None:
    found = checked(rig)
    assert {name for name, row in found.items() if row[0] != "ok"} == set()
    assert {"AMAZON_SELLER_ID", "sign-in", "marketplace", "seller id", "client secret", "listings", "catalogue",
            "sales", "views", "quotas"} <= set(found)  # fmt: skip
    assert found["quotas"][1].startswith("0.016 calls a second")
    assert all("secret-1" not in row[1] and "Atzr" not in row[1] for row in found.values())


@pytest.mark.parametrize(
    ("spoil", "name", "status", "words"),
    [(lambda r: r.shop.wallet.values.pop("AMAZON_SP_API_SECRET"), "AMAZON_SP_API_SECRET", "fail", "secrets set"),
     (lambda r: r.shop.wallet.values.pop("AMAZON_SP_REFRESH_TOKEN"), "AMAZON_SP_REFRESH_TOKEN", "fail", "login amazon"),
     (lambda r: setattr(r.fake, "refresh", "x"), "sign-in", "fail", "login amazon"),
     (lambda r: setattr(r.fake, "takes_part", False), "marketplace", "fail", "trendctl config edit"),
     (lambda r: r.fake.denied.add("participations"), "marketplace", "fail", "developerconsole"),
     (lambda r: r.fake.denied.add("search"), "listings", "fail", "developerconsole"),
     (lambda r: r.fake.denied.add("metrics"), "sales", "fail", "developerconsole"),
     (lambda r: r.fake.denied.add("reports"), "views", "warn", "developerconsole"),
     (lambda r: r.shop.options.pop("seller_id"), "seller id", "fail", "AMAZON_SELLER_ID")],
)  # fmt: skip
def test_each_thing_that_is_missing_has_what_mends_it(
    rig: AmazonRig, spoil: Any, name: str, status: str, words: str
) -> None:
    spoil(rig)
    rig.shop.accounts = {"amazon": rig.shop.account}
    found = checked(rig)[name]
    assert (found[0], words in found[2]) == (status, True)


class Dated:
    """A talk whose answers are all empty and dated by Amazon's clock."""

    def send(self, wire: Wire) -> Answer:
        return Answer(200, {"date": "Mon, 01 Jun 2026 12:00:00 GMT"}, b"{}")


@pytest.mark.parametrize(
    ("days", "status", "words"),
    [(30, "ok", "lasts 150 days"), (170, "warn", "ends in 10 days"), (181, "fail", "ended on"),
     (None, "ok", "180 days")],
)  # fmt: skip
def test_the_client_secrets_end_is_told_in_time(days: int | None, status: str, words: str) -> None:
    on = {"secret_set_on": (date(2026, 6, 1) - timedelta(days=days)).isoformat()} if days else {}
    rows = check.check(Seen("default", US, {}, {"seller_id": SELLER} | on, Dated()))
    found = next(row for row in rows if row.name == "client secret")
    assert (found.status, words in found.detail) == (status, True)


def test_a_marketplace_that_amazon_has_not_is_said() -> None:
    assert [r.name for r in check.check(Seen("default", "MOON", {}, {}, Dated()))] == ["marketplace"]
