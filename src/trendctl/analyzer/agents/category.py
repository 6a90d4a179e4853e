"""Agent: the top level of the Google product taxonomy (version 2021-09-21) that the product's title fits best."""

from collections.abc import Mapping

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.outputs import Category, Normalised
from trendctl.ports import Agent, Case, Json
from trendctl.trends.taxonomy import category_scores

GOOGLE: Mapping[str, int] = {
    "Animals & Pet Supplies": 1,
    "Apparel & Accessories": 166,
    "Arts & Entertainment": 8,
    "Baby & Toddler": 537,
    "Business & Industrial": 111,
    "Cameras & Optics": 141,
    "Electronics": 222,
    "Food, Beverages & Tobacco": 412,
    "Furniture": 436,
    "Hardware": 632,
    "Health & Beauty": 469,
    "Home & Garden": 536,
    "Luggage & Bags": 5181,
    "Mature": 772,
    "Media": 783,
    "Office Supplies": 922,
    "Religious & Ceremonial": 5605,
    "Software": 2092,
    "Sporting Goods": 988,
    "Toys & Games": 1239,
    "Vehicles & Parts": 888,
}
"""Ids of the top levels; the file is google.com/basepages/producttype/taxonomy-with-ids.en-US.txt."""

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
    """The class with the largest mean share; the first title, the product's own, counts twice."""
    totals: dict[str, float] = dict.fromkeys(GOOGLE, 0.0)
    weights = 0.0
    for place, title in enumerate(evidence["titles"]):
        shares = category_scores(str(title["text"]), tuple(GOOGLE)) if title["text"] else {}
        weight = 2.0 if place == 0 else 1.0
        if any(shares.values()):
            weights += weight
            for name, share in shares.items():
                totals[name] += weight * share
    best = max(totals, key=lambda name: totals[name])
    confidence = totals[best] / weights if weights else 0.0
    if confidence < _LEAST:
        return Category(google_id=None, path="", platform_categories={}, confidence=round(confidence, 6))
    return Category(google_id=GOOGLE[best], path=best, platform_categories={}, confidence=round(confidence, 6))


AGENT = Agent("category", 1, ("normaliser",), Category, evidence, run)
