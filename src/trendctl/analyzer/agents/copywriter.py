"""Agent: title, description and bullets for each platform, made of the facts alone; each line cites those it says."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from trendctl.analyzer.copy_facts import facts_of, said
from trendctl.analyzer.fitting import fitted, keeps
from trendctl.analyzer.outputs import Copy, Keywords, Normalised, PlatformCopy, Sentence
from trendctl.commerce.rules import RULES_VERSION, limit, platforms
from trendctl.ports import Agent, Case, Json

_BODY = {"instagram": "caption", "facebook_page": "message"}  # elsewhere the text is the description
_MAX_BULLETS = 5


def evidence(case: Case, outputs: Mapping[str, BaseModel]) -> Mapping[str, Json]:
    """The facts, the hashtags (made of the same facts), the platforms and the version of their rules."""
    name, keywords = outputs.get("normaliser"), outputs.get("keywords")
    return {
        "facts": facts_of(case, name if isinstance(name, Normalised) else None),
        "hashtags": list(keywords.hashtags) if isinstance(keywords, Keywords) else [],
        "platforms": [p for p in case.platforms if p in platforms()],
        "rules": RULES_VERSION,
    }


def run(evidence: Mapping[str, Json]) -> Copy:
    """Copy for each platform; without a title there is nothing to write about, and each says so."""
    facts = {fact["key"]: fact for fact in evidence["facts"]}
    written = {p: _for_platform(p, facts, evidence["hashtags"]) for p in evidence["platforms"]}
    return Copy(platforms=written, facts={key: said(fact) for key, fact in facts.items()})


def _for_platform(platform: str, facts: Mapping[str, Json], hashtags: Sequence[str]) -> PlatformCopy:
    brand = str(facts.get("brand", {}).get("text", ""))
    title, cites, problems = _title(platform, facts, brand)
    sentences = [Sentence(text=title, cites=cites)] if title else []
    field = _BODY.get(platform, "description")
    lines = [Sentence(text=said(f), cites=(k,)) for k, f in facts.items() if k != "title"]
    if platform == "instagram" and title and hashtags:
        lines.append(Sentence(text=" ".join(hashtags), cites=tuple(k for k in ("title", "brand") if k in facts)))
    for line in lines:
        text = "\n".join([*(s.text for s in sentences), line.text])
        if title and keeps(text, platform, field, brand):
            sentences.append(line)
    body = "\n".join(s.text for s in sentences)
    if body and not keeps(body, platform, field, brand):  # the title alone, by the stricter rules of a description
        body, more = fitted(title, platform, field, brand)
        sentences, problems = ([Sentence(text=body, cites=cites)] if body else []), (*problems, *more)
    return PlatformCopy(
        title=title, description=body, bullets=_bullets(platform, sentences[1:], brand), sentences=tuple(sentences),
        problems=tuple(dict.fromkeys(problems)),
    )  # fmt: skip


def _title(platform: str, facts: Mapping[str, Json], brand: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Title, the facts it says, and problems. The brand goes first where the title does not name it."""
    if "title" not in facts:
        return "", (), ("no title: no source names the product in words that can be used",)
    plain = str(facts["title"]["text"])
    lead = f"{brand} {plain}" if brand and brand.casefold() not in plain.casefold() else plain
    field = "title" if limit(platform, "title") else _BODY.get(platform, "description")
    for wanted, cites in ((lead, ("brand", "title")), (plain, ("title",))):
        text, problems = fitted(wanted, platform, field, brand)
        if text:
            break
    named = brand and brand.casefold() in text.casefold()
    return text, cites if named else ("title",), problems


def _bullets(platform: str, lines: Sequence[Sentence], brand: str) -> tuple[str, ...]:
    if limit(platform, "bullets") is None:
        return ()
    return tuple(s.text for s in lines if keeps(s.text, platform, "bullets", brand))[:_MAX_BULLETS]


AGENT = Agent("copywriter", 1, ("keywords", "normaliser"), Copy, evidence, run)
