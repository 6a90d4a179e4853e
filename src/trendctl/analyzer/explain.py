"""Why a product has its score: recomputed offline from the stored inputs, said in words."""

from collections.abc import Iterator, Mapping
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
    lines = [*_with_answers(explain_lines(result), answers), f"computed {when}; ages are as of then"]
    lines += [f"{flag['severity']}: {flag['words']}" for flag in answers.get("compliance", {}).get("flags", ())]
    return result, lines + [f"{agent} has no answer: {cause}" for agent, cause in failed.items()]


def _with_answers(lines: list[str], answers: Mapping[str, Json]) -> Iterator[str]:
    """Each part's line, followed by what the agents found of it."""
    for line in lines:
        yield line
        for text in _of_part(line.partition(":")[0], answers):
            yield f"  - {text}"


def _of_part(part: str, answers: Mapping[str, Json]) -> list[str]:
    if part == "stage":
        return [story] if (story := answers.get("trend_stage", {}).get("story")) else []
    if part == "margin":
        return [*_margins(answers.get("margin", {})), *answers.get("price", {}).get("evidence", ())]
    return list(answers.get(part, {}).get("evidence", ())) if part in ("demand", "competition") else []


def _margins(answer: Mapping[str, Json]) -> list[str]:
    lines = []
    for one in answer.get("platforms", ()):
        asked, net = Money(one["price_minor"], one["currency"]), Money(one["net_minor"], one["currency"])
        lines.append(f"on {one['platform']} {net.format_plain()} of {asked.format_plain()} is left")
    return [*lines, *(f"not told: {need}" for need in answer.get("missing", ()))]
