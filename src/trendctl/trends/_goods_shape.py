"""One job: the outer form of a title (prices, sizes, model codes, taglines, questions), as named flags."""

import re
from collections.abc import Mapping

from trendctl.trends._words import plain, words

AMOUNT = re.compile(r"[$€£]\s?[\d.,]+|\b\d+\s?%|\b(?:19|20)\d\d\b|\b\d+(?:,\d{3})+")
TAGLINE = re.compile(r"\s[–—-]\s")
HEAD_END = re.compile(r"\s[–—-]\s|[:,(]")

_PRICE = re.compile(r"[$€£]\s?\d|\b\d+(?:[.,]\d+)? (?:euros?|dollars|eur|usd|gbp)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_PAREN = re.compile(r"\(([^)]*)\)")
_MEDIA_PAREN = re.compile(
    r"film|movie|series|song|album|singer|musician|actor|actress|politician|band|tv|company|disambiguation"
)
_GOOD_PAREN = re.compile(
    r"novel|book|game|toy|brand|drink|clothing|console|hardcover|lp|vinyl|paperback|set of|pack|count"
)
_FIRST_PERSON = re.compile(r"\b(?:i|my|we|our|me|us|im|ive)\b")
_THIRD_PERSON = re.compile(r"^(?:the )?\w+(?: \w+){0,2}? (?:\w{3,}s|\w{3,}ed|has|is|are|was|will)\b")
_ARTICLE_OF = re.compile(r"^(?:show hn:? )?(?:the|a|an|on|in|inside) (?:\w+ ){1,3}(?:of|to|behind)\b")
_TAG_THING = re.compile(r"^(?:a|an|the|for|one|two|three|four|\d+)\b", re.IGNORECASE)
_TITLE_CASE = re.compile(r"(?:(?:[A-Z][\w.'$-]*|&|of|the|and|feat\.|x|,)\s?)+")
_WHOLE_SALE = re.compile(r"\bup to \d|\bextra \d|\d+% off|\bhalf off\b|\bsale\b|\bclearance\b", re.IGNORECASE)
_MODEL = re.compile(
    r"\b(?=[a-z]*\d)(?=\d*[a-z])(?!\d+(?:st|nd|rd|th|s|k|m|b)\b)[a-z\d]+(?:-[a-z\d]+)*\b|\b[a-z]{1,3}-\d+\b",
    re.IGNORECASE,
)
_SEARCHED: Mapping[str, re.Pattern[str]] = {
    "pack": re.compile(
        r"\b(?:\d+|two|three|four|five|six|nine|ten|twelve)[- ]?(?:count|ct|packs?|pcs|pieces?|pairs?|pads|wipes|"
        r"sachets|jars|bottles|capsules|pods|bags|sheets|rolls|cans|bars|tablets|sets?|tubes|cartridges|diapers|boxes)\b"
        r"|\bset of\b|\bpack of\b",
        re.IGNORECASE,
    ),
    "size": re.compile(
        r"\b\d+(?:[.,]\d+)?[- ]?(?:fl|oz|lbs?|kg|g|ml|l|inch|in|ft|foot|cm|mm|qt|quart|gal|gallon|cup|gb|tb|mah|"
        r"w|v|volt|"
        r"hz|mp|litres?|liters?|yd|m|k|mg|iu|gen)\b|\d\"",
        re.IGNORECASE,
    ),
    "year": _YEAR,
    "tagline": TAGLINE,
    "underscore": re.compile("_"),
    "hashtag": re.compile(r"^\s*#"),
    "only_hashtag": re.compile(r"^\s*#\S+\s*$"),
    "show_hn": re.compile(r"^show hn", re.IGNORECASE),
    "ask_hn": re.compile(r"^(?:ask|tell) hn", re.IGNORECASE),
    "bracket": re.compile(r"^\s*\["),
    "slash_mo": re.compile(r"/\s?mo|monthly|per month|a month|annual|a year", re.IGNORECASE),
    "question": re.compile(
        r"^(?:how|why|what|which|who|when|where|is|are|do|does|did|can|should|anyone|aita|til|eli5)\b|\?\s*$",
        re.IGNORECASE,
    ),
    "quality_claim": re.compile(
        r"\b(?:a|an|the|this) (?:\w+ ){0,3}(?:that|which|you|shaped|with|for)\b", re.IGNORECASE
    ),
}
_NAME_NUMBER = re.compile(
    r"^(?:[A-Z#][\w'.&-]*\s){1,4}(?:[IVX]{1,4}|\d{1,3})\b|^[a-z]+(?: [a-z]+){0,2} \d{1,4}$",
)


def shape(title: str) -> dict[str, float]:
    """Name of each flag that holds, with 1."""
    size = len(words(title))
    text = plain(title).strip()
    stripped = title.strip().replace("_", " ")
    tail = TAGLINE.split(title)[-1] if TAGLINE.search(title) else ""
    parens = " ".join(_PAREN.findall(text))
    price = bool(_PRICE.search(title))
    flags = {name: bool(pattern.search(title)) for name, pattern in _SEARCHED.items()}
    flags |= {
        "price": price,
        "model": bool(_MODEL.search(AMOUNT.sub(" ", title))),
        "version": not price and bool(re.search(r"\b\d+\.\d+\b", title)),
        "whole_sale": not price and bool(_WHOLE_SALE.search(title)),
        "name_number": bool(_NAME_NUMBER.search(stripped)),
        "first_person": bool(_FIRST_PERSON.search(text)),
        "media_paren": bool(_MEDIA_PAREN.search(parens)),
        "good_paren": bool(_GOOD_PAREN.search(parens)),
        "article_of": bool(_ARTICLE_OF.search(text)),
        "tag_thing": bool(_TAG_THING.search(tail)),
        "tail_title_case": bool(_TITLE_CASE.fullmatch(tail)),
        "sentence": size > 3 and bool(_THIRD_PERSON.search(text)),
        "lower": title == title.lower() and "_" not in title,
        "one_word": size == 1,
        "two_words": size == 2,
        "long": size > 9,
    }
    return {name: 1.0 for name, holds in flags.items() if holds}
