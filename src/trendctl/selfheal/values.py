"""The contract of self-healing: what is seen, what it means, what would be done about it. Plain values, no acts.

Sign (seen) -> Diagnosis (meant) -> Plan of Changes (would be done) -> Repair (done, validated, final or taken back).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from trendctl.ports import Json
from trendctl.selfheal.health import Probe, Round


@dataclass(frozen=True, slots=True)
class Sign:
    """Something seen that may belong to a fault, once for each (kind, subject).

    `kind`: a fault class in dotted words (`http.429`, `database.locked`, `check.wal`); `subject`: the source, job,
    platform or file it is about, "" for the whole; `at`: epoch seconds when last seen; `times`: how often lately.
    """

    kind: str
    subject: str
    text: str
    at: int
    times: int = 1
    origin: Literal["check", "log", "outcome", "look"] = "check"


@dataclass(frozen=True, slots=True)
class Look:
    """What diagnosing and planning may look through. Nothing here writes."""

    probe: Probe
    round: Round
    signs: tuple[Sign, ...]

    def of(self, *kinds: str) -> tuple[Sign, ...]:
        """The signs of these kinds; a kind that ends with a dot stands for all that begin with it."""
        return tuple(
            s for s in self.signs if any(s.kind == k or (k.endswith(".") and s.kind.startswith(k)) for k in kinds)
        )


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a fault's leaf makes of the signs. `subject` as in Sign; `evidence`: facts looked at, a line each, oldest
    or strongest first; `explains`: the (kind, subject) of the signs that this one accounts for.

    `weight` ranks diagnoses that compete for the same signs (0 to 1: how much of what the fault would cause is seen,
    less what speaks against it). It is no probability and never shown as one.
    """

    fault: str
    subject: str
    cause: str
    evidence: tuple[str, ...]
    explains: frozenset[tuple[str, str]]
    weight: float
    details: Mapping[str, Json] = field(default_factory=dict)  # for the leaf's own plan


class Kind(StrEnum):
    """The closed list of acts a repair may consist of. Each has a way back, registered before it is done."""

    WRITE = "write"  # a file's whole content (`path`, `data`); back: the old bytes and mode, or no file
    MODE = "mode"  # a file's or folder's permissions (`path`, `mode`); back: the old ones
    MOVE = "move"  # a file or folder to another name in the home (`path`, `to`); back: the other way
    JOB = "job"  # a row of job_state (`name`, `values`); back: the old row
    REINDEX = "reindex"  # rebuilds an index from its table (`name`); nothing to take back: it says the same or fails
    CHECKPOINT = "checkpoint"  # folds the WAL into the database; nothing to take back: it changes no row
    BACKUP = "backup"  # makes a new verified backup (`name`: its reason); back: it is removed
    CACHE = "cache"  # forgets rows of a cache table (`name`, `values`); back: the old rows


@dataclass(frozen=True, slots=True)
class Change:
    """One act. Paths are relative to the home's root and never leave it (config.toml, which may lie elsewhere, is
    `@config`).

    `before`: SHA-256 of the file that a write was planned for, "" for no file; it is not done where another stands
    there by now. None: the engineer sets it.
    """

    kind: Kind
    path: str = ""
    to: str = ""
    name: str = ""
    mode: int = 0
    data: bytes = b""
    before: str | None = None
    values: Mapping[str, Json] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """What is touched; two open repairs never have one in common."""
        return self.path or self.name or self.kind.value


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fix would do. Can be printed, scored and refused before anything is touched.

    `words`: for a person, in the future tense; `undo_words`: how it is taken back; `automatic`: whether it may ever be
    done without a person (its measured precision must allow it as well); `because`: why not, where it may not.
    """

    fault: str
    subject: str
    fix: str
    words: str
    undo_words: str
    changes: tuple[Change, ...]
    automatic: bool = True
    because: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A leaf of `selfheal/faults/NAME.py` (exported as FAULT): one fault of the closed catalogue.

    `about`: what it does to the seller; `diagnose`: from the signs and what it looks up itself, any number of subjects,
    never raises for odd data; `plan` None: there is no fix, and `no_fix` says why (and what the person can do).
    `checks`: the health checks (by result name, a trailing dot for all that begin so) that must be well again after a
    repair.
    """

    name: str
    about: str
    diagnose: Callable[[Look], Iterable[Diagnosis]]
    checks: tuple[str, ...] = ()
    plan: Callable[[Diagnosis, Look], Plan | None] | None = None
    no_fix: str = ""


class Hands(Protocol):
    """What healing may ask of the program besides files and its own tables; wired in `app`, refused elsewhere."""

    def backup(self, reason: str) -> str:
        """A new verified backup; its path. Raises StoreError."""

    def drop_backup(self, path: str) -> None:
        """Remove a backup that a repair made."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a round says of one incident, for a person and for scripts (design section 6)."""

    incident_id: int
    fault: str
    cause: str
    confidence: float | None  # the measured precision of this fault's diagnosis; None: not measured yet
    action: Literal["fixed", "proposed", "abstained", "rolled_back", "told"]
    repair_id: int | None = None
    detail: str = ""
    subject: str = ""
    evidence: tuple[str, ...] = ()  # how we know
