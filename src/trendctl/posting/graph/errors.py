"""What Meta's errors prove. Pure. An error object may come with HTTP 400 or with HTTP 200.

Codes and subcodes: developers.facebook.com, Graph API error handling and Instagram error codes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from trendctl.ports import Answer, Understood, Verdict
from trendctl.posting.body import parsed, retry_after

LONG = 3600.0  # seconds: not in this run
_LIMITS = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
_LIMIT_REST = 300.0  # seconds where Meta does not say when calls are allowed again
_PERMISSION = frozenset({3, 10, *range(200, 300)})
_TOKEN = frozenset({102, 190})
_TRANSIENT = frozenset({1, 2})
BLOCKED, DUPLICATE, PARAMETER, GONE = 368, 506, 100, 33
_NOT_MADE = "x-trendctl-not-made"  # our own note on an answer, never sent: the call itself was not made
# Token-like runs: Meta's messages sometimes quote the token they refuse.
_SECRET = re.compile(r"[A-Za-z0-9_|.~+/=-]{48,}|EAA[A-Za-z0-9]{16,}")
_WHY_TOKEN = {
    458: "the app was removed from your account", 459: "Facebook wants you to log in there first",
    460: "your password changed", 463: "it has expired", 464: "your account is not confirmed",
    467: "it is no longer valid", 492: "the Page role was removed", 493: "it was not used for 90 days",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """An error object of the Graph API. `words`: Meta's own, without anything that looks like a token."""

    code: int
    subcode: int
    words: str
    transient: bool

    @property
    def named(self) -> str:
        """As it is told to a person."""
        number = f"{self.code}/{self.subcode}" if self.subcode else str(self.code)
        return f"Meta {number}: {self.words}"


def problem(answer: Answer) -> Problem | None:
    """The answer's error object; None where it has none."""
    found = parsed(answer).get("error")
    if not isinstance(found, dict):
        return None
    title, said = str(found.get("error_user_title") or ""), str(found.get("error_user_msg") or "")
    words = f"{title}: {said}" if title and said else said or title or str(found.get("message") or "no reason given")
    return Problem(
        _number(found.get("code")), _number(found.get("error_subcode")), scrubbed(words)[:400],
        found.get("is_transient") is True,
    )  # fmt: skip


def why_refused(found: Problem) -> str:
    """Why a sign-in was refused. Not in Meta's words where they may quote the token."""
    return _WHY_TOKEN.get(found.subcode, "it is not valid (any more)") if found.code in _TOKEN else found.named


def scrubbed(text: str) -> str:
    """The text without token-like runs of characters."""
    return _SECRET.sub("***", text)


def not_made(answer: Answer) -> Answer:
    """The answer to a read that had to come before the call: the call itself was not made."""
    return replace(answer, headers={**answer.headers, _NOT_MADE: "1"})


def was_not_made(answer: Answer) -> bool:
    """Whether the answer is that of an earlier read, and the call itself was not made."""
    return bool(answer.headers.get(_NOT_MADE))


def refused_token(answer: Answer) -> bool:
    """Whether Meta did not take the token, whatever the HTTP status."""
    found = problem(answer)
    return found is not None and found.code in _TOKEN


def is_gone(answer: Answer) -> bool:
    """Whether Meta shows no such object: deleted, or not ours to see."""
    found = problem(answer)
    return found is not None and found.code in (PARAMETER, 803) and (found.subcode == GONE or found.code == 803)


def common(answer: Answer, platform: str) -> Understood | None:
    """The verdict on every answer that is no success; None for a success, which each step understands itself."""
    said = _verdict(answer, platform)
    if said is not None and was_not_made(answer):
        return replace(said, verdict=Verdict.NOT_APPLIED)
    return said


def _verdict(answer: Answer, platform: str) -> Understood | None:
    if answer.status == 0:
        return Understood(Verdict.UNKNOWN, answer.error or "no answer")
    found = problem(answer)
    if found is not None:
        return _of_problem(answer, found, platform)
    if answer.status == 401:
        return _signed_out("", platform)
    if answer.status == 403:
        return Understood(Verdict.NOT_APPLIED, _permission("HTTP 403", platform), retry_after=LONG)
    if answer.status == 429:
        return Understood(Verdict.NOT_APPLIED, "Meta's call limit (HTTP 429)", retry_after=pause(answer, 5.0))
    if 200 <= answer.status < 300:
        return None
    return Understood(Verdict.UNKNOWN, f"Meta answered HTTP {answer.status} without a reason")


def _of_problem(answer: Answer, found: Problem, platform: str) -> Understood:
    if found.code in _LIMITS or answer.status == 429:
        said = f"Meta's call limit ({found.named})"
        return Understood(Verdict.NOT_APPLIED, said, retry_after=pause(answer, _LIMIT_REST))
    if found.code in _TOKEN:
        return _signed_out(_WHY_TOKEN.get(found.subcode, ""), platform)
    if found.code in _PERMISSION:
        return Understood(Verdict.NOT_APPLIED, _permission(found.named, platform), retry_after=LONG)
    if found.code == BLOCKED:
        said = f"Meta blocks this account for now: look at the Support Inbox at facebook.com ({found.named})"
        return Understood(Verdict.NOT_APPLIED, said, retry_after=LONG)
    if found.code == PARAMETER and "appsecret_proof" in found.words:
        said = f"FACEBOOK_APP_SECRET is not this app's: trendctl secrets set FACEBOOK_APP_SECRET ({found.named})"
        return Understood(Verdict.NOT_APPLIED, said, retry_after=LONG)
    if found.code in _TRANSIENT or found.transient or answer.status >= 500:
        return Understood(Verdict.UNKNOWN, f"Meta had trouble of its own ({found.named})")
    return Understood(Verdict.REJECTED, found.named)


def _signed_out(why: str, platform: str) -> Understood:
    said = f"Meta does not take the sign-in{f': {why}' if why else ''}: trendctl platforms login {platform}"
    return Understood(Verdict.NOT_APPLIED, said, retry_after=0.0)


def _permission(named: str, platform: str) -> str:
    return f"Meta refuses permission ({named}): trendctl platforms login {platform}"


def pause(answer: Answer, unsaid: float) -> float:
    """Seconds until calls are allowed again: by the usage header (minutes), by Retry-After, else `unsaid`."""
    minutes = _regain(answer.headers)
    if minutes > 0:
        return minutes * 60.0
    return retry_after(answer, unsaid)


def _regain(headers: Mapping[str, str]) -> float:
    try:
        found = json.loads(headers.get("x-business-use-case-usage", "") or "{}")
    except ValueError:
        return 0.0
    several = found.values() if isinstance(found, dict) else ()
    uses = [row for many in several if isinstance(many, list) for row in many if isinstance(row, dict)]
    return max((_number(row.get("estimated_time_to_regain_access")) for row in uses), default=0)


def _number(value: object) -> int:
    if isinstance(value, bool):
        return 0
    if isinstance(value, str) and value.isdecimal() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) else 0
