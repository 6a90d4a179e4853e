"""One run in a process of its own: break a copy of the well home, let the program live on, look at it as a script."""

import random
import time
import traceback
from dataclasses import asdict, dataclass, field
from typing import Any

from trendctl.drill import catalogue, disks, homes, raw
from trendctl.drill.cases import Case
from trendctl.drill.names import NAMES
from trendctl.drill.run import Setting
from trendctl.drill.world import HOUR, PAST, World, stay_here

NOISE = frozenset({"cpu", "memory"})  # of the machine the drill runs on, not of the throwaway home


@dataclass(slots=True)
class Seen:
    """What became of a run, as plain values. `claimed`: the program says it repaired; `well`: so it looks from outside.

    `same`: after `rollback` all was as before the repair (None: there was no repair); `seconds`: from the fault to the
    repair's end, on the drill's clock; `broken`: the run itself failed.
    """

    case: str
    kind: str
    variant: int
    subject: str = ""
    notes: str = ""
    found: bool = False
    top: str = ""
    top_subject: str = ""
    confidence: float | None = None
    action: str = ""
    faults: list[str] = field(default_factory=list)
    repairs: int = 0
    claimed: bool = False
    well: bool = False
    same: bool | None = None
    difference: str = ""
    seconds: float | None = None
    errors: list[str] = field(default_factory=list)
    broken: str = ""
    real: float = 0.0  # seconds that it took
    work: float = 0.0  # of the processor


def perform(name: str, variant: int, setting: Setting) -> dict[str, Any]:
    """Run a case; never raises."""
    case = catalogue.find(name)
    seen = Seen(name, case.kind, variant)
    began = time.monotonic()
    stay_here(setting.folder)
    try:
        case.first()
        drawn = random.Random(f"{setting.seed} {name} {variant}")
        world = World(homes.copy(setting.template, setting.folder), drawn, variant)
        try:
            if setting.learning:
                _trust(world)
            if case.as_user:
                disks.obey_modes()
            _run(case, world, seen, rollback=case.automatic)
        finally:
            world.close()
    except Exception:  # noqa: BLE001 - the edge of a run: its failure is the drill's own, and told as such
        seen.broken = traceback.format_exc(limit=-4)
    seen.real, seen.work = round(time.monotonic() - began, 2), round(time.process_time(), 2)
    return asdict(seen)


def _trust(world: World) -> None:
    """This home has only good memories of every repair, so that each shows what it does."""
    now = int(world.clock.now().timestamp())
    with raw.opened(world.database) as db:
        faults = sorted({name for names in NAMES.values() for name in names})
        raw.many(db, "INSERT OR REPLACE INTO learning VALUES (?, 400, 400, ?)", [(name, now) for name in faults])


def _run(case: Case, world: World, seen: Seen, rollback: bool) -> None:
    latest = world.sql("SELECT max(coalesce(last_finished_at, last_started_at)) FROM job_state")[0][0]
    world.clock.at_least(int(latest or 0) + 1)
    if latest and world.clock.now().timestamp() // HOUR > (int(latest) - PAST) // HOUR:
        world.rounds(1, 0)  # an hour began while the drill was running: this home has its scan as well
    world.program.rehearse = rollback
    known = {i["id"] for i in world.program.incidents()}
    began = world.clock.now().timestamp()
    case.act(world)
    case.live(world)
    seen.subject, seen.notes = world.subject, "; ".join(world.notes)
    _look(case, world, seen, known | world.past, began)
    if world.program.rehearsed:
        seen.same, seen.difference = not any(world.program.rehearsed), "; ".join(filter(None, world.program.rehearsed))
    seen.errors = world.program.errors[-5:]


def _look(case: Case, world: World, seen: Seen, known: set[int], began: float) -> None:
    program = world.program
    opened = [i for i in program.incidents() if i["id"] not in known or i["closed_at"] is None]
    opened = [i for i in opened if i["fault"] not in NOISE]
    wrong = [c["name"] for c in program.health()["checks"] if c["status"] != "ok" and c["name"] not in NOISE]
    said = opened or [i for i in program.told if i["fault"] not in NOISE]
    seen.faults = [i["fault"] for i in said] or wrong
    seen.found = bool(seen.faults)
    if top := first(said):
        seen.top, seen.confidence, seen.action = top["fault"], top["confidence"], top["action"]
        seen.top_subject = str(top.get("subject", ""))
    repairs = program.repairs()
    seen.repairs = len(repairs)
    final = [r for r in repairs if r["state"] == "final"]
    seen.claimed = bool(final) or any(i["action"] == "fixed" for i in said)
    seen.well = case.well is not None and case.well(world)
    if final:
        seen.seconds = _epoch(final[0]["finished_at"]) - began


def first(incidents: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The one to read first: diagnosed before only seen, surer first, a failure before a warning, then the oldest."""

    def order(i: dict[str, Any]) -> tuple[bool, bool, float, int]:
        sure = i["confidence"]
        return (not i["cause"], i.get("severity") != "fail", -(sure or 0.0), i["id"])

    return min(incidents, key=order) if incidents else None


def _epoch(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()
