"""Why a call gave no usable answer, with the outcome its source's run gets from it."""

from trendctl.errors import AccessError
from trendctl.ports import Outcome


class Fault(AccessError):
    """A call that failed. `status` None: no HTTP status came; `retry_after`: seconds the other side asked us to wait.

    `over` means that further calls of the same leaf are useless now: its deadline has passed or the run was stopped.
    """

    def __init__(
        self,
        outcome: Outcome,
        cause: str,
        status: int | None = None,
        retry_after: float | None = None,
        *,
        over: bool = False,
    ) -> None:
        super().__init__("The call failed", why=cause)
        self.outcome = outcome
        self.cause = cause
        self.status = status
        self.retry_after = retry_after
        self.over = over


def unavailable(cause: str, status: int | None = None) -> Fault:
    """The other side's trouble: refused, blocked, silent, cut short."""
    return Fault(Outcome.UNAVAILABLE, cause, status)


def failed(cause: str, status: int | None = None) -> Fault:
    """An answer that cannot be used, or a call that must not be made."""
    return Fault(Outcome.FAILED, cause, status)
