"""What every provider speaks with us: a question, an answer with its usage, and trouble."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Stop = Literal["end", "length", "refusal", "other"]


@dataclass(frozen=True, slots=True)
class Question:
    """One request. `turns`: what the user says, one text after the other; `schema`: the JSON schema of the answer."""

    model: str
    system: str
    turns: tuple[str, ...]
    schema: Mapping[str, Any]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it came. Token counts are None where the server told none; `input_tokens` includes cached ones."""

    text: str
    stop: Stop
    input_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """How to reach a provider. `timeout`: seconds for the whole answer; `monotonic`: the clock that it is held by."""

    key: str
    base_url: str
    timeout: float
    monotonic: Callable[[], float]


class Talk(Protocol):
    """An open line to a provider."""

    def say(self, question: Question) -> Said:
        """Ask once, without a retry. Raises Trouble."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


class Trouble(Exception):
    """No answer. `charged`: it may have been made and paid for; `again`: worth another try, after `wait` seconds
    where the server said so; `everywhere`: the next question would meet the same."""

    def __init__(
        self, cause: str, *, charged: bool, again: bool = False, wait: float | None = None, everywhere: bool = False
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.charged = charged
        self.again = again
        self.wait = wait
        self.everywhere = everywhere


def of_status(status: int, headers: Mapping[str, str]) -> Trouble:
    """Trouble of an HTTP status. A 5xx may have been worked on before it failed; a 4xx was turned away."""
    words = {401: "the key is not valid", 402: "the account has no credit", 403: "the account may not do this",
             404: "there is no such model or address", 429: "too many requests"}  # fmt: skip
    cause = f"HTTP {status}: {words.get(status, 'the server failed' if status >= 500 else 'the request was refused')}"
    wait = _seconds(headers.get("retry-after"))
    again = status in (408, 409, 429) or status >= 500
    return Trouble(cause, charged=status >= 500, again=again, wait=wait, everywhere=status in (401, 402, 403, 404))


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; a date counts as not told: the bounded pause of our own serves."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
