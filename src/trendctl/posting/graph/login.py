"""Meta's sign-in, shared by catalogue, Page and Instagram: consent page, code or token for a long-lived token. Pure.

A code gives a token for an hour or two; exchanged (`fb_exchange_token`) it lasts about 60 days, and exchanged again
while it is valid, from then on. Source: developers.facebook.com, Facebook Login, long-lived tokens.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from trendctl.errors import AccessError
from trendctl.ports import Answer, Credentials, Grant, Json, Wire
from trendctl.posting import oauth
from trendctl.posting.graph import api, errors

SECRET = "FACEBOOK_ACCESS_TOKEN"
CREDENTIALS = ("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET", SECRET)
APPS_PAGE = "developers.facebook.com/apps"
LANDING = "https://www.facebook.com/connect/login_success.html"  # Meta's own page for programs without a web site
SHORT = 3 * 3600.0  # seconds; a token of a code lasts one or two hours
RENEW = 7 * 86400.0  # seconds after which a token is exchanged for one that lasts longer
DEBUG = "debug_token"
_TOKEN = re.compile(r"EAA[A-Za-z0-9]{20,}")


class MetaSignIn:
    """ports.SignIn. `scopes`: what the platform needs; Facebook keeps what was consented to before, so one token
    serves all three. An own redirect address is the option `redirect_uri`."""

    secret = SECRET

    def __init__(self, platform: str, scopes: tuple[str, ...]) -> None:
        self.platform = platform
        self.scopes = scopes

    def consent_url(self, credentials: Credentials, options: Mapping[str, Json], state: str) -> str:
        """Where the person consents. Raises AccessError without app id and secret."""
        query = {
            "client_id": _keys(credentials)[0], "redirect_uri": _landing(options), "response_type": "code",
            "scope": ",".join(self.scopes), "state": state,
        }  # fmt: skip
        return f"{api.DIALOG}/{api.version_of(options)}/dialog/oauth?{urlencode(query)}"

    def exchange(self, pasted: str, state: str, credentials: Credentials, options: Mapping[str, Json]) -> Wire:
        """The grant for a pasted code, for the whole address Facebook sent the browser to, or for a token made in
        Meta's own tools. Raises UsageError."""
        pasted = pasted.strip()
        if _TOKEN.fullmatch(pasted):
            return self._prolong(pasted, credentials, options)
        code = self._code(pasted, state)
        return self._call(credentials, options, {"redirect_uri": _landing(options), "code": code})

    def refresh(self, credentials: Credentials, options: Mapping[str, Json]) -> Wire:
        """The token exchanged for one that lasts longer."""
        return self._prolong(credentials.get(self.secret) or "", credentials, options)

    def granted(self, answer: Answer) -> Grant:
        """Raises AccessError; its `why` is "" where trying again may help.

        A token of a code is over at once: it is only good to be exchanged. Without `expires_in` it never ends.
        """
        token, found = oauth.granted(answer)
        if token:
            rest = found.get("expires_in")
            ends = float(rest) if isinstance(rest, int | float) and rest > 0 else None
            usable = 0.0 if ends is not None and ends <= SHORT else min(ends or RENEW, RENEW)
            return Grant(token, usable, token, ends)
        raise self._trouble(answer)

    def refused(self, answer: Answer) -> bool:
        """Whether Meta did not take the token (it says so under HTTP 400 as often as under 401)."""
        return errors.refused_token(answer)

    def signed(self, wire: Wire, token: str, credentials: Credentials, now: datetime) -> Wire:
        """The call with its token in the header, and the proof that the app's secret is known.

        A call that brings its own token (a Page's) keeps it. `debug_token` is asked in the app's name, about the token.
        """
        app_id, secret = credentials.get(CREDENTIALS[0]) or "", credentials.get(CREDENTIALS[1]) or ""
        if urlsplit(wire.url).path.endswith(f"/{DEBUG}"):
            asked = (("input_token", token), ("access_token", f"{app_id}|{secret}"))
            return replace(wire, params=(*wire.params, *asked))
        own = next((value for name, value in wire.headers if name == "Authorization"), "")
        used = own.removeprefix("Bearer ") or token
        headers = wire.headers if own else (("Authorization", f"Bearer {token}"), *wire.headers)
        proof = (("appsecret_proof", proof_of(used, secret)),) if secret else ()
        return replace(wire, headers=headers, params=(*wire.params, *proof))

    def _prolong(self, token: str, credentials: Credentials, options: Mapping[str, Json]) -> Wire:
        return self._call(credentials, options, {"grant_type": "fb_exchange_token", "fb_exchange_token": token})

    def _call(self, credentials: Credentials, options: Mapping[str, Json], query: Mapping[str, str]) -> Wire:
        app_id, secret = _keys(credentials)
        params = {"client_id": app_id, "client_secret": secret, **query}
        return api.get(api.version_of(options), "oauth", "access_token", **params)

    def _code(self, pasted: str, state: str) -> str:
        """The code of an address or a bare one."""
        if "code=" in pasted:
            parts = urlsplit(pasted)
            pasted = oauth.code_in(parts.query or parts.fragment or pasted, state, self.platform, "code")
        pasted = pasted.removesuffix("#_=_")
        return oauth.a_code("" if "=" in pasted else pasted, self.platform)

    def _trouble(self, answer: Answer) -> AccessError:
        found = errors.problem(answer)
        if oauth.may_pass(answer) or (found is not None and found.transient):
            return oauth.not_now(replace(answer, error=errors.scrubbed(answer.error)), "Meta")
        if found is None:
            return AccessError("Meta refuses the sign-in", why=f"HTTP {answer.status}")
        if found.code == 101 or "client secret" in found.words.lower():
            return AccessError(
                "Meta does not know this app", why="FACEBOOK_APP_ID or FACEBOOK_APP_SECRET is wrong",
                next=f"look at {APPS_PAGE}",
            )  # fmt: skip
        said = errors.common(answer, self.platform)
        if said is not None and said.retry_after and "limit" in said.cause:
            return AccessError(said.cause)
        return AccessError("Meta refuses the sign-in", why=errors.why_refused(found))


def proof_of(token: str, secret: str) -> str:
    """appsecret_proof: HMAC-SHA256 of the token with the app's secret, in hex."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _keys(credentials: Credentials) -> tuple[str, str]:
    return oauth.keys(credentials, CREDENTIALS, f"your app is at {APPS_PAGE}")


def _landing(options: Mapping[str, Json]) -> str:
    return str(options.get("redirect_uri") or LANDING)
