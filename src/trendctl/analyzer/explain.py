"""Why a product has its score: recomputed offline from the stored inputs, said in words."""

from collections.abc import Mapping
from datetime import UTC, datetime

from trendctl.analyzer.scoring import recompute
from trendctl.commerce.money import Money
from trendctl.errors import UsageError
from trendctl.ports import Json
from trendctl.store import analyses
from trendctl.store.engine import Store
from trendctl.trends.score import Score, explain_lines


def explain(store: Store, product_id: int) -> tuple[Score, list[str]]:
    """The score, recomputed from its stored inputs, and lines for a person: each part with evidence, age and source.

    Ages are as of the time of the computation, which the last lines name. UsageError when there is no score yet.
    """
    with store.read() as db:
        row = analyses.score(db, product_id)
        answers = analyses.outputs(db, product_id) if row else {}
        failed = analyses.failures(db, product_id) if row else {}
    if row is None:
        raise UsageError("This product has no score yet", next="trendctl analyze")
    result = recompute(row)
    when = datetime.fromtimestamp(row.computed_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [*explain_lines(result), *_story(answers), f"computed {when}; ages are as of then"]
    return result, lines + [f"{agent} has no answer: {cause}" for agent, cause in failed.items()]


def _story(answers: Mapping[str, Json]) -> list[str]:
    """What the agents say beside the parts."""
    lines = []
    if story := answers.get("trend_stage", {}).get("story"):
        lines.append(f"trend: {story}")
    for agent in ("demand", "competition", "price"):
        lines += [f"{agent}: {text}" for text in answers.get(agent, {}).get("evidence", ())]
    for one in answers.get("margin", {}).get("platforms", ()):
        asked, net = Money(one["price_minor"], one["currency"]), Money(one["net_minor"], one["currency"])
        lines.append(f"margin on {one['platform']}: {net.format_plain()} of {asked.format_plain()} is left")
    lines += [f"margin: {need} is missing" for need in answers.get("margin", {}).get("missing", ())]
    lines += [f"{flag['severity']}: {flag['words']}" for flag in answers.get("compliance", {}).get("flags", ())]
    return lines
