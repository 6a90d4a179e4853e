"""One job: the written lists of goods, makers and cues, loaded once, and the terms of them that a title holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from trendctl.trends._words import words

WEAK = 0.4  # what a term that is often something else counts, against 1
_LONGEST_TERM = 6  # words


@dataclass(frozen=True, slots=True)
class Concept:
    """One kind of goods. `top` is the id of Google's top level; `terms` may be used by the name of a category."""

    number: int
    name: str
    top: int
    nouns: tuple[str, ...]
    clues: tuple[str, ...]
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a term of the lists stands for: a noun, clue or brand of concepts, or a cue of a class."""

    kind: str
    group: str
    concepts: tuple[int, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Match:
    """A term found in a title, from word `start` to before word `end`."""

    start: int
    end: int
    term: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Lexicon:
    concepts: tuple[Concept, ...]
    top_terms: Mapping[int, tuple[str, frozenset[str]]]
    index: Mapping[str, tuple[Entry, ...]]
    names: frozenset[str] = field(repr=False)

    def matches(self, tokens: Sequence[str]) -> Iterator[Match]:
        """Every listed term in the words of a title, longer ones first, overlapping ones too."""
        for size in range(min(_LONGEST_TERM, len(tokens)), 0, -1):
            for start in range(len(tokens) - size + 1):
                term = " ".join(tokens[start : start + size])
                for entry in self.index.get(term, ()):
                    yield Match(start, start + size, term, entry)

    def number_of(self, noun: str) -> int | None:
        """The concept whose noun this is."""
        for entry in self.index.get(" ".join(words(noun)), ()):
            if entry.kind == "noun":
                return entry.concepts[0]
        return None


def outermost(matches: Iterable[Match]) -> list[Match]:
    """Of overlapping matches (longest first) only the longest, in the order of the title."""
    taken: set[int] = set()
    kept = []
    for match in matches:
        span = range(match.start, match.end)
        if taken.isdisjoint(span):
            taken.update(span)
            kept.append(match)
    return sorted(kept, key=lambda m: m.start)


def data_lines(name: str) -> Iterator[str]:
    """The lines of a data file without comments and blanks."""
    text = files("trendctl.data").joinpath(name).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip() and not line.startswith("# "):
            yield line.strip()


@cache
def lexicon() -> Lexicon:
    """The lists, read on first use (about a tenth of a second)."""
    index: dict[str, list[Entry]] = {}
    concepts, tops = _read_concepts()
    for concept in concepts:
        _add(index, concept.nouns, "noun", "", (concept.number,))
        _add(index, concept.clues, "clue", "", (concept.number,))
    _read_brands(index, concepts)
    for line in data_lines("cues.txt"):
        group, _, terms = line.partition(":")
        _add(index, _split(terms), "cue", group, ())
    names = frozenset(w for line in data_lines("given_names.txt") for w in line.split())
    return Lexicon(concepts, tops, {k: tuple(v) for k, v in index.items()}, names)


def _read_concepts() -> tuple[tuple[Concept, ...], dict[int, tuple[str, frozenset[str]]]]:
    concepts: list[Concept] = []
    tops: dict[int, tuple[str, frozenset[str]]] = {}
    top = 0
    for line in data_lines("lexicon.txt"):
        body, _, described = line.partition(" @ ")
        if line.startswith("## "):
            number, _, name = body[3:].partition(" ")
            top = int(number)
            tops[top] = (name.strip(), frozenset(words(described + " " + name)))
            continue
        listed, _, clues = body.partition(" ~ ")
        nouns = _split(listed)
        terms = frozenset(w for text in (*nouns[:12], described) for w in words(text))
        concepts.append(Concept(len(concepts), nouns[0].rstrip("?"), top, nouns, _split(clues), terms))
    return tuple(concepts), tops


def _read_brands(index: dict[str, list[Entry]], concepts: Sequence[Concept]) -> None:
    by_noun = {" ".join(words(noun.rstrip("?"))): c.number for c in reversed(concepts) for noun in c.nouns}
    for line in data_lines("brands.txt"):
        keys, _, names = line.partition(":")
        found: list[int] = []
        for key in keys.split(","):
            if key.strip().isdigit():
                found += [c.number for c in concepts if c.top == int(key)]
            else:
                found.append(by_noun[" ".join(words(key))])
        _add(index, _split(names), "brand", "", tuple(dict.fromkeys(found)))


def _split(terms: str) -> tuple[str, ...]:
    return tuple(t.strip() for t in terms.split(",") if t.strip())


def _add(index: dict[str, list[Entry]], terms: Iterable[str], kind: str, group: str, concepts: tuple[int, ...]) -> None:
    for term in terms:
        weight = WEAK if term.endswith("?") else 1.0
        key = " ".join(words(term))
        entry = Entry(kind, group, concepts, weight)
        if key and entry not in index.setdefault(key, []):
            index[key].append(entry)
