"""`platforms check amazon`: what an Amazon listing needs, each with the command or page that mends it."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from trendctl.errors import AccessError, TrendctlError
from trendctl.ports import Answer, CheckResult, Seen, Talk, Wire
from trendctl.posting import checking
from trendctl.posting.body import parsed, part, rows
from trendctl.posting.platforms.amazon import known, performance, views, wires
from trendctl.posting.platforms.amazon.answers import trouble
from trendctl.posting.platforms.amazon.places import Place, place

ROTATE_DAYS = 180  # a client secret's life: developer-docs.amazon.com, rotate your application's client secrets
_WARN_DAYS = 14
_SELLER = re.compile(r"A[A-Z0-9]{9,20}")
_LOGIN = "trendctl platforms login amazon"


def check(seen: Seen) -> Sequence[CheckResult]:
    """Every check; without a sign-in only the first."""
    if seen.talk is None:
        return [checking.signed_out(seen, "amazon")]
    where = place(seen.marketplace)
    if where is None:
        return [CheckResult("marketplace", "fail", f"Amazon has no {seen.marketplace}", "trendctl config edit")]
    rows_ = [checking.SIGNED_IN]
    first = seen.talk.send(wires.get(where, "/sellers/v1/marketplaceParticipations"))
    now = _server_time(first)
    rows_ += [_marketplace(first, where), _seller(seen), *_secret(seen, now)]
    for name, role, wire in _calls(seen, where, now):
        rows_.append(_permission(name, role, wire, seen.talk, where))
    return [*rows_, _quotas(first)]


def _central(where: Place) -> str:
    return f"https://{where.central}"


def _marketplace(answer: Answer, where: Place) -> CheckResult:
    """Takes the account part there? Asked of Amazon, not taken from the settings."""
    name = f"Amazon {where.country}"
    if answer.status == 403:
        return _lacks("marketplace", "Selling Partner Insights", answer, where)
    if answer.status != 200:
        return CheckResult("marketplace", "fail", trouble(answer), "trendctl platforms check amazon")
    listed = rows(parsed(answer).get("payload"))
    ours = next((row for row in listed if part(row.get("marketplace")).get("id") == where.id), {})
    state = part(ours.get("participation"))
    if not state.get("isParticipating"):
        others = ", ".join(sorted(str(part(r.get("marketplace")).get("countryCode") or "?") for r in listed))
        told = f"your account does not sell at {name}{f' (it does in {others})' if others else ''}"
        return CheckResult("marketplace", "fail", told, "marketplace = ... in [platforms.amazon]: trendctl config edit")
    if state.get("hasSuspendedListings"):
        told = f"{name} holds your listings back (account health, or the holiday setting)"
        return CheckResult("marketplace", "warn", told, f"{_central(where)}/performance/dashboard")
    return CheckResult("marketplace", "ok", f"your account sells at {name} ({where.id})")


def _seller(seen: Seen) -> CheckResult:
    number = str(seen.options.get("seller_id") or "")
    mend = "Seller Central > Account Info > Merchant Token, then trendctl secrets set AMAZON_SELLER_ID"
    if not number:
        return CheckResult("seller id", "fail", "not set", mend)
    if not _SELLER.fullmatch(number):
        return CheckResult("seller id", "warn", "it does not look like a merchant token (A...)", mend)
    return CheckResult("seller id", "ok", "set")


def _secret(seen: Seen, now: datetime | None) -> Iterator[CheckResult]:
    """Amazon voids a client secret after 180 days and does not say when it was made: the person tells the day."""
    option = 'secret_set_on = "2026-01-31" in [platforms.amazon.options]'
    told = str(seen.options.get("secret_set_on") or "")
    if not told:
        words = f"must be rotated every {ROTATE_DAYS} days; {option} lets this check tell you in time"
        yield CheckResult("client secret", "ok", words)
        return
    try:
        end = date.fromisoformat(told) + timedelta(days=ROTATE_DAYS)
    except ValueError:
        yield CheckResult("client secret", "warn", f"{told!r} is no day", f"{option}: trendctl config edit")
        return
    mend = "Develop Apps > LWA credentials > Rotate, then trendctl secrets set AMAZON_SP_API_SECRET"
    left = (end - now.date()).days if now is not None else None
    if left is None:
        yield CheckResult("client secret", "ok", f"rotate it before {end.isoformat()}")
    elif left <= 0:
        yield CheckResult("client secret", "fail", f"it ended on {end.isoformat()}", mend)
    elif left <= _WARN_DAYS:
        yield CheckResult("client secret", "warn", f"it ends in {left} days ({end.isoformat()})", mend)
    else:
        yield CheckResult("client secret", "ok", f"it lasts {left} days (until {end.isoformat()})")


def _calls(seen: Seen, where: Place, now: datetime | None) -> list[tuple[str, str, Wire]]:
    """One harmless read for each role of the app."""
    seller = str(seen.options.get("seller_id") or "")
    path = wires.item_path(seller, "").rstrip("/")
    found = [("listings", "Product Listing", wires.get(where, path, marketplaceIds=where.id, pageSize="1"))]
    found = found if seller else []
    words = {"marketplaceIds": where.id, "keywords": "lantern", "pageSize": "1"}
    found.append(("catalogue", "Product Listing", wires.get(where, known.CATALOG, **words)))
    if now is not None:
        day = now.date() - timedelta(days=1)
        interval = f"{day.isoformat()}T00:00:00Z--{now.date().isoformat()}T00:00:00Z"
        asked = {"marketplaceIds": where.id, "interval": interval, "granularity": "Day", "granularityTimeZone": "UTC"}
        found.append(("sales", "Inventory and Order Tracking", wires.get(where, performance.METRICS, **asked)))
    params = {"reportTypes": views.KIND, "pageSize": "1"}
    found.append(("views", "Brand Analytics", wires.get(where, f"{views.PATH}/reports", **params)))
    return found


def _permission(name: str, role: str, wire: Wire, talk: Talk, where: Place) -> CheckResult:
    try:
        known.read(talk, wire)
    except AccessError as fault:
        answer = Answer(403 if "permission" in fault.what else 0, error=fault.why)
        if answer.status == 403:
            return _lacks(name, role, answer, where)
        return CheckResult(name, "warn" if name == "views" else "fail", fault.why, fault.next)
    except TrendctlError as fault:
        return checking.unread(name, fault)
    return CheckResult(name, "ok", "allowed")


def _lacks(name: str, role: str, answer: Answer, where: Place) -> CheckResult:
    """A role that the app has not got. Views are a nicety: the rest works without them."""
    told = f"the app lacks the role {role} ({trouble(answer)})"
    mend = f"add it at {_central(where)}/sellingpartner/developerconsole, then {_LOGIN}"
    if name == "views":
        return CheckResult(name, "warn", f"{told}: page views stay n/a, orders and revenue do not", mend)
    return CheckResult(name, "fail", told, mend)


def _quotas(answer: Answer) -> CheckResult:
    """Amazon does not say how many calls are left, only how many a second it allows, and that not always."""
    rate = answer.headers.get("x-amzn-ratelimit-limit", "")
    told = f"{rate} calls a second for this call" if rate else "Amazon does not tell them"
    return CheckResult("quotas", "ok", f"{told}; trendctl keeps to the published rates")


def _server_time(answer: Answer) -> datetime | None:
    """Amazon's own clock."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (TypeError, ValueError):
        return None
