"""Cuts what no fact says: every number, unit, brand and attribute of a sentence must stand in the facts it cites.

The words of a sentence are those of its facts, or plain words that claim nothing (PLAIN, TREND). Everything else is
taken for a claim, so a wrong word costs a sentence and never a false promise. English only: other languages are cut.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from trendctl.analyzer.outputs import Sentence
from trendctl.commerce.invisible import invisible_characters
from trendctl.wording import clean

Facts = Mapping[str, tuple[str, str]]
"""Key to (label, text)."""

MAX_SENTENCE = 400
_WORD = re.compile(r"\w+")
PLAIN = frozenset(_WORD.findall(
    "a an and are as at be by can come comes coming condition detail details for from has have in includes "
    "included including is it its item listing made makes model name named of offered on or our part please "
    "product see sold that the their there these they this those to up use used uses using was we when where "
    "which while with you your here look looking meet introducing read about also has been what"
))  # fmt: skip
"""Words that say nothing of the goods. No negation, no quantity, no praise, no use."""
TREND = PLAIN | frozenset(_WORD.findall(
    "above across after attention average been before below climbing common demand first grew grown grow growing "
    "growth interest level levels likely long looks more much normal now over past peak peaking picked picking "
    "recently rise risen rises rising rose search searches seen series shows since so source sources stage "
    "started still than time times trend trending usual well data expected expect hold holds keep keeps remain "
    "signal signals strongest according currently fading falling steady"
))  # fmt: skip
"""PLAIN and the words of a trend's story."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_UNITS = frozenset(_WORD.findall(
    "mm cm m km in inch inches ft feet yd mg g kg oz lb lbs ml cl l litre liter litres liters gal gallon w kw v a "
    "ah mah wh hz khz mhz ghz lm lumen lumens db c f k mb gb tb px dpi rpm psi bar h hr hour hours min minute "
    "minutes s sec second seconds day days week weeks month months year years piece pieces pcs pack packs usd eur "
    "gbp percent"
))  # fmt: skip
_MARKS = frozenset(" .,;:!?'\"()-–—&/+’‘“”")
_CLAUSE = re.compile(r"[,.](?!\d)|[;!?]|\b(?:and|with|while|which)\b", re.IGNORECASE)


def tokens(text: str) -> list[str]:
    """Numbers and words, folded: "400lm" is 400 and lm; 1,000 is 1000."""
    found = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    return [re.sub(r",(?=\d{3}\b)", "", t).replace("’", "'") for t in found]


def stem(word: str) -> str:
    """Without the ending of a plural or a genitive."""
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("ses", "xes", "shes", "ches")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def stems(text: str) -> set[str]:
    """The stems of a text's tokens."""
    return {stem(t) for t in tokens(text)}


def kept(sentences: Iterable[Sentence], facts: Facts, plain: frozenset[str] = PLAIN) -> list[Sentence]:
    """The sentences that are grounded, in order, each once."""
    found = {s.text.strip(): s for s in sentences if not fault(s, facts, plain)}
    return [Sentence(text=text, cites=tuple(dict.fromkeys(s.cites))) for text, s in found.items()]


def fault(sentence: Sentence, facts: Facts, plain: frozenset[str] = PLAIN) -> str:
    """Why a sentence must go; "" where every word of it stands in the facts that it cites."""
    text = sentence.text.strip()
    if not sentence.cites or any(key not in facts for key in sentence.cites):
        return "it cites no fact that there is"
    if not is_plain_text(text):
        return "it holds characters, a link or markup that no text of ours has"
    cited = {key: facts[key] for key in sentence.cites}
    words = [stem(t) for t in tokens(text)]
    known = {w for label, value in cited.values() for w in stems(f"{label} {value}")}
    stray = [w for w in words if w not in known and w not in plain and stem(w) not in _plain_stems(plain)]
    if stray:
        return f"no cited fact says {stray[0][:40]!r}"
    if odd := _signs(text) - {c for label, value in cited.values() for c in f"{label}{value}"}:
        return f"no cited fact has {min(odd)!r}"
    if unsaid := [key for key, (_, value) in cited.items() if not stems(value) & set(words)]:
        return f"it does not say {unsaid[0][:40]!r}"
    return _loose_unit(text, cited) or _swapped(text, cited)


def grounded_words(text: str, sources: Sequence[str], plain: frozenset[str] = frozenset()) -> bool:
    """Whether the text is one clean line and every word and number of it stands in the sources."""
    known = {w for source in sources for w in stems(source)}
    words = [stem(t) for t in tokens(text)]
    ours = bool(words) and all(w in known or w in plain for w in words)
    return ours and is_plain_text(text) and _signs(text) <= {c for source in sources for c in source}


def is_plain_text(text: str) -> bool:
    """One line of visible characters without markup and links, of a bounded length."""
    return 0 < len(text) <= MAX_SENTENCE and not invisible_characters(text, multiline=False) and clean(text) == text


def _plain_stems(plain: frozenset[str]) -> set[str]:
    return {stem(word) for word in plain}


def _signs(text: str) -> set[str]:
    """Characters that are neither letters nor digits nor ordinary punctuation: %, $, #, *, emoji."""
    return {c for c in text if not c.isalnum() and c not in _MARKS and unicodedata.category(c)[0] != "M"}


def _loose_unit(text: str, cited: Facts) -> str:
    """A number directly before a unit must stand so in one fact: 5 kg and 400 g do not make 400 kg."""
    pairs = {pair for label, value in cited.values() for pair in _pairs(f"{label} {value}")}
    pairs |= {(n, w) for label, value in cited.values() for n in tokens(value) if n[0].isdigit()
              for w in tokens(label) if len(tokens(value)) == 1}  # fmt: skip
    for number, word in _pairs(text):
        if word in _UNITS and (number, word) not in pairs and (number, stem(word)) not in {
            (n, stem(w)) for n, w in pairs
        }:  # fmt: skip
            return f"no cited fact says {number} {word}"
    return ""


def _pairs(text: str) -> set[tuple[str, str]]:
    found = tokens(text)
    return {(a, b) for a, b in pairwise(found) if a[0].isdigit()}


def _swapped(text: str, cited: Facts) -> str:
    """In a clause that names a fact, no other fact's value may stand: not "the handle is steel" of a wooden one."""
    own = {key: fact for key, fact in cited.items() if key.startswith("fact:")}
    for clause in _CLAUSE.split(text):
        words = stems(clause)
        named = {key for key, (label, _) in own.items() if stems(label) and stems(label) <= words}
        if not named:
            continue
        allowed = {w for key in named for w in stems(f"{own[key][0]} {own[key][1]}")}
        others = {w for key, (_, value) in own.items() if key not in named for w in stems(value)}
        if strays := (words & others) - allowed - PLAIN:
            return f"{min(strays)!r} is said of another fact"
        if not all(stems(own[key][1]) & words for key in named):
            return "it names a fact without what it says"
    return ""
