"""TikTok Shop's envelope, `{code, message, data}`: read before the HTTP status, as a failure may come with HTTP 200.

Codes: partner.tiktokshop.com, common-errors. 36009004 has many meanings, so nothing is decided by it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trendctl.errors import AccessError
from trendctl.ports import Answer, Talk, Wire
from trendctl.posting.body import part

EXPIRED, SCOPE, SIGNATURE, NO_CIPHER, OTHER_SHOP = 105002, 105005, 106001, 106013, 101000
TOO_MANY, MANY_MEANINGS = 36009002, 36009004
# "Internal error", "timed out", "try again": the call may or may not have been applied.
BUSY = frozenset({36009003, 36009007, 12001000, 12052881, 12056001, 33001002, 35003001, 38023025})
GATE = frozenset({EXPIRED, SCOPE, SIGNATURE, NO_CIPHER, OTHER_SHOP, TOO_MANY})  # refused before anything is done

LOGIN, CHECK = "trendctl platforms login tiktok", "trendctl platforms check tiktok"
_GATE_WORDS = {
    EXPIRED: f"the access token is no longer good: {CHECK}",
    SCOPE: f"your app lacks a permission: give it at partner.tiktokshop.com (App & Service > Manage API), then {LOGIN}",
    SIGNATURE: "the signature was not taken: look at TIKTOK_SHOP_SECRET (trendctl secrets set TIKTOK_SHOP_SECRET) and "
    "at this computer's clock",
    NO_CIPHER: f"the shop was not named: {CHECK}",
    OTHER_SHOP: f"this sign-in is not for that shop: {LOGIN}",
    TOO_MANY: "TikTok's call limit",
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """`code` None: no envelope of TikTok's at all. `message` is cut to what fits a line."""

    code: int | None
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def envelope(answer: Answer) -> Envelope:
    """The answer's envelope; never raises."""
    try:
        found = json.loads(answer.body or b"null")
    except (ValueError, RecursionError):
        return Envelope(None)
    if not isinstance(found, dict):
        return Envelope(None)
    code = found.get("code")
    if isinstance(code, str) and code.isdecimal() and len(code) < 12:
        code = int(code)
    if not isinstance(code, int) or isinstance(code, bool):
        return Envelope(None)
    return Envelope(code, " ".join(str(found.get("message") or "").split())[:300], part(found.get("data")))


def gate_words(told: Envelope) -> str:
    """What a refusal at the gate means, with TikTok's own words."""
    return f"{_GATE_WORDS[told.code or 0]} (TikTok {told.code}: {told.message})"


def trouble(answer: Answer) -> str:
    """Why a read failed, in words."""
    if answer.status == 0:
        return answer.error or "no answer"
    told = envelope(answer)
    if told.code in GATE:
        return gate_words(told)
    return f"TikTok {told.code}: {told.message}" if told.code else f"HTTP {answer.status}"


def read(talk: Talk, wire: Wire) -> dict[str, Any]:
    """The data of a read. Raises AccessError with TikTok's words."""
    answer = talk.send(wire)
    told = envelope(answer)
    if told.code == 0:
        return dict(told.data)
    what = "TikTok refuses permission" if told.code == SCOPE else "TikTok did not answer"
    raise AccessError(what, why=trouble(answer), next="" if told.code in GATE else CHECK)
