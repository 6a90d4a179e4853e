"""`platforms check ebay`: what an eBay listing needs, each with the command or page that mends it."""

from collections.abc import Iterator, Sequence
from typing import Literal
from urllib.parse import quote

from trendctl.errors import TrendctlError
from trendctl.ports import CheckResult, Json, Seen, Talk
from trendctl.posting import checking
from trendctl.posting.body import parsed
from trendctl.posting.platforms.ebay import known, wires

LOCATION = "trendctl"  # the key of the location made by `--mend`
_POLICIES_PAGE = "https://www.ebay.com/bp/manage"
_PROGRAM = "SELLING_POLICY_MANAGEMENT"
_LOW = 0.1  # of a quota


def check(seen: Seen) -> Sequence[CheckResult]:
    """Every check; without a sign-in only the first."""
    if seen.talk is None:
        return [checking.signed_out(seen, "ebay")]
    rows = [checking.SIGNED_IN]
    for name, look in (
        ("permissions", _privileges), ("business policies", _program), ("policies", _policies),
        ("location", _location), ("categories", _categories), ("quotas", _quotas),
    ):  # fmt: skip
        try:
            rows += look(seen, seen.talk)
        except TrendctlError as fault:
            rows.append(checking.unread(name, fault))
    return rows


def _privileges(seen: Seen, talk: Talk) -> Iterator[CheckResult]:
    """The permission to sell at all, and how much of it."""
    body = known.read(talk, wires.get(f"{wires.ACCOUNT}/privilege", seen.marketplace))
    if not body.get("sellerRegistrationCompleted"):
        yield CheckResult("seller", "fail", "your seller registration is not complete", "https://www.ebay.com/sl/sell")
    limit = body.get("sellingLimit") or {}
    amount = limit.get("amount") or {}
    if limit:
        told = f"{limit.get('quantity', '?')} items, {amount.get('value', '?')} {amount.get('currency', '')}".strip()
        status: Literal["ok", "warn"] = "ok" if limit.get("quantity") != 0 else "warn"
        yield CheckResult(
            "selling limits", status, f"each month: {told}", "" if status == "ok" else "https://www.ebay.com/sh/ovw"
        )
    else:
        yield CheckResult("selling limits", "ok", "eBay names none")


def _program(seen: Seen, talk: Talk) -> Iterator[CheckResult]:
    """The Inventory API takes business policies only."""
    body = known.read(talk, wires.get(f"{wires.ACCOUNT}/program/get_opted_in_programs", seen.marketplace))
    if any(p.get("programType") == _PROGRAM for p in body.get("programs") or []):
        yield CheckResult("business policies", "ok", "you opted in")
        return
    if seen.mend:
        answer = talk.send(wires.post(f"{wires.ACCOUNT}/program/opt_in", seen.marketplace, {"programType": _PROGRAM}))
        if answer.status == 200:
            yield CheckResult("business policies", "warn", "asked for; eBay may take a day", _POLICIES_PAGE)
            return
        yield CheckResult("business policies", "fail", known.trouble(answer), _POLICIES_PAGE)
        return
    yield CheckResult("business policies", "fail", "not opted in", "trendctl platforms check ebay --mend")


def _policies(seen: Seen, talk: Talk) -> Iterator[CheckResult]:
    for kind in known.KINDS:
        rows = known.policies(talk, seen.marketplace, kind)
        yield _choice(f"{kind} policy", seen, rows, kind, _POLICIES_PAGE)


def _location(seen: Seen, talk: Talk) -> Iterator[CheckResult]:
    rows = known.locations(talk, seen.marketplace)
    if rows or not seen.mend:
        make = "set country and postal_code in [platforms.ebay.options], then trendctl platforms check ebay --mend"
        yield _choice("location", seen, rows, "location", make)
        return
    address = _address(seen.options)
    if not address:
        yield CheckResult(
            "location", "fail", "no address to make one", "set country and postal_code in [platforms.ebay.options]"
        )
        return
    body = {
        "location": {"address": address},
        "locationTypes": ["WAREHOUSE"],
        "merchantLocationStatus": "ENABLED",
        "name": LOCATION,
    }
    url = f"{wires.INVENTORY}/location/{quote(LOCATION, safe='')}"
    answer = talk.send(wires.post(url, seen.marketplace, body))
    made = answer.status == 204 or answer.status == 409 or "25803" in known.trouble(answer)  # 25803: it exists
    if made:
        yield CheckResult("location", "ok", f"made {LOCATION}")
    else:
        yield CheckResult("location", "fail", known.trouble(answer), "look at the address in [platforms.ebay.options]")


def _address(options: Json) -> dict[str, str]:
    """Country with a postal code, or with city and state; {} where that is not set."""
    names = {"country": "country", "postal_code": "postalCode", "city": "city", "state": "stateOrProvince"}
    found = {field: str(options[name]) for name, field in names.items() if options.get(name)}
    enough = "country" in found and ("postalCode" in found or {"city", "stateOrProvince"} <= set(found))
    return found if enough else {}


def _choice(name: str, seen: Seen, rows: list[dict[str, str]], kind: str, make: str) -> CheckResult:
    return checking.choice(
        name, seen.policies.get(kind, ""), rows, set_it=checking.setting("ebay", kind), none="there is none", make=make
    )


def _categories(seen: Seen, talk: Talk) -> Iterator[CheckResult]:
    yield CheckResult("categories", "ok", f"category tree {known.tree(talk, seen.marketplace)}")


def _quotas(seen: Seen, talk: Talk) -> Iterator[CheckResult]:
    """eBay sends no quota headers; it tells what is left when asked."""
    answer = talk.send(wires.get(f"{wires.API}/developer/analytics/v1_beta/user_rate_limit/", seen.marketplace))
    if answer.status not in (200, 204):
        yield CheckResult("quotas", "warn", f"eBay does not tell them ({known.trouble(answer)})")
        return
    low = []
    for group in parsed(answer).get("rateLimits") or []:
        for resource in group.get("resources") or []:
            for rate in resource.get("rates") or []:
                limit, left = rate.get("limit") or 0, rate.get("remaining") or 0
                if limit and left < limit * _LOW:
                    low.append(f"{resource.get('name')}: {left} of {limit} left until {rate.get('reset', '?')}")
    if low:
        yield CheckResult("quotas", "warn", "; ".join(low), "wait until they are full again")
    else:
        yield CheckResult("quotas", "ok", "enough calls left")
