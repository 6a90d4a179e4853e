"""A home with the real checks and faults over it, and the engine's own rounds: what a test breaks is truly healed."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes import START, FakeClock
from heal_kit import SURE, CountingHands
from trendctl import config, registry
from trendctl.errors import ConfigError
from trendctl.home import Home
from trendctl.ports import Outcome
from trendctl.selfheal import detector
from trendctl.selfheal.coordinator import Healing, heal, take_back
from trendctl.selfheal.health import Probe, Wanted, run_round
from trendctl.selfheal.register import Entry, Register
from trendctl.selfheal.safeguard import Ward
from trendctl.selfheal.values import Diagnosis, Fault, Look, Plan, Told
from trendctl.store import jobs, scans
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.scans import SourceRun
from trendctl.store.writers import Role

NOW = int(START.timestamp())
HOUR, DAY = 3600, 86_400
ENVIRONMENT = ("machine", "disk")  # checks of the machine that runs the tests
LONGEST = {"scan": 1200, "backup": 3600, "health": 300}


class Ill:
    """What a test breaks. `wanted`: settings that checks compare with."""

    def __init__(self, home: Home, store: Store, clock: FakeClock, **wanted: Any) -> None:
        self.home, self.store, self.clock = home, store, clock
        self.wanted = Wanted(longest=LONGEST, **wanted)
        self.hands = CountingHands(home, clock)
        checks = tuple(c for c in registry.load_all("checks") if c.name not in ENVIRONMENT)
        self.ward = Ward(self.probe, self.hands, Register(home), 30.0, lambda: False, checks)
        self.faults: tuple[Fault, ...] = registry.load_all("faults")

    def probe(self) -> Probe:
        """As the program would make it now: the settings are read anew."""
        fault = ""
        try:
            config.load(self.home, {})
        except ConfigError as wrong:
            fault = str(wrong)
        return Probe(self.home, self.store, Journal(self.home.journal), self.clock,
                     wanted=replace(self.wanted, config_fault=fault))  # fmt: skip

    def look(self) -> Look:
        """One look at everything."""
        probe = self.probe()
        seen = run_round(probe, self.ward.checks)
        return Look(probe, seen, detector.detect(probe, seen))

    def found(self) -> dict[tuple[str, str], Diagnosis]:
        """What every fault's leaf says, by fault and subject."""
        look = self.look()
        return {(f.name, d.subject): d for f in self.faults for d in f.diagnose(look)}

    def plan(self, name: str, subject: str = "") -> Plan | None:
        """What the leaf would do."""
        look, fault = self.look(), next(f for f in self.faults if f.name == name)
        mine = [d for d in fault.diagnose(look) if d.subject == subject]
        assert mine, f"{name} {subject} was not found"
        assert fault.plan is not None
        return fault.plan(mine[0], look)

    def heal(self, **changes: Any) -> dict[str, Told]:
        """One round of the engine, every fault measured well enough; what is told, by fault."""
        base = Healing(self.ward, self.faults, prior={f.name: SURE for f in self.faults})
        return {t.fault: t for t in heal(replace(base, **changes)).told}

    def take_back(self, told: Told) -> Entry:
        """`trendctl rollback`."""
        assert told.repair_id is not None
        return take_back(Healing(self.ward, self.faults), told.repair_id)

    # ------------------------------------------------------------ what happened

    def runs(self, source: str, *outcomes: tuple[Outcome, int, str]) -> None:
        """Runs of a source, oldest first, an hour apart, the last one a minute ago."""
        with self.store.write(Role.SCANNER) as db:
            for n, (outcome, items, cause) in enumerate(outcomes):
                at = self.now - 60 - HOUR * (len(outcomes) - 1 - n)
                run = scans.begin_run(db, at, "all")
                scans.add_source_runs(db, run, [SourceRun(source, "discover", outcome, cause, items, at=at)])
                scans.finish_run(db, run, at)

    def job(self, name: str, started: int, next_due: int) -> None:
        """A job noted as running."""
        assert jobs.begin(self.store, name, started, next_due)

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp())


def aged(path: Path, seconds: float, now: int = NOW) -> Path:
    """The file as if it was written so long ago."""
    os.utime(path, (now - seconds, now - seconds))
    return path


def private(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def names(found: Sequence[tuple[str, str]] | dict[tuple[str, str], Diagnosis]) -> set[str]:
    return {name for name, _ in found}
