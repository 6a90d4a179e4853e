"""Do the logs keep their size, and did the program crash lately?"""

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe, bytes_words

CRASHES_FOR = 86_400
CRASH_BYTES = 20_000_000


def run(probe: Probe) -> CheckResult:
    """Against the settings' own limit."""
    folder = probe.home.logs
    files = [(p, p.stat()) for p in folder.iterdir() if p.is_file()] if folder.is_dir() else []
    size = sum(s.st_size for _, s in files)
    most = limit(probe)
    crashes = sum(p.name.startswith("crash-") and s.st_mtime > probe.now - CRASHES_FOR for p, s in files)
    if size > most:
        return CheckResult("logs", "warn", f"{bytes_words(size)}, {bytes_words(most)} expected", f"look into {folder}")
    if crashes:
        return CheckResult("logs", "warn", f"{crashes} crash files of the last day", f"report what is in {folder}")
    return CheckResult("logs", "ok", bytes_words(size))


def limit(probe: Probe) -> int:
    """Bytes that all logs together should stay below."""
    return (probe.wanted.log_keep + 1) * probe.wanted.log_max_mb * 1_000_000 + CRASH_BYTES


CHECK = Check("logs", "the logs keep their size, no crash lately", run)
