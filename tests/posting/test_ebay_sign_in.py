"""`platforms login ebay` and `platforms check ebay`: consent, code, tokens, expiry, and each thing that may lack."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ebay_rig import EbayRig, ebay
from fake_kit import Wallet
from typer.testing import CliRunner

from trendctl.app import App
from trendctl.cli import base
from trendctl.cli import platforms as commands
from trendctl.errors import AccessError, UsageError
from trendctl.home import Home
from trendctl.ports import Answer
from trendctl.posting import wiring
from trendctl.posting.platforms.ebay.login import SCOPES, EbaySignIn
from trendctl.secrets import Secrets

OPTIONS = {"runame": "Acme-Acme-App-abcde"}
KEYS = {"EBAY_APP_ID": "app-1", "EBAY_CERT_ID": "cert-1"}
SIGN_IN = EbaySignIn()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[EbayRig]:
    with ebay(tmp_path, options=dict(OPTIONS)) as made:
        yield made


def checked(rig: EbayRig, **more: Any) -> dict[str, tuple[str, str, str]]:
    return {r["check"]: (r["status"], r["detail"], r["next"]) for r in wiring.check(rig.shop.line, **more)}


# ---------------------------------------------------------------- pure


def test_the_consent_address_asks_for_every_permission_and_holds_no_secret() -> None:
    url = SIGN_IN.consent_url(Wallet(**KEYS), OPTIONS, "state-1")
    query = parse_qs(urlsplit(url).query)
    assert url.startswith("https://auth.ebay.com/oauth2/authorize?")
    assert query["scope"] == [" ".join(SCOPES)]
    assert (query["client_id"], query["redirect_uri"], query["state"]) == (["app-1"], [OPTIONS["runame"]], ["state-1"])
    assert "cert-1" not in url


def test_without_keys_or_runame_the_next_command_is_named() -> None:
    with pytest.raises(AccessError, match="trendctl secrets set EBAY_APP_ID"):
        SIGN_IN.consent_url(Wallet(), OPTIONS, "s")
    with pytest.raises(UsageError, match="runame"):
        SIGN_IN.consent_url(Wallet(**KEYS), {}, "s")


@pytest.mark.parametrize(
    "pasted",
    ["v%5E1.1%23i%5E1", "v^1.1#i^1", "https://auth2.example/ok?state=s&code=v%5E1.1%23i%5E1&expires_in=299",
     "  code=v%5E1.1%23i%5E1&state=s "],
)  # fmt: skip
def test_a_code_is_taken_bare_quoted_or_in_the_whole_address(pasted: str) -> None:
    wire = SIGN_IN.exchange(pasted, "s", Wallet(**KEYS), OPTIONS)
    assert parse_qs(wire.body.decode())["code"] == ["v^1.1#i^1"]
    assert dict(wire.headers)["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "pasted", ["", "https://auth2.example/declined", "https://x.example/?code=abc&state=other", "a b"]
)
def test_what_holds_no_code_of_this_sign_in_is_refused(pasted: str) -> None:
    with pytest.raises(UsageError):
        SIGN_IN.exchange(pasted, "s", Wallet(**KEYS), OPTIONS)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(400, {"error": "invalid_grant"}, "revoked"), (400, {"error": "invalid_scope"}, "fewer permissions"),
     (401, {"error": "invalid_client"}, "EBAY_CERT_ID"), (418, None, "HTTP 418")],
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


# ---------------------------------------------------------------- against the fake


def test_a_pasted_code_becomes_stored_tokens(rig: EbayRig) -> None:
    rig.shop.wallet.values = dict(KEYS)
    days = wiring.sign_in(rig.shop.line, "good", "")
    assert days == pytest.approx(547.5)
    assert rig.shop.wallet.get("EBAY_REFRESH_TOKEN") == rig.fake.refresh
    rig.shop.approve(rig.shop.stock())
    assert [r.state for r in rig.shop.post()] == ["live"]
    assert rig.server.count("token") == 1  # the access token of the sign-in is used until its end


def test_an_access_token_is_used_until_shortly_before_its_end_and_only_with_its_own_refresh_token(rig: EbayRig) -> None:
    for _ in range(2):
        with wiring.talking(rig.shop.line) as talk:
            assert talk.refusal(wires_get()) == ""
    assert rig.server.count("token") == 1
    rig.shop.clock.advance(7200 - 60)
    with wiring.talking(rig.shop.line) as talk:
        assert talk.refusal(wires_get()) == ""
    assert rig.server.count("token") == 2
    rig.fake.refresh = "second"
    rig.shop.wallet.put("EBAY_REFRESH_TOKEN", "second")
    with wiring.talking(rig.shop.line) as talk:
        assert talk.refusal(wires_get()) == ""
    assert rig.server.count("token") == 3


def wires_get() -> Any:
    from trendctl.posting.platforms.ebay import wires

    return wires.get(f"{wires.API}/sell/account/v1/privilege")


def test_the_real_secret_store_keeps_and_hides_the_tokens(rig: EbayRig) -> None:
    secrets = Secrets(rig.shop.home, dict(KEYS))
    rig.shop.wallet = secrets  # type: ignore[assignment]  # the program's own
    wiring.sign_in(rig.shop.line, "good", "")
    assert rig.shop.home.secrets_file.stat().st_mode & 0o077 == 0
    assert Secrets(rig.shop.home, dict(KEYS)).get("EBAY_REFRESH_TOKEN") == rig.fake.refresh
    assert "access-1" not in Secrets(rig.shop.home, dict(KEYS)).redact("Authorization: access-1 refresh-1")


def test_everything_in_order_is_told_as_ok(rig: EbayRig) -> None:
    found = checked(rig)
    assert {name for name, row in found.items() if row[0] != "ok"} == set()
    assert {"EBAY_APP_ID", "sign-in", "selling limits", "business policies", "fulfillment policy", "payment policy",
            "return policy", "location", "categories", "quotas"} <= set(found)  # fmt: skip
    assert found["selling limits"][1] == "each month: 1000 items, 25000.0 USD"
    assert all("cert-1" not in row[1] and "refresh" not in row[1] for row in found.values())


@pytest.mark.parametrize(
    ("spoil", "name", "words"),
    [(lambda r: r.shop.wallet.values.pop("EBAY_CERT_ID"), "EBAY_CERT_ID", "trendctl secrets set EBAY_CERT_ID"),
     (lambda r: r.shop.wallet.values.pop("EBAY_REFRESH_TOKEN"), "EBAY_REFRESH_TOKEN", "trendctl platforms login ebay"),
     (lambda r: setattr(r.fake, "refresh", "x"), "sign-in", "trendctl platforms login ebay"),
     (lambda r: r.fake.programs.clear(), "business policies", "trendctl platforms check ebay --mend"),
     (lambda r: r.fake.policies["return"].clear(), "return policy", "https://www.ebay.com/bp/manage"),
     (lambda r: r.fake.policies["payment"].append("P2"), "payment policy", "[platforms.ebay.policies]"),
     (lambda r: r.fake.locations.clear(), "location", "--mend")],
)  # fmt: skip
def test_each_thing_that_is_missing_has_what_mends_it(rig: EbayRig, spoil: Any, name: str, words: str) -> None:
    spoil(rig)
    status, _, then = checked(rig)[name]
    assert (status, words in then) == ("fail", True)


@pytest.mark.parametrize(("days", "status"), [(400, "ok"), (8, "ok"), (6, "warn"), (-1, "fail")])
def test_the_end_of_the_sign_in_is_told_a_week_ahead(rig: EbayRig, days: int, status: str) -> None:
    end = rig.shop.clock.now().timestamp() + days * 86_400 + 60
    rig.shop.wallet.put("EBAY_REFRESH_EXPIRES", str(int(end)))
    row = checked(rig)["sign-in expiry"]
    assert row[0] == status
    assert status == "ok" or row[2] == "trendctl platforms login ebay"


def test_mend_makes_the_location_and_opts_in_once(rig: EbayRig) -> None:
    rig.fake.locations.clear()
    rig.fake.programs.clear()
    rig.shop.options |= {"country": "US", "postal_code": "94107"}
    assert checked(rig, mend=True)["location"][:2] == ("ok", "made trendctl")
    assert rig.fake.programs == ["SELLING_POLICY_MANAGEMENT"]
    again = checked(rig, mend=True)
    assert again["location"][0] == again["business policies"][0] == "ok"
    assert (rig.server.count("location"), rig.server.count("opt_in")) == (1, 1)


def test_mend_without_an_address_asks_for_it(rig: EbayRig) -> None:
    rig.fake.locations.clear()
    status, _, then = checked(rig, mend=True)["location"]
    assert (status, "postal_code" in then) == ("fail", True)
    assert rig.server.count("location") == 0


# ---------------------------------------------------------------- the commands


@pytest.fixture
def program(rig: EbayRig, home: Home, monkeypatch: pytest.MonkeyPatch) -> App:
    """The program in a home whose eBay is the fake."""
    app = App(home, dict(KEYS), rig.shop.clock)
    app.init()
    url = rig.server.base_url
    home.config.write_text(
        f'[platforms.ebay]\nenabled = true\nbase_url = "{url}"\nauth_url = "{url}"\n'
        f'[platforms.ebay.options]\nruname = "{OPTIONS["runame"]}"\n'
    )
    monkeypatch.setattr(base, "open_app", lambda: app)
    return app


def test_login_and_check_on_the_command_line(rig: EbayRig, program: App) -> None:
    runner = CliRunner()
    done = runner.invoke(commands.app, ["login", "ebay"], input="good\n", standalone_mode=False)
    assert done.exception is None
    assert done.stdout.startswith("https://auth.ebay.com/oauth2/authorize?")
    assert "Signed in to ebay for about 548 days" in done.stderr
    done = runner.invoke(commands.app, ["check", "ebay", "--json"], standalone_mode=False)
    rows = json.loads(done.stdout)
    assert {tuple(sorted(row)) for row in rows} == {("account", "check", "detail", "next", "platform", "status")}
    assert [row for row in rows if row["status"] != "ok"] == []
    assert done.return_value == 0


def test_a_platform_that_is_off_or_unknown_is_a_usage_error(rig: EbayRig, program: App) -> None:
    program.home.config.write_text("")
    runner = CliRunner()
    for words in (["login", "ebay"], ["check", "ebay"], ["check", "ebai"]):
        done = runner.invoke(commands.app, words, standalone_mode=False)
        assert isinstance(done.exception, UsageError), words
