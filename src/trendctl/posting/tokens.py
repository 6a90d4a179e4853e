"""Access tokens of one account: cached in memory and in the secret store, renewed by the refresh grant."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from trendctl.errors import AccessError
from trendctl.ports import Answer, Clock, Credentials, Grant, Json, SignIn, Wire

EARLY = 120.0  # seconds before its end from which a token is not used any more
WEEK = 7 * 86400.0
MOMENT = 1.0  # seconds


def stem_of(sign_in: SignIn) -> str:
    """`EBAY` of `EBAY_REFRESH_TOKEN`."""
    return sign_in.secret.removesuffix("_TOKEN").removesuffix("_REFRESH").removesuffix("_ACCESS")


class Tokens:
    """`bearer` gives a usable token, or raises AccessError with the next command. Never logged, never journaled."""

    def __init__(
        self,
        sign_in: SignIn,
        credentials: Credentials,
        options: Mapping[str, Json],
        clock: Clock,
        call: Callable[[Wire], Answer],
        platform: str,
    ) -> None:
        self._sign_in = sign_in
        self._credentials = credentials
        self._options = options
        self._clock = clock
        self._call = call
        self._platform = platform
        self._held: tuple[str, float] | None = None  # token, its end in epoch seconds
        self._early = float(getattr(sign_in, "early", 0.0))
        self._tried_early = False

    def bearer(self) -> str:
        """A token with some minutes left; from memory, the secret store, or a refresh."""
        held = self._held = self._held or self._stored()
        if held is None or held[1] - EARLY <= self._now():
            return self.renew()
        return self._renewed_early(held[0]) if self._is_early() else held[0]

    def _is_early(self) -> bool:
        """Whether a platform whose tokens are renewed in good time wants one now."""
        if not self._early or self._tried_early:
            return False
        text = self._credentials.get(f"{stem_of(self._sign_in)}_RENEW_FROM") or ""
        return text.isdigit() and float(text) <= self._now()

    def _renewed_early(self, token: str) -> str:
        """A new token in good time; where that fails the old one serves on, and this object does not ask again."""
        self._tried_early = True
        try:
            return self.renew()
        except AccessError:
            return token

    def signed(self, wire: Wire) -> Wire:
        """The call with its token, and its signature where the platform wants one."""
        return self._sign_in.signed(wire, self.bearer(), self._credentials, self._clock.now())

    def refused(self, answer: Answer) -> bool:
        """Whether the token was not taken: HTTP 401, or the platform's own words for it under another status."""
        ask = getattr(self._sign_in, "spared" if answer.status == 401 else "refused", None)
        said = bool(ask(answer)) if ask is not None else False
        return said != (answer.status == 401)

    def renew(self) -> str:
        """A new access token by the refresh grant, stored; also the successor of a rotating refresh token."""
        return self._newer() or self._renewed().access_token

    def _renewed(self) -> Grant:
        if not self._credentials.get(self._sign_in.secret):
            raise self._signed_out("you are not signed in")
        try:
            grant = self._granted(self._sign_in.refresh(self._credentials, self._options))
        except AccessError as fault:
            if fault.why:  # another process may have used it up a moment ago, and be storing what it got
                self._clock.sleep(MOMENT)
            newer = self._newer()
            if newer:
                return Grant(newer, EARLY)
            if fault.next:
                raise
            raise (
                self._signed_out(fault.why)
                if fault.why
                else AccessError(f"{self._platform} gives no access token now", why=fault.what, next="try again later")
            ) from fault
        self.keep(grant)
        return grant

    def exchange(self, pasted: str, state: str) -> Grant:
        """Sign in with what the person pasted. Raises UsageError or AccessError.

        A grant that is over at once is good for one thing: to be exchanged for the one that lasts.
        """
        wire = self._sign_in.exchange(pasted, state, self._credentials, self._options)
        grant = self._granted(wire)
        own = getattr(self._sign_in, "pasted_token", None)  # where the refresh token itself may be pasted
        if own is not None and not grant.refresh_token:
            grant = replace(grant, refresh_token=own(pasted))
        self.keep(grant)
        return grant if grant.expires_in > 0 else self._renewed()

    def _granted(self, wire: Wire) -> Grant:
        """The answer to a sign-in call, its ends as seconds from now."""
        grant, now = self._sign_in.granted(self._call(wire)), self._now()
        if grant.ends_at is not None:
            grant = replace(grant, expires_in=grant.ends_at - now)
        if grant.refresh_ends_at is not None:
            grant = replace(grant, refresh_expires_in=grant.refresh_ends_at - now)
        return grant

    def _newer(self) -> str:
        """A token that another process stored since this one took its own; "" if there is none that lasts."""
        stored = self._stored()
        if stored is None or stored[1] - EARLY <= self._now() or (self._held and self._held[0] == stored[0]):
            return ""
        self._held = stored
        return stored[0]

    def keep(self, grant: Grant) -> None:
        """Store what was granted. The token before its end: a crash between them only costs a refresh."""
        put, stem, now = self._credentials.put, stem_of(self._sign_in), self._now()
        if grant.refresh_token:
            if grant.refresh_token != self._credentials.get(self._sign_in.secret):
                put(self._sign_in.secret, grant.refresh_token)
            put(
                f"{stem}_REFRESH_EXPIRES", str(int(now + grant.refresh_expires_in)) if grant.refresh_expires_in else "-"
            )
        if self._early:
            put(f"{stem}_RENEW_FROM", str(int(now + max(grant.expires_in / 2, grant.expires_in - self._early))))
        put(f"{stem}_CACHED_TOKEN", grant.access_token)
        put(f"{stem}_CACHED_UNTIL", f"{int(now + grant.expires_in)} {self._seed()}")
        self._held = (grant.access_token, now + grant.expires_in)

    def _stored(self) -> tuple[str, float] | None:
        """The stored token, if it came from the refresh token in use now."""
        stem = stem_of(self._sign_in)
        token, until = self._credentials.get(f"{stem}_CACHED_TOKEN"), self._credentials.get(f"{stem}_CACHED_UNTIL")
        end, _, seed = (until or "").partition(" ")
        return (token, float(end)) if token and end.isdigit() and seed == self._seed() else None

    def _seed(self) -> str:
        return hashlib.sha256((self._credentials.get(self._sign_in.secret) or "").encode()).hexdigest()[:16]

    def _signed_out(self, why: str) -> AccessError:
        return AccessError(
            f"{self._platform} does not let you in", why=why, next=f"trendctl platforms login {self._platform}"
        )

    def _now(self) -> float:
        return self._clock.now().timestamp()


def days_left(sign_in: SignIn, credentials: Credentials, clock: Clock) -> float | None:
    """Days until the refresh token ends; None where that is not known."""
    text = credentials.get(f"{stem_of(sign_in)}_REFRESH_EXPIRES") or ""
    return (float(text) - clock.now().timestamp()) / 86400 if text.isdigit() else None
