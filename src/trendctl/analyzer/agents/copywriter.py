"""Agent: title, description and bullets for each platform, made of the facts alone; each line cites those it says."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
from trendctl.analyzer.copy_facts import facts_of, said
from trendctl.analyzer.fitting import fitted
from trendctl.analyzer.laying import body, body_field, bullets, joined
from trendctl.analyzer.laying import title as title_of
from trendctl.analyzer.outputs import Copy, Keywords, Normalised, PlatformCopy, Sentence
from trendctl.commerce.rules import RULES_VERSION, platforms
from trendctl.ports import Agent, Case, Json


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """The facts, the hashtags (made of the same facts), the platforms and the version of their rules."""
    name, keywords = outputs.get("normaliser"), outputs.get("keywords")
    ai_ok = isinstance(name, Normalised) and name.ai_ok
    return {
        "facts": facts_of(case, name if isinstance(name, Normalised) else None),
        "hashtags": [ev.text(tag, "", ai_ok) for tag in keywords.hashtags] if isinstance(keywords, Keywords) else [],
        "platforms": [p for p in case.platforms if p in platforms()],
        "rules": RULES_VERSION,
    }


def run(evidence: Mapping[str, Json]) -> Copy:
    """Copy for each platform; without a title there is nothing to write about, and each says so."""
    facts = {fact["key"]: fact for fact in evidence["facts"]}
    hashtags = [str(tag["text"]) for tag in evidence["hashtags"]]
    written = {p: _for_platform(p, facts, hashtags) for p in evidence["platforms"]}
    return Copy(platforms=written, facts={key: said(fact) for key, fact in facts.items()})


def _for_platform(platform: str, facts: Mapping[str, Json], hashtags: Sequence[str]) -> PlatformCopy:
    brand = str(facts.get("brand", {}).get("text", ""))
    title, cites, problems = title_of(platform, facts, brand)
    if not title:
        return PlatformCopy(title="", description="", bullets=(), sentences=(), problems=problems)
    lines = [Sentence(text=said(f), cites=(k,)) for k, f in facts.items() if k != "title"]
    if platform == "instagram" and hashtags:
        lines.append(Sentence(text=" ".join(hashtags), cites=tuple(k for k in ("title", "brand", "mpn") if k in facts)))
    sentences = body(platform, [Sentence(text=title, cites=cites), *lines], brand)
    if not sentences:  # a description may not say all that a title may
        text, problems = fitted(title, platform, body_field(platform), brand)
        sentences = [Sentence(text=text, cites=cites)] if text else []
    return PlatformCopy(
        title=title,
        description=joined(sentences),
        bullets=bullets(platform, sentences[1:], brand),
        sentences=tuple(sentences),
        problems=problems,
    )


AGENT = Agent("copywriter", 1, ("keywords", "normaliser"), Copy, evidence, run)
