"""What single sources do beyond the common rules: packages that talk, chains, signatures, parts of files."""

import gzip
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from source_cases import FIXTURES, NOW, address, ask, cases, parse, reading, sources

from trendctl.errors import ParseError
from trendctl.ports import Parsed

Answers = dict[str, tuple[int, bytes]]  # the end of a path -> status, body


class Canned(BaseAdapter):
    """A requests transport that answers from memory and notes what was asked."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[PreparedRequest] = []

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        self.asked.append(request)
        path = urlsplit(request.url or "").path
        status, body = next((told for end, told in self.answers.items() if str(path).endswith(end)), (404, b""))
        response = Response()
        response.status_code, response._content = status, body
        response.headers["content-type"] = "application/json"
        response.url, response.request = request.url or "", request
        return response

    def close(self) -> None:
        """Nothing is open."""


def gather(name: str, answers: Answers, **given: Any) -> tuple[Parsed, Canned]:
    adapter, source = Canned(answers), sources()[name]
    assert source.gather is not None
    return source.gather(adapter, ask(name, **given)), adapter


def fixture(name: str, file: str) -> bytes:
    return (FIXTURES / name / file).read_bytes()


# ---------------------------------------------------------------- pytrends


def trends(explore: bytes | None = None, data: bytes | None = None, status: int = 200) -> Answers:
    return {
        "/trends/explore/": (200, b"<html></html>"),
        "/api/explore": (status, fixture("google_trends_explore", "explore.json") if explore is None else explore),
        "/multiline": (status, fixture("google_trends_explore", "ok.json") if data is None else data),
    }


def test_interest_over_time_leaves_the_unfinished_day_out() -> None:
    parsed, adapter = gather("google_trends_explore", trends(), term="folding kettle", days=30)
    (record,) = parsed.records
    assert record.external_id == "q:folding kettle|US"
    assert [reading(value) for value in record.readings] == [
        "interest=40@2026-11-22/86400",
        "interest=100@2026-11-23/86400",
    ]
    asked = parse_qs(urlsplit(adapter.asked[1].url or "").query)
    assert json.loads(asked["req"][0])["comparisonItem"] == [
        {"keyword": "folding kettle", "time": "today 1-m", "geo": "US"}
    ]


def test_no_interest_at_all_is_an_empty_answer() -> None:
    assert (
        gather("google_trends_explore", trends(data=fixture("google_trends_explore", "empty.json")), term="x")[0]
        == Parsed()
    )


@pytest.mark.parametrize(
    "answers",
    [
        trends(status=429),
        trends(explore=b"<html>sorry</html>"),
        trends(explore=b")]}'\n{}"),
        trends(explore=b')]}\'\n{"widgets": [{"id": "TIMESERIES"}]}'),
        trends(data=b')]}\',\n{"default": {}}'),
        trends(data=b')]}\',\n{"default": {"timelineData": [{"time": "x", "value": ["y"]}]}}'),
        trends(data=b")]}',\n[]"),
    ],
    ids=["refused", "page", "no widgets", "no request", "no data", "no numbers", "a list"],
)
def test_answers_that_pytrends_would_stumble_over_are_parse_errors(answers: Answers) -> None:
    with pytest.raises(ParseError):
        gather("google_trends_explore", answers, term="folding kettle")


def test_what_the_transport_raises_is_not_hidden() -> None:
    class Down(Canned):
        def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
            raise OSError("cannot connect")

    for name in ("google_trends_explore", "reddit_praw"):
        source = sources()[name]
        assert source.gather is not None
        with pytest.raises(OSError, match="cannot connect"):
            source.gather(Down({}), ask(name, term="x" if name == "google_trends_explore" else None))


# ---------------------------------------------------------------- praw


def reddit(listing: bytes | None = None, status: int = 200) -> Answers:
    body = fixture("reddit_praw", "ok.json") if listing is None else listing
    return {
        "/api/v1/access_token": (200, fixture("reddit_praw", "token.json")),
        "/hot": (status, body),
        "/rising": (200, body),
    }


ONE = {"subreddits": ["gadgets"], "listings": ["hot"]}


def test_posts_have_score_comments_and_a_place_without_the_pinned() -> None:
    parsed, adapter = gather("reddit_praw", reddit(), options=ONE)
    assert [(r.external_id, r.title, r.category) for r in parsed.records] == [
        ("t3_1abcd2", "Folding kettle boils in a minute", "gadgets"), ("t3_1abcd3", "Café lamp", "gadgets"),
    ]  # fmt: skip
    assert [reading(value) for value in parsed.records[0].readings] == ["position#1", "score=1382", "num_comments=433"]
    assert len(adapter.asked) == 2, "one call for the token and one for the list: no call for each post"


def test_a_post_in_two_lists_counts_once_and_only_hot_gives_a_place() -> None:
    parsed, _ = gather("reddit_praw", reddit(), options={**ONE, "listings": ["rising", "hot"]})
    assert [reading(value) for value in parsed.records[0].readings] == ["score=1382", "num_comments=433"]
    assert len(parsed.records) == 2


def test_an_empty_subreddit_is_an_empty_answer() -> None:
    assert gather("reddit_praw", reddit(fixture("reddit_praw", "empty.json")), options=ONE)[0] == Parsed()


@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_list_is_a_parse_error_for_the_transport_to_explain(status: int) -> None:
    with pytest.raises(ParseError):
        gather("reddit_praw", reddit(status=status), options=ONE)


@pytest.mark.parametrize(
    "body", [b"<html></html>", b'{"kind": "Listing"}', b"[]", b'{"kind": "Listing", "data": {"children": 5}}']
)
def test_a_list_of_another_shape_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        gather("reddit_praw", reddit(body), options=ONE)


# ---------------------------------------------------------------- chains and signatures


def test_ebay_sends_its_token_with_each_search_and_only_there() -> None:
    token = next(case for case in cases("ebay_browse") if case.file == "token.json")
    (call,) = token.parse().follow
    assert ("Authorization", "Bearer simulated-token") in call.headers
    assert ("X-EBAY-C-MARKETPLACE-ID", "EBAY_US") in call.headers
    measured = parse("ebay_browse", token.body, ask("ebay_browse", term="kettle & co"), "token")
    assert [address(found) for found in measured.follow] == [
        "https://api.ebay.com/buy/browse/v1/item_summary/search?q=kettle+%26+co&limit=100"
    ]


def test_token_calls_go_to_the_auth_address_and_are_never_cached() -> None:
    chained = {
        "ebay_browse": {},
        "amazon_creators": {},
        "amazon_search_terms": {},
        "google_merchant_bestsellers": {"account": "1"},
    }
    for name, options in chained.items():
        source = sources()[name]
        assert source.requests is not None
        (call,) = source.requests(ask(name, options=options))
        assert (call.method, call.auth, call.cacheable, call.tag, call.params) == ("POST", True, False, "token", ())


def test_tiktoks_signature_covers_path_parameters_and_body() -> None:
    source = sources()["tiktok_shop_affiliate"]
    assert source.requests is not None
    (call,) = source.requests(ask("tiktok_shop_affiliate", options={"keywords": ["kettle"]}))
    given, secret = dict(call.params), "simulated-tiktok_shop_secret"
    named = "".join(key + given[key] for key in sorted(set(given) - {"sign"}))
    message = secret + urlsplit(call.url).path + named + (call.body or b"").decode() + secret
    assert given["sign"] == hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    assert given["timestamp"] == str(int(NOW.timestamp()))
    assert secret not in address(call) + str(call.headers)


def test_tiktoks_refusal_in_a_200_is_told() -> None:
    with pytest.raises(ParseError, match="scope missing"):
        parse("tiktok_shop_affiliate", b'{"code": 105005, "message": "scope missing", "data": null}')


def test_a_country_cannot_smuggle_words_into_the_merchant_query() -> None:
    asked = replace(
        ask("google_merchant_bestsellers", options={"account": "1/2", "category": "1 OR 1"}), geo="US' OR '1"
    )
    (call,) = parse("google_merchant_bestsellers", b'{"access_token": "t"}', asked, "token").follow
    assert "/accounts/1%2F2/" in call.url
    query = json.loads(call.body or b"")["query"]
    assert "report_country_code = 'USOR'" in query
    assert "report_category_id =" not in query


def test_countries_a_service_does_not_know_ask_for_nothing() -> None:
    for name in ("x_trends", "pinterest_trends", "amazon_search_terms"):
        source = sources()[name]
        assert source.requests is not None
        assert tuple(source.requests(replace(ask(name), geo="AQ"))) == ()


# ---------------------------------------------------------------- Amazon's report


def test_the_report_is_fetched_in_part_and_ordered_when_the_week_is_missing() -> None:
    found = {case.file: case.parse() for case in cases("amazon_search_terms")}
    (call,) = found["document.json"].follow
    assert call.headers == (("Range", "bytes=0-1499999"),), "no token goes to the storage"
    order = json.loads(found["list.json"].follow[1].body or b"")
    assert (order["dataStartTime"], order["dataEndTime"]) == ("2026-11-15T00:00:00Z", "2026-11-21T00:00:00Z")
    assert order["reportOptions"] == {"reportPeriod": "WEEK"}


@pytest.mark.parametrize("days", range(7))
def test_the_week_asked_for_runs_from_sunday_to_saturday_and_is_over(days: int) -> None:
    asked = replace(ask("amazon_search_terms"), now=NOW + timedelta(days=days))
    (order,) = parse("amazon_search_terms", b'{"reports": []}', asked, "list").follow
    body = json.loads(order.body or b"")
    start, end = (asked.now.fromisoformat(body[key]) for key in ("dataStartTime", "dataEndTime"))
    assert (start.weekday(), end.weekday()) == (6, 5)
    assert timedelta(days=2) < asked.now - end <= timedelta(days=9, hours=10)


def test_a_packed_report_that_ends_anywhere_gives_its_whole_rows() -> None:
    case = next(case for case in cases("amazon_search_terms") if case.file == "ok.json")
    packed = gzip.compress(case.body, compresslevel=0)
    counts = []
    for cut in range(60, len(packed), 40):
        parsed = (
            parse("amazon_search_terms", packed[:cut], tag="data:gzip:2026-11-14") if b"[" in packed[:cut] else Parsed()
        )
        counts.append(len(parsed.records))
    assert counts == sorted(counts)
    assert counts[-1] == 2


def test_a_packed_bomb_is_unpacked_no_further_than_the_limit() -> None:
    bomb = gzip.compress(b'{"dataByDepartmentAndSearchTerm": [' + b" " * 60_000_000)
    assert parse("amazon_search_terms", bomb, tag="data:gzip:2026-11-14") == Parsed()
    with pytest.raises(ParseError):
        parse("amazon_search_terms", b"PK not gzip", tag="data:gzip:2026-11-14")
