"""The one call to a language model: money reserved first, bounded retries, one repair round, everything accounted."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Generic, TypeVar

from pydantic import BaseModel

from trendctl.analyzer.model_prices import Rate, cheap_model, is_loopback, rate
from trendctl.analyzer.providers.wire import Line, Question, Said, Talk, Trouble
from trendctl.analyzer.report import Tally
from trendctl.analyzer.structured import Unusable, read, wire_schema
from trendctl.ports import Clock
from trendctl.store import llm_calls
from trendctl.store.engine import Store
from trendctl.store.llm_calls import DAY, Answered, Wanted
from trendctl.store.writers import Role

T = TypeVar("T", bound=BaseModel)

HOMES = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com",
         "groq": "https://api.groq.com/openai/v1"}  # fmt: skip
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "groq": "GROQ_API_KEY"}
TRIES = 3
MAX_WAIT = 30.0
"""Seconds; a server that asks for a longer pause is not waited for."""
RUN_SECONDS = 900.0
"""No new question after so long in one run; the next run goes on."""
DOWN_AFTER = 3  # failures in a row
_OVERHEAD = 1000  # tokens that a provider may add to a question: roles, and the schema once more
_STOPPED = {"refusal": "the model refused", "length": "the answer was cut off", "other": "the answer is no text"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The settings of [llm]; `base_url` "" is the provider's own. `budget`: millionths of a US dollar a day (UTC)."""

    provider: str
    model: str
    base_url: str
    budget: int
    timeout: float

    @classmethod
    def of(cls, provider: str, model: str, base_url: str, daily_budget_usd: str, timeout: float) -> "Chosen":
        """With the provider's cheap model where none is named."""
        budget = int(Decimal(daily_budget_usd) * 1_000_000)
        return cls(provider, model or cheap_model(provider), base_url or HOMES.get(provider, ""), budget, timeout)

    @property
    def label(self) -> str:
        """What is stored with an answer."""
        return f"{self.provider}:{self.model}"


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """One question for one product. `agents`: for whom, with their versions (a part of the cache's key)."""

    agents: str
    product_id: int | None
    system: str
    user: str
    schema: type[T]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Got(Generic[T]):
    """The answer, or None with the cause."""

    answer: T | None
    cause: str = ""


