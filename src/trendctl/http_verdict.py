"""What an answer to a read means: usable, or which Fault."""

import json
import re
from datetime import datetime
from typing import Final

import httpx

from trendctl.http_body import blocked
from trendctl.http_fault import Fault, failed, unavailable
from trendctl.http_pace import retry_after
from trendctl.ports import Outcome, Reply

_TOO_OFTEN: Final = frozenset(("4", "17", "32", "613"))  # developers.facebook.com, Graph API, rate limits
_CODE: Final = re.compile(r"[A-Za-z_]{3,40}|\d{1,6}")
_LONGEST_ERROR: Final = 20_000


def judge(reply: Reply, now: datetime) -> None:
    """Raise the Fault that a refused, limited, missing or blocked answer means; a usable 2xx passes."""
    wait = retry_after(reply.headers, now)
    if reply.status == 429 or reply.status >= 500:
        cause = f"HTTP {reply.status}" + (f", come back in {wait:.0f} s" if wait else "")
        raise Fault(Outcome.UNAVAILABLE, cause, reply.status, wait)
    if reply.status in (401, 403):
        why = ", a block page" if blocked(reply.body) else ""
        raise unavailable(f"HTTP {reply.status}: refused{why}", reply.status)
    if reply.status == 400:
        raise _refused(reply)
    if not 200 <= reply.status < 300:
        raise unavailable(f"HTTP {reply.status}", reply.status)
    if page := blocked(reply.body):
        raise unavailable(page, reply.status)


def _refused(reply: Reply) -> Fault:
    """A 400 says that our request is wrong, or a credential in it; under Meta's it may say that we asked too often.

    Only the error's code is told, never its words: they may repeat what we sent.
    """
    code = _code(reply.body)
    if code in _TOO_OFTEN and b"fbtrace_id" in reply.body:
        return unavailable(f"HTTP 400: asked too often (code {code})", 400)
    return failed("HTTP 400: our request or a credential in it is wrong" + (f" ({code})" if code else ""), 400)


def _code(body: bytes) -> str:
    """The code or kind that an error names, as OAuth, Google and Meta do; "" where there is none."""
    try:
        document = json.loads(body[:_LONGEST_ERROR])
    except (ValueError, RecursionError):
        return ""
    inner = document.get("error") if isinstance(document, dict) else None
    found: list[object] = [inner] if isinstance(inner, str) else []
    for holder in (inner, document):
        if isinstance(holder, dict):
            found += [holder.get(key) for key in ("status", "code", "type")]
    said = [str(one) for one in found if isinstance(one, str | int)]
    return next((one for one in said if _CODE.fullmatch(one)), "")


def silence(fault: Exception, seconds: float, *, stopped: bool) -> Fault:
    """The Fault for a call without an answer. `seconds`: the deadline it had."""
    if stopped:
        return Fault(Outcome.SKIPPED, "stopped", over=True)
    if isinstance(fault, httpx.ConnectTimeout):
        return unavailable("cannot connect in time")
    if isinstance(fault, httpx.TimeoutException):
        return Fault(Outcome.UNAVAILABLE, f"no whole answer in time ({seconds:g} s)", over=True)
    return unavailable(words(fault))


def words(fault: Exception) -> str:
    """The first line of an error."""
    return str(fault).split("\n")[0][:200] or type(fault).__name__
