"""How good the agents' texts and judgements are on forty products of the project's own (data/golden.json)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from pydantic import BaseModel

from trendctl.analyzer.fitting import keeps
from trendctl.analyzer.grounding import tokens
from trendctl.analyzer.laying import body_field, title_field
from trendctl.analyzer.outputs import Category, Compliance, Copy, Keywords, PlatformCopy
from trendctl.analyzer.running import Answerer, Known, Offline, PerProduct, in_order, run_agents
from trendctl.ports import Agent, Case, ItemView, Json, SeriesView, SupplyView

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PLATFORMS = ("local", "ebay", "amazon", "tiktok", "facebook", "facebook_page", "instagram")
MAX_WORDS = 25  # in a sentence that is easy to read
_RISE = (100.0,) * 40 + (180.0, 260.0, 420.0, 640.0, 900.0)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Shares, 0 to 1, except `invented`: numbers in texts that the product's facts do not hold (0 is right).

    `limits_kept`: of the texts for a platform, those within its rules; `facts_cited`: of the sentences, those that
    cite facts there are; `category_right`: of the products; `flags_right`: of the products, those whose blocks are
    exactly the expected ones and that raise every expected warning; `readable`: of the descriptions; `by_model`: of
    the answers that a model serves, those that it gave.
    """

    products: int
    limits_kept: float
    facts_cited: float
    invented: int
    category_right: float
    flags_right: float
    readable: float
    by_model: float
    wrong: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """Plain JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "wrong"} | {
            "wrong": list(self.wrong)
        }


def golden() -> list[Mapping[str, Json]]:
    """The products: title, other titles, facts, and the class, blocks and warnings that are right."""
    text = (files("trendctl.data") / "golden.json").read_text("utf-8")
    return list(json.loads(text))


def evaluate(
    agents: Sequence[Agent], answerer: Answerer | None = None, progress: Callable[[int], None] | None = None
) -> Evaluation:
    """Run all agents on every golden product; `progress` is told how many are done."""
    found = []
    rows = golden()
    for number, row in enumerate(rows, 1):
        found.append(_judge(row, *_answers(in_order(agents), _case(row), number, answerer or Offline())))
        if progress is not None:
            progress(number)
    return Evaluation(
        products=len(rows),
        limits_kept=_share([kept for one in found for kept in one.limits]),
        facts_cited=_share([cited for one in found for cited in one.cited]),
        invented=sum(one.invented for one in found),
        category_right=_share([one.category for one in found]),
        flags_right=_share([one.flags for one in found]),
        readable=_share([good for one in found for good in one.readable]),
        by_model=_share([by for one in found for by in one.by_model]),
        wrong=tuple(words for one in found for words in one.wrong),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    limits: list[bool]
    cited: list[bool]
    invented: int
    category: bool
    flags: bool
    readable: list[bool]
    by_model: list[bool]
    wrong: list[str]


def _case(row: Mapping[str, Json]) -> Case:
    titles = [row["title"], *row.get("others", ())]
    items = tuple(ItemView("golden", str(n), t, "", "", NOW, NOW, True, True) for n, t in enumerate(titles))
    start = NOW - timedelta(days=len(_RISE) - 1)
    series = SeriesView("golden", "q:x|US", "views", 86_400, "count", start, _RISE, True)
    supply = SupplyView(
        cost_minor=900, currency="USD", stock=5, condition="new", price_minor=2990, facts=dict(row["facts"])
    )
    return Case(
        uid="golden", title=row["title"], brand="", now=NOW, market="US", currency="USD", first_seen=NOW, last_seen=NOW,
        items=items, series=(series,), prices=(), supply=supply, images=(), platforms=PLATFORMS,
    )  # fmt: skip


def _answers(
    agents: Sequence[Agent], case: Case, number: int, answerer: Answerer
) -> tuple[dict[str, BaseModel], list[bool]]:
    known = Known(-number, {}, False, int(NOW.timestamp()))
    own = answerer.for_product(case, known, asked=True) if isinstance(answerer, PerProduct) else answerer
    result = run_agents(agents, case, known, own)
    served = [row.provider for row in result.new if row.agent in ("normaliser", "compliance", "keywords", "copywriter")]
    return result.outputs, [not provider.startswith("offline") for provider in served]


def _judge(row: Mapping[str, Json], outputs: Mapping[str, BaseModel], by_model: list[bool]) -> _Judged:
    copy, category, found = outputs.get("copywriter"), outputs.get("category"), outputs.get("compliance")
    texts = copy.platforms if isinstance(copy, Copy) else {}
    path = category.path if isinstance(category, Category) else "none"
    right, told = _flags_right(row, found if isinstance(found, Compliance) else None)
    wrong = [f"{row['title']}: class {path or 'none'}, not {row['category']}"] if path != row["category"] else []
    facts = copy.facts if isinstance(copy, Copy) else {}
    return _Judged(
        limits=[_within(name, text) for name, text in texts.items()] or [False],
        cited=[bool(s.cites) and set(s.cites) <= set(facts) for t in texts.values() for s in t.sentences] or [False],
        invented=_invented(row, texts, outputs.get("keywords")),
        category=path == row["category"],
        flags=right,
        readable=[_readable(text.description) for text in texts.values()] or [False],
        by_model=by_model,
        wrong=[*wrong, *([] if right else [f"{row['title']}: flags {told}"])],
    )


def _flags_right(row: Mapping[str, Json], found: Compliance | None) -> tuple[bool, str]:
    flags = found.flags if found is not None else ()
    blocks = {f.code for f in flags if f.severity == "block"}
    warns = {f.code for f in flags}
    right = found is not None and blocks == set(row["blocks"]) and set(row["warns"]) <= warns
    return right, ", ".join(sorted(warns)) or "none"


def _within(name: str, text: PlatformCopy) -> bool:
    return (
        bool(text.title)
        and keeps(text.title, name, title_field(name))
        and keeps(text.description, name, body_field(name))
        and all(keeps(bullet, name, "bullets") for bullet in text.bullets)
    )


def _invented(row: Mapping[str, Json], texts: Mapping[str, PlatformCopy], words: BaseModel | None) -> int:
    facts = " ".join([row["title"], *row.get("others", ()), *row["facts"], *row["facts"].values()])
    known = {t for t in tokens(facts) if t[0].isdigit()}
    said = [t for text in texts.values() for t in (text.title, text.description, *text.bullets)]
    said += [*words.search_terms, *words.hashtags] if isinstance(words, Keywords) else []
    return sum(1 for text in said for token in tokens(text) if token[0].isdigit() and token not in known)


def _readable(text: str) -> bool:
    """Lines of a bounded length, none twice, no shouting, more than a title."""
    lines = [line for line in text.split("\n") if line.strip()]
    short = all(len(part.split()) <= MAX_WORDS for line in lines for part in line.split(". "))
    letters = [c for c in text if c.isalpha()]
    loud = sum(c.isupper() for c in letters) > 0.4 * len(letters)
    return len(lines) >= 2 and len(set(lines)) == len(lines) and short and not loud


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
