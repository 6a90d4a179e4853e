"""Agent: the top level of the Google product taxonomy (version 2021-09-21) that the product's title fits best."""

from collections.abc import Mapping

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.classes import GOOGLE, shares
from trendctl.analyzer.outputs import Category, Normalised
from trendctl.ports import Agent, Case, Json

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
    """The class with the largest mean share."""
    found = shares(evidence)
    best = max(found, key=lambda name: found[name])
    confidence = round(found[best], 6)
    if found[best] < _LEAST:
        return Category(google_id=None, path="", platform_categories={}, confidence=confidence)
    return Category(google_id=GOOGLE[best], path=best, platform_categories={}, confidence=confidence)


AGENT = Agent("category", 1, ("normaliser",), Category, evidence, run)
