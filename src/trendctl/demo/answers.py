"""The simulated answers: six sources and their measuring calls, in the formats the sources document."""

import html
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from trendctl.demo import story
from trendctl.demo.story import GOODS, MARK, Good

SOURCES = (
    "google_trends_rss",
    "hackernews",
    "wikipedia_pageviews",
    "reddit_rss",
    "slickdeals_rss",
    "dealnews_rss",
    "steam_charts",
)
_XML, _JSON = "application/xml", "application/json"
Answer = tuple[int, str, bytes]  # status, content type, body


def answer(url: str, now: datetime, start: datetime) -> Answer:
    """What the source of that URL says at that time; 404 for anything else."""
    parts = urlsplit(url)
    hour = max(0, int((now - start).total_seconds() // 3600))
    for host, make in _BY_HOST.items():
        if parts.hostname == host:
            return make(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}, now, hour)
    return 404, "text/plain", b"not simulated"


def _label(title: str) -> str:
    return f"{title} ({MARK})"


def _trends(path: str, query: Mapping[str, str], now: datetime, hour: int) -> Answer:
    day = hour // 24
    terms = [(story.NOISE[day % len(story.NOISE)], 200_000), (story.NOISE[(day + 2) % len(story.NOISE)], 50_000)]
    terms += [(g.title.lower(), 500 * 2 ** min(6, int(story.interest(g, hour) // 10))) for g in GOODS]
    items = "".join(
        f"<item><title>{html.escape(_label(t))}</title><ht:approx_traffic>{n}+</ht:approx_traffic>"
        f"<pubDate>{format_datetime(now.replace(hour=0, minute=0, second=0))}</pubDate></item>"
        for t, n in terms if n >= 1000
    )  # fmt: skip
    return (
        200,
        _XML,
        (
            '<?xml version="1.0"?><rss xmlns:ht="https://trends.google.com/trending/rss" version="2.0"><channel>'
            f"<title>Daily Search Trends</title>{items}</channel></rss>"
        ).encode(),
    )


def _hackernews(path: str, query: Mapping[str, str], now: datetime, hour: int) -> Answer:
    if path.endswith("search_by_date"):
        return _stories(query.get("query", "").strip('"'), now, hour)
    named = [(g.forum, 20 + int(story.interest(g, hour) * 2)) for g in GOODS if story.interest(g, hour) > 10]
    named += [(title, 90 - 7 * n) for n, title in enumerate(story.STORIES)]
    hits = [
        {"objectID": str(4_000_000 + sum(t.encode())), "title": _label(t), "url": None, "points": p,
         "num_comments": p // 3, "created_at_i": int(now.timestamp()) - 3600, "_tags": ["story"]}
        for t, p in sorted(named, key=lambda row: -row[1])
    ]  # fmt: skip
    return 200, _JSON, json.dumps({"hits": hits, "nbHits": len(hits), "page": 0, "nbPages": 1}).encode()


def _stories(term: str, now: datetime, hour: int) -> Answer:
    """Stories on a term: one a day for each dozen of mentions, over the last 30 days."""
    good = _good(term)
    hits = []
    for back in range(30 if good else 0):
        day = hour // 24 - back
        for n in range(max(1, story.views(good, day) // 600) if good else 0):
            at = now.replace(minute=0, second=0) - timedelta(days=back, hours=n % 12)
            hits.append({"objectID": f"{day}-{n}", "created_at_i": int(at.timestamp())})
    return 200, _JSON, json.dumps({"hits": hits, "nbHits": len(hits), "page": 0, "nbPages": 1}).encode()


def _wikipedia(path: str, query: Mapping[str, str], now: datetime, hour: int) -> Answer:
    if "/search/" in path:
        good = _good(query.get("q", ""))
        pages = [{"key": good.title.replace(" ", "_"), "title": good.title}] if good else []
        return 200, _JSON, json.dumps({"pages": pages}).encode()
    if "/per-article/" in path:
        return _daily(path, now, hour)
    ranked = sorted(GOODS, key=lambda g: -story.views(g, hour // 24 - 1))
    articles = [{"article": "Main_Page", "views": 5_000_000, "rank": 1}]
    articles += [
        {"article": g.article.replace(" ", "_"), "views": story.views(g, hour // 24 - 1), "rank": n}
        for n, g in enumerate(ranked, 2)
    ]
    return 200, _JSON, json.dumps({"items": [{"project": "en.wikipedia", "articles": articles}]}).encode()


def _daily(path: str, now: datetime, hour: int) -> Answer:
    """Views a day of the article in the path, between its two dates."""
    pieces = path.split("/")
    good = _good(unquote(pieces[-4]).replace("_", " "))
    first, last = (datetime.strptime(p[:8], "%Y%m%d").replace(tzinfo=now.tzinfo) for p in pieces[-2:])
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    items = []
    while good and first <= last:
        day = hour // 24 - (today - first).days
        items.append({"timestamp": f"{first:%Y%m%d}00", "views": story.views(good, day)})
        first += timedelta(days=1)
    return 200, _JSON, json.dumps({"items": items}).encode()


def _reddit(path: str, query: Mapping[str, str], now: datetime, hour: int) -> Answer:
    ranked = sorted(GOODS, key=lambda g: -story.interest(g, hour))[:5]
    sub = path.split("/")[2]
    entries = "".join(
        f"<entry><id>t3_{sub.lower()[:4]}{g.key}{hour // 24}</id><title>{html.escape(_label(g.title))}</title>"
        f'<link href="https://www.reddit.com/r/{sub}/comments/{g.key}/"/><updated>{now.isoformat()}</updated>'
        f'<category term="{sub}" label="r/{sub}"/></entry>'
        for g in ranked
    )
    return 200, _XML, f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


def _slickdeals(path: str, query: Mapping[str, str], now: datetime, hour: int) -> Answer:
    items = "".join(
        f"<item><title>{html.escape(f'{_label(g.title)} ${g.price / 100:.2f} + Free Shipping')}</title>"
        f"<link>https://slickdeals.net/f/{90_000 + n * 100 + hour // 72}-deal</link>"
        f"<content:encoded>&lt;div&gt;Thumb Score: +{int(story.interest(g, hour))} &lt;/div&gt;</content:encoded>"
        f"<pubDate>{format_datetime(now)}</pubDate><guid>thread-{90_000 + n * 100 + hour // 72}</guid></item>"
        for n, g in enumerate(GOODS)
    )
    return (
        200,
        _XML,
        (
            '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>Deals</title>{items}</channel></rss>"
        ).encode(),
    )


def _dealnews(path: str, query: Mapping[str, str], now: datetime, hour: int) -> Answer:
    chosen = [(n, g) for n, g in enumerate(GOODS) if (hour // 24 + n) % 3 == 0 or story.interest(g, hour) > 40]
    items = "".join(
        f"<item><title>{html.escape(_label(g.title))} for ${g.price // 100}</title>"
        f"<guid>https://www.dealnews.com/{7_000_000 + hour // 24 * 10 + n}.html</guid>"
        f"<link>https://www.dealnews.com/{7_000_000 + hour // 24 * 10 + n}.html</link>"
        f"<pubDate>{format_datetime(now)}</pubDate><dealnews:dealType>product</dealnews:dealType>"
        f'<dealnews:price currency="USD">{(g.price - 100) / 100:.2f}</dealnews:price></item>'
        for n, g in chosen
    )
    return (
        200,
        _XML,
        (
            '<?xml version="1.0"?><rss version="2.0" xmlns:dealnews="https://www.dealnews.com/ns/rss/1.0.htm"><channel>'
            f"<title>Deals</title>{items}</channel></rss>"
        ).encode(),
    )


def _steam(path: str, query: Mapping[str, str], now: datetime, hour: int) -> Answer:
    items = [
        {"id": 100 + n, "type": 0, "name": _label(f"Game number {n}"), "final_price": 1999 + n, "currency": "USD"}
        for n in range(5)
    ]
    return 200, _JSON, json.dumps({"top_sellers": {"id": "cat_topsellers", "items": items}, "status": 1}).encode()


def _good(term: str) -> Good | None:
    words = set(term.lower().split())
    best = max(GOODS, key=lambda g: len(words & set(g.title.lower().split())))
    return best if len(words & set(best.title.lower().split())) >= 2 else None


_BY_HOST: Mapping[str, Callable[[str, Mapping[str, str], datetime, int], Answer]] = {
    "trends.google.com": _trends,
    "hn.algolia.com": _hackernews,
    "wikimedia.org": _wikipedia,
    "en.wikipedia.org": _wikipedia,
    "www.reddit.com": _reddit,
    "slickdeals.net": _slickdeals,
    "www.dealnews.com": _dealnews,
    "store.steampowered.com": _steam,
}
