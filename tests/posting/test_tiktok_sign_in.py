"""`platforms login tiktok` and `platforms check tiktok`: signatures, consent, rotating tokens, what may lack."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fake_kit import Wallet
from fake_tiktok import KEY, SECRET
from tiktok_rig import KEYS, TiktokRig, tiktok
from typer.testing import CliRunner

from trendctl.app import App
from trendctl.cli import base
from trendctl.cli import platforms as commands
from trendctl.errors import AccessError, UsageError
from trendctl.home import Home
from trendctl.http import Exchange
from trendctl.log import crash
from trendctl.ports import Answer, Wire
from trendctl.posting import wiring
from trendctl.posting.platforms.tiktok import wires
from trendctl.posting.platforms.tiktok.login import TiktokSignIn, sign
from trendctl.scanner.har import Recorder
from trendctl.secrets import Secrets

SIGN_IN = TiktokSignIn()
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LOGIN = "trendctl platforms login tiktok"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[TiktokRig]:
    with tiktok(tmp_path) as made:
        yield made


def checked(rig: TiktokRig) -> dict[str, tuple[str, str, str]]:
    return {r["check"]: (r["status"], r["detail"], r["next"]) for r in wiring.check(rig.shop.line)}


def told(code: int, status: int = 200, message: str = "no", **data: Any) -> Answer:
    return Answer(status, {}, json.dumps({"code": code, "message": message, "data": data}).encode())


# ---------------------------------------------------------------- signatures


@pytest.mark.shared
def test_the_signature_is_tiktoks_own_on_its_vectors(shared: Path) -> None:
    vectors = json.loads((shared / "specs" / "tiktok" / "sign_test_vectors.json").read_text())
    assert len(vectors) >= 2
    for v in vectors:
        for query in (v["query"], {**v["query"], "sign": "x", "access_token": "y"}):
            assert sign(v["path"], query.items(), v["body"].encode(), v["app_secret"]) == v["expected"], v["name"]


# Made with `printf ... | openssl dgst -sha256 -hmac s3cret` of secret, path, the pairs by name, body, secret.
@pytest.mark.parametrize(
    ("path", "params", "body", "expected"),
    [("/a/b", {}, b"", "718c1642d0844bbad703bf87c7ed00fefac737507c766372dd69e68c58f44a4d"),
     ("/a/b", {"z": "1", "a": "x y"}, b"", "38d61b39535ceed00e9627887ca775001da7ddbe8151ae5aee2b06821f346e1b"),
     ("/a/b", {"a": "\u00e9"}, b'{"t":"\xc3\xa9"}',
      "ff7c5a5eb9b27bfb3a347dda0cfd03f35c588abb7ba0c7849e428f545f370be0")],
)  # fmt: skip
def test_the_signature_on_our_own_vectors(path: str, params: dict[str, str], body: bytes, expected: str) -> None:
    assert sign(path, params.items(), body, "s3cret") == expected


def signed(wire: Wire) -> Wire:
    return SIGN_IN.signed(wire, "token", Wallet(**KEYS), NOW)


def test_a_signed_call_has_key_time_and_signature_in_its_query_and_the_token_in_its_header() -> None:
    wire = signed(wires.post("/x", "CIPHER", {"b": 1, "a": "\u00fc"}))
    query = dict(wire.params)
    assert query["app_key"] == KEY
    assert query["timestamp"] == str(int(NOW.timestamp()))
    assert len(query["timestamp"]) == 10
    assert query["sign"] == sign("/x", [p for p in wire.params if p[0] != "sign"], wire.body, SECRET)
    assert ("x-tts-access-token", "token") in wire.headers
    assert SECRET not in str(wire)
    assert dict(signed(replace(wire, params=(), url=f"{wire.url}?shop_cipher=CIPHER")).params) == query


def test_a_multipart_body_is_not_signed_and_a_changed_json_body_is_another_signature() -> None:
    picture = {"sha256": "ab" * 32, "mime": "image/png"}
    upload = wires.render("image_1", {"images": [picture]}, {})
    assert dict(signed(upload).params)["sign"] == dict(signed(replace(upload, body=b"other")).params)["sign"]
    call = wires.post("/x", "C", {"a": 1})
    assert dict(signed(call).params)["sign"] != dict(signed(replace(call, body=b'{"a": 1}')).params)["sign"]


# ---------------------------------------------------------------- consent and grants, pure


def test_the_consent_address_is_the_markets_and_holds_no_secret() -> None:
    options = {"service_id": "7584", "_marketplace": "US"}
    url = SIGN_IN.consent_url(Wallet(**KEYS), options, "state-1")
    assert url == "https://services.us.tiktokshop.com/open/authorize?service_id=7584&state=state-1"
    elsewhere = SIGN_IN.consent_url(Wallet(**KEYS), {**options, "_marketplace": "GB"}, "s")
    assert elsewhere.startswith("https://services.tiktokshop.com/open/authorize?")
    with pytest.raises(UsageError, match="service_id"):
        SIGN_IN.consent_url(Wallet(**KEYS), {}, "s")
    with pytest.raises(AccessError, match="trendctl secrets set TIKTOK_SHOP_API_KEY"):
        SIGN_IN.consent_url(Wallet(), options, "s")


@pytest.mark.parametrize(
    "pasted", ["TTP_FeB%2Bx", "TTP_FeB+x", "https://my.example/cb?app_key=k&code=TTP_FeB%2Bx&locale=en&state=s",
               " code=TTP_FeB%2Bx&state=s "]
)  # fmt: skip
def test_a_code_is_taken_bare_quoted_or_in_the_whole_address(pasted: str) -> None:
    wire = SIGN_IN.exchange(pasted, "s", Wallet(**KEYS), {})
    assert dict(wire.params) == {
        "app_key": KEY, "app_secret": SECRET, "auth_code": "TTP_FeB+x", "grant_type": "authorized_code",
    }  # fmt: skip
    assert (wire.method, wire.url) == ("GET", "https://auth.tiktok-shops.com/api/v2/token/get")


@pytest.mark.parametrize("pasted", ["", "https://my.example/cb", "https://x.example/?code=abc&state=other", "a b"])
def test_what_holds_no_code_of_this_sign_in_is_refused(pasted: str) -> None:
    with pytest.raises(UsageError):
        SIGN_IN.exchange(pasted, "s", Wallet(**KEYS), {})


def test_a_refresh_sends_the_grant_type_of_the_document() -> None:
    wire = SIGN_IN.refresh(Wallet(**KEYS, TIKTOK_SHOP_REFRESH_TOKEN="r1"), {})
    assert dict(wire.params)["grant_type"] == "refresh_token"
    assert dict(wire.params)["refresh_token"] == "r1"


def test_ends_are_points_in_time_and_a_number_that_can_be_none_is_a_duration() -> None:
    grant = SIGN_IN.granted(told(0, access_token="a", access_token_expire_in=1_780_000_000, refresh_token="r",
                                 refresh_token_expire_in="1790000000"))  # fmt: skip
    assert (grant.ends_at, grant.refresh_ends_at, grant.refresh_token) == (1_780_000_000, 1_790_000_000, "r")
    short = SIGN_IN.granted(told(0, access_token="a", access_token_expire_in=604_800, refresh_token_expire_in=None))
    assert (short.ends_at, short.expires_in, short.refresh_ends_at) == (None, 604_800, None)


@pytest.mark.parametrize(
    ("answer", "may_pass"),
    [(Answer(0, error="no answer"), True), (Answer(503), True), (Answer(429), True), (told(36009003), True),
     (Answer(200, body=b"<html>"), True), (told(36009002, 429), True), (told(36004004), False),
     (told(106001, 401), False), (Answer(404), False)],
)  # fmt: skip
def test_a_refused_grant_says_why_and_a_trouble_that_may_pass_does_not(answer: Answer, may_pass: bool) -> None:
    with pytest.raises(AccessError) as fault:
        SIGN_IN.granted(answer)
    assert (fault.value.why == "") is may_pass
    assert may_pass or "only signing in again helps" in fault.value.why


# ---------------------------------------------------------------- rotation, against the fake


def bearer(rig: TiktokRig) -> str:
    """Why there is no token, with a fresh talk; "" when there is one."""
    with wiring.talking(rig.shop.line) as talk:
        return str(talk.refusal(wires.get(wires.SHOPS)))


def test_a_pasted_code_becomes_stored_tokens_and_each_refresh_stores_its_successor_first(rig: TiktokRig) -> None:
    rig.shop.wallet.values = dict(KEYS)
    assert wiring.sign_in(rig.shop.line, "good", "") == pytest.approx(300)
    first = rig.shop.wallet.get("TIKTOK_SHOP_REFRESH_TOKEN")
    assert first == rig.fake.refresh
    assert (bearer(rig), rig.server.count("token_refresh")) == ("", 0)
    rig.shop.clock.advance(8 * 86_400)
    order: list[str] = []
    put = rig.shop.wallet.put
    rig.shop.wallet.put = lambda name, value: (order.append(name), put(name, value))[1]
    assert (bearer(rig), rig.server.count("token_refresh")) == ("", 1)
    assert order[0] == "TIKTOK_SHOP_REFRESH_TOKEN"
    assert rig.shop.wallet.get("TIKTOK_SHOP_REFRESH_TOKEN") == rig.fake.refresh != first


@pytest.mark.parametrize("lost", ["cut_after", "half_body"])
def test_a_lost_refresh_answer_is_made_good_where_tiktok_still_takes_the_old_token(rig: TiktokRig, lost: str) -> None:
    rig.fake.keeps_old = True
    rig.fault("token_refresh", 1, lost)
    assert "gives no access token now" in bearer(rig)
    assert bearer(rig) == ""
    assert rig.shop.wallet.get("TIKTOK_SHOP_REFRESH_TOKEN") == rig.fake.refresh


def test_where_it_does_not_the_old_access_token_serves_on_and_the_way_back_is_named(rig: TiktokRig) -> None:
    assert bearer(rig) == ""
    rig.shop.clock.advance(6 * 86_400 + 60)  # within the last day
    rig.fault("token_refresh", 1, "cut_after")
    assert bearer(rig) == ""
    assert bearer(rig) == ""  # refused now, and the old token serves on
    rig.shop.clock.advance(86_400)
    why = bearer(rig)
    assert LOGIN in why
    assert "only signing in again helps" in why
    wiring.sign_in(rig.shop.line, "good", "")
    assert bearer(rig) == ""


def test_a_process_that_comes_second_takes_what_the_first_one_stored(rig: TiktokRig) -> None:
    assert bearer(rig) == ""
    rig.shop.clock.advance(8 * 86_400)
    with wiring.talking(rig.shop.line) as slow:
        slow._tokens._stored()  # type: ignore[union-attr]  # both have seen the old token
        slow._tokens._held = slow._tokens._stored()  # type: ignore[union-attr]
        assert bearer(rig) == ""
        refreshes = rig.server.count("token_refresh")
        assert slow.refusal(wires.get(wires.SHOPS)) == ""
    assert rig.server.count("token_refresh") == refreshes


def test_the_secret_of_a_sign_in_address_is_in_no_recording_crash_file_or_text(rig: TiktokRig, tmp_path: Path) -> None:
    secrets = Secrets(rig.shop.home, dict(KEYS))
    wire = SIGN_IN.exchange("TTP_onetime", "", secrets, {})
    url = f"{wire.url}?{'&'.join(f'{k}={v}' for k, v in wire.params)}"
    assert SECRET in url
    assert SECRET not in secrets.redact(f"GET {url} failed")
    recording = tmp_path / "x.har"
    with Recorder(recording, "1", secrets.redact) as recorder:
        recorder.add(Exchange("GET", url, wire.headers, b"", 200, {"content-type": "application/json"},
                              told(0, access_token="access-9", refresh_token="refresh-9").body, NOW, 0.1))  # fmt: skip
        call = signed(wires.get(wires.SHOPS))
        recorder.add(Exchange("GET", f"{call.url}?sign={dict(call.params)['sign']}", call.headers, b"", 200, {},
                              b"{}", NOW, 0.1))  # fmt: skip
    try:
        raise RuntimeError(f"no answer from {url}")
    except RuntimeError as fault:
        file = crash(rig.shop.home, fault, secrets)
    for text in (recording.read_text(), file.read_text()):
        assert not [s for s in (SECRET, "access-9", "refresh-9", dict(call.params)["sign"]) if s in text]
    assert "TTP_onetime" not in recording.read_text()
    assert parse_qs(urlsplit(url).query)["auth_code"] == ["TTP_onetime"]


# ---------------------------------------------------------------- the check


def test_everything_in_order_is_told_as_ok(rig: TiktokRig) -> None:
    found = checked(rig)
    assert {name for name, row in found.items() if row[0] != "ok"} == set()
    assert set(found) == {"TIKTOK_SHOP_API_KEY", "TIKTOK_SHOP_SECRET", "TIKTOK_SHOP_REFRESH_TOKEN", "sign-in", "shop",
                          "prerequisites", "warehouse", "figures"}  # fmt: skip
    assert found["shop"][1] == "Lantern Shop (7001, US)"
    again = checked(rig)
    assert again["sign-in expiry"][:2] == ("ok", "the sign-in lasts 300 days")
    assert all(SECRET not in row[1] and "refresh-" not in row[1] for row in again.values())


@pytest.mark.parametrize(
    ("spoil", "name", "words"),
    [(lambda r: r.shop.wallet.values.pop("TIKTOK_SHOP_SECRET"), "TIKTOK_SHOP_SECRET", "secrets set TIKTOK_SHOP"),
     (lambda r: r.shop.wallet.values.pop("TIKTOK_SHOP_REFRESH_TOKEN"), "TIKTOK_SHOP_REFRESH_TOKEN", LOGIN),
     (lambda r: setattr(r.fake, "refresh", "x"), "sign-in", LOGIN),
     (lambda r: r.fake.shops.clear(), "shop", LOGIN),
     (lambda r: r.fake.shops.append({**r.fake.shops[0], "id": "7002", "cipher": "c2"}), "shop", "shop = "),
     (lambda r: r.shop.policies.update(shop="9"), "shop", "trendctl config edit"),
     (lambda r: r.fake.failed.append("Set a return warehouse first"), "prerequisites", "https://seller-us.tiktok.com"),
     (lambda r: r.fake.warehouses.clear(), "warehouse", "https://seller-us.tiktok.com"),
     (lambda r: r.fake.warehouses.append({**r.fake.warehouses[0], "id": "82"}), "warehouse", "[platforms.tiktok.polic"),
     (lambda r: r.shop.policies.update(warehouse="9"), "warehouse", "trendctl config edit"),
     (lambda r: r.fake.denied.add("prerequisites"), "prerequisites", "partner.tiktokshop.com"),
     (lambda r: r.fake.denied.add("shops"), "shop", "partner.tiktokshop.com"),
     (lambda r: r.fake.denied.add("shop_figures"), "figures", LOGIN)],
)  # fmt: skip
def test_each_thing_that_is_missing_has_what_mends_it(rig: TiktokRig, spoil: Any, name: str, words: str) -> None:
    spoil(rig)
    status, detail, then = checked(rig)[name]
    assert (status, words in then) == ("warn" if name == "figures" else "fail", True)
    assert detail


def test_a_token_of_a_short_life_is_not_renewed_at_every_turn(rig: TiktokRig) -> None:
    rig.fake.life = 7200
    assert [bearer(rig) for _ in range(3)] == [""] * 3
    assert rig.server.count("token_refresh") == 1
    rig.shop.clock.advance(3700)
    assert [bearer(rig) for _ in range(3)] == [""] * 3
    assert rig.server.count("token_refresh") == 2


def test_login_and_check_on_the_command_line(rig: TiktokRig, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    app = App(home, dict(KEYS), rig.shop.clock)
    app.init()
    url = rig.server.base_url
    home.config.write_text(
        f'[platforms.tiktok]\nenabled = true\nmarketplace = "US"\nbase_url = "{url}"\nauth_url = "{url}"\n'
        '[platforms.tiktok.options]\nservice_id = "7584"\n[platforms.tiktok.policies]\nshop = "7001"\n'
    )
    monkeypatch.setattr(base, "open_app", lambda: app)
    runner = CliRunner()
    done = runner.invoke(commands.app, ["login", "tiktok"], input="good\n", standalone_mode=False)
    assert done.exception is None
    assert done.stdout.startswith("https://services.us.tiktokshop.com/open/authorize?service_id=7584&state=")
    assert "Signed in to tiktok for about 300 days" in done.stderr
    assert home.secrets_file.stat().st_mode & 0o077 == 0
    done = runner.invoke(commands.app, ["check", "tiktok", "--json"], standalone_mode=False)
    rows = json.loads(done.stdout)
    assert [row for row in rows if row["status"] != "ok"] == []
    assert "sign-in expiry" in {row["check"] for row in rows}
    assert done.return_value == 0
