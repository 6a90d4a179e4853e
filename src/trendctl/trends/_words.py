"""One job: a title as plain tokens, so that a list of terms and a title written by anybody can be compared."""

import re
import unicodedata
from functools import lru_cache

_HASHTAG = re.compile(r"#(\w+)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_POSSESSIVE = re.compile(r"\b(\w{2,}) s\b")
_TOKEN = re.compile(r"[a-z]+|\d+(?:[.,]\d+)?|[^\W\d_]+|[$€£%\"+]|[-–—:;,()\[\]|/?!]", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)?", re.IGNORECASE)
_LONGEST_TITLE = 600  # a title beyond that is cut: no shop shows more


def plain(text: str) -> str:
    """Lower case without accents, underscores or apostrophes; CamelCase hashtags split into words."""
    text = text[:_LONGEST_TITLE].replace("_", " ")
    text = _HASHTAG.sub(lambda m: " " + _CAMEL.sub(" ", m.group(1)) + " ", text)
    if not text.isascii():  # most titles and all lists are, and have nothing to take apart
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = text.lower().replace("ß", "ss").replace("'s", "s").replace("’s", "s").replace("'", "").replace("’", "")
    return _POSSESSIVE.sub(r"\1s", text)


def words(text: str) -> list[str]:
    """The words of a text in their singular; punctuation is gone."""
    return [singular(w) for w in _WORD.findall(plain(text))]


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """A rough English singular, the same for list and title, which is all that matching needs."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


_ENDINGS = (
    "ations",
    "ation",
    "ators",
    "ator",
    "ating",
    "ings",
    "ing",
    "ions",
    "ion",
    "ers",
    "ors",
    "er",
    "or",
    "ed",
    "e",
)


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The word without a common ending: refrigerator, refrigerating and refrigeration become one."""
    word = singular(word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
