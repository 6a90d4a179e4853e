"""eBay's sign-in: consent page, code for tokens, refresh grant (OAuth 2, authorization code). All pure.

Lifetimes are read from the answers: an access token about two hours, a refresh token about 18 months.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from trendctl.errors import AccessError, UsageError
from trendctl.ports import Answer, Credentials, Grant, Json, Wire
from trendctl.posting import oauth

CONSENT = "https://auth.ebay.com/oauth2/authorize"
TOKEN = "https://api.ebay.com/identity/v1/oauth2/token"
KEYS = ("EBAY_APP_ID", "EBAY_CERT_ID")
KEYS_PAGE = "developer.ebay.com/my/keys"
HOURS = 7200.0  # seconds an access token lasts where the answer does not say
_SCOPE = "https://api.ebay.com/oauth/api_scope"
SCOPES = (
    _SCOPE, f"{_SCOPE}/sell.inventory", f"{_SCOPE}/sell.account", f"{_SCOPE}/sell.fulfillment",
    f"{_SCOPE}/sell.analytics.readonly",
)  # fmt: skip


class EbaySignIn:
    """ports.SignIn. The RuName (eBay's name for the redirect) is `[platforms.ebay.options] runame`."""

    secret = "EBAY_REFRESH_TOKEN"

    def consent_url(self, credentials: Credentials, options: Mapping[str, Json], state: str) -> str:
        """Where the person consents. Raises UsageError without keys or RuName."""
        query = {
            "client_id": _keys(credentials)[0], "redirect_uri": _runame(options), "response_type": "code",
            "scope": " ".join(SCOPES), "state": state, "prompt": "login",
        }  # fmt: skip
        return f"{CONSENT}?{urlencode(query)}"

    def exchange(self, pasted: str, state: str, credentials: Credentials, options: Mapping[str, Json]) -> Wire:
        """The grant for a pasted code, or for the whole address eBay sent the browser to. Raises UsageError."""
        code = oauth.code_of(pasted.strip(), state, "ebay", "code")
        return _token_call(
            credentials, {"grant_type": "authorization_code", "code": code, "redirect_uri": _runame(options)}
        )

    def refresh(self, credentials: Credentials, options: Mapping[str, Json]) -> Wire:
        """The refresh grant: scopes as consented to."""
        token = credentials.get(self.secret) or ""
        return _token_call(
            credentials, {"grant_type": "refresh_token", "refresh_token": token, "scope": " ".join(SCOPES)}
        )

    def granted(self, answer: Answer) -> Grant:
        """Raises AccessError; its `why` is "" where trying again may help."""
        token, told = oauth.granted(answer)
        if token:
            life = oauth.seconds(told.get("expires_in")) or HOURS
            rest = oauth.seconds(told.get("refresh_token_expires_in"))
            return Grant(token, life, str(told.get("refresh_token") or ""), rest)
        raise _trouble(answer, *oauth.error_of(told))

    def signed(self, wire: Wire, token: str, credentials: Credentials, now: datetime) -> Wire:
        """The wire with the bearer token."""
        return replace(wire, headers=(("Authorization", f"Bearer {token}"), *wire.headers))


def _trouble(answer: Answer, error: str, described: str) -> AccessError:
    if error == "invalid_grant":
        return AccessError("eBay refuses the sign-in", why="it was revoked, has expired, or your password changed")
    if error == "invalid_scope":
        return AccessError("eBay refuses the sign-in", why="it was given for fewer permissions than needed now")
    if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
        return AccessError(
            "eBay does not know these keys", why="EBAY_APP_ID or EBAY_CERT_ID is wrong", next=f"look at {KEYS_PAGE}"
        )
    return oauth.unexplained(answer, "eBay", error, described)


def _token_call(credentials: Credentials, form: Mapping[str, str]) -> Wire:
    basic = base64.b64encode(":".join(_keys(credentials)).encode()).decode()
    headers = (("Authorization", f"Basic {basic}"), ("Content-Type", "application/x-www-form-urlencoded"))
    return Wire("POST", TOKEN, headers, urlencode(form).encode())


def _keys(credentials: Credentials) -> tuple[str, str]:
    return oauth.keys(credentials, KEYS, f"your keys are at {KEYS_PAGE}")


def _runame(options: Mapping[str, Json]) -> str:
    name = options.get("runame")
    if not isinstance(name, str) or not name:
        raise UsageError(
            "eBay needs your RuName", why=f"it is under User Tokens at {KEYS_PAGE}",
            next='trendctl config edit, then set runame = "..." under [platforms.ebay.options]',
        )  # fmt: skip
    return name
