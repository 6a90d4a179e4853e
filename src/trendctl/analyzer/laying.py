"""Lays a listing's texts out within a platform's rules: the offline copy and a model's alike."""

from collections.abc import Mapping, Sequence

from trendctl.analyzer.fitting import fitted, keeps
from trendctl.analyzer.outputs import Sentence
from trendctl.commerce.rules import limit
from trendctl.ports import Json

_BODY = {"instagram": "caption", "facebook_page": "message"}  # elsewhere the text is the description
MAX_BULLETS = 5


def body_field(platform: str) -> str:
    """The field that the text goes into."""
    return _BODY.get(platform, "description")


def title_field(platform: str) -> str:
    """The field that the title goes into; a post without a title begins with it."""
    return "title" if limit(platform, "title") else body_field(platform)


def body(platform: str, lines: list[Sentence], brand: str) -> list[Sentence]:
    """As many whole lines as the platform takes, in order; a line is never changed."""
    field = body_field(platform)
    if not keeps(joined(lines), platform, field, brand):
        lines = [line for line in lines if keeps(line.text, platform, field, brand)]
    while lines and not keeps(joined(lines), platform, field, brand):
        lines = lines[:-1]
    return lines


def joined(lines: Sequence[Sentence]) -> str:
    """The lines as one text."""
    return "\n".join(line.text for line in lines)


def title(platform: str, facts: Mapping[str, Json], brand: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Title, the facts it says, and problems. The brand goes first where the title does not name it."""
    if "title" not in facts:
        return "", (), ("no title: no source names the product in words that can be used",)
    plain = str(facts["title"]["text"])
    lead = f"{brand} {plain}" if brand and brand.casefold() not in plain.casefold() else plain
    field = title_field(platform)
    for wanted, cites in ((lead, ("brand", "title") if brand else ("title",)), (plain, ("title",))):
        text, problems = fitted(wanted, platform, field, brand)
        if text:
            return text, cites, problems
    return "", (), problems


def bullets(platform: str, lines: Sequence[Sentence], brand: str) -> tuple[str, ...]:
    """The lines that the platform takes as bullets; none where it has none."""
    if limit(platform, "bullets") is None:
        return ()
    return tuple(s.text for s in lines if keeps(s.text, platform, "bullets", brand))[:MAX_BULLETS]
