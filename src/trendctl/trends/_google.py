"""One job: the entry of Google's product taxonomy for a title, with the id that feeds and catalogues ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from trendctl.trends._evidence import best_nouns
from trendctl.trends._lexicon import data_lines
from trendctl.trends._words import words


@dataclass(frozen=True, slots=True)
class GoogleTable:
    """Paths by id, top-level ids by name, and the id that each kind of good has."""

    paths: Mapping[int, str]
    tops: Mapping[str, int]
    kinds: Mapping[str, int]


@cache
def google_table() -> GoogleTable:
    """The ids shipped, from the dated data file."""
    paths: dict[int, str] = {}
    kinds: dict[str, int] = {}
    for line in data_lines("google_categories.txt"):
        number, path, goods = (part.strip() for part in (line + " ").split("|", 2))
        paths[int(number)] = path
        kinds |= {" ".join(words(good)): int(number) for good in goods.split(",") if good.strip()}
    tops = {path: number for number, path in paths.items() if ">" not in path}
    return GoogleTable(paths, tops, kinds)


def deepest(texts: Sequence[str], top: str) -> int:
    """The id of the surest kind in the texts that lies under this top level; the top level's own without one."""
    table = google_table()
    for text in texts:
        for noun in best_nouns(text):
            number = table.kinds.get(noun)
            if number is not None and table.paths[number].startswith(top + " >"):
                return number
    return table.tops[top]
