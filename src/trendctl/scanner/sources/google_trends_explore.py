"""Google Trends' interest over time of a term, through pytrends. Unofficial and often refused: off by default."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from trendctl.errors import ParseError
from trendctl.ports import Ask, Json, Parsed, Reading, Source, SourceFacts
from trendctl.scanner.formats import jsonbody
from trendctl.scanner.formats.numbers import count
from trendctl.scanner.formats.rows import series
from trendctl.scanner.formats.times import moment

_COOKIE: Final = re.compile(r"\bNID=([^;,\s]{1,1000})")  # without it Google refuses the calls that follow

FACTS: Final = SourceFacts(
    name="google_trends_explore",
    about="search interest in a term over time (0 to 100 of its own peak)",
    url="https://trends.google.com/trends/",
    terms_url="https://policies.google.com/terms",
    kind=("measure",),
    terms="unofficial",
    commercial_use="no",
    ai_ok=True,
    may_create_product=False,
    rate="not published, refused (429) after few calls (github.com/GeneralMills/pytrends issues 602, 609, 625)",
    gap_seconds=10.0,
    min_interval_minutes=360,
    enabled=False,
    deadline_seconds=90.0,
)


def gather(adapter: Any, ask: Ask) -> Parsed:
    """`interest`, whole periods only. `adapter` is a requests transport that raises for refusals by itself.

    pytrends is used for its protocol (explore, then the widget's data); its own HTTP layer loops for ever on some
    errors and reads refusals as JSON, so both of its methods that talk are replaced.
    """
    if ask.term is None:
        return Parsed()
    client = _client(adapter, ask)
    try:
        client.build_payload([ask.term], timeframe=_timeframe(ask.days), geo=ask.geo)
        frame = client.interest_over_time()
        points = [] if frame.empty else list(_points(frame, ask.term))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ParseError("Google Trends' answer is not what pytrends knows", why=type(error).__name__) from None
    period = int((points[1][0] - points[0][0]).total_seconds()) if len(points) > 1 else 0
    return series(ask, (Reading("interest", value, at=at, period=period) for at, value in points))


def _timeframe(days: int) -> str:
    return "today 1-m" if days <= 31 else "today 3-m" if days <= 92 else "today 12-m"


def _points(frame: Any, term: str) -> Iterator[tuple[datetime, float]]:
    partial = frame["isPartial"]
    for index, stamp in enumerate(frame.index):
        at, value = moment(stamp.to_pydatetime().replace(tzinfo=UTC).isoformat()), count(int(frame[term].iloc[index]))
        if at is not None and value is not None and not bool(partial.iloc[index]):
            yield at, value


def _client(adapter: Any, ask: Ask) -> Any:
    from pytrends.request import TrendReq  # here: it loads pandas
    from requests import Session

    session = Session()
    session.trust_env = False  # no .netrc, no proxy of the environment: the adapter alone decides
    session.mount("https://", adapter)

    class Client(TrendReq):  # type: ignore[misc]  # pytrends has no types
        def GetGoogleCookie(self) -> dict[str, str]:
            answer = session.get(f"{FACTS.url}explore/", params={"geo": ask.geo}, timeout=30)
            if answer.status_code == 429 or answer.status_code >= 500:
                raise ParseError(f"Google Trends answered with status {answer.status_code}")
            found = _COOKIE.search(answer.headers.get("set-cookie", ""))
            return {"NID": found.group(1)} if found else {}

        def _get_data(self, url: str, method: str = "get", trim_chars: int = 0, **kwargs: Any) -> Json:
            answer = session.request(method.upper(), url, headers=self.headers, cookies=self.cookies, **kwargs)
            if answer.status_code != 200:
                raise ParseError(f"Google Trends answered with status {answer.status_code}")
            return jsonbody.load_object(answer.content)

    return Client(hl=f"{ask.language}-{ask.geo}", tz=0)


SOURCES: Final = (Source(FACTS, gather=gather),)
