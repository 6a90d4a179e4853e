"""Jobs side by side in threads: longest first, each within its deadline, results as they come."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from trendctl.http import Client
from trendctl.ports import Ask, Clock, Outcome, Record, Source
from trendctl.scanner.chain import Chain, Limits, run_chain, unnoted
from trendctl.scanner.kept import Kept
from trendctl.scanner.rotation import Keep, forget
from trendctl.scanner.values import Progress, SourceValues

GRACE = 10.0  # seconds beyond its deadline after which a thread that does not come back is given up
_LOOK = 0.5  # seconds between two looks for such threads
_REFUSALS = 3  # asks of one source refused one after the other: the others wait for another scan
_JOIN = 5.0  # seconds that a stopped run waits for its threads


@dataclass(frozen=True, slots=True)
class Job:
    """A source and what it is asked: once to discover, or one ask a term to measure.

    `before` is called before each of its calls, `keep` is given rotated tokens, `note` goes into the result's cause.
    `kept` None: none of its answers is kept.
    """

    source: Source
    asks: tuple[Ask, ...]
    values: SourceValues
    contact: str
    limit: int
    expected_seconds: float
    before: Callable[[], object] | None = None
    keep: Keep = forget
    note: str = ""
    kept: Kept | None = None

    @property
    def kind(self) -> str:
        """discover or measure."""
        return "discover" if self.asks[0].term is None else "measure"


@dataclass(frozen=True, slots=True)
class Result:
    """How a job ended. `answered`: the asks that were answered, with or without records."""

    source: Source
    kind: str
    outcome: Outcome
    cause: str = ""
    records: tuple[Record, ...] = ()
    rejected: int = 0
    seconds: float = 0.0
    answered: tuple[Ask, ...] = ()


class Room:
    """Bounds what is parsed but not yet stored, by the size of the bodies it came from.

    A job waits only before its first body: one that has room already is never held up, so nothing can lock.
    """

    def __init__(self, most: int = 500_000) -> None:
        self._most = most
        self._held: dict[int, int] = {}
        self._change = threading.Condition()

    def take(self, job: int, size: int) -> None:
        """Wait until there is room, or nobody else has any."""
        with self._change:
            while self._held and job not in self._held and sum(self._held.values()) + size > self._most:
                self._change.wait()
            self._held[job] = self._held.get(job, 0) + size

    def give_back(self, job: int) -> None:
        """The job's records are stored or gone."""
        with self._change:
            self._held.pop(job, None)
            self._change.notify_all()


@dataclass(slots=True)
class _Board:
    """What the threads and the caller share."""

    todo: "queue.SimpleQueue[int]" = field(default_factory=queue.SimpleQueue)
    events: "queue.SimpleQueue[tuple[str, int, object]]" = field(default_factory=queue.SimpleQueue)
    room: Room = field(default_factory=Room)


def run_all(
    jobs: Sequence[Job],
    client: Client,
    clock: Clock,
    *,
    workers: int,
    ends: float,
    progress: Progress,
    meanwhile: Callable[[], object] = lambda: None,
) -> Generator[Result, None, None]:
    """Results in the order in which they come. `ends` (monotonic): when all must be over.
    `meanwhile` is called once the threads wait for their first answers.

    Left early (Ctrl-C), the client is stopped, which wakes every thread that waits or reads.
    """
    order = sorted(range(len(jobs)), key=lambda n: (-jobs[n].expected_seconds, jobs[n].source.facts.name))
    board = _Board()
    for number in order:
        board.todo.put(number)
    run = _Run(jobs, client, clock, ends, board, progress)
    threads = [run.thread() for _ in range(min(workers, len(jobs)))]
    try:
        meanwhile()
        yield from run.results()
    except BaseException:
        if not run.over:
            client.stop.set()
        for thread in threads:
            thread.join(_JOIN)
        raise


