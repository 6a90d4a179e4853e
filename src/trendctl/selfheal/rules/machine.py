"""Memory, load and open files: of the machine, and of the daemon's own process where one runs."""

from collections.abc import Iterator
from typing import Any

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, bytes_words
from trendctl.store import jobs

LEAST_FREE = 0.05  # of the memory
LOAD_WARN = 4.0  # runnable processes a core, over five minutes
RSS_WARN = 1_000_000_000
FILES_WARN = 0.8  # of the process's limit
DAEMON = "daemon"  # its row in job_state: outcome running, detail its process id


def run(probe: Probe) -> list[CheckResult]:
    """The machine first, then the daemon."""
    return list(_look(probe))


def _look(probe: Probe) -> Iterator[CheckResult]:
    import psutil  # only where it is looked at

    memory = psutil.virtual_memory()
    free = memory.available / memory.total
    yield CheckResult("memory", "ok" if free >= LEAST_FREE else "warn", f"{bytes_words(memory.available)} available",
                      "" if free >= LEAST_FREE else "close other programs")  # fmt: skip
    load = psutil.getloadavg()[1] / (psutil.cpu_count() or 1)
    yield CheckResult("cpu", "ok" if load < LOAD_WARN else "warn", f"load {load:.1f} a core over five minutes",
                      "" if load < LOAD_WARN else "see what else runs")  # fmt: skip
    process = daemon(probe)
    yield from _process(process or psutil.Process(), "the daemon" if process else "this process")


def _process(process: Any, name: str) -> Iterator[CheckResult]:
    rss = process.memory_info().rss
    yield CheckResult("daemon.memory", "ok" if rss < RSS_WARN else "warn", f"{name} uses {bytes_words(rss)}",
                      "" if rss < RSS_WARN else "restart the daemon and report it")  # fmt: skip
    if not hasattr(process, "num_fds"):
        return  # Windows counts handles, without a limit
    used, limit = process.num_fds(), _limit(process)
    fine = not limit or used < FILES_WARN * limit
    yield CheckResult("daemon.files", "ok" if fine else "warn",
                      f"{name} has {used} files open" + (f" of {limit} allowed" if limit else ""),
                      "" if fine else "restart the daemon and report it")  # fmt: skip


def _limit(process: Any) -> int:
    """The soft limit on open files; 0: not known or none."""
    import psutil

    if not hasattr(process, "rlimit"):
        return 0
    soft = int(process.rlimit(psutil.RLIMIT_NOFILE)[0])
    return 0 if soft < 0 else soft


def daemon(probe: Probe) -> Any | None:
    """The daemon's process as psutil sees it; None: none runs, or another user's."""
    import psutil

    with probe.read() as db:
        state = jobs.all_states(db).get(DAEMON)
    if state is None or state.outcome != jobs.RUNNING or not state.detail.isdigit():
        return None
    try:
        process = psutil.Process(int(state.detail))
        mine = any("python" in part or "trendctl" in part for part in process.cmdline()[:2])
        process.memory_info()
    except psutil.Error:
        return None
    return process if mine else None


CHECK = Check("machine", "memory, load and open files", run)
