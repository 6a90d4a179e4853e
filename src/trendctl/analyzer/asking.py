"""The two questions to a model: reading (name, class, story, doubts) and writing (copy, keywords). Closed schemas."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from trendctl.analyzer.fencing import RULE, fenced
from trendctl.commerce.rules import limit
from trendctl.ports import Json

Short = Annotated[str, Field(max_length=200)]
Key = Annotated[str, Field(max_length=80)]
Doubt = Literal[
    "counterfeit", "trademark", "weapon", "drug", "medical", "hazardous", "age_restricted", "recalled", "adult",
    "child_safety", "claim",
]  # fmt: skip
READ_TOKENS, WRITE_TOKENS = 900, 3500


class Closed(BaseModel):
    """Base of what a model may answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(Closed):
    """A sentence and the keys of the facts it says."""

    text: Annotated[str, Field(max_length=400)]
    cites: Annotated[list[Key], Field(max_length=12)]


class DoubtFound(Closed):
    """A reason to look closer, with the words of the data that raise it."""

    code: Doubt
    quote: Short


class Reading(Closed):
    """The answer to the first question. Texts are empty where the model has nothing to add."""

    title: Short
    model: Annotated[str, Field(max_length=60)]
    search_term: Annotated[str, Field(max_length=80)]
    category: Annotated[str, Field(max_length=60)]
    story: Annotated[list[Line], Field(max_length=4)]
    doubts: Annotated[list[DoubtFound], Field(max_length=8)]


class PlatformText(Closed):
    """Copy for one platform."""

    platform: Annotated[str, Field(max_length=40)]
    title: Line
    sentences: Annotated[list[Line], Field(max_length=14)]
    bullets: Annotated[list[Line], Field(max_length=5)]


class Aspect(Closed):
    """A name that buyers filter by, for the fact whose text is its value."""

    name: Annotated[str, Field(max_length=40)]
    cites: Key


class Writing(Closed):
    """The answer to the second question."""

    platforms: Annotated[list[PlatformText], Field(max_length=10)]
    search_terms: Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=20)]
    hashtags: Annotated[list[Annotated[str, Field(max_length=42)]], Field(max_length=8)]
    aspects: Annotated[list[Aspect], Field(max_length=20)]


READ = (
    f"You help a seller to understand a product that is gaining attention. {RULE}\n"
    "title: the first of `titles` without shop names, prices, promotions and filler: its own words, in their order,"
    " with every size, pack and model number. model: the model number in it, or empty. search_term: what a buyer would"
    " type, at most five words of the title. category: the one of `classes` that fits, or empty. story: one to three"
    " short sentences on the trend; use only the facts in `trend`, cite their keys, repeat their numbers exactly."
    " doubts: what may make the product unlawful or forbidden to sell, each with an exact quote from `titles` or"
    " `facts`; an empty list if there is none."
)
WRITE = (
    f"You write listings for a seller. {RULE}\n"
    "For each platform of `platforms` write a title, sentences and bullets in plain English within its limits. Every"
    " sentence, title and bullet cites the keys of the facts that it says. Say only what `facts` say, in their own"
    " words and numbers: no praise, no use, no promise, no negation, no price, no link. A sentence that says anything"
    " else is cut. search_terms: what buyers type, made of words of the facts. hashtags: with #, made of the same"
    " words. aspects: the name a buyer filters by for a fact, such as Material or Colour, and the fact's key."
)


def reading(
    titles: Sequence[str], facts: Mapping[str, tuple[str, str]], classes: Sequence[str],
    trend: Mapping[str, tuple[str, str]],
) -> str:  # fmt: skip
    """The first question's data."""
    return fenced({
        "titles": list(titles), "facts": _plain(facts), "classes": list(classes), "trend": _plain(trend),
    })  # fmt: skip


def writing(facts: Mapping[str, tuple[str, str]], platforms: Sequence[str]) -> str:
    """The second question's data, with each platform's limits."""
    return fenced({"facts": _plain(facts), "platforms": {p: _limits(p) for p in platforms}})


def _plain(facts: Mapping[str, tuple[str, str]]) -> dict[str, Json]:
    return {key: {"label": label, "text": text} for key, (label, text) in facts.items()}


def _limits(platform: str) -> dict[str, Json]:
    fields = ("title", "description", "bullets", "caption", "message")
    found = {field: rule for field in fields if (rule := limit(platform, field))}
    return {f: {"at_most": r.maximum, "unit": r.unit, "entries": r.entries} for f, r in found.items()}
