"""Amazon's sign-in (Login with Amazon): consent page or a pasted refresh token, refresh grant. All pure.

developer-docs.amazon.com/sp-api: "Connect to the SP-API", "Website authorization workflow", "Self-authorization".
An access token lives an hour, by its answer; the refresh token's end is not told.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from trendctl.errors import AccessError, UsageError
from trendctl.ports import Answer, Credentials, Grant, Json, Wire
from trendctl.posting import oauth
from trendctl.posting.platforms.amazon.places import known_place

TOKEN = "https://api.amazon.com/auth/o2/token"
KEYS = ("AMAZON_SP_API_KEY", "AMAZON_SP_API_SECRET")
HOUR = 3600.0  # seconds an access token lasts where the answer does not say
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
        token, told = oauth.granted(answer)
        if token:
            return Grant(token, oauth.seconds(told.get("expires_in")) or HOUR, str(told.get("refresh_token") or ""))
        raise _trouble(answer, *oauth.error_of(told))

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
    return oauth.unexplained(answer, "Amazon", error, described)


def _token_call(credentials: Credentials, form: Mapping[str, str]) -> Wire:
    client, secret = _keys(credentials)
    headers = (("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"), ("Accept", "application/json"))
    body = urlencode({**form, "client_id": client, "client_secret": secret})
    return Wire("POST", TOKEN, headers, body.encode())


def _keys(credentials: Credentials) -> tuple[str, str]:
    return oauth.keys(credentials, KEYS, "your app's LWA credentials are in Seller Central under Develop Apps")


def _redirect(options: Mapping[str, Json]) -> str:
    return str(options.get("redirect_uri") or "")


def _code(pasted: str, state: str) -> str:
    """The code of an address or of a bare one."""
    if "spapi_oauth_code=" in pasted:
        pasted = oauth.code_in(oauth.query_of(pasted), state, "amazon", "spapi_oauth_code")
    if not pasted or "/" in pasted or "=" in pasted or any(c.isspace() for c in pasted):
        raise UsageError(
            "There is no refresh token and no code in that",
            why=f"{HOW}; or, after the consent page, the whole address you ended up at",
            next=oauth.login("amazon"),
        )
    return pasted