class _Run:
    def __init__(
        self, jobs: Sequence[Job], client: Client, clock: Clock, ends: float, board: _Board, progress: Progress
    ) -> None:
        self._jobs = jobs
        self._client = client
        self._clock = clock
        self._ends = ends
        self._board = board
        self._progress = progress
        self._started: dict[int, float] = {}
        self._open = set(range(len(jobs)))

    @property
    def over(self) -> bool:
        """Every job has ended or was given up."""
        return not self._open

    def thread(self) -> threading.Thread:
        """A daemon thread: one that hangs must not keep the program from ending."""
        thread = threading.Thread(target=self._work, name="scan", daemon=True)
        thread.start()
        return thread

    def _work(self) -> None:
        while True:
            try:
                number = self._board.todo.get_nowait()
            except queue.Empty:
                return
            self._board.events.put(("start", number, None))
            job, tell, room = self._jobs[number], _teller(self._board, number), partial(self._board.room.take, number)
            try:
                result = run_job(job, self._client, self._clock, self._ends, tell, room)
            except Exception as bug:  # noqa: BLE001 - the edge of a thread: one that dies silently would be waited for
                result = Result(job.source, job.kind, Outcome.FAILED, f"a bug: {type(bug).__name__}: {bug}"[:300])
            self._board.events.put(("done", number, result))
            del result  # or it would be held until the next one

    def results(self) -> Iterator[Result]:
        while self._open:
            try:
                what, number, value = self._board.events.get(timeout=_LOOK)
            except queue.Empty:
                yield from self._given_up()
                continue
            if number not in self._open:
                continue  # given up before
            name = self._jobs[number].source.facts.name
            if what == "start":
                self._started[number] = self._clock.monotonic()
                self._progress.start(name)
            elif what == "text":
                self._progress.update(name, str(value))
            elif isinstance(value, Result):
                self._open.discard(number)
                yield value
                del value  # the records, before the room they took is given to another
                self._board.room.give_back(number)

    def _given_up(self) -> Iterator[Result]:
        now = self._clock.monotonic()
        for number, since in list(self._started.items()):
            job = self._jobs[number]
            if number in self._open and now - since > job.source.facts.deadline_seconds + GRACE:
                self._open.discard(number)
                self._board.room.give_back(number)
                self.thread()  # in place of the one that hangs
                cause = f"it did not come back within {now - since:.0f} s"
                yield Result(job.source, job.kind, Outcome.UNAVAILABLE, cause, seconds=now - since)


def _teller(board: _Board, number: int) -> Callable[[str], object]:
    return lambda text: board.events.put(("text", number, text))


def run_job(
    job: Job,
    client: Client,
    clock: Clock,
    ends: float,
    tell: Callable[[str], object],
    room: Callable[[int], object] = lambda size: None,
) -> Result:
    """Ask one source all it is asked, within its deadline and the scan's."""
    facts, t0 = job.source.facts, clock.monotonic()
    left = min(facts.deadline_seconds, ends - t0)
    if left <= 0:
        return Result(job.source, job.kind, Outcome.SKIPPED, "the scan's time was up: [scan] deadline_seconds")
    leaf = client.leaf(
        facts.name,
        base_url=job.values.base_url,
        auth_url=job.values.auth_url,
        gap_seconds=facts.gap_seconds,
        max_bytes=facts.max_bytes,
        deadline_seconds=left,
        contact=job.contact if facts.needs_contact else "",
        before=job.before,
    )
    chains: list[Chain] = []
    renewed: dict[str, str] = {}

    def keep(name: str, value: str) -> None:
        renewed[name] = value  # first: should storing it fail, the next ask of this run still has it
        job.keep(name, value)

    limits = Limits(job.limit, room, keep, job.kept.note if job.kept else unnoted)
    for ask in job.asks:
        now = replace(ask, credentials={**ask.credentials, **renewed}) if renewed else ask
        chains.append(run_chain(job.source, now, leaf, limits, tell))
        if chains[-1].over or _refusing(chains):
            break
    result = _result(job, chains, clock.monotonic() - t0)
    if job.kept is not None:
        job.kept.write(job.source, bad=result.outcome in (Outcome.FAILED, Outcome.EMPTY))
    return result


def _refusing(chains: Sequence[Chain]) -> bool:
    """Whether the last few asks were all refused: the rest waits for another scan."""
    return len(chains) >= _REFUSALS and all(c.outcome == Outcome.UNAVAILABLE for c in chains[-_REFUSALS:])


def _result(job: Job, chains: Sequence[Chain], seconds: float) -> Result:
    whole = Chain(over=chains[-1].over)
    for chain in chains:
        whole.records += chain.records
        whole.rejected += chain.rejected
        whole.calls += chain.calls
        whole.faults += chain.faults
        whole.detours += chain.detours
    answered = tuple(ask for ask, c in zip(job.asks, chains, strict=False) if c.outcome in (Outcome.OK, Outcome.EMPTY))
    outcome = whole.outcome
    if answered and outcome not in (Outcome.OK, Outcome.FAILED):
        outcome = Outcome.EMPTY
    cause = "; ".join(filter(None, (whole.cause, job.note)))
    return Result(job.source, job.kind, outcome, cause, tuple(whole.records), whole.rejected, seconds, answered)
