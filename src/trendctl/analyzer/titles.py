"""The titles of a product as evidence: its own first, then those of its items, once each."""

from trendctl.analyzer import evidence as ev
from trendctl.ports import Case, Json

MAX_TITLES = 8


def entries(case: Case) -> list[dict[str, Json]]:
    """Each title with its source and whether a model may read it; a title that no item has is closed."""
    by_title = {item.title: item for item in reversed(case.items)}
    first = by_title.get(case.title)
    head = (case.title, first.source if first else "", first.ai_ok if first else False)
    found: dict[str, dict[str, Json]] = {}
    for title, source, ai_ok in (head, *((i.title, i.source, i.ai_ok) for i in case.items)):
        if title not in found and len(found) < MAX_TITLES:
            found[title] = ev.text(title, source, ai_ok)
    return list(found.values())
