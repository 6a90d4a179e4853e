"""TikTok Shop's sign-in and signature: consent page, code for tokens, rotating refresh tokens, signed calls. All pure.

Sources: partner.tiktokshop.com, authorization-overview-202407 and sign-your-api-request. A refresh gives a new refresh
token and may void the one it was made with: where its answer is lost, TikTok names no way back but to sign in again.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from trendctl.commerce.markets import country
from trendctl.errors import AccessError, UsageError
from trendctl.ports import Answer, Credentials, Grant, Json, Wire
from trendctl.posting import oauth
from trendctl.posting.platforms.tiktok.envelope import BUSY, EXPIRED, SCOPE, SIGNATURE, TOO_MANY, envelope

AUTH = "https://auth.tiktok-shops.com/api/v2/token"
CONSENT = {"US": "https://services.us.tiktokshop.com/open/authorize"}
CONSENT_ELSEWHERE = "https://services.tiktokshop.com/open/authorize"
KEYS_PAGE = "partner.tiktokshop.com (App & Service)"
_KEYS = ("TIKTOK_SHOP_API_KEY", "TIKTOK_SHOP_SECRET")  # names of credentials, not credentials
_POINT = 1_000_000_000  # a smaller number of seconds is no point in time of this century
_DAY = 86400.0
PASSES, MAY_PASS = BUSY | {TOO_MANY}, (429, *range(500, 600))  # codes and statuses of a trouble that may pass
_ONCE = (
    "a code works once and for 30 minutes, a refresh token until it is used; where the answer with its successor was "
    "lost, only signing in again helps"
)


class TiktokSignIn:
    """ports.SignIn. The app's service id is `[platforms.tiktok.options] service_id`."""

    secret = "TIKTOK_SHOP_REFRESH_TOKEN"
    early = _DAY  # of about seven: a refresh whose answer is lost leaves the old access token for a day

    def consent_url(self, credentials: Credentials, options: Mapping[str, Json], state: str) -> str:
        """Where the person consents. Raises UsageError without the service id, AccessError without keys."""
        _keys(credentials)
        service = options.get("service_id")
        if not isinstance(service, str | int) or not str(service):
            raise UsageError(
                "TikTok needs your app's service id", why=f"it is in the authorization link at {KEYS_PAGE}",
                next='trendctl config edit, then set service_id = "..." under [platforms.tiktok.options]',
            )  # fmt: skip
        page = CONSENT.get(country(str(options.get("_marketplace") or "US")), CONSENT_ELSEWHERE)
        return f"{page}?{urlencode({'service_id': str(service), 'state': state})}"

    def exchange(self, pasted: str, state: str, credentials: Credentials, options: Mapping[str, Json]) -> Wire:
        """The call for a pasted code, or for the whole address TikTok sent the browser to. Raises UsageError."""
        code = oauth.code_of(pasted.strip(), state, "tiktok", "code", "auth_code")
        return _token_call("get", credentials, auth_code=code, grant_type="authorized_code")

    def refresh(self, credentials: Credentials, options: Mapping[str, Json]) -> Wire:
        """The refresh call. The document takes grant_type refresh_token only (the official SDK sends another)."""
        token = credentials.get(self.secret) or ""
        return _token_call("refresh", credentials, refresh_token=token, grant_type="refresh_token")

    def granted(self, answer: Answer) -> Grant:
        """Its `*_expire_in` are points in time. Raises AccessError; its `why` is "" where trying again may help."""
        told = envelope(answer)
        token = oauth.token_in(told.data)
        if told.code == 0 and token:
            ends, rest = (oauth.seconds(told.data.get(f"{name}_token_expire_in")) for name in ("access", "refresh"))
            grant = Grant(token, 7 * _DAY, str(told.data.get("refresh_token") or ""))
            if ends is not None:
                grant = replace(grant, ends_at=ends) if ends > _POINT else replace(grant, expires_in=ends)
            if rest is not None:
                grant = (
                    replace(grant, refresh_ends_at=rest) if rest > _POINT else replace(grant, refresh_expires_in=rest)
                )
            return grant
        if told.code in PASSES or (told.code in (None, 0) and (answer.status < 400 or answer.status in MAY_PASS)):
            raise oauth.not_now(answer, "TikTok")
        said = told.message or f"HTTP {answer.status}"
        raise AccessError("TikTok refuses the sign-in", why=f"{said} ({told.code or answer.status}); {_ONCE}")

    def refused(self, answer: Answer) -> bool:
        """Code 105002, under whatever status."""
        return envelope(answer).code == EXPIRED

    def spared(self, answer: Answer) -> bool:
        """A 401 for a wrong signature or a missing permission says nothing of the token, which is not spent on it."""
        return envelope(answer).code in (SIGNATURE, SCOPE)

    def signed(self, wire: Wire, token: str, credentials: Credentials, now: datetime) -> Wire:
        """The wire with key, time and signature in its query and the token in its header. Raises AccessError."""
        key, secret = _keys(credentials)
        parts = urlsplit(wire.url)
        params = [*parse_qsl(parts.query, keep_blank_values=True), *wire.params]
        params += [("app_key", key), ("timestamp", str(int(now.timestamp())))]
        kind = next((v for n, v in wire.headers if n.lower() == "content-type"), "")
        body = b"" if kind.startswith("multipart/") else wire.body
        signature = sign(parts.path, params, body, secret)
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
        headers = (("x-tts-access-token", token), *wire.headers)
        return replace(wire, url=url, params=(*params, ("sign", signature)), headers=headers)


def sign(path: str, params: Iterable[tuple[str, str]], body: bytes, secret: str) -> str:
    """HMAC-SHA256, lower-case hex, over secret, path, the parameters by name, the exact body, secret.

    `sign` and `access_token` are left out of the parameters; a multipart body is given as b"".
    """
    named = "".join(name + value for name, value in sorted(params) if name not in ("sign", "access_token"))
    key = secret.encode()
    return hmac.new(key, key + path.encode() + named.encode() + body + key, hashlib.sha256).hexdigest()


def _token_call(name: str, credentials: Credentials, **params: str) -> Wire:
    """TikTok takes the app's secret in the query: the address goes into no log, journal, error or recording."""
    key, secret = _keys(credentials)
    query = {"app_key": key, "app_secret": secret, **params}
    return Wire("GET", f"{AUTH}/{name}", (("Accept", "application/json"),), params=tuple(query.items()))


def _keys(credentials: Credentials) -> tuple[str, str]:
    return oauth.keys(credentials, _KEYS, f"your keys are at {KEYS_PAGE}")
