"""One source's run: its requests, the replies understood, the chain followed, and an outcome with its cause."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from trendctl.errors import ParseError, TrendctlError
from trendctl.http import Fault, Leaf
from trendctl.ports import Ask, Outcome, Parsed, Record, Reply, Request, Source
from trendctl.scanner.adapter import adapter_for
from trendctl.scanner.rotation import Keep, forget, keep_successor

MAX_CALLS = 100  # of one chain; a longer one goes in circles


@dataclass(slots=True)
class Chain:
    """What one ask brought. `faults`: (outcome, cause) of the calls that gave nothing; `detours`: causes of those
    in whose place another was made."""

    records: list[Record] = field(default_factory=list)
    rejected: int = 0
    calls: int = 0
    faults: list[tuple[Outcome, str]] = field(default_factory=list)
    detours: list[str] = field(default_factory=list)
    over: bool = False  # the deadline has passed or the run was stopped: nothing more can be asked

    @property
    def outcome(self) -> Outcome:
        """OK with anything at all; the worst fault without; EMPTY only where every call was understood."""
        if self.records:
            return Outcome.OK
        seen = {outcome for outcome, _ in self.faults}
        for worst in (Outcome.FAILED, Outcome.UNAVAILABLE, Outcome.SKIPPED):
            if worst in seen:
                return worst
        return Outcome.FAILED if self.rejected else Outcome.EMPTY

    @property
    def cause(self) -> str:
        """Why, in one line; "" where all went well."""
        if self.faults:
            outcome = self.outcome
            cause = next((cause for kind, cause in self.faults if kind == outcome), self.faults[0][1])
            if self.calls > 1:
                return f"{len(self.faults)} of {self.calls} calls: {cause}"
            return cause
        if self.rejected and not self.records:
            return f"none of {self.rejected} entries could be used: the format may have changed"
        return f"{self.detours[0]}: its fallback was asked" if self.detours else ""


def unnoted(reply: Reply, ask: Ask, parsed: Parsed | None, problem: str) -> None:
    """Nobody looks at the answers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`items`: records kept. `room` is told the bytes of each body before it is parsed, and may wait for room.

    `keep` is given rotated refresh tokens: (name, value). `note` is given each answer as it was understood: what was
    parsed, or None and why not.
    """

    items: int
    room: Callable[[int], object] = lambda size: None
    keep: Keep = forget
    note: Callable[[Reply, Ask, Parsed | None, str], object] = unnoted


def run_chain(source: Source, ask: Ask, leaf: Leaf, limits: Limits, tell: Callable[[str], object]) -> Chain:
    """Ask a source and understand it. Never raises for what a source or the other side does wrong.

    `tell` hears a few words after each call.
    """
    chain = Chain()
    try:
        if source.gather is not None:
            _gather(source, ask, leaf, chain)
        else:
            _follow(source, ask, leaf, chain, limits, tell)
    except TrendctlError as fault:
        chain.faults.append((Outcome.FAILED, str(fault)))
    except RecursionError:
        chain.faults.append((Outcome.FAILED, "not understood: nested too deeply"))
    except Exception as bug:  # noqa: BLE001 - the edge of a leaf: its bug must not stop the other sources
        chain.faults.append((Outcome.FAILED, f"a bug in the source: {type(bug).__name__}: {str(bug)[:200]}"))
    del chain.records[limits.items :]
    return chain


def _follow(source: Source, ask: Ask, leaf: Leaf, chain: Chain, limits: Limits, tell: Callable[[str], object]) -> None:
    assert source.requests is not None  # a source has `gather` or both of these; a test of all leaves looks
    assert source.parse is not None
    todo = deque(source.requests(ask))
    if not todo:
        chain.faults.append((Outcome.SKIPPED, f"nothing to ask for: trendctl sources show {source.facts.name}"))
    while todo and len(chain.records) < limits.items and not chain.over and chain.calls < MAX_CALLS:
        chain.calls += 1
        request = todo.popleft()
        try:
            reply = leaf.call(request)
            keep_successor(source.facts, reply, ask, limits.keep)
            limits.room(len(reply.body))
            parsed = _understood(source, reply, ask, limits)
        except Fault as fault:
            todo.extend(r for r in _instead(source, request, fault, ask, chain) if r not in todo)
        except ParseError as fault:
            chain.faults.append((Outcome.FAILED, f"not understood: {fault}"))
        else:
            _take(chain, parsed)
            todo.extend(r for r in parsed.follow if r not in todo)  # two calls may want the same token
            tell(f"{len(chain.records)} items")


def _understood(source: Source, reply: Reply, ask: Ask, limits: Limits) -> Parsed:
    assert source.parse is not None  # the caller looked
    try:
        parsed = source.parse(reply, ask)
    except ParseError as fault:
        limits.note(reply, ask, None, f"not understood: {fault}")
        raise
    limits.note(reply, ask, parsed, "")
    return parsed


def _instead(source: Source, request: Request, fault: Fault, ask: Ask, chain: Chain) -> Sequence[Request]:
    """Note a call that failed; what is asked in its place."""
    if source.fallback is not None and fault.outcome == Outcome.UNAVAILABLE and not fault.over:
        instead = source.fallback(request, fault.status, ask)
        if instead:
            chain.detours.append(fault.cause)
            return instead
    cause = fault.cause
    if fault.status in (400, 401) and source.facts.credentials:
        cause += f"; if the credential has expired: trendctl secrets set {source.facts.credentials[-1]}"
    chain.faults.append((fault.outcome, cause))
    chain.over = fault.over
    return ()


def _gather(source: Source, ask: Ask, leaf: Leaf, chain: Chain) -> None:
    assert source.gather is not None  # the caller looked
    adapter = adapter_for(leaf)
    chain.calls = 1
    try:
        _take(chain, source.gather(adapter, ask))
    except Exception:
        # The package's own exception hides what our client said; the client knows better.
        if adapter.fault is None:
            raise
        guessed = source.facts.terms == "unofficial" and adapter.fault.status == 400  # not our mistake: nobody said how
        outcome = Outcome.UNAVAILABLE if guessed else adapter.fault.outcome
        chain.faults.append((outcome, adapter.fault.cause))
        chain.over = adapter.fault.over


def _take(chain: Chain, parsed: Parsed) -> None:
    chain.records += parsed.records
    chain.rejected += parsed.rejected
