"""`platforms check` for Meta: the token by Meta's own word, its permissions and end, the API's version, the account."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from trendctl.clock import SystemClock
from trendctl.errors import TrendctlError
from trendctl.ports import CheckResult, Seen, Talk
from trendctl.posting import checking
from trendctl.posting.body import part, text
from trendctl.posting.graph import api, errors
from trendctl.posting.graph.login import DEBUG, MetaSignIn

WARN_DAYS = 7
VERSION_DAYS = 183  # six months
Look = Callable[[Seen, str, Talk], Sequence[CheckResult]]


def check(seen: Seen, sign_in: MetaSignIn, name: str, *looks: Look) -> list[CheckResult]:
    """Every check; without a sign-in only the first and the version. `name`: the row of what `looks` could not read."""
    version, day = api.version_of(seen.options), today()
    ages = version_row(version, day, sign_in.platform, str(seen.options.get("graph_version") or ""))
    if seen.talk is None:
        return [checking.signed_out(seen, sign_in.platform), ages]
    rows = [checking.SIGNED_IN]
    try:
        rows += token_rows(seen.talk, version, sign_in, day)
    except TrendctlError as fault:
        rows.append(checking.unread("token", fault))
    for look in looks:
        try:
            rows += look(seen, version, seen.talk)
        except TrendctlError as fault:
            rows.append(checking.unread(name, fault))
    return [*rows, ages]


def today() -> date:
    """UTC. What is checked has no clock of its own."""
    return SystemClock().now().date()


def token_rows(talk: Talk, version: str, sign_in: MetaSignIn, day: date) -> Iterator[CheckResult]:
    """What Meta says of the token: valid, until when, for which permissions. Raises AccessError."""
    login = f"trendctl platforms login {sign_in.platform}"
    found = part(api.read(talk, api.get(version, DEBUG), sign_in.platform).get("data"))
    if found.get("is_valid") is not True:
        said = errors.scrubbed(str(part(found.get("error")).get("message") or "Meta says it is not valid"))
        yield CheckResult("token", "fail", said, login)
        return
    yield CheckResult("token", "ok", f"valid, of {text(found.get('type')).lower() or 'a user'}")
    yield _until("token expiry", found.get("expires_at"), day, login)
    yield _until("data access", found.get("data_access_expires_at"), day, login)
    scopes = found.get("scopes")
    granted = {str(s) for s in scopes} if isinstance(scopes, list) else set()
    lacking = [s for s in sign_in.scopes if s not in granted]
    if lacking:
        yield CheckResult("permissions", "fail", f"not given: {', '.join(lacking)}", login)
    else:
        yield CheckResult("permissions", "ok", ", ".join(sign_in.scopes))


def _until(name: str, at: Any, day: date, login: str) -> CheckResult:
    """`at`: epoch seconds; 0: never."""
    if not isinstance(at, int) or isinstance(at, bool) or at <= 0:
        return CheckResult(name, "ok", "never ends" if at == 0 else "Meta names no end")
    try:
        end = datetime.fromtimestamp(at, UTC).date()
    except (ValueError, OverflowError, OSError):
        return CheckResult(name, "ok", "Meta names no end")
    days = (end - day).days
    if days <= 0:
        return CheckResult(name, "fail", f"ended on {end}", login)
    return CheckResult(name, "warn" if days <= WARN_DAYS else "ok", f"until {end} ({days} days)",
                       login if days <= WARN_DAYS else "")  # fmt: skip


def version_row(version: str, day: date, platform: str, chosen: str = "") -> CheckResult:
    """How long the version of the API is still answered, warned of six months ahead."""
    edit = f"trendctl config set platforms.{platform}.options.graph_version {api.DEFAULT_VERSION}"
    if chosen and chosen != version:
        return CheckResult("API version", "fail", f"{chosen!r} is no version: {version} is used", edit)
    end, ended = api.version_end(version)
    if ended or (end is not None and end <= day):
        return CheckResult("API version", "fail", f"{version} has ended{f' on {end}' if end else ''}", edit)
    if end is None:
        return CheckResult("API version", "ok", f"{version}; no end of it is known yet")
    days = (end - day).days
    if days < VERSION_DAYS:
        return CheckResult("API version", "warn", f"{version} ends on {end}, in {days} days", edit)
    return CheckResult("API version", "ok", f"{version}, until {end}")


def pages(talk: Talk, version: str, platform: str) -> list[dict[str, str]]:
    """The Pages of the person signed in, with their Instagram accounts. Raises AccessError."""
    wire = api.get(version, "me", "accounts", fields="id,name,instagram_business_account{id,username}", limit="100")
    found = []
    for row in api.rows(api.read(talk, wire, platform).get("data")):
        linked = part(row.get("instagram_business_account"))
        own = {"id": text(row.get("id")), "name": text(row.get("name"))}
        found.append(own | {"instagram": text(linked.get("id")), "username": text(linked.get("username"))})
    return [row for row in found if row["id"]]


def choice(what: str, platform: str, option: str, seen: Seen, offered: dict[str, str]) -> CheckResult:
    """Whether the id that an option names is among those there are (id -> name)."""
    chosen = str(seen.options.get(option) or "").strip()
    if chosen in offered:
        return CheckResult(what, "ok", f"{chosen} ({offered[chosen]})")
    named = ", ".join(f"{number} ({name})" for number, name in list(offered.items())[:5]) or "none"
    why = f"{chosen} is not among yours" if chosen else f"{option} is not set"
    return CheckResult(
        what, "fail", f"{why}: {named}", f"trendctl config set platforms.{platform}.options.{option} ID"
    )  # fmt: skip
