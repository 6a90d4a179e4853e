"""An overlay (a corrected field map) cannot be used, so its source is not asked. It is moved aside."""

import re
from collections.abc import Iterator

from trendctl.selfheal.evidence import about, failing, found, keys
from trendctl.selfheal.home_paths import aside, is_mine, relative
from trendctl.selfheal.rules import overlays
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan

NAME = "overlay_broken"
_GRAVE = re.compile(r"price|cents|amount|cost|currency|url|link", re.I)  # by the name of a field in it


def diagnose(look: Look) -> Iterator[Diagnosis]:
    """One a file."""
    if not failing(look, "overlay.") and not look.of("source.overlay"):
        return
    for b in overlays.broken(look.probe):
        explains = about(look, b.source) | keys(look, f"check.overlay.{b.source}")
        yield found(NAME, f"the overlay of {b.source}: {b.why}", (f"{b.path.name}: {b.why}",), explains, 0.95, b.source,
                    path=relative(look.probe.home, b.path))  # fmt: skip


def plan(d: Diagnosis, look: Look) -> Plan | None:
    """Without it the source is read by its own map again. One that speaks of a price, a currency or a link (or of
    which nobody can say what it speaks of) is only proposed."""
    home, name = look.probe.home, str(d.details["path"])
    path = home.root / name
    if not is_mine(path):
        return None
    grave = bool(_GRAVE.search(path.read_bytes()[:100_000].decode("utf-8", "replace")))
    words = f"I will move {name} into the quarantine; {d.subject} is then read by its own field map"
    return Plan(NAME, d.subject, "move", words, "it is moved back",
                (Change(Kind.MOVE, path=name, to=aside(home, path, look.probe.now)),), automatic=not grave,
                because="it is about a price, a currency or a link" if grave else "")  # fmt: skip


FAULT = Fault(
    name=NAME,
    about="The source is left out of every scan, so its trends are missed.",
    diagnose=diagnose,
    checks=("overlays", "overlay."),
    plan=plan,
)
