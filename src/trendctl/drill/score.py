"""What the runs add up to: per fault, for the controls, and how far stated confidences were right."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trendctl.drill import catalogue
from trendctl.drill.answers import SOURCES
from trendctl.drill.names import NAMES

Seen = Mapping[str, Any]  # a run, as child.Seen has it
DIAGNOSED, FIXED, FAULTS_FIXED = 0.90, 0.90, 12  # the least that is good enough
HOW = (
    "trials: repairs begun; successes: of these, the fault was rightly named, the home well again and rollback left no "
    "difference; named, named_right: diagnoses that stood first, and those that were right"
)
BINS = 10  # of the calibration error


@dataclass(frozen=True, slots=True)
class Line:
    """One fault over its variants. `low`, `high`: the 90% interval of the share diagnosed (Wilson); `seconds`: the
    mean time from fault to repair, on the drill's clock, None where nothing was repaired."""

    fault: str
    variants: int
    found: int
    diagnosed: int
    fixed: int
    false_fixes: int
    abstained: int
    seconds: float | None
    low: float
    high: float
    automatic: bool
    rollbacks: int
    same: int
    broken: int

    def to_json(self) -> dict[str, Any]:
        """Design section 6, and more."""
        return {
            "fault": self.fault, "variants": self.variants, "found": self.found, "diagnosed": self.diagnosed,
            "fixed": self.fixed, "false_fixes": self.false_fixes, "abstained": self.abstained,
            "seconds": self.seconds, "diagnosed_interval": [round(self.low, 3), round(self.high, 3)],
            "automatic": self.automatic, "rolled_back": self.rollbacks, "rolled_back_same": self.same,
            "broken": self.broken,
        }  # fmt: skip


def is_diagnosed(seen: Seen) -> bool:
    """The incident to read first names what was injected; of a source, the one that was broken."""
    if seen["subject"] in SOURCES and seen["top_subject"] not in ("", seen["subject"]):
        return False
    return bool(seen["top"]) and seen["top"] in NAMES.get(seen["case"], ())


def is_fixed(seen: Seen) -> bool:
    """The program says that it repaired, and from outside it is so."""
    return bool(seen["claimed"] and seen["well"])


def is_false(seen: Seen) -> bool:
    """A repair where none was due, of the wrong thing, or that did not help though it is called final."""
    if seen["kind"] == "control":
        return bool(seen["repairs"] or seen["claimed"])
    return bool(seen["claimed"]) and (catalogue.find(seen["case"]).never or not seen["well"])


def line(fault: str, runs: Sequence[Seen]) -> Line:
    """The runs of one fault, added up."""
    diagnosed = sum(map(is_diagnosed, runs))
    low, high = wilson(diagnosed, len(runs))
    took = [r["seconds"] for r in runs if is_fixed(r) and r["seconds"] is not None]
    back = [r["same"] for r in runs if r["same"] is not None]
    return Line(
        fault, len(runs), sum(r["found"] for r in runs), diagnosed, sum(map(is_fixed, runs)), sum(map(is_false, runs)),
        sum(not r["claimed"] for r in runs), round(sum(took) / len(took), 1) if took else None, low, high,
        catalogue.find(fault).automatic, len(back), sum(back), sum(bool(r["broken"]) for r in runs),
    )  # fmt: skip


def report(runs: Iterable[Seen], skipped: Sequence[str] = ()) -> dict[str, Any]:
    """The whole as JSON: design section 6's `drill`, and what else a reader needs."""
    runs = list(runs)
    faults = [r for r in runs if r["kind"] == "fault"]
    controls = [r for r in runs if r["kind"] == "control"]
    names = list(dict.fromkeys(r["case"] for r in faults))
    lines = [line(name, [r for r in faults if r["case"] == name]) for name in names]
    stated = [(float(r["confidence"]), is_diagnosed(r)) for r in faults if r["confidence"] is not None]
    return {
        "faults": [one.to_json() for one in lines],
        "controls": {
            "run": len(controls), "false_fixes": sum(map(is_false, controls)),
            "told": sum(r["found"] for r in controls), "broken": sum(bool(r["broken"]) for r in controls),
            "kinds": len({r["case"] for r in controls}),
        },
        "brier": brier(stated), "ece": ece(stated), "confidences": len(stated),
        "alarms": [[r["case"], r["variant"], r["faults"]] for r in controls if r["found"]],
        "missed": missed(lines, controls), "skipped": list(skipped), "abstained": _abstentions(faults),
        "slowest": sorted(((r["real"], r["work"], r["case"], r["variant"]) for r in runs), reverse=True)[:12],
        "work": round(sum(r["work"] for r in runs), 1),
        "misses": [_miss(r) for r in runs if not _as_it_should(r)],
    }  # fmt: skip


