"""Amazon's sign-in (Login with Amazon): consent page or a pasted refresh token, refresh grant. All pure.

developer-docs.amazon.com/sp-api: "Connect to the SP-API", "Website authorization workflow", "Self-authorization".
An access token lives an hour, by its answer; the refresh token's end is not told.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from trendctl.errors import AccessError, UsageError
from trendctl.ports import Answer, Credentials, Grant, Json, Wire
from trendctl.posting.platforms.amazon.places import known_place

TOKEN = "https://api.amazon.com/auth/o2/token"
KEYS = ("AMAZON_SP_API_KEY", "AMAZON_SP_API_SECRET")
CONSOLE = "/sellingpartner/developerconsole"  # Seller Central > Apps and Services > Develop Apps
HOW = (
    "your own app's refresh token is shown once in Seller Central: Apps and Services > Develop Apps, the arrow beside "
    '"Edit App" > Authorize > "Authorize app"; paste that token (Atzr|...)'
)


class AmazonSignIn:
    """ports.SignIn. `[platforms.amazon.options] application_id`: consent on a page; without it the token is pasted."""

    secret = "AMAZON_SP_REFRESH_TOKEN"
    how = HOW  # said beside the page's address

    def consent_url(self, credentials: Credentials, options: Mapping[str, Json], state: str) -> str:
        """Where the person consents; without an `application_id` the page that shows a refresh token."""
        _keys(credentials)
        central = f"https://{known_place(str(options.get('_marketplace') or '')).central}"
        application = str(options.get("application_id") or "")
        if not application:
            return f"{central}{CONSOLE}"
        query = {"application_id": application, "state": state}
        query |= {"redirect_uri": _redirect(options)} if _redirect(options) else {}
        query |= {"version": "beta"} if options.get("draft_app") else {}
        return f"{central}/apps/authorize/consent?{urlencode(query)}"

    def exchange(self, pasted: str, state: str, credentials: Credentials, options: Mapping[str, Json]) -> Wire:
        """The grant for a pasted refresh token, code, or the whole address Amazon led to. Raises UsageError."""
        token = self.pasted_token(pasted)
        if token:
            return _token_call(credentials, {"grant_type": "refresh_token", "refresh_token": token})
        form = {"grant_type": "authorization_code", "code": _code(pasted.strip(), state)}
        return _token_call(credentials, form | ({"redirect_uri": _redirect(options)} if _redirect(options) else {}))

    def pasted_token(self, pasted: str) -> str:
        """The refresh token, where that is what was pasted; Amazon's answer need not name it again."""
        text = pasted.strip().strip("\"'")
        return text if text.startswith("Atzr|") and not any(c.isspace() for c in text) else ""

    def refresh(self, credentials: Credentials, options: Mapping[str, Json]) -> Wire:
        """The refresh grant."""
        token = credentials.get(self.secret) or ""
        return _token_call(credentials, {"grant_type": "refresh_token", "refresh_token": token})

    def granted(self, answer: Answer) -> Grant:
        """Raises AccessError; its `why` is "" where trying again may help."""
        try:
            body = json.loads(answer.body or b"{}")
        except ValueError:
            body = {}
        body = body if isinstance(body, dict) else {}
        token = body.get("access_token")
        if answer.status == 200 and isinstance(token, str) and token:
            told = str(body.get("expires_in") or "")
            return Grant(token, float(told) if told.isdecimal() else 3600.0, str(body.get("refresh_token") or ""))
        raise _trouble(answer, str(body.get("error") or ""), str(body.get("error_description") or ""))

    def signed(self, wire: Wire, token: str, credentials: Credentials, now: datetime) -> Wire:
        """The wire with the access token; Amazon wants no signature besides (since 2023-10-02)."""
        return replace(wire, headers=(("x-amz-access-token", token), *wire.headers))

    def refused(self, answer: Answer) -> bool:
        """A token that is over is a 403 at Amazon, as is a permission that the app lacks."""
        return answer.status == 403


def _trouble(answer: Answer, error: str, described: str) -> AccessError:
    if error == "invalid_grant":
        return AccessError(
            "Amazon refuses the sign-in", why="the authorization was revoked or has expired, or is of another app"
        )
    if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
        return AccessError(
            "Amazon refuses the keys",
            why=f"{' and '.join(KEYS)} do not fit, or the secret is older than 180 days ({described or error or 401})",
            next="trendctl secrets set AMAZON_SP_API_SECRET",
        )
    if answer.status == 0 or answer.status == 429 or answer.status >= 500:
        return AccessError(answer.error or f"Amazon's sign-in answered HTTP {answer.status}")
    return AccessError("Amazon refuses the sign-in", why=f"{error or f'HTTP {answer.status}'} {described}".strip())


def _token_call(credentials: Credentials, form: Mapping[str, str]) -> Wire:
    client, secret = _keys(credentials)
    headers = (("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"), ("Accept", "application/json"))
    body = urlencode({**form, "client_id": client, "client_secret": secret})
    return Wire("POST", TOKEN, headers, body.encode())


def _keys(credentials: Credentials) -> tuple[str, str]:
    found = {name: credentials.get(name) for name in KEYS}
    for name, value in found.items():
        if not value:
            raise AccessError(
                f"{name} is not set", why="your app's LWA credentials are in Seller Central under Develop Apps",
                next=f"trendctl secrets set {name}",
            )  # fmt: skip
    return str(found[KEYS[0]]), str(found[KEYS[1]])


def _redirect(options: Mapping[str, Json]) -> str:
    return str(options.get("redirect_uri") or "")


def _code(pasted: str, state: str) -> str:
    """The code of an address or of a bare one."""
    if "spapi_oauth_code=" in pasted:
        query = parse_qs(urlsplit(pasted).query if "?" in pasted else pasted)
        if state and query.get("state", [state])[0] != state:
            raise UsageError("That address is from another sign-in", next="trendctl platforms login amazon")
        pasted = query.get("spapi_oauth_code", [""])[0]
    if not pasted or "/" in pasted or "=" in pasted or any(c.isspace() for c in pasted):
        raise UsageError(
            "There is no refresh token and no code in that",
            why=f"{HOW}; or, after the consent page, the whole address you ended up at",
            next="trendctl platforms login amazon",
        )
    return pasted
