"""What the drill's trend sources say when they are well: invented goods in the formats that the sources document."""

import html
import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

Body = tuple[str, bytes]  # content type, body
XML, JSON = "application/xml", "application/json"
ROWS, FEW = 26, 12  # of a list, and of one with goods (each is analysed); it varies a little from hour to hour
_KINDS = ("lantern", "bottle", "backpack", "desk lamp", "yoga mat", "coffee press", "knife block", "phone stand",
          "tool roll", "bird feeder", "water filter", "chess set", "bike light", "storage bin", "apron")  # fmt: skip
_TALK = ("Why the committee met again about", "A long letter on the history of", "Minutes of the hearing on",
         "An essay about the philosophy of", "What the court said about", "Notes from a lecture on")  # fmt: skip
_ABOUT = ("bridges", "elections", "compilers", "rivers", "grammar", "taxes", "the moon", "old maps", "treaties")
_DEALS = ("dealnews_rss", "slickdeals_rss")
_LOOKS = ("folding", "insulated", "compact", "bamboo", "steel", "magnetic", "waterproof", "ergonomic", "modular")


class Row:
    """One entry of a list: `number` is its identity, `rank` its place."""

    def __init__(self, source: str, number: int, rank: int, at: datetime) -> None:
        drawn = random.Random(f"{source} {number}")
        self.number, self.rank = 100_000 + number, rank
        if source in _DEALS:
            self.title = f"{drawn.choice(_LOOKS).title()} {drawn.choice(_KINDS)} model {number}"
        else:  # things that nobody sells: the drill is about the program's health, not about its judgement
            self.title = f"{drawn.choice(_TALK)} {drawn.choice(_ABOUT)}, part {number}"
        self.cents = drawn.randrange(900, 20_000)
        self.points = 400 - 9 * rank + drawn.randrange(9)
        self.at = at - timedelta(hours=1 + rank)


def rows(source: str, at: datetime) -> list[Row]:
    """The list of that hour: most entries stay, a few come and go, as real lists do."""
    hour = int(at.timestamp()) // 3600
    size = (FEW if source in _DEALS else ROWS) + random.Random(f"{source} {hour}").randrange(5)
    return [Row(source, hour % 5_000 + n, n + 1, at.astimezone(UTC)) for n in range(size)]


def answer(source: str, path: str, at: datetime) -> Body:
    """What the source says at that time."""
    return _SOURCES[source](path, rows(source, at), at)


def _json(document: Any) -> Body:
    return JSON, json.dumps(document).encode()


def _steam(path: str, found: list[Row], at: datetime) -> Body:
    items = [
        {"id": r.number, "type": 0, "name": r.title, "discounted": False, "discount_percent": 0, "currency": "USD",
         "original_price": r.cents, "final_price": r.cents, "header_image": f"https://cdn.example.org/{r.number}.jpg"}
        for r in found
    ]  # fmt: skip
    return _json({"top_sellers": {"id": "cat_topsellers", "name": "Top Sellers", "items": items}, "status": 1})


def _hackernews(path: str, found: list[Row], at: datetime) -> Body:
    hits = [
        {"objectID": str(r.number), "title": r.title, "url": f"https://example.org/{r.number}", "points": r.points,
         "num_comments": r.points // 3, "created_at_i": int(r.at.timestamp()), "_tags": ["story", "front_page"]}
        for r in found
    ]  # fmt: skip
    return _json({"hits": hits, "nbHits": len(hits), "page": 0, "nbPages": 1})


def _lemmy(path: str, found: list[Row], at: datetime) -> Body:
    posts = [
        {"post": {"ap_id": f"https://lemmy.example.org/post/{r.number}", "name": r.title,
                  "url": f"https://example.org/{r.number}", "published": r.at.isoformat()},
         "community": {"name": "gadgets"}, "counts": {"score": r.points, "comments": r.points // 4}}
        for r in found
    ]  # fmt: skip
    return _json({"posts": posts})


def _openlibrary(path: str, found: list[Row], at: datetime) -> Body:
    works = [
        {"key": f"/works/OL{r.number}W", "title": r.title, "author_name": ["An Author"], "first_publish_year": 2001}
        for r in found
    ]
    return _json({"query": "/trending/daily", "works": works})


def _rss(names: str, entries: str) -> Body:
    head = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"{names}><channel><title>List</title>'
    return XML, f"{head}{entries}</channel></rss>".encode()


def _dealnews(path: str, found: list[Row], at: datetime) -> Body:
    entries = "".join(
        f"<item><title>{html.escape(r.title)} for ${r.cents // 100}</title>"
        f"<guid>https://www.dealnews.com/{r.number}.html</guid><link>https://www.dealnews.com/{r.number}.html</link>"
        f"<pubDate>{format_datetime(r.at)}</pubDate><category>home</category>"
        f'<dealnews:price currency="USD">{r.cents / 100:.2f}</dealnews:price></item>'
        for r in found
    )
    return _rss(' xmlns:dealnews="https://www.dealnews.com/ns/rss/1.0.htm"', entries)


def _slickdeals(path: str, found: list[Row], at: datetime) -> Body:
    entries = "".join(
        f"<item><title>{html.escape(r.title)} ${r.cents / 100:.2f}</title>"
        f"<link>https://slickdeals.net/f/{r.number}-deal</link>"
        f"<content:encoded>&lt;div&gt;Thumb Score: +{r.points} &lt;/div&gt;</content:encoded>"
        f"<pubDate>{format_datetime(r.at)}</pubDate><guid>thread-{r.number}</guid></item>"
        for r in found
    )
    return _rss(' xmlns:content="http://purl.org/rss/1.0/modules/content/"', entries)


def _google(path: str, found: list[Row], at: datetime) -> Body:
    entries = "".join(
        f"<item><title>{html.escape(r.title)}</title><ht:approx_traffic>{r.points * 10}+</ht:approx_traffic>"
        f"<pubDate>{format_datetime(r.at.replace(hour=0, minute=0, second=0, microsecond=0))}</pubDate></item>"
        for r in found
    )
    return _rss(' xmlns:ht="https://trends.google.com/trending/rss"', entries)


def _reddit(path: str, found: list[Row], at: datetime) -> Body:
    sub = path.split("/r/")[-1].split("/")[0] or "gadgets"
    prefix = f"t3_{sub.lower()[:3]}"
    entries = "".join(
        f"<entry><id>{prefix}{r.number}</id><title>{html.escape(r.title)}</title>"
        f'<link href="https://www.reddit.com/r/{sub}/comments/{sub.lower()[:3]}{r.number}/"/>'
        f'<updated>{r.at.isoformat()}</updated><category term="{sub}" label="r/{sub}"/></entry>'
        for r in found
    )
    head = f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>r/{sub}</title>'
    return XML, f"{head}{entries}</feed>".encode()


_SOURCES: Mapping[str, Callable[[str, list[Row], datetime], Body]] = {
    "steam_charts": _steam,
    "hackernews": _hackernews,
    "lemmy_hot": _lemmy,
    "openlibrary_trending": _openlibrary,
    "dealnews_rss": _dealnews,
    "slickdeals_rss": _slickdeals,
    "google_trends_rss": _google,
    "reddit_rss": _reddit,
}
SOURCES: tuple[str, ...] = tuple(_SOURCES)
JSON_SOURCES = ("steam_charts", "hackernews", "lemmy_hot", "openlibrary_trending")
FEEDS = ("dealnews_rss", "slickdeals_rss", "google_trends_rss", "reddit_rss")
