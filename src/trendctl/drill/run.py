"""Runs cases side by side, each in a process of its own that ends with it; slow ones first."""

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

LONGEST = 150.0  # real seconds after which a run is given up


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run."""

    case: str
    variant: int
    heavy: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """What all runs share. `learning`: every repair that could be automatic is let do its work, to be measured."""

    template: Path
    folder: Path
    seed: int
    learning: bool = False


def run_all(
    wanted: Sequence[Wanted], setting: Setting, step: Callable[[int, int], object], workers: int = 0
) -> list[dict[str, Any]]:
    """Every run's `Seen` as plain values, in the order of `wanted`."""
    order = sorted(range(len(wanted)), key=lambda n: (not wanted[n].heavy, _shuffled(wanted[n], setting.seed)))
    context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
    if sys.platform != "win32":
        context.set_forkserver_preload(["trendctl.drill.preloaded"])
    found: dict[int, dict[str, Any]] = {}
    running: dict[int, tuple[Any, Connection, float]] = {}
    todo = iter(order)
    limit = workers or (os.cpu_count() or 2) + 1
    try:
        while len(found) < len(wanted):
            for number in _next(todo, limit - len(running)):
                running[number] = _start(context, wanted[number], setting)
            for number in _ready(running):
                found[number] = _finish(running.pop(number), wanted[number])
                step(len(found), len(wanted))
    finally:
        for process, _, _ in running.values():
            process.kill()
    return [found[n] for n in range(len(wanted))]


def _shuffled(wanted: Wanted, seed: int) -> float:
    """Runs that wait and runs that compute are mixed."""
    return random.Random(f"{seed} {wanted}").random()


def _next(todo: Iterator[int], free: int) -> Iterator[int]:
    for _ in range(max(0, free)):
        number = next(todo, None)
        if number is None:
            return
        yield number


def _start(context: Any, wanted: Wanted, setting: Setting) -> tuple[Any, Connection, float]:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, wanted, setting), daemon=False)
    process.start()
    theirs.close()
    return process, ours, time.monotonic() + LONGEST


def _child(pipe: Connection, wanted: Wanted, setting: Setting) -> None:
    from trendctl.drill.child import perform

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the drill, which then ends its runs
    pipe.send(perform(wanted.case, wanted.variant, setting))
    pipe.close()


def _ready(running: dict[int, tuple[Any, Connection, float]]) -> list[int]:
    """The numbers of runs that have said what they saw, died, or took too long."""
    by_pipe = {pipe: number for number, (_, pipe, _) in running.items()}
    ready = [by_pipe[pipe] for pipe in wait(list(by_pipe), timeout=1.0) if isinstance(pipe, Connection)]
    return ready or [n for n, (_, _, ends) in running.items() if time.monotonic() > ends]


def _finish(run: tuple[Any, Connection, float], wanted: Wanted) -> dict[str, Any]:
    process, pipe, _ = run
    try:
        found: dict[str, Any] = pipe.recv() if pipe.poll() else _broken(wanted, "took too long")
    except EOFError:
        found = _broken(wanted, "its process died")
    pipe.close()
    process.join(5)
    if process.is_alive():
        process.kill()
        process.join()
    return found


def _broken(wanted: Wanted, why: str) -> dict[str, Any]:
    from dataclasses import asdict

    from trendctl.drill.child import Seen

    return asdict(Seen(wanted.case, "fault", wanted.variant, broken=why))
