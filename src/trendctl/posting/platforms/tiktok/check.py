"""`platforms check tiktok`: what a TikTok Shop listing needs, each with the command or page that mends it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from trendctl.errors import TrendctlError
from trendctl.ports import CheckResult, Json, Seen, Talk
from trendctl.posting import checking
from trendctl.posting.platforms.tiktok import known, shops, wires
from trendctl.posting.platforms.tiktok.envelope import LOGIN, SCOPE, envelope, trouble

APPS = "https://partner.tiktokshop.com (App & Service > Manage API), then " + LOGIN
_DAYS = {"start_date_ge": "2024-01-01", "end_date_lt": "2024-01-02"}  # any day: only the permission is looked at
_ANALYTICS = "/analytics/202405/shop/performance"


def check(seen: Seen) -> Sequence[CheckResult]:
    """Every check; without a sign-in only the first."""
    talk = seen.talk
    if talk is None:
        return [checking.signed_out(seen, "tiktok")]
    found = _tried("shop", lambda: shops.shops(talk))
    if isinstance(found, CheckResult):
        return [found]
    rows = [checking.SIGNED_IN, _shop(seen, found)]
    shop = shops.meant(found, seen.policies.get("shop", ""), seen.marketplace)
    if not shop:
        return rows
    cipher = shop["cipher"]
    rows += _prerequisites(seen, talk, cipher)
    rows += [_warehouse(seen, talk, cipher), _figures(talk, cipher)]
    return rows


def _tried(name: str, look: Callable[[], Json]) -> Json:
    """What was read, or the row that says why it was not."""
    try:
        return look()
    except TrendctlError as fault:
        mend = APPS if "permission" in fault.what else fault.next or LOGIN
        return replace(checking.unread(name, fault), next=mend)


def _shop(seen: Seen, found: Sequence[dict[str, str]]) -> CheckResult:
    chosen = seen.policies.get("shop", "")
    shop = shops.meant(found, chosen, seen.marketplace)
    if shop:
        return CheckResult("shop", "ok", f"{shop['name']} ({shop['id']}, {shop['region']})")
    names = ", ".join(f"{s['id']} ({s['name']}, {s['region']})" for s in found[:5]) or "none"
    if chosen:
        return CheckResult("shop", "fail", f"{chosen} is not among yours: {names}", "trendctl config edit")
    here = [s for s in found if s["region"] == shops.region(seen.marketplace)]
    if here:
        return CheckResult("shop", "fail", f"choose one of {names}", checking.setting("tiktok", "shop"))
    return CheckResult("shop", "fail", f"no shop in {seen.marketplace}; you have {names}", LOGIN)


def _prerequisites(seen: Seen, talk: Talk, cipher: str) -> Iterator[CheckResult]:
    found = _tried("prerequisites", lambda: known.failed(talk, cipher))
    if isinstance(found, CheckResult):
        yield found
    elif not found:
        yield CheckResult("prerequisites", "ok", "your shop may list")
    else:
        yield from (CheckResult("prerequisites", "fail", why, center(seen.marketplace)) for why in found)


def _warehouse(seen: Seen, talk: Talk, cipher: str) -> CheckResult:
    found = _tried("warehouse", lambda: known.warehouses(talk, cipher))
    if isinstance(found, CheckResult):
        return found
    return checking.choice(
        "warehouse", seen.policies.get("warehouse", ""), found, set_it=checking.setting("tiktok", "warehouse"),
        none="there is none that sells", make=center(seen.marketplace),
    )  # fmt: skip


def _figures(talk: Talk, cipher: str) -> CheckResult:
    """The permission to read how listings do; without it everything else works."""
    answer = talk.send(wires.get(_ANALYTICS, cipher, **_DAYS))
    if envelope(answer).code == SCOPE:
        words = "data.shop_analytics.public.read is not granted: `track` has no figures"
        return CheckResult("figures", "warn", words, APPS)
    if envelope(answer).code is None:
        return CheckResult("figures", "warn", f"TikTok does not tell ({trouble(answer)})")
    return CheckResult("figures", "ok", "may be read")


def center(marketplace: str) -> str:
    """The Seller Center of a market."""
    return "https://seller-us.tiktok.com" if shops.region(marketplace) == "US" else "https://seller.tiktok.com"
