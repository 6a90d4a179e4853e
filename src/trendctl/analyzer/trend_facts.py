"""What may be said of a trend: our own numbers, rounded so far that an hour changes none of them."""

from collections.abc import Sequence

from trendctl.analyzer.signals import DEFAULT_LEAD_DAYS, Seen
from trendctl.ports import Case
from trendctl.trends.score import overall_stage


def of(case: Case, found: Sequence[Seen], chance: float | None) -> dict[str, tuple[str, str]]:
    """Key to (label, text). Sources are named by their names here, metrics by theirs; no text of a source."""
    heard = [seen for seen in found if seen.signal.evidence > 0]
    if not heard:
        return {}
    best = {seen.signal.source: seen.signal for seen in reversed(heard)}  # strongest last, so it stays
    stage = overall_stage(list(best.values()))
    leading = next((seen for seen in heard if seen.signal.stage == stage), heard[0])
    item, source = leading.signal.item.replace("_", " "), leading.signal.source.replace("_", " ")
    facts = {"stage": ("stage", stage), "leading": ("strongest signal", f"{item} at {source}"),
             "sources": ("sources", "1 source" if len(best) == 1 else f"{len(best)} sources")}  # fmt: skip
    if leading.ratio is not None and leading.ratio >= 1.1:
        times = f"{leading.ratio:.0f}" if leading.ratio >= 2 else f"{leading.ratio:.1f}"
        facts["level"] = ("level", f"about {times} times its usual level")
    if leading.began_hours_ago is not None:
        days = max(1, round(leading.began_hours_ago / 24))
        facts["since"] = ("since", "1 day" if days == 1 else f"{days} days")
    if chance is not None:
        told = case.supply.lead_days if case.supply is not None else None
        lead = DEFAULT_LEAD_DAYS if told is None else float(told)
        facts["outlook"] = ("outlook", f"{round(10 * chance) * 10}% likely to hold its level in {lead:.0f} days")
    return facts
