"""Some sources through the real client against a local server: chains, token addresses, packages that talk."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from source_cases import FIXTURES, ask, reading, sources

from loopback import Loopback
from trendctl.http import Client, Leaf
from trendctl.ports import Outcome
from trendctl.scanner.chain import Chain, Limits, run_chain
from trendctl.store.engine import Store
from trendctl.store.http_state import StoredHttpState


@pytest.fixture
def client(store: Store, clock: Any, tmp_path: Path) -> Iterator[Client]:
    made = Client(
        StoredHttpState(store, clock), clock, tmp_path / "cache", user_agent="trendctl/test", spread=lambda: 0.0
    )
    yield made
    made.close()


def run(client: Client, loopback: Loopback, name: str, **given: Any) -> Chain:
    facts = sources()[name].facts
    leaf: Leaf = client.leaf(
        name, base_url=f"{loopback.base_url}/api", auth_url=f"{loopback.base_url}/auth", gap_seconds=0.1,
        deadline_seconds=60, contact="seller@shop.example" if facts.needs_contact else "",
    )  # fmt: skip
    return run_chain(sources()[name], ask(name, **given), leaf, Limits(items=100), lambda words: None)


def fixture(path: str) -> bytes:
    return (FIXTURES / path).read_bytes()


def test_pytrends_talks_through_our_client_and_keeps_googles_cookie(client: Client, loopback: Loopback) -> None:
    loopback.add("/api/trends/explore/", b"<html></html>", headers={"Set-Cookie": "NID=abc=1; Path=/; Secure"})
    loopback.add("/api/trends/api/explore", fixture("google_trends_explore/explore.json"))
    loopback.add("/api/trends/api/widgetdata/multiline", fixture("google_trends_explore/ok.json"))
    chain = run(client, loopback, "google_trends_explore", term="folding kettle")
    assert chain.outcome is Outcome.OK
    assert [reading(value) for value in chain.records[0].readings][-1] == "interest=100@2026-11-23/86400"
    assert [seen.headers.get("cookie") for seen in loopback.requests] == [None, "NID=abc=1", "NID=abc=1"]


# What may come in place of an answer, with the cause that must be told.
PAGE = b"<!doctype html><html><head><title>Blocked</title></head><body>unusual traffic</body></html>"
REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "401": ({"status": 401, "body": b"{}"}, "HTTP 401"),
    "403": ({"status": 403, "body": b"<html>blocked</html>"}, "HTTP 403"),
    "404": ({"status": 404, "body": b""}, "HTTP 404"),
    "429": ({"status": 429, "body": b"too many"}, "HTTP 429"),
    "429, with Retry-After": ({"status": 429, "headers": {"Retry-After": "40"}}, "HTTP 429"),
    "500": ({"status": 500, "body": b""}, "HTTP 500"),
    "503": ({"status": 503, "headers": {"Retry-After": "40"}}, "HTTP 503"),
    "a block page in a 200": ({"body": PAGE, "headers": {"Content-Type": "text/html"}}, "a block page came"),
    "a redirect of a call that is not followed": ({"status": 302, "headers": {"Location": "/login"}}, "HTTP"),
    "no answer": ({"drop": True}, "the connection was reset"),
    "a cut body": ({"body": b"{" * 500, "cut_after": 5}, "the body was cut short"),
}


OWN_HOSTS = {
    "google_trends_explore": ["trends.google.com"],
    "reddit_praw": ["oauth.reddit.com", "www.reddit.com"],
}


def starts(client: Client, loopback: Loopback, where: str, answer: dict[str, Any]) -> None:
    """Everything works but `where`."""
    loopback.add("/api/trends/explore/", b"<html></html>", headers={"Set-Cookie": "NID=abc=1; Path=/; Secure"})
    loopback.add("/api/trends/api/explore", fixture("google_trends_explore/explore.json"))
    loopback.add("/api/trends/api/widgetdata/multiline", fixture("google_trends_explore/ok.json"))
    loopback.add("/api/api/v1/access_token", fixture("reddit_praw/token.json"))
    loopback.add(re.compile("/api/r/gadgets/hot"), fixture("reddit_praw/ok.json"))
    loopback.add(re.compile(where), **answer)


@pytest.mark.parametrize("kind", REFUSALS)
@pytest.mark.parametrize("where", ["/trends/api/explore", "/trends/api/widgetdata/multiline"])
def test_a_refusal_of_google_is_unavailable_not_a_failure(
    client: Client, loopback: Loopback, where: str, kind: str
) -> None:
    answer, cause = REFUSALS[kind]
    starts(client, loopback, where, answer)
    chain = run(client, loopback, "google_trends_explore", term="folding kettle")
    assert (chain.outcome, chain.records) == (Outcome.UNAVAILABLE, [])
    assert chain.cause.startswith(cause)
    again = kind == "no answer" and where.endswith("multiline")  # our client repeats a GET that was reset, once
    assert len(loopback.to(f"/api{where}")) == 1 + again, "pytrends must not repeat calls"


@pytest.mark.parametrize("kind", ["429", "503", "no answer"])
def test_google_refusing_the_cookie_is_unavailable(client: Client, loopback: Loopback, kind: str) -> None:
    starts(client, loopback, "/trends/explore/", REFUSALS[kind][0])
    assert run(client, loopback, "google_trends_explore", term="folding kettle").outcome is Outcome.UNAVAILABLE
    assert loopback.to("/api/trends/api/explore") == []


@pytest.mark.parametrize("kind", REFUSALS)
@pytest.mark.parametrize("where", ["/api/v1/access_token", "/r/gadgets/hot"])
def test_a_refusal_of_reddit_is_unavailable_not_a_failure(
    client: Client, loopback: Loopback, where: str, kind: str
) -> None:
    answer, cause = REFUSALS[kind]
    starts(client, loopback, where, answer)
    chain = run(client, loopback, "reddit_praw", options={"subreddits": ["gadgets"], "listings": ["hot"]})
    assert (chain.outcome, chain.records) == (Outcome.UNAVAILABLE, [])
    assert chain.cause.startswith(cause)
    again = kind == "no answer" and where.startswith("/r/")
    assert len([seen for seen in loopback.requests if where in seen.path]) == 1 + again, "praw must not repeat calls"


def test_praw_never_sleeps_for_reddits_rate_headers(client: Client, loopback: Loopback) -> None:
    told = {"x-ratelimit-remaining": "0", "x-ratelimit-used": "100", "x-ratelimit-reset": "9"}
    starts(client, loopback, "^never$", {})
    loopback.add("/api/api/v1/access_token", fixture("reddit_praw/token.json"), headers=told)
    chain = run(client, loopback, "reddit_praw", options={"subreddits": ["gadgets"], "listings": ["hot", "hot"]})
    assert len(chain.records) == 2  # and the guard of the tests saw no sleep: the wait is the client's, by its clock


@pytest.mark.parametrize(
    ("name", "where", "asked"),
    [
        ("google_trends_explore", "/trends/api/explore", {"term": "folding kettle"}),
        ("reddit_praw", "/r/gadgets/hot", {"options": {"subreddits": ["gadgets"], "listings": ["hot"]}}),
    ],
)
@pytest.mark.parametrize(("kind", "seconds"), [("429", 60), ("429, with Retry-After", 40), ("503", 40)])
def test_the_packages_refusals_hold_the_host_for_the_next_run(
    client: Client, loopback: Loopback, name: str, where: str, asked: dict[str, Any], kind: str, seconds: int
) -> None:
    starts(client, loopback, where, REFUSALS[kind][0])
    run(client, loopback, name, **asked)
    host = next(seen for seen in loopback.requests if where in seen.path).headers["host"]
    now = client.clock.now().timestamp()
    held = [client.state.reserve(f"{own} at {host}", 0.0, now) - now for own in OWN_HOSTS[name]]
    assert seconds in [round(wait) for wait in held]


def test_ebays_chain_fetches_its_token_from_the_auth_address(client: Client, loopback: Loopback) -> None:
    loopback.add("/auth/identity/v1/oauth2/token", fixture("ebay_browse/token.json"), method="POST")
    loopback.add("/api/buy/marketing/v1_beta/merchandised_product", fixture("ebay_browse/ok.json"))
    chain = run(client, loopback, "ebay_browse", options={"categories": ["9355"]})
    assert [record.external_id for record in chain.records] == ["5001", "5002"]
    token, search = loopback.requests
    assert token.form["grant_type"] == "client_credentials"
    assert search.headers["authorization"] == "Bearer simulated-token"


def test_wikipedia_finds_the_article_then_its_views_and_tells_the_contact(client: Client, loopback: Loopback) -> None:
    loopback.add("/api/w/rest.php/v1/search/page", fixture("wikipedia_pageviews/search.json"))
    loopback.add(
        re.compile("/api/.*/per-article/.*Folding_kettle_%28device%29"), fixture("wikipedia_pageviews/views.json")
    )
    chain = run(client, loopback, "wikipedia_pageviews", term="folding kettle")
    assert [record.external_id for record in chain.records] == ["q:folding kettle|US"]
    assert all("seller@shop.example" in seen.headers["user-agent"] for seen in loopback.requests)


def test_amazons_report_is_found_fetched_and_read(client: Client, loopback: Loopback) -> None:
    loopback.add("/auth/auth/o2/token", fixture("amazon_search_terms/token.json"), method="POST")
    loopback.add("/api/reports/2021-06-30/reports", fixture("amazon_search_terms/list.json"), method="GET")
    loopback.add("/api/reports/2021-06-30/reports", fixture("amazon_search_terms/empty.json"), 202, method="POST")
    loopback.add("/api/reports/2021-06-30/documents/doc-1", fixture("amazon_search_terms/document.json"))
    loopback.add("/api/doc-1", gzip.compress(fixture("amazon_search_terms/ok.json")), status=206)
    chain = run(client, loopback, "amazon_search_terms")
    assert [record.external_id for record in chain.records] == ["folding kettle|B000000001", "café lamp|B000000002"]
    assert chain.faults == []
    (file,) = loopback.to("/api/doc-1")
    assert file.headers["range"] == "bytes=0-1499999"
    assert "x-amz-access-token" not in file.headers


@pytest.mark.parametrize("name", ["slickdeals_rss", "hackernews", "steam_charts"])
def test_a_block_page_in_a_200_is_never_an_empty_answer(client: Client, loopback: Loopback, name: str) -> None:
    loopback.add(
        re.compile("/api/"),
        b"<!doctype html><html><head><title>Blocked</title></head><body>whoa there, pardner!</body></html>",
    )
    assert run(client, loopback, name).outcome in (Outcome.UNAVAILABLE, Outcome.FAILED)
