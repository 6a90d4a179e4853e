"""The report: one page of HTML with everything in it. No script, nothing loaded, every word from outside escaped."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from trendctl.report import charts, parts
from trendctl.report.markup import number, tag, text
from trendctl.report.sales import Sales


@dataclass(frozen=True, slots=True)
class Trend:
    """A product and the series its chart is drawn from: (epoch seconds, value)s; `rank`: 1 is the best value."""

    row: Any
    source: str
    metric: str
    rank: bool
    points: Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page shows. `made`: the time in words; `shown`: how many listings get a line."""

    made: str
    market: str
    pipeline: dict[str, int]
    trends: Sequence[Trend]
    sales: Sales
    predictions: dict[str, Any]
    shown: int = 100


@cache
def style() -> str:
    """The page's own style sheet."""
    return (files("trendctl.report") / "style.css").read_text("utf-8").replace("\r\n", "\n")


def html(report: Report, redact: Callable[[str], str] = str) -> str:
    """The whole document. `redact` takes known secrets out of what it shows."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f"<title>What sells: {text(report.made)}</title><style>{style()}</style>"
    )
    body = f"{_header(report)}<main>{_body(report)}</main>{_footer()}"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{redact(body)}</body></html>\n'


def _header(report: Report) -> str:
    links = "".join(
        tag("a", text(name), href=f"#{name.lower()}")
        for name in ("Pipeline", "Trends", "Listings", "Profit", "Predictions")
    )
    words = f"As of {report.made} UTC, market {report.market}."
    return tag("header", f"<h1>What sells</h1>{tag('p', text(words), class_='soft')}<nav>{links}</nav>")


def _body(report: Report) -> str:
    sections = (
        ("pipeline", "Pipeline", _pipeline(report.pipeline)),
        ("trends", "Trends", _trends(report.trends)),
        ("listings", "Listings", parts.listings(report.sales, report.shown)),
        ("profit", "Profit", parts.profit(report.sales)),
        ("predictions", "Predictions", parts.predictions(report.predictions)),
    )
    made = "".join(tag("section", f"<h2>{title}</h2>{inner}", id=name) for name, title, inner in sections)
    return parts.tiles(report.pipeline, report.sales) + made


def _pipeline(counts: dict[str, int]) -> str:
    names = (("found", "found"), ("pending", "to review"), ("approved", "approved"), ("in_progress", "being posted"),
             ("live", "live"), ("ended", "ended"))  # fmt: skip
    rows = [(words, int(counts.get(name) or 0)) for name, words in names]
    put_aside = f"{number(counts.get('rejected'))} rejected and {number(counts.get('deferred'))} put off in review."
    return tag("div", charts.bars(rows, "Products by stage") + tag("p", text(put_aside), class_="soft"), class_="card")


def _trends(trends: Sequence[Trend]) -> str:
    if not trends:
        return tag("p", "No product has been scored yet.", class_="soft")
    return tag("div", "".join(parts.trend(one) for one in trends), class_="grid")


def _footer() -> str:
    words = (
        "n/a: the platform does not give the figure, or it is not known; it is never counted as 0. Sums in different "
        "currencies are kept apart. Fees are the platform's own figure where it gives one, else reckoned by published "
        "fee tables. Made by trendctl; nothing on this page is loaded from elsewhere."
    )
    return tag("footer", tag("p", text(words)))
