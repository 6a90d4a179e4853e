"""What every contract needs: the time, the secrets, a JSON value, a check's answer. Imported through `ports`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

Json = Any  # a value of a JSON document: None, bool, int, float, str, list or dict of these


class Clock(Protocol):
    """The time, injected: tests and the demo bring their own."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class Credentials(Protocol):
    """Named secrets (the environment names of the README). None: not set."""

    def get(self, name: str) -> str | None: ...
    def put(self, name: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`status`: ok, warn or fail; `detail` is for a person."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    next: str = ""
