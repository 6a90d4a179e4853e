"""Agent: title, description and bullets for each platform, made of the facts alone; each line cites those it says."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from trendctl.analyzer import evidence as ev
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
    title, cites, problems = _title(platform, facts, brand)
    if not title:
        return PlatformCopy(title="", description="", bullets=(), sentences=(), problems=problems)
    lines = [Sentence(text=said(f), cites=(k,)) for k, f in facts.items() if k != "title"]
    if platform == "instagram" and hashtags:
        lines.append(Sentence(text=" ".join(hashtags), cites=tuple(k for k in ("title", "brand", "mpn") if k in facts)))
    sentences = _body(platform, [Sentence(text=title, cites=cites), *lines], brand)
    if not sentences:  # a description may not say all that a title may
        body, problems = fitted(title, platform, _BODY.get(platform, "description"), brand)
        sentences = [Sentence(text=body, cites=cites)] if body else []
    return PlatformCopy(
        title=title,
        description=_joined(sentences),
        bullets=_bullets(platform, sentences[1:], brand),
        sentences=tuple(sentences),
        problems=problems,
    )


def _body(platform: str, lines: list[Sentence], brand: str) -> list[Sentence]:
    """As many whole lines as the platform takes, in order; a line is never changed."""
    field = _BODY.get(platform, "description")
    if not keeps(_joined(lines), platform, field, brand):
        lines = [line for line in lines if keeps(line.text, platform, field, brand)]
    while lines and not keeps(_joined(lines), platform, field, brand):
        lines = lines[:-1]
    return lines


def _joined(lines: Sequence[Sentence]) -> str:
    return "\n".join(line.text for line in lines)


def _title(platform: str, facts: Mapping[str, Json], brand: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Title, the facts it says, and problems. The brand goes first where the title does not name it."""
    if "title" not in facts:
        return "", (), ("no title: no source names the product in words that can be used",)
    plain = str(facts["title"]["text"])
    lead = f"{brand} {plain}" if brand and brand.casefold() not in plain.casefold() else plain
    field = "title" if limit(platform, "title") else _BODY.get(platform, "description")
    for wanted, cites in ((lead, ("brand", "title") if brand else ("title",)), (plain, ("title",))):
        text, problems = fitted(wanted, platform, field, brand)
        if text:
            return text, cites, problems
    return "", (), problems


def _bullets(platform: str, lines: Sequence[Sentence], brand: str) -> tuple[str, ...]:
    if limit(platform, "bullets") is None:
        return ()
    return tuple(s.text for s in lines if keeps(s.text, platform, "bullets", brand))[:_MAX_BULLETS]


AGENT = Agent("copywriter", 1, ("keywords", "normaliser"), Copy, evidence, run)
