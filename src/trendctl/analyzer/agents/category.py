"""Agent: the class of the Google product taxonomy (version 2021-09-21) that the product's titles fit best."""

from collections.abc import Mapping

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.classes import shares
from trendctl.analyzer.outputs import Category, Normalised
from trendctl.ports import Agent, Case, Json
from trendctl.trends.taxonomy import google_under

_LEAST = 0.34  # of the evidence; below, two or more classes are as likely
_MAX_TITLES = 5


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """The clean title and the titles of a few items."""
    name = outputs.get("normaliser")
    titles = [ev.text(name.title, name.source, name.ai_ok)] if isinstance(name, Normalised) else []
    seen = {title["text"] for title in titles}
    for item in case.items:
        if item.title not in seen and len(titles) < _MAX_TITLES:
            seen.add(item.title)
            titles.append(ev.text(item.title, item.source, item.ai_ok))
    return {"titles": titles}


def run(evidence: Mapping[str, Json]) -> Category:
    """The top level with the largest mean share, and the deepest entry under it that the titles agree on."""
    found = shares(evidence)
    best = max(found, key=lambda name: found[name])
    confidence = round(found[best], 6)
    if found[best] < _LEAST:
        return Category(google_id=None, path="", platform_categories={}, confidence=confidence)
    number, deep = google_under([str(title["text"]) for title in evidence["titles"] if title["text"]], best)
    return Category(
        google_id=number, path=best, google_path=deep, platform_categories={}, confidence=confidence
    )  # fmt: skip


AGENT = Agent("category", 2, ("normaliser",), Category, evidence, run)
