"""A platform's line out, put together: client, limits, tokens; its check and its sign-in."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from trendctl.errors import AccessError, UsageError
from trendctl.home import Home
from trendctl.http import Client, Leaf
from trendctl.ports import Checking, CheckResult, Clock, Credentials, Json, Platform, Seen, SignIn, Talk
from trendctl.posting.drafting import Account
from trendctl.posting.gate import Gate
from trendctl.posting.talk import HttpTalk, auth_caller
from trendctl.posting.tokens import Tokens, days_left
from trendctl.store import platform_known
from trendctl.store.engine import Store
from trendctl.store.http_state import StoredHttpState
from trendctl.store.writers import Role

GAP = 0.2  # seconds between two calls to one host, beside the platform's own limits
DEADLINE = 90.0  # seconds for one call, its wait for a turn included
WARN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Line:
    """One platform and account with all that talking to it takes. Credentials are read only while it talks."""

    platform: Platform
    account: Account
    base_url: str
    auth_url: str
    store: Store
    clock: Clock
    credentials: Credentials
    home: Home
    user_agent: str
    stop: threading.Event | None = None

    @property
    def name(self) -> str:
        """The platform's name."""
        return self.platform.facts.name

    @property
    def sign_in(self) -> SignIn | None:
        """How a person signs in there; None: nobody has to."""
        return cast("SignIn | None", getattr(self.platform, "sign_in", None))


@contextmanager
def talking(line: Line) -> Iterator[HttpTalk]:
    """The talk of a line; its connections are closed at the end."""
    with _client(line) as client:
        leaf, plain = _leaf_of(line, client), client.leaf(line.name, gap_seconds=GAP, deadline_seconds=DEADLINE)
        gate = Gate(line.store, line.clock, line.name, line.account.name, line.platform.facts.limits)
        try:
            yield HttpTalk(leaf, gate, _tokens(line, leaf), line.home.images, line.base_url, plain)
        finally:
            _note_expiry(line)


def check(line: Line, *, mend: bool = False) -> list[dict[str, str]]:
    """The rows of `platforms check`; what was known of the account is asked anew at the next draft."""
    with line.store.write(Role.POSTING) as db:
        platform_known.forget(db, line.name, line.account.name)
    rows = [*_credentials(line), *_expiry(line)]
    if all(r.status != "fail" for r in rows) and hasattr(line.platform, "check"):
        with _leaf(line) as leaf, talking(line) as talk:
            why = _signed_out(line, leaf)
            rows += cast(Checking, line.platform).check(_seen(line, None if why else talk, why, mend))
    return [
        {"platform": line.name, "account": line.account.name, "check": r.name, "status": r.status, "detail": r.detail,
         "next": r.next}
        for r in rows
    ]  # fmt: skip


def consent_url(line: Line, state: str) -> str:
    """Where the person consents. Raises UsageError or AccessError."""
    return _sign_in(line).consent_url(line.credentials, _options(line), state)


def sign_in(line: Line, pasted: str, state: str) -> float | None:
    """Exchange what was pasted and store the tokens; days until the sign-in ends, None where that is not told."""
    _sign_in(line)
    with _leaf(line) as leaf:
        tokens = _tokens(line, leaf)
        grant = tokens.exchange(pasted, state) if tokens is not None else None
    with line.store.write(Role.POSTING) as db:
        platform_known.forget(db, line.name, line.account.name)
    _note_expiry(line)
    rest = grant.refresh_expires_in if grant is not None else None
    return rest / 86400 if rest else None


def _sign_in(line: Line) -> SignIn:
    if line.sign_in is None:
        raise UsageError(f"{line.name} needs no sign-in", next="trendctl platforms list")
    return line.sign_in


def _signed_out(line: Line, leaf: Leaf) -> str:
    """Why there is no access token; "" when there is one."""
    tokens = _tokens(line, leaf)
    if tokens is None:
        return ""
    try:
        tokens.bearer()
    except (AccessError, UsageError) as fault:
        return f"{fault.what}: {fault.why}" if fault.why else fault.what
    return ""


def _credentials(line: Line) -> list[CheckResult]:
    """A row for each credential: set or not, never its value."""
    secret = line.sign_in.secret if line.sign_in else ""
    rows = []
    for name in line.platform.facts.credentials:
        there = bool(line.credentials.get(name))
        mends = f"trendctl platforms login {line.name}" if name == secret else f"trendctl secrets set {name}"
        rows.append(CheckResult(name, "ok" if there else "fail", "set" if there else "not set", "" if there else mends))
    return rows


def _expiry(line: Line) -> list[CheckResult]:
    """How long the sign-in lasts, warned of a week ahead."""
    left = days_left(line.sign_in, line.credentials, line.clock) if line.sign_in else None
    if left is None:
        return []
    login = f"trendctl platforms login {line.name}"
    if left <= 0:
        return [CheckResult("sign-in expiry", "fail", "the sign-in has expired", login)]
    if left <= WARN_DAYS:
        return [CheckResult("sign-in expiry", "warn", f"the sign-in ends in {left:.0f} days", login)]
    return [CheckResult("sign-in expiry", "ok", f"the sign-in lasts {left:.0f} days")]


def _note_expiry(line: Line) -> None:
    """Let health know until when the sign-in lasts: it may not read credentials."""
    left = days_left(line.sign_in, line.credentials, line.clock) if line.sign_in else None
    if left is None:
        return
    ends_at = round(line.clock.now().timestamp() + left * 86400)
    with line.store.write(Role.POSTING) as db:
        platform_known.note_sign_in(db, line.name, line.account.name, ends_at)


def _seen(line: Line, talk: Talk | None, why: str, mend: bool) -> Seen:
    return Seen(line.account.name, _market(line), line.account.policies, line.account.options, talk, why, mend)


@contextmanager
def _leaf(line: Line) -> Iterator[Leaf]:
    with _client(line) as client:
        yield _leaf_of(line, client)


def _leaf_of(line: Line, client: Client) -> Leaf:
    return client.leaf(
        line.name, base_url=line.base_url, auth_url=line.auth_url, gap_seconds=GAP, deadline_seconds=DEADLINE
    )


@contextmanager
def _client(line: Line) -> Iterator[Client]:
    client = Client(
        StoredHttpState(line.store, line.clock), line.clock, line.home.cache, user_agent=line.user_agent, stop=line.stop
    )  # fmt: skip
    try:
        yield client
    finally:
        client.close()


def _tokens(line: Line, leaf: Leaf) -> Tokens | None:
    if line.sign_in is None:
        return None
    return Tokens(line.sign_in, line.credentials, _options(line), line.clock, auth_caller(leaf), line.name)


def _options(line: Line) -> Mapping[str, Json]:
    """The account's options, with its marketplace: some have their own page to consent on."""
    return {**line.account.options, "_marketplace": _market(line)}


def _market(line: Line) -> str:
    return line.account.marketplace or line.platform.facts.default_marketplace
