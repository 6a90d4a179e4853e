"""The classes a product can be of, and the share of the evidence that each has."""

from collections.abc import Mapping

from trendctl.ports import Json
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

TIE = 0.5  # of the best share: a class with less is no candidate
CANDIDATES = 3


def shares(evidence: Mapping[str, Json]) -> dict[str, float]:
    """Each class's mean share over the titles, 0 to 1; the first title, the product's own, counts twice."""
    totals: dict[str, float] = dict.fromkeys(GOOGLE, 0.0)
    weights = 0.0
    for place, title in enumerate(evidence["titles"]):
        found = category_scores(str(title["text"]), tuple(GOOGLE)) if title["text"] else {}
        weight = 2.0 if place == 0 else 1.0
        if any(found.values()):
            weights += weight
            for name, share in found.items():
                totals[name] += weight * share
    return {name: total / weights if weights else 0.0 for name, total in totals.items()}


def tied(evidence: Mapping[str, Json]) -> tuple[str, ...]:
    """The classes between which the evidence cannot decide, most likely first; none where there is no evidence."""
    found = shares(evidence)
    ranked = sorted((name for name in found if found[name] > 0), key=lambda name: -found[name])
    return tuple(name for name in ranked[:CANDIDATES] if found[name] >= TIE * found[ranked[0]])
