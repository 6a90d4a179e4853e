"""What every source must hold: whole facts, and honest, pure requests. Its answers: test_source_parse.py."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from source_cases import FIXTURES, NOW, Case, address, ask, cases, names, sources

from trendctl import registry
from trendctl.errors import ConfigError
from trendctl.ports import Ask, Request, SourceFacts

CREDENTIALS: frozenset[str] = frozenset(
    re.findall(
        r"\w+",
        """
    EBAY_APP_ID EBAY_CERT_ID AMAZON_SP_API_KEY AMAZON_SP_API_SECRET AMAZON_SP_REFRESH_TOKEN TIKTOK_SHOP_API_KEY
    TIKTOK_SHOP_SECRET FACEBOOK_ACCESS_TOKEN REDDIT_CLIENT_ID REDDIT_CLIENT_SECRET TWITTER_BEARER_TOKEN
    YOUTUBE_API_KEY ETSY_API_KEY BESTBUY_API_KEY RAKUTEN_APP_ID NYT_API_KEY PINTEREST_ACCESS_TOKEN
    TIKTOK_CREATOR_TOKEN AMAZON_CREATORS_ID AMAZON_CREATORS_SECRET AMAZON_ASSOCIATE_TAG
    GOOGLE_MERCHANT_REFRESH_TOKEN GOOGLE_CLIENT_ID GOOGLE_CLIENT_SECRET
    """,
    )
)
KEYLESS_WITHOUT_AI = frozenset({"reddit_rss"})
KEY_IN_ADDRESS = frozenset({"bestbuy", "rakuten_ranking", "nyt_books"})  # these APIs take it nowhere else
NEEDS_OPTION: dict[str, dict[str, Any]] = {
    "youtube_feeds": {"channels": ["UCaaaaaaaaaaaaaaaaaaaaaa"]},
    "instagram_hashtag": {"user_id": "17841400000000000"},
    "google_merchant_bestsellers": {"account": "123"},
}
each_source = pytest.mark.parametrize("name", names())
each_parser = pytest.mark.parametrize("name", names(parsing=True))


def facts_of(name: str) -> SourceFacts:
    return sources()[name].facts


# ---------------------------------------------------------------- facts


def test_every_source_has_a_fixture_folder_and_every_folder_a_source() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == set(sources())


def test_all_the_sources_of_the_plan_are_there() -> None:
    keyless = {name for name in names() if facts_of(name).auth == "none"}
    assert (len(keyless), len(names())) == (20, 34)


@each_source
def test_facts_are_whole_and_well_formed(name: str) -> None:
    facts = facts_of(name)
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,30}", name)
    assert 10 <= len(facts.about) <= 100
    assert len(facts.rate) >= 10
    assert {facts.url[:8], facts.terms_url[:8]} == {"https://"}
    assert facts.kind
    assert set(facts.kind) <= {"discover", "measure"}
    assert set(facts.credentials) <= CREDENTIALS
    assert (facts.auth != "none") == bool(facts.credentials) == bool(facts.get_key)
    assert 0.5 <= facts.gap_seconds <= 60
    assert 55 <= facts.min_interval_minutes <= 7 * 1440
    assert 10 <= facts.deadline_seconds <= 120
    assert facts.retention_days is None or facts.retention_days >= 1


@each_source
def test_only_a_keyless_source_may_reach_a_model(name: str) -> None:
    facts = facts_of(name)
    assert facts.ai_ok == (facts.auth == "none" and name not in KEYLESS_WITHOUT_AI)


def test_only_deal_and_market_sources_may_create_products() -> None:
    assert {name for name in names() if facts_of(name).may_create_product} == {
        "slickdeals_rss", "dealnews_rss", "ebay_browse", "etsy", "bestbuy", "rakuten_ranking", "nyt_books",
        "tiktok_shop_affiliate", "amazon_creators", "amazon_search_terms", "google_merchant_bestsellers",
    }  # fmt: skip


def test_only_hosts_that_ask_for_a_contact_get_one() -> None:
    assert {name for name in names() if facts_of(name).needs_contact} == {"wikipedia_pageviews", "open_food_facts"}


def test_unofficial_and_paid_sources_are_off_by_default() -> None:
    assert {name for name in names() if not facts_of(name).enabled} == {"google_trends_explore", "x_trends"}
    assert {name for name in names() if facts_of(name).daily_budget_usd is not None} == {"x_trends"}


@each_source
def test_a_source_imports_only_the_contracts_and_the_shared_formats(name: str) -> None:
    path = registry.PLACES["sources"].folder / f"{name}.py"
    tree = ast.parse(path.read_text("utf-8"))
    ours = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module} - {None}
    allowed = ("trendctl.ports", "trendctl.errors", "trendctl.scanner.formats")
    assert [module for module in ours if module.startswith("trendctl") and not module.startswith(allowed)] == []


def test_listing_sources_loads_no_heavy_package(fresh_python: Any) -> None:
    code = (
        "import sys; from trendctl import registry; registry.load_all('sources', on_broken=print);"
        "print([m for m in ('pandas', 'praw', 'pytrends', 'requests', 'jmespath', 'defusedxml', 'httpx', 'sqlalchemy')"
        " if m in sys.modules])"
    )
    assert fresh_python(code).strip() == "[]"


# ---------------------------------------------------------------- requests


def asked(name: str) -> list[tuple[Ask, tuple[Request, ...]]]:
    """The calls of each kind that the source offers."""
    source, options = sources()[name], NEEDS_OPTION.get(name, {})
    assert source.requests is not None
    terms = [
        term for kind, term in (("discover", None), ("measure", 'kettle "deluxe" & co')) if kind in source.facts.kind
    ]
    asks = [ask(name, term=term, options=options) for term in terms]
    return [(given, tuple(source.requests(given))) for given in asks]


@each_parser
def test_requests_are_https_and_pure(name: str) -> None:
    for given, calls in asked(name):
        assert calls
        assert tuple(sources()[name].requests(given)) == calls  # type: ignore[misc]  # a parser has requests
        for call in calls:
            parts = urlsplit(call.url)
            assert parts.scheme == "https"
            assert parts.hostname
            assert not parts.query
            assert " " not in call.url
            assert all(isinstance(word, str) for pair in (*call.params, *call.headers) for word in pair)


@each_parser
def test_secrets_stay_out_of_addresses(name: str) -> None:
    for given, calls in asked(name):
        for call in calls:
            found = {secret for secret in given.credentials.values() if secret in address(call)}
            allowed = {"simulated-tiktok_shop_api_key"}  # an app's public name, part of the signed address
            assert not found - allowed or name in KEY_IN_ADDRESS


@pytest.mark.parametrize("name", [n for n in names(parsing=True) if n in KEY_IN_ADDRESS or facts_of(n).retention_days])
def test_no_copy_is_kept_of_what_must_be_forgotten_or_asked_for_under_a_key(name: str) -> None:
    for _, calls in asked(name):
        assert not any(call.cacheable for call in calls)


@pytest.mark.parametrize("name", [name for name in names() if facts_of(name).auth != "none" and sources()[name].parse])
def test_a_keyed_source_uses_every_credential_it_names(name: str) -> None:
    given, calls = asked(name)[0]
    first = " ".join(f"{address(call)} {call.headers} {call.body!r}" for call in calls)
    source, later = sources()[name], ""
    assert source.parse is not None
    for case in cases(name):
        for call in source.parse(_reply(case), case.ask).follow:
            later += f" {call.headers} {call.body!r}"
    used = first + later + " ".join(_decoded_basic(calls))
    for key, secret in given.credentials.items():
        assert secret in used or key == "TIKTOK_SHOP_SECRET"  # that one signs; it is never sent


def _reply(case: Case) -> Any:
    from trendctl.ports import Reply

    return Reply(Request("https://host.example/", tag=case.told.get("tag", "")), 200, {}, case.body, NOW)


def _decoded_basic(calls: tuple[Request, ...]) -> Iterator[str]:
    import base64

    for call in calls:
        for _, value in call.headers:
            if value.startswith("Basic "):
                yield base64.b64decode(value[6:]).decode()


@pytest.mark.parametrize("name", [name for name in names(parsing=True) if facts_of(name).options])
def test_an_option_of_the_wrong_kind_is_a_config_error_that_names_it(name: str) -> None:
    source = sources()[name]
    assert source.requests is not None
    for option in source.facts.options:
        options = {**NEEDS_OPTION.get(name, {}), option: {"not": "this"}}
        with pytest.raises(ConfigError, match=option):
            source.requests(ask(name, options=options))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mastodon_trends", {"instances": ["mastodon.social/x"]}),
        ("mastodon_trends", {"instances": ["user@mastodon.social"]}),
        ("lemmy_hot", {"instance": "localhost"}),
        ("wikipedia_pageviews", {"project": "en.wikipedia/.."}),
        ("press_rss", {"feeds": ["http://review.example/rss"]}),
        ("press_rss", {"feeds": ["https://user:word@review.example/rss"]}),
        ("reddit_rss", {"per_run": 0}),
        ("github_search", {"days": 1_000_000}),
    ],
)
def test_an_option_that_names_no_server_or_address_is_a_config_error(name: str, options: dict[str, Any]) -> None:
    source = sources()[name]
    assert source.requests is not None
    with pytest.raises(ConfigError, match=next(iter(options))):
        source.requests(ask(name, options=options))


def test_reddit_asks_for_another_part_of_its_list_each_hour_until_all_had_their_turn() -> None:
    source = sources()["reddit_rss"]
    assert source.requests is not None
    seen = []
    for hour in range(4):
        calls = source.requests(replace(ask("reddit_rss"), now=NOW + timedelta(hours=hour)))
        assert len(calls) == 2
        seen += [call.tag for call in calls]
    assert sorted(seen) == sorted(source.facts.options["subreddits"])
    assert source.facts.gap_seconds >= 35


def test_wikipedia_asks_for_a_day_that_is_surely_counted() -> None:
    source = sources()["wikipedia_pageviews"]
    assert source.requests is not None
    early, late = (source.requests(replace(ask("wikipedia_pageviews"), now=NOW.replace(hour=hour))) for hour in (3, 13))
    assert (early[0].url[-10:], late[0].url[-10:]) == ("2026/11/22", "2026/11/23")
