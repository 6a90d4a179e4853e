"""Rows of `platforms check` that every platform tells alike."""

from collections.abc import Sequence

from trendctl.errors import TrendctlError
from trendctl.ports import CheckResult, Json, Seen
from trendctl.posting import oauth
from trendctl.posting.asked import named

SIGNED_IN = CheckResult("sign-in", "ok", "signed in")


def signed_out(seen: Seen, platform: str) -> CheckResult:
    """The only row without a sign-in."""
    return CheckResult("sign-in", "fail", seen.why, oauth.login(platform))


def unread(name: str, fault: TrendctlError) -> CheckResult:
    """The row of what could not be read."""
    return CheckResult(name, "fail", fault.why or fault.what, fault.next)


def setting(platform: str, kind: str) -> str:
    """Where a choice is written down."""
    return f'{kind} = "ID" in [platforms.{platform}.policies]: trendctl config edit'


def choice(
    name: str, chosen: str, offered: Sequence[dict[str, Json]], *, set_it: str, none: str, make: str
) -> CheckResult:
    """Whether one of those there are (`id`, `name`, maybe `default`) is chosen, or is clear without a choice.

    `none`: said where there is none; `make` mends that, `set_it` a choice that is missing.
    """
    ids = [str(row["id"]) for row in offered]
    if chosen in ids:
        return CheckResult(name, "ok", f"{chosen} (yours)")
    if chosen:
        told = f"{chosen} is not among yours: {', '.join(ids) or 'none'}"
        return CheckResult(name, "fail", told, "trendctl config edit")
    default = [row for row in offered if row.get("default")] if len(offered) > 1 else offered
    if len(default) == 1:
        words = "the only one" if len(offered) == 1 else "the shop's default"
        return CheckResult(name, "ok", f"{default[0]['id']} ({words})")
    if not offered:
        return CheckResult(name, "fail", none, make)
    return CheckResult(name, "fail", f"choose one of {named(offered)}", set_it)
