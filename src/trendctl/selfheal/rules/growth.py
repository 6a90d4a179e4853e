"""Does the daemon's memory grow from round to round? Seen only by a process that looks often: the daemon itself."""

from collections import deque
from typing import Any

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, ago, bytes_words
from trendctl.selfheal.rules import machine

ROUNDS = 48  # remembered: four hours of rounds
SETTLED = 6  # rounds after the start in which caches fill
FACTOR, LEAST = 1.5, 150_000_000  # so much more, and so many bytes more, than when it had settled
_seen: dict[tuple[int, float], deque[tuple[int, int]]] = {}  # process -> (time, bytes)


def run(probe: Probe) -> CheckResult:
    """Warn: at this pace the machine will run short."""
    process = machine.daemon(probe)
    if process is None:
        return CheckResult("growth", "ok", "no daemon runs")
    past = _remember(process, probe.now)
    settled = list(past)[min(SETTLED, len(past) - 1)]
    now, rss = past[-1]
    more = rss - settled[1]
    if len(past) > SETTLED and rss > FACTOR * settled[1] and more > LEAST:
        detail = f"the daemon's memory grew by {bytes_words(more)} in {ago(now - settled[0])}, to {bytes_words(rss)}"
        return CheckResult("growth", "warn", detail, "trendctl service status, restart it, report it")
    return CheckResult("growth", "ok", f"{bytes_words(rss)}, steady")


def _remember(process: Any, now: int) -> deque[tuple[int, int]]:
    key = (int(process.pid), float(process.create_time()))
    for other in [k for k in _seen if k != key]:
        del _seen[other]  # an older daemon
    past = _seen.setdefault(key, deque(maxlen=ROUNDS))
    past.append((now, int(process.memory_info().rss)))
    return past


CHECK = Check("growth", "the daemon's memory does not grow", run)
