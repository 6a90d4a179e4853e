"""Access tokens of one account: cached in memory and in the secret store, renewed by the refresh grant."""

import hashlib
from collections.abc import Callable, Mapping

from trendctl.errors import AccessError
from trendctl.ports import Answer, Clock, Credentials, Grant, Json, SignIn, Wire

EARLY = 120.0  # seconds before its end from which a token is not used any more
WEEK = 7 * 86400.0


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

    def bearer(self) -> str:
        """A token with some minutes left; from memory, the secret store, or a refresh."""
        held = self._held or self._stored()
        if held is None or held[1] - EARLY <= self._now():
            return self.renew()
        self._held = held
        return held[0]

    def signed(self, wire: Wire) -> Wire:
        """The call with its token, and its signature where the platform wants one."""
        return self._sign_in.signed(wire, self.bearer(), self._credentials, self._clock.now())

    def renew(self) -> str:
        """A new access token by the refresh grant, stored; also the successor of a rotating refresh token."""
        if not self._credentials.get(self._sign_in.secret):
            raise self._signed_out("you are not signed in")
        try:
            grant = self._sign_in.granted(self._call(self._sign_in.refresh(self._credentials, self._options)))
        except AccessError as fault:
            if fault.next:
                raise
            raise (
                self._signed_out(fault.why)
                if fault.why
                else AccessError(f"{self._platform} gives no access token now", why=fault.what, next="try again later")
            ) from fault
        self.keep(grant)
        return grant.access_token

    def exchange(self, pasted: str, state: str) -> Grant:
        """Sign in with what the person pasted. Raises UsageError or AccessError."""
        wire = self._sign_in.exchange(pasted, state, self._credentials, self._options)
        grant = self._sign_in.granted(self._call(wire))
        self.keep(grant)
        return grant

    def keep(self, grant: Grant) -> None:
        """Store what was granted. The token before its end: a crash between them only costs a refresh."""
        put, stem, now = self._credentials.put, stem_of(self._sign_in), self._now()
        if grant.refresh_token:
            put(self._sign_in.secret, grant.refresh_token)
            put(
                f"{stem}_REFRESH_EXPIRES", str(int(now + grant.refresh_expires_in)) if grant.refresh_expires_in else "-"
            )
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
