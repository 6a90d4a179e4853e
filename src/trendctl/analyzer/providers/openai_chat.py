"""OpenAI's chat completions, and every server that speaks them (Groq, Ollama, llama.cpp, vLLM), through `openai`."""

from typing import Any

import httpx2
import openai

from trendctl.analyzer.providers.bounded import client
from trendctl.analyzer.providers.wire import Line, Question, Said, Stop, Trouble, of_status

_STOPS: dict[str, Stop] = {"stop": "end", "length": "length", "content_filter": "refusal"}


class Chat:
    """A wire.Talk. `plain`: a server that knows the older name of the token limit only."""

    def __init__(self, line: Line, *, plain: bool) -> None:
        self._plain = plain
        self._sdk = openai.OpenAI(
            api_key=line.key, base_url=line.base_url, timeout=line.timeout, max_retries=0,
            http_client=client(line.timeout, line.monotonic),
        )  # fmt: skip

    def say(self, question: Question) -> Said:
        """Ask once."""
        limit = {"max_tokens" if self._plain else "max_completion_tokens": question.max_tokens}
        schema = {"name": "answer", "strict": True, "schema": dict(question.schema)}
        messages: list[Any] = [{"role": "system", "content": question.system}]
        messages += [{"role": "user", "content": turn} for turn in question.turns]
        asked: dict[str, Any] = {"response_format": {"type": "json_schema", "json_schema": schema}, **limit}
        try:
            found = self._sdk.chat.completions.create(model=question.model, messages=messages, **asked)
        except openai.APIStatusError as fault:
            raise of_status(fault.status_code, fault.response.headers, fault.body) from fault
        except openai.APIConnectionError as fault:
            raise _unreached(fault) from fault
        except (openai.OpenAIError, ValueError, httpx2.HTTPError) as fault:
            raise Trouble(f"the answer cannot be read ({type(fault).__name__})", charged=True) from fault
        return _read(found)

    def close(self) -> None:
        """Close the connections."""
        self._sdk.close()


def _unreached(fault: openai.APIConnectionError) -> Trouble:
    """A connection that was never made cost nothing; whatever broke later may have."""
    early = isinstance(fault.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)
    slow = isinstance(fault, openai.APITimeoutError)
    cause = "cannot be reached" if early else "no answer in time" if slow else "the connection broke off"
    return Trouble(cause, charged=not early, again=not slow, everywhere=False)


def _read(found: Any) -> Said:
    """Every field may be missing or of another type: servers that call themselves compatible differ."""
    usage = getattr(found, "usage", None)
    sent, made = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    choices = getattr(found, "choices", None)
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(choice, "message", None)
    text, refusal = getattr(message, "content", None), getattr(message, "refusal", None)
    stop: Stop = "refusal" if refusal else _STOPS.get(str(getattr(choice, "finish_reason", "")), "other")
    return Said(text if isinstance(text, str) else "", stop, sent, made)


def _count(usage: Any, name: str) -> int | None:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
