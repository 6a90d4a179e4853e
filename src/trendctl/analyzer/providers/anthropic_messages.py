"""Anthropic's messages, through `anthropic`."""

from typing import Any

import anthropic
import httpx2

from trendctl.analyzer.providers.bounded import client
from trendctl.analyzer.providers.wire import Line, Question, Said, Stop, Trouble, of_status

_STOPS: dict[str, Stop] = {"end_turn": "end", "stop_sequence": "end", "max_tokens": "length", "refusal": "refusal",
                           "model_context_window_exceeded": "length"}  # fmt: skip
_INPUT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class Messages:
    """A wire.Talk."""

    def __init__(self, line: Line) -> None:
        self._sdk = anthropic.Anthropic(
            api_key=line.key, base_url=line.base_url, timeout=line.timeout, max_retries=0,
            http_client=client(line.timeout, line.monotonic),
        )  # fmt: skip

    def say(self, question: Question) -> Said:
        """Ask once."""
        content = [{"type": "text", "text": turn} for turn in question.turns]
        asked: dict[str, Any] = {
            "messages": [{"role": "user", "content": content}],
            "output_config": {"format": {"type": "json_schema", "schema": dict(question.schema)}},
        }
        try:
            found = self._sdk.messages.create(
                model=question.model, max_tokens=question.max_tokens, system=question.system, **asked
            )
        except anthropic.APIStatusError as fault:
            raise of_status(fault.status_code, fault.response.headers, fault.body) from fault
        except anthropic.APIConnectionError as fault:
            raise _unreached(fault) from fault
        except (anthropic.AnthropicError, ValueError, httpx2.HTTPError) as fault:
            raise Trouble(f"the answer cannot be read ({type(fault).__name__})", charged=True) from fault
        return _read(found)

    def close(self) -> None:
        """Close the connections."""
        self._sdk.close()


def _unreached(fault: anthropic.APIConnectionError) -> Trouble:
    """A connection that was never made cost nothing; whatever broke later may have."""
    early = isinstance(fault.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)
    slow = isinstance(fault, anthropic.APITimeoutError)
    cause = "cannot be reached" if early else "no answer in time" if slow else "the connection broke off"
    return Trouble(cause, charged=not early, again=not slow)


def _read(found: Any) -> Said:
    """The text blocks; anything else (a tool call) is no answer."""
    usage = getattr(found, "usage", None)
    sent = [count for name in _INPUT if (count := _count(usage, name)) is not None]
    made = _count(usage, "output_tokens")
    blocks = getattr(found, "content", None)
    known = blocks if isinstance(blocks, list) else []
    texts = [getattr(block, "text", "") for block in known if getattr(block, "type", "") == "text"]
    stop = _STOPS.get(str(getattr(found, "stop_reason", "")), "other")
    text = "".join(t for t in texts if isinstance(t, str))
    return Said(text, stop, sum(sent) if sent else None, made)


def _count(usage: Any, name: str) -> int | None:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
