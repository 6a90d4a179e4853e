"""What every provider speaks with us: a question, an answer with its usage, and trouble."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

_WORD = re.compile(r"[a-z][a-z0-9]*([_.-][a-z0-9]+){0,5}", re.ASCII)
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


def of_status(status: int, headers: Mapping[str, str], body: object = None) -> Trouble:
    """Trouble of an HTTP status. A 5xx may have been worked on before it failed; a 4xx was turned away.

    Of the `body` only the provider's word for the error goes into the cause (`insufficient_quota` is another 429 than
    `rate_limit_exceeded`); its text, which may repeat what was asked, does not.
    """
    words = {401: "the key is not valid", 402: "the account has no credit", 403: "the account may not do this",
             404: "there is no such model or address", 429: "too many requests"}  # fmt: skip
    cause = f"HTTP {status}: {words.get(status, 'the server failed' if status >= 500 else 'the request was refused')}"
    code = _code(body)
    cause += f" ({code})" if code else ""
    wait = _seconds(headers.get("retry-after"))
    again = status in (408, 409, 429) or status >= 500
    return Trouble(cause, charged=status >= 500, again=again, wait=wait, everywhere=status in (401, 402, 403, 404))


def _code(body: object) -> str:
    """`code`, else `type`, of the body's `error` or of the body itself (SDKs unwrap it); "": none that is one word."""
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    found = [inner.get(name) for name in ("code", "type")] if isinstance(inner, Mapping) else []
    return next((c for c in found if isinstance(c, str) and _WORD.fullmatch(c)), "")


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; a date counts as not told: the bounded pause of our own serves."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