def missed(lines: Sequence[Line], controls: Sequence[Seen]) -> list[str]:
    """The bars that were not reached, in words; empty: all were."""
    found = []
    total, seen = sum(one.variants for one in lines), sum(one.found for one in lines)
    diagnosed = sum(one.diagnosed for one in lines)
    automatic = [one for one in lines if one.automatic]
    whole = [one for one in automatic if one.fixed >= FIXED * one.variants]
    false = sum(one.false_fixes for one in lines) + sum(map(is_false, controls))
    if seen < total:
        found.append(f"found {seen} of {total}")
    if diagnosed < DIAGNOSED * total:
        found.append(f"diagnosed {diagnosed} of {total}, {DIAGNOSED:.0%} wanted")
    if len(whole) < min(FAULTS_FIXED, len(automatic)):
        found.append(f"{len(whole)} faults repaired by itself, {min(FAULTS_FIXED, len(automatic))} wanted")
    if false:
        found.append(f"{false} false fixes")
    if any(one.same < one.rollbacks for one in lines):
        found.append(f"{sum(one.rollbacks - one.same for one in lines)} rollbacks left a difference")
    if broken := sum(one.broken for one in lines) + sum(bool(r["broken"]) for r in controls):
        found.append(f"{broken} runs broke")
    return found


def _abstentions(runs: Sequence[Seen]) -> list[dict[str, Any]]:
    names = dict.fromkeys(r["case"] for r in runs if not r["claimed"])
    return [
        {"fault": name, "actions": sorted({r["action"] for r in runs if r["case"] == name and not r["claimed"]} - {""})}
        for name in names
    ]


def _as_it_should(r: Seen) -> bool:
    if r["broken"] or is_false(r) or r["same"] is False:
        return False
    if r["kind"] == "control":
        return True
    return bool(r["found"]) and is_diagnosed(r) and (not catalogue.find(r["case"]).automatic or is_fixed(r))


def _miss(r: Seen) -> dict[str, Any]:
    keys = (
        "case",
        "variant",
        "notes",
        "top",
        "top_subject",
        "subject",
        "faults",
        "action",
        "claimed",
        "well",
        "difference",
        "errors",
        "broken",
    )
    return {k: r[k] for k in keys}


def prior(runs: Iterable[Seen], made: str, seed: int) -> dict[str, Any]:
    """What the learning engine starts from: by the program's own name of a fault, how often its diagnosis and its
    repair were right. A control that is given a repair counts against the fault that was named."""
    faults: dict[str, dict[str, Any]] = {}
    for r in runs:
        if not r["top"] or not (r["kind"] == "fault" or r["claimed"]):
            continue
        row = faults.setdefault(r["top"], {"trials": 0, "successes": 0, "named": 0, "named_right": 0, "false_fixes": 0})
        row["named"] += 1
        row["named_right"] += is_diagnosed(r)
        if r["claimed"] or r["repairs"]:
            row["trials"] += 1
            row["successes"] += is_diagnosed(r) and is_fixed(r) and r["same"] is not False
            row["false_fixes"] += is_false(r)
    command = f"trendctl drill --prior FILE --seed {seed}"
    return {"measured": made, "by": command, "how": HOW, "faults": dict(sorted(faults.items()))}


def wilson(hits: int, trials: int, z: float = 1.6449) -> tuple[float, float]:
    """The interval of a share by Wilson's score (1927); z 1.6449 is 90%, both sides."""
    if not trials:
        return 0.0, 1.0
    share, wide = hits / trials, z * z / trials
    middle = (share + wide / 2) / (1 + wide)
    half = z / (1 + wide) * math.sqrt(share * (1 - share) / trials + wide / (4 * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def brier(stated: Sequence[tuple[float, bool]]) -> float | None:
    """The mean squared distance of a stated confidence from the truth; None: nothing was stated."""
    return round(sum((p - hit) ** 2 for p, hit in stated) / len(stated), 4) if stated else None


def ece(stated: Sequence[tuple[float, bool]]) -> float | None:
    """The expected calibration error over equal bins; None: nothing was stated."""
    if not stated:
        return None
    bins: dict[int, list[tuple[float, bool]]] = {}
    for p, hit in stated:
        bins.setdefault(min(BINS - 1, int(p * BINS)), []).append((p, hit))
    gaps = (abs(sum(p for p, _ in held) - sum(hit for _, hit in held)) for held in bins.values())
    return round(sum(gaps) / len(stated), 4)
