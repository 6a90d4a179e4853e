"""What an answer to a read means: usable, or which Fault."""

from datetime import datetime

import httpx

from trendctl.http_body import blocked
from trendctl.http_fault import Fault, unavailable
from trendctl.http_pace import retry_after
from trendctl.ports import Outcome, Reply


def judge(reply: Reply, now: datetime) -> None:
    """Raise the Fault that a refused, limited, missing or blocked answer means; a usable 2xx passes."""
    wait = retry_after(reply.headers, now)
    if reply.status == 429 or reply.status >= 500:
        cause = f"HTTP {reply.status}" + (f", come back in {wait:.0f} s" if wait else "")
        raise Fault(Outcome.UNAVAILABLE, cause, reply.status, wait)
    if reply.status in (401, 403):
        why = ", a block page" if blocked(reply.body) else ""
        raise unavailable(f"HTTP {reply.status}: refused{why}", reply.status)
    if not 200 <= reply.status < 300:
        raise unavailable(f"HTTP {reply.status}", reply.status)
    if page := blocked(reply.body):
        raise unavailable(page, reply.status)


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
