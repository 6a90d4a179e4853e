"""Runs every health check and says how the whole is. Looks only; what is found becomes incidents elsewhere."""

import errno
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from trendctl import registry
from trendctl.errors import StoreError, TrendctlError
from trendctl.home import Home
from trendctl.ports import Check, CheckResult, Clock
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.vitals import reading

Whole = Literal["healthy", "degraded", "unhealthy"]
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})  # no bug of a check
Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The settings that checks compare with. `sources`: what config.toml says of a source, by name.

    `longest`: the seconds each job of the schedule may take; `config_fault` "": the settings are valid.
    """

    config_fault: str = ""
    backup_every_hours: int = 24
    log_max_mb: int = 20
    log_keep: int = 5
    sources: Mapping[str, bool | None] = field(default_factory=dict)
    longest: Mapping[str, int] = field(default_factory=dict)
    llm_provider: str = "offline"
    llm_budget_usd: str = "1.00"  # a day


@dataclass(frozen=True, slots=True)
class Probe:
    """What a check may look through. `max_age_minutes`: how old the last scan may be; None: no one asked."""

    home: Home
    store: Store
    journal: Journal
    clock: Clock
    max_age_minutes: int | None = None
    wanted: Wanted = field(default_factory=Wanted)
    db: Any = None  # one read connection for all checks of a round; None: each opens its own

    def read(self) -> AbstractContextManager[Any]:
        """A read-only connection for the queries of store/. Raises StoreError when it cannot be had."""
        return reading(self.store, self.db)

    @property
    def now(self) -> int:
        """Epoch seconds."""
        return int(self.clock.now().timestamp())


@dataclass(frozen=True, slots=True)
class Round:
    """One look at everything. `complete`: every check could look, so that what is not found is truly gone."""

    results: tuple[CheckResult, ...]
    complete: bool
    at: str = ""  # ISO 8601, UTC
    seconds: float = 0.0

    @property
    def whole(self) -> Whole:
        """Unhealthy with a failure, degraded with a warning."""
        return whole(self.results)


def whole(results: Sequence[CheckResult]) -> Whole:
    """The whole from its parts."""
    worst = {c.status for c in results}
    return "unhealthy" if "fail" in worst else "degraded" if "warn" in worst else "healthy"


def run_checks(probe: Probe) -> list[CheckResult]:
    """Every check's results, by check name."""
    return list(run_round(probe).results)


def run_round(probe: Probe, checks: Sequence[Check] | None = None) -> Round:
    """Run the checks (all that are found by folder). One that breaks is a failure of its own, never of the others."""
    began = time.perf_counter()
    results: list[CheckResult] = []
    if checks is None:
        checks = registry.load_all("checks", lambda name, cause: results.append(_broken(name, cause)))
    complete = not results
    with ExitStack() as stack:
        with suppress(StoreError):  # the database check says why
            probe = replace(probe, db=stack.enter_context(probe.store.read()))
        for check in checks:
            found, ran = _run(check, probe)
            results += found
            complete = complete and ran
    at = probe.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return Round(tuple(results), complete, at, time.perf_counter() - began)


def _run(check: Check, probe: Probe) -> tuple[list[CheckResult], bool]:
    try:
        given = check.run(probe)
        found = [given] if isinstance(given, CheckResult) else list(given)
    except StoreError as fault:  # the database check says so as a failure; the others could not look
        return [CheckResult(check.name, "warn", f"not looked at: {fault.what}", fault.next)], False
    except TrendctlError as fault:
        return [CheckResult(check.name, "fail", f"{fault.what}: {fault.why}", fault.next)], True
    except OSError as fault:
        if fault.errno not in _DISK:
            return [_broken(check.name, f"{type(fault).__name__}: {fault}")], False
        return [CheckResult(check.name, "warn", f"not looked at: {fault.strerror}", "free some space")], False
    except Exception as bug:  # noqa: BLE001 - the edge of a leaf: its bug must not hide what the others find
        return [_broken(check.name, f"{type(bug).__name__}: {bug}")], False
    return found, True


def _broken(name: str, cause: str) -> CheckResult:
    return CheckResult(f"check.{name}", "fail", f"the check itself is broken: {cause}"[:300], "report it as a bug")


def bytes_words(size: float) -> str:
    """A size for a person: 512 B, 3.4 MB, 1.2 GB."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def ago(seconds: float) -> str:
    """A length of time in its largest whole unit: 45 s, 12 min, 5 h, 3 days."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