class Model:
    """A language model under a budget. Not shared between threads."""

    def __init__(
        self,
        chosen: Chosen,
        key: str | None,
        store: Store,
        clock: Clock,
        *,
        fresh: bool = False,
        talk: Callable[[Chosen, Line], Talk] | None = None,
    ) -> None:
        self.chosen, self.tally = chosen, Tally()
        self._store, self._clock, self._fresh = store, clock, fresh
        self._key, self._open = key, talk or connect
        self._talk: Talk | None = None
        self._until = clock.monotonic() + RUN_SECONDS
        self._misses = 0
        self._refused = (-1, 0)  # the day, and what did not fit into its budget
        self._rate = rate(chosen.provider, chosen.model, chosen.base_url)
        self._down = self._unfit()

    @property
    def label(self) -> str:
        """What is stored with an answer."""
        return self.chosen.label

    def close(self) -> None:
        """Close the connections, if there are any."""
        if self._talk is not None:
            self._talk.close()

    def ask(self, task: Task[T]) -> Got[T]:
        """The cached answer to this very content, else a new one within the budget; never raises for a bad answer."""
        hashed = self._hash(task)
        got = None if self._fresh else self._cached(hashed, task)
        if got is None:
            got = self._new(hashed, task)
        if got.cause:
            self.tally.causes[got.cause] = self.tally.causes.get(got.cause, 0) + 1
        return got

    # ------------------------------------------------------------ cache

    def _hash(self, task: Task[T]) -> str:
        parts = [self.label, task.agents, task.system, task.user, task.max_tokens, wire_schema(task.schema)]
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _cached(self, hashed: str, task: Task[T]) -> Got[T] | None:
        with self._store.read() as db:
            known = llm_calls.kept(db, hashed)
        if known is None or (not known.answer and known.at // DAY != self._now() // DAY):
            return None
        self.tally.cached += 1
        try:
            return Got(read(known.answer, task.schema)) if known.answer else Got(None, known.cause)
        except Unusable:
            return None

    def _new(self, hashed: str, task: Task[T]) -> Got[T]:
        if self._down:
            return Got(None, self._down)
        if self._clock.monotonic() > self._until:
            return Got(None, "the time for the model is over in this run")
        try:
            answer = self._answer(task)
        except Unusable as fault:  # the same content would most likely end the same way
            self._keep(hashed, "", str(fault))
            return Got(None, str(fault))
        except Trouble as fault:
            return Got(None, fault.cause)
        self._keep(hashed, answer.model_dump_json(), "")
        return Got(answer)

    def _keep(self, hashed: str, answer: str, cause: str) -> None:
        with self._store.write(Role.ANALYZER) as db:
            llm_calls.keep(db, hashed, answer, cause, self._now())

    # ------------------------------------------------------------ calls

    def _answer(self, task: Task[T]) -> T:
        try:
            return self._once(task, (task.user,))
        except Unusable as fault:
            if str(fault) in _STOPPED.values():
                raise
            mend = f"Your answer was not usable: {fault}. Answer once more with the JSON object alone."
            return self._once(task, (task.user, mend))

    def _once(self, task: Task[T], turns: tuple[str, ...]) -> T:
        schema = wire_schema(task.schema)
        question = Question(self.chosen.model, task.system, turns, schema, task.max_tokens)
        number, said = self._said(task, question)
        cause = _STOPPED.get(said.stop, "")
        answer: T | None = None
        try:
            if not cause:
                answer = read(said.text, task.schema)
        except Unusable as fault:
            cause = str(fault)
        self._settle(number, said, question, cause)
        if answer is None:
            raise Unusable(cause)
        return answer

    def _said(self, task: Task[T], question: Question) -> tuple[int, Said]:
        """The answer of the first try that has one, with the number of its reservation."""
        for left in range(TRIES - 1, -1, -1):
            number = self._reserve(task, question)
            try:
                said = self._ask(question)
            except Trouble as fault:
                self._missed(number, question, fault)
                if not left or not fault.again or (fault.wait or 0) > MAX_WAIT:
                    self._down = self._is_down(fault)
                    raise
                self._clock.sleep(fault.wait if fault.wait is not None else 4.0 ** (TRIES - 1 - left))
            else:
                self._misses = 0
                return number, said
        raise AssertionError("the last try returns or raises")

    def _ask(self, question: Question) -> Said:
        try:
            return self._line().say(question)
        except Trouble:
            raise
        except Exception as fault:  # an SDK may fail on an odd answer: the offline one must stand
            raise Trouble(f"the SDK failed ({type(fault).__name__})", charged=True) from fault

    def _reserve(self, task: Task[T], question: Question) -> int:
        most = self._most(question)
        wanted = Wanted(
            task.agents, task.product_id, self.chosen.provider, self.chosen.model, most, self._now()
        )  # fmt: skip
        day, refused = self._refused
        number = None
        if day != wanted.at // DAY or most < refused:  # else it was refused before, and a day's money only gets less
            with self._store.write(Role.ANALYZER) as db:
                number = llm_calls.reserve(db, wanted, self.chosen.budget)
        if number is None:
            self._refused = (wanted.at // DAY, most)
            raise Trouble("the budget of this day is spent", charged=False)
        self.tally.calls += 1
        return number

    def _most(self, question: Question) -> int:
        """The most a call can cost: no token is shorter than a byte, and no answer longer than was asked for."""
        texts = [question.system, *question.turns, json.dumps(question.schema)]
        return self._price.micro_usd(sum(len(t.encode()) for t in texts) + _OVERHEAD, question.max_tokens)

    def _settle(self, number: int, said: Said, question: Question, cause: str) -> None:
        spent, state = None, "failed" if cause else "done"
        if said.input_tokens is not None and said.output_tokens is not None:
            spent = self._price.micro_usd(said.input_tokens, said.output_tokens)
            if spent > self._most(question):
                state, cause = "overrun", "it cost more than a call can cost; no more calls this day"
        self.tally.micro_usd += self._most(question) if spent is None else spent
        self._write(number, Answered(state, spent, said.input_tokens, said.output_tokens, cause))

    def _missed(self, number: int, question: Question, fault: Trouble) -> None:
        """A lost answer stays reserved: it may have been made, and paid for."""
        self.tally.micro_usd += self._most(question) if fault.charged else 0
        state, spent = ("lost", None) if fault.charged else ("failed", 0)
        self._write(number, Answered(state, spent, cause=fault.cause))

    def _write(self, number: int, answered: Answered) -> None:
        with self._store.write(Role.ANALYZER) as db:
            llm_calls.settle(db, number, answered)

    # ------------------------------------------------------------ the line

    def _is_down(self, fault: Trouble) -> str:
        """The cause why nothing more is asked in this run; "" as long as another question may fare better."""
        self._misses += 1
        return fault.cause if fault.everywhere or fault.wait or self._misses >= DOWN_AFTER else ""

    def _unfit(self) -> str:
        if not self.chosen.base_url:
            return "llm.base_url is not set"
        if not self.chosen.model:
            return "llm.model is not set"
        if self._rate is None:
            return f"the price of {self.chosen.model} is not known"
        if self._key is None and not is_loopback(self.chosen.base_url):
            return f"{KEYS.get(self.chosen.provider, 'the key')} is not set"
        return ""

    @property
    def _price(self) -> Rate:
        assert self._rate is not None, "a model without a price is never asked"
        return self._rate

    def _line(self) -> Talk:
        if self._talk is None:
            line = Line(
                self._key or "not-needed", self.chosen.base_url, self.chosen.timeout, self._clock.monotonic
            )  # fmt: skip
            self._talk = self._open(self.chosen, line)
        return self._talk

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def connect(chosen: Chosen, line: Line) -> Talk:
    """Open a line; the SDK is loaded here and not before. Raises Trouble where it is broken."""
    try:
        if chosen.provider == "anthropic":
            from trendctl.analyzer.providers.anthropic_messages import Messages

            return Messages(line)
        from trendctl.analyzer.providers.openai_chat import Chat

        return Chat(line, plain=chosen.provider == "compatible")
    except ImportError as fault:
        raise Trouble(f"the SDK cannot be loaded: {fault}", charged=False, everywhere=True) from fault
