"""Cleans a title that came from outside: what is left names the product and nothing else. Adds no word of its own."""

import html
import re
import unicodedata

from trendctl.commerce.graphemes import is_pictograph
from trendctl.commerce.invisible import invisible_characters

MAX_TITLE = 160
_LONGEST = 1000  # of what is read; titles longer than this are no titles

_MARKUP = re.compile(r"<[^<>]{0,200}>")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)
_TAG = re.compile(r"\[[^\[\]]{0,40}\]|【[^【】]{0,40}】")
_MONEY = r"(?:(?:US|CA|AU)?[$€£¥]\s?\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?\s?(?:USD|EUR|GBP|dollars|euros|€|£))(?!\w)"
_PRICE = re.compile(
    rf"(?:\b(?:for|only|now|just|from|was|at|under|reg|list|save|up to)\b[\s.:]*)*{_MONEY}(?:\s?[-–]\s?{_MONEY})?"
    r"(?:\s*(?:off|each|shipped|ea|or less|a ?piece|per \w+)\b)?",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"(?:\b(?:save|up to|extra|over|at)\s+)*\d+(?:\.\d+)?\s?%\s*(?:off|discount|savings?)", re.IGNORECASE
)
_CODE = re.compile(r"\b(?:with|w/|use|using)?\s*(?:promo|coupon|discount)?\s*codes?:?\s+[A-Z0-9]{4,}\b", re.IGNORECASE)
_PROMO = re.compile(
    r"\b(?:(?:\+|with|plus|w/|and)\s*)?(?:free (?:shipping|s/h|delivery|s&h|gift|returns?)"
    r"|(?:black friday|cyber monday|prime day|lightning|daily|today'?s|early|hot|great) deals?\b"
    r"|deals\b|deal (?:of the day|alert)|(?:on|for|flash|big|clearance) sale\b|clearance\b"
    r"|limited[ -]time(?: offer)?|(?:lowest|best) price(?: ever)?"
    r"|all[ -]time low|price (?:drop|error|mistake)|buy (?:it )?now|order now|best ?sellers?|hot (?:item|buy)"
    r"|in stock|back in stock|pre-?orders?|ymmv|s&s|clip(?:pable)? coupon|coupons?|money back guarantee"
    r"|satisfaction guaranteed|100% (?:authentic|genuine|satisfaction)|brand new in box|must have|gift idea"
    r"|click here)",
    re.IGNORECASE,
)
_SHOPS = (
    "amazon|walmart|target|best ?buy|costco|ebay|newegg|home depot|lowe'?s|macy'?s|kohl'?s|b&h(?: photo)?|woot|etsy|"
    "aliexpress|temu|wayfair|sam'?s club|ikea|staples|gamestop|adorama|micro center|rei|nordstrom(?: rack)?|sephora|"
    "ulta|walgreens|cvs|chewy|petco|overstock|qvc|hsn|slickdeals|dealnews|youtube|reddit|the verge|engadget|gizmodo"
)
_AT_SHOP = re.compile(
    rf"(?:\s*[-–—|:,@]\s*|\s+(?:at|via|from|on|@)\s+)(?:{_SHOPS})(?:\.com|\.co\.uk)?(?=\W*$|\s*[-–—|(,:])",
    re.IGNORECASE,
)
_SHOP_FIRST = re.compile(rf"^(?:{_SHOPS})(?:\.com)?\s*[:|]\s*", re.IGNORECASE)
_MARKS = frozenset("©®™")
_UNIT = 4  # letters; what follows a number and is no longer than this is its unit: 40 oz
_LOOSE = re.compile(  # what a price or an offer leaves behind at either end
    r"^(?:on|off|for|and|[,:+-])\s+"
    r"|(?:\s+(?:drops? to|falls? to|as low as|is|now|for|at|from|and|w/(?: prime)?|[+-]))+$",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"\(\s*[\W_]*\s*\)|\[\s*[\W_]*\s*\]")
_EDGES = " \t-–—|:;,.!?*/\\+&=~#@^_<>\"'“”‘’•·…"
_LEADS = re.compile(
    r"^(?:review|hands[ -]on|deal|psa|today only|ask|show hn|launch hn|new)\s*[:!|–—-]\s*", re.IGNORECASE
)


def clean(text: str) -> str:
    """One line of visible characters in NFC, single spaces; markup, links and entities are gone."""
    text = text[:_LONGEST].encode("utf-8", "replace").decode("utf-8")
    text = _MARKUP.sub(" ", html.unescape(_MARKUP.sub(" ", text)))
    text = unicodedata.normalize("NFC", text)
    hidden = {index: char for index, char, _ in invisible_characters(text, multiline=False)}
    if hidden:
        text = "".join(_instead(c) if i in hidden else c for i, c in enumerate(text))
    return " ".join(_LINK.sub(" ", text).split())


def _instead(char: str) -> str:
    # A line end or a filler separates words; a zero-width or bidi mark stands inside one.
    return " " if char.isspace() or unicodedata.category(char) in ("Cc", "Zl", "Zp", "Lo", "So") else ""


def product_title(text: str) -> str:
    """The title without prices, promotions, shops, tags and shouting; at most 160 characters; "" if nothing is left."""
    text = "".join(" " if is_pictograph(c) and c not in _MARKS else c for c in clean(text))
    text = " ".join(text.replace("\ufe0f", "").replace("\u200d", "").split())
    for pattern in (_TAG, _LEADS, _SHOP_FIRST, _PERCENT, _PRICE, _CODE, _PROMO):
        text = _without(pattern, text)
    text = _without(_AT_SHOP, " ".join(_EMPTY.sub(" ", text).split()))
    text = re.sub(r"([!?*~#=_.,|-])\1+", r"\1", text)
    text = re.sub(r"\s+([,;:!?.])", r"\1", " ".join(text.split()))
    return _cased(_cut(_balanced(text.strip(_EDGES)), MAX_TITLE).strip(_EDGES))


def _without(pattern: re.Pattern[str], text: str) -> str:
    shorter = " ".join(pattern.sub(" ", text).split())
    return text if shorter == text else _LOOSE.sub("", shorter)


def _balanced(text: str) -> str:
    for left, right in ("()", "[]"):
        if text.count(left) != text.count(right):
            text = text.replace(left, " ").replace(right, " ")
    return " ".join(text.split())


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters, between words where there is a space."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    return head.rsplit(" ", 1)[0] if " " in head else head


def _cased(text: str) -> str:
    """A title all in small letters (a search) or all in capitals gets capitals at word starts; codes stay."""
    letters = [c for c in text if c.isalpha()]
    words = text.split(" ")
    if text.islower():
        return " ".join(
            w if before[:1].isdigit() and len(w) <= _UNIT else w[:1].upper() + w[1:]
            for before, w in zip(["", *words], words, strict=False)
        )
    if text.isupper() and len(words) > 3 and len(letters) > 12:
        return " ".join(w.capitalize() if w.isalpha() and len(w) > 3 else w for w in words)
    return text
