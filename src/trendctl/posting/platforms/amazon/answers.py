"""What Amazon's answers prove. Pure: status, headers and body in; a verdict with a sentence for the person out.

Shapes: Amazon's OpenAPI document of Listings Items 2021-08-01. HTTP 200 may hold status INVALID.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from trendctl.commerce.money import Money, exponent, round_minor
from trendctl.ports import Answer, Understood, Verdict
from trendctl.posting.body import parsed, part, retry_after, rows

INTERNAL = "4000000"  # "internal error": a preview fails with it though the listing itself would be taken
LONG = 3600.0  # seconds: not in this run
_CHECK = "trendctl platforms check amazon"
# What a person can do about an issue, by the attribute it names; the first that fits.
_MEANS = {
    "purchasable_offer": "Amazon refuses the price: trendctl edit ID",
    "list_price": "Amazon refuses the price: trendctl edit ID",
    "fulfillment_availability": "Amazon refuses the quantity: trendctl supply ID --stock N",
    "condition_type": "Amazon refuses the condition: trendctl supply ID --condition ...",
    "merchant_suggested_asin": "Amazon refuses the product: trendctl supply ID --fact asin=...",
    "externally_assigned_product_identifier": "Amazon refuses the GTIN: trendctl supply ID --gtin ...",
    "item_name": "Amazon refuses the title: trendctl edit ID",
    "brand": "Amazon refuses the brand: trendctl supply ID --brand ...",
    "main_product_image_locator": "Amazon refuses the image: trendctl image list ID",
}


def clean(value: object, most: int = 300) -> str:
    """A text of Amazon's that a person will read: on one line, whole characters only, not endless."""
    return " ".join(str(value or "").encode("utf-8", "replace").decode().split())[:most]


def texts(value: object) -> list[str]:
    """The texts of a list; none of anything else."""
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def money(told: object) -> Money | None:
    """An amount with its currency, rounded to minor units; None where it is not told or cannot be understood."""
    amount = {str(name).lower(): value for name, value in part(told).items()}
    try:
        value, currency = Decimal(str(amount.get("amount"))), str(amount.get("currencycode") or "")
        if not value.is_finite() or value.adjusted() > 15:
            return None
        return Money(round_minor(value * 10 ** exponent(currency), "half_up"), currency)
    except (InvalidOperation, ValueError, OverflowError):
        return None


def errors(answer: Answer) -> list[dict[str, Any]]:
    """Amazon's error objects."""
    return rows(parsed(answer).get("errors"))


def problems(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The issues that stand in a listing's way."""
    return [issue for issue in rows(body.get("issues")) if issue.get("severity") == "ERROR"]


def words(found: Sequence[Mapping[str, Any]]) -> str:
    """What Amazon says, and what to do where it is known."""
    parts = []
    for one in found[:3]:
        said = clean(one.get("message") or one.get("details") or "no reason given")
        names = texts(one.get("attributeNames"))
        means = next((_MEANS[name] for name in names if name in _MEANS), "")
        more = f"; {', '.join(names)}" if names else ""
        parts.append(f"{f'{means} ' if means else ''}(Amazon {one.get('code') or 'without a code'}: {said}{more})")
    return "; ".join(parts)


def trouble(answer: Answer) -> str:
    """Why a call failed, in words."""
    return answer.error or words(errors(answer)) or f"HTTP {answer.status}"


def is_of_token(answer: Answer) -> bool:
    """A 403 whose words are about the token: another one helps. Without them a permission is missing."""
    said = " ".join(f"{e.get('message')} {e.get('details')}" for e in errors(answer)).lower()
    return answer.status == 403 and "token" in said


def understand(step: str, answer: Answer) -> Understood:
    """The verdict on a step's answer: preview, put, patch, delete, quantity."""
    common = _common(answer)
    if common is not None:
        return common
    if step == "preview":
        return _previewed(answer)
    if answer.status == 0 or answer.status >= 500:
        return Understood(Verdict.UNKNOWN, answer.error or trouble(answer))
    if step == "delete" and answer.status == 404:
        return Understood(Verdict.APPLIED, "Amazon has no such SKU")  # what is true is read back
    if not 200 <= answer.status < 300:
        return Understood(Verdict.REJECTED, trouble(answer))
    return _submitted(answer)


def _common(answer: Answer) -> Understood | None:
    """Answers that mean the same for every call."""
    if answer.status == 401 or is_of_token(answer):
        return Understood(Verdict.NOT_APPLIED, f"Amazon did not take the access token: {_CHECK}", retry_after=0.0)
    if answer.status == 403:
        words_ = f"Amazon refuses permission ({trouble(answer)}): {_CHECK}"
        return Understood(Verdict.NOT_APPLIED, words_, retry_after=LONG)
    if answer.status == 429:
        wait = retry_after(answer, None)  # Amazon hardly ever sends it: then the machine's own growing waits
        return Understood(Verdict.NOT_APPLIED, "Amazon's call limit (HTTP 429)", retry_after=wait)
    return None


def _previewed(answer: Answer) -> Understood:
    """A preview stores nothing. Only a clear INVALID stops here: the real call is validated as well."""
    body = parsed(answer)
    if answer.status == 200 and body.get("status") == "INVALID" and not _internal(problems(body)):
        return Understood(Verdict.REJECTED, words(problems(body) or rows(body.get("issues"))) or "Amazon says INVALID")
    if answer.status in (400, 413, 415) and not _internal(errors(answer)):
        return Understood(Verdict.REJECTED, trouble(answer))
    if answer.status in (0, 503):
        return Understood(Verdict.NOT_APPLIED, trouble(answer))
    if answer.status == 200 and body.get("status") in ("VALID", "ACCEPTED"):
        return Understood(Verdict.APPLIED, words(rows(body.get("issues"))), _late(body))
    return Understood(Verdict.APPLIED, "Amazon could not preview it; it is sent and validated there")


def _submitted(answer: Answer) -> Understood:
    """ACCEPTED is queued, not live. An INVALID that only names an internal error was not applied."""
    body = parsed(answer)
    status = body.get("status")
    if status in ("ACCEPTED", "VALID"):
        late = _late(body) | {"submission_id": str(body.get("submissionId") or "")}
        return Understood(Verdict.APPLIED, words(rows(body.get("issues"))), {k: v for k, v in late.items() if v})
    if status == "INVALID":
        found = problems(body) or rows(body.get("issues"))
        verdict = Verdict.NOT_APPLIED if _internal(found) else Verdict.REJECTED
        return Understood(verdict, words(found) or "Amazon says INVALID without a reason")
    return Understood(Verdict.UNKNOWN, "Amazon does not say whether it was accepted")


def _internal(found: Sequence[Mapping[str, Any]]) -> bool:
    return bool(found) and all(str(one.get("code")) in (INTERNAL, "InternalFailure", "InternalError") for one in found)


def _late(body: Mapping[str, Any]) -> dict[str, str]:
    asin = next((str(row["asin"]) for row in rows(body.get("identifiers")) if row.get("asin")), "")
    return {"asin": asin} if asin else {}
