"""Settings: their order, their origins, their errors; changing one; the example file."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl import config
from trendctl.config_edit import edited
from trendctl.errors import ConfigError
from trendctl.home import Home
from trendctl.settings import Settings

TOP = Path(__file__).resolve().parents[1]


def write(home: Home, text: str) -> None:
    home.config.write_text(text)


def refusal(home: Home, environ: dict[str, str] | None = None, flags: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        config.load(home, environ or {}, flags or {})
    return str(caught.value)


def test_without_a_file_everything_is_at_its_default(home: Home) -> None:
    loaded = config.load(home, {})
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}
    assert (loaded.settings.market.geo, loaded.settings.llm.provider) == ("US", "offline")


def test_a_flag_beats_a_variable_beats_the_file_beats_the_default(home: Home) -> None:
    write(home, "[scan]\nworkers = 2\ncandidates = 3\nmax_items_per_source = 4\n")
    environ = {"TRENDCTL_SCAN__WORKERS": "5", "TRENDCTL_SCAN__CANDIDATES": "6"}
    loaded = config.load(home, environ, {"scan.workers": "7"})
    scan = loaded.settings.scan
    assert (scan.workers, scan.candidates, scan.max_items_per_source, scan.deadline_seconds) == (7, 6, 4, 120.0)
    assert loaded.origins["scan.workers"] == "flag"
    assert loaded.origins["scan.candidates"] == "TRENDCTL_SCAN__CANDIDATES"
    assert loaded.origins["scan.max_items_per_source"] == "config.toml"
    assert loaded.origins["scan.deadline_seconds"] == "default"


def test_sections_of_leaves_merge_key_by_key(home: Home) -> None:
    write(home, '[platforms.ebay]\nenabled = true\npolicies = {payment = "1"}\n')
    environ = {"TRENDCTL_PLATFORMS__EBAY__POLICIES__RETURN": "2", "TRENDCTL_PLATFORMS__EBAY__MARKETPLACE": "EBAY_DE"}
    loaded = config.load(home, environ)
    ebay = loaded.settings.platform("ebay")
    assert (ebay.enabled, ebay.marketplace, ebay.policies) == (True, "EBAY_DE", {"payment": "1", "return": "2"})
    assert loaded.origins["platforms.ebay.policies.payment"] == "config.toml"
    assert loaded.origins["platforms.ebay.policies.return"] == "TRENDCTL_PLATFORMS__EBAY__POLICIES__RETURN"


def test_texts_become_what_the_key_holds(home: Home) -> None:
    environ = {
        "TRENDCTL_NICHES__INCLUDE": "mugs, garden tools,",
        "TRENDCTL_NICHES__EXCLUDE": '["a, b"]',
        "TRENDCTL_SOURCES__NEWS__ENABLED": "no",
        "TRENDCTL_SOURCES__NEWS__MIN_INTERVAL_MINUTES": "",
        "TRENDCTL_SOURCES__NEWS__OPTIONS__LIMIT": "5",
        "TRENDCTL_SOURCES__NEWS__OPTIONS__LIST": "best of",
        "TRENDCTL_SOURCES__NEWS__OPTIONS__SINCE": "2026-01-01",
        "TRENDCTL_REVIEW__MINIMUM_MARGIN": "0.2",
    }
    settings = config.load(home, environ).settings
    assert settings.niches.include == ["mugs", "garden tools"]
    assert settings.niches.exclude == ["a, b"]
    news = settings.source("news")
    assert (news.enabled, news.min_interval_minutes) == (False, None)
    assert news.options == {"limit": 5, "list": "best of", "since": "2026-01-01"}
    assert settings.review.minimum_margin == "0.2"


def test_a_margin_written_as_a_number_is_kept_as_text(home: Home) -> None:
    write(home, "[review]\nminimum_margin = 0.2\n")
    assert config.load(home, {}).settings.review.minimum_margin == "0.2"


def test_local_is_on_by_default_and_the_others_are_off(home: Home) -> None:
    settings = config.load(home, {"TRENDCTL_PLATFORMS__EBAY__ACCOUNT": "shop"}).settings
    assert settings.platform("local").enabled is True
    assert settings.platform("ebay").enabled is False
    assert settings.platform("ebay").account == "shop"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[scan]\ncandidate = 1\n", "the nearest one is scan.candidates"),
        ("[scann]\nworkers = 1\n", "the nearest one is scan"),
        ("[sources.x]\nenabeld = true\n", "the nearest one is sources.x.enabled"),
        ("scan = 1\n", "is a section"),
        ("sources = 1\n", "is a section"),
        ("[scan]\nworkers = {a = 1}\n", "scan.workers"),
        ("[scan]\nworkers = 0\n", "scan.workers cannot be what config.toml says: should be greater"),
        ("[market]\ngeo = 'usa'\n", "market.geo"),
        ("[market]\ntimezone = 'Mars/Base'\n", "no IANA time zone"),
        ("[review]\nminimum_margin = 'much'\n", "decimal"),
        ("[review]\nminimum_margin = 'NaN'\n", "decimal"),
        ('[scan]\ncontact = "a\\nX-Evil: 1"\n', "one line"),
        ("[sources.Bad-Name]\nenabled = true\n", "lower-case"),
        ("[notify]\nquiet_hours = '25:00-07:00'\n", "quiet_hours"),
        ("[scan\n", "is not TOML"),
    ],
)
def test_what_cannot_be_is_told_with_its_key(home: Home, text: str, expected: str) -> None:
    write(home, text)
    assert expected in refusal(home)


def test_a_wrong_variable_or_flag_is_named(home: Home) -> None:
    assert "TRENDCTL_SCAN__WORKERS says" in refusal(home, {"TRENDCTL_SCAN__WORKERS": "many"})
    assert "flag says" in refusal(home, flags={"scan.workers": "many"})
    assert "nearest one is scan.workers" in refusal(home, {"TRENDCTL_SCAN__WORKER": "2"})
    assert "nearest one is TRENDCTL_SCAN__WORKERS" in refusal(home, {"TRENDCTL_SCAN_WORKERS": "2"})


def test_other_variables_of_ours_are_left_alone(home: Home) -> None:
    assert config.load(home, {"TRENDCTL_HOME": "/x", "TRENDCTL_SOMETHING": "1"}).settings == Settings()


@pytest.mark.parametrize("good", ["https://api.example.com/prefix", "http://127.0.0.1:8080", "http://localhost/a",
                                  "http://[::1]:9", ""])  # fmt: skip
def test_addresses_that_may_be(home: Home, good: str) -> None:
    settings = config.load(home, {"TRENDCTL_SOURCES__X__BASE_URL": good}).settings
    assert settings.source("x").base_url == good


@pytest.mark.parametrize(
    "bad",
    ["http://api.example.com", "ftp://127.0.0.1", "https://", "api.example.com", "https://user:pw@example.com",
     "http://localhost.example.com", "http://127.0.0.1.example.com", "https://example.com/?a=1",
     "https://example.com:port", "http://10.0.0.1", "javascript:alert(1)"],
)  # fmt: skip
@pytest.mark.parametrize("key", ["sources.x.base_url", "platforms.x.auth_url", "llm.base_url", "daemon.ping_url"])
def test_addresses_that_would_leak_are_refused(home: Home, key: str, bad: str) -> None:
    assert key in refusal(home, flags={key: bad})


def test_an_error_shows_no_value(home: Home) -> None:
    write(home, "[notify]\nurls = 'tgram://bot-token-123'\n")
    assert "bot-token-123" not in refusal(home)


def test_the_file_may_have_a_byte_order_mark_and_windows_lines(home: Home) -> None:
    home.config.write_bytes(b"\xef\xbb\xbf[scan]\r\nworkers = 3\r\n")
    assert config.load(home, {}).settings.scan.workers == 3


def test_a_file_that_is_not_text_is_told(home: Home) -> None:
    home.config.write_bytes(b"\xff\xfe[scan]")
    assert "not UTF-8" in refusal(home)


def test_rows_say_where_each_value_came_from_and_hide_tokens(home: Home) -> None:
    write(home, "[notify]\nurls = ['tgram://bot-token-123']\n")
    rows = {row.key: row for row in config.rows(config.load(home, {"TRENDCTL_SCAN__WORKERS": "2"}))}
    assert (rows["scan.workers"].value, rows["scan.workers"].origin) == (2, "TRENDCTL_SCAN__WORKERS")
    assert (rows["notify.urls"].value, rows["notify.urls"].origin) == ("***", "config.toml")
    assert rows["daemon.ping_url"].value == ""


def test_settings_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().scan.workers = 3  # type: ignore[misc] # that is the point


COMMENTED = """\
# my settings

[scan]
#contact = ""
workers = 4 # few

[sources.news]   # keep
base_url = "https://example.com"

[log]
level = "INFO"
"""


def test_setting_a_value_keeps_comments_and_order(home: Home) -> None:
    write(home, COMMENTED)
    assert config.set_value(home, "sources.news.enabled", "false") is False
    assert config.set_value(home, "scan.workers", 8) == 8
    assert config.set_value(home, "sources.other.enabled", True) is True
    text = home.config.read_text()
    for kept in (
        "# my settings",
        '#contact = ""',
        "workers = 8 # few",
        "[sources.news]   # keep",
        "https://example.com",
    ):
        assert kept in text
    assert text.index("[scan]") < text.index("[sources.news]") < text.index("[log]")
    settings = config.load(home, {}).settings
    assert settings.source("news").enabled is False
    assert settings.source("other").enabled is True
    assert oct(home.config.stat().st_mode & 0o777) == "0o600"


def test_a_value_can_be_taken_out_again(home: Home) -> None:
    write(home, COMMENTED)
    config.set_value(home, "sources.news.base_url", None)
    config.set_value(home, "review.queue_limit", None)
    assert config.load(home, {}).settings.source("news").base_url == ""
    assert "[review]" not in home.config.read_text()


@pytest.mark.parametrize(
    ("key", "value"),
    [("scan.workers", "0"), ("scan.workers", "many"), ("scan", "1"), ("scan.worker", "1"),
     ("sources.news.base_url", "http://example.com"), ("sources.NEWS.enabled", "true")],
)  # fmt: skip
def test_a_wrong_value_leaves_the_file_as_it_was(home: Home, key: str, value: str) -> None:
    write(home, COMMENTED)
    with pytest.raises(ConfigError):
        config.set_value(home, key, value)
    assert home.config.read_text() == COMMENTED


def test_a_file_that_is_not_toml_is_not_changed(home: Home) -> None:
    write(home, "[scan\n")
    with pytest.raises(ConfigError):
        config.set_value(home, "scan.workers", 3)
    assert home.config.read_text() == "[scan\n"


def test_setting_works_without_a_file_and_through_a_link(home: Home, tmp_path: Path) -> None:
    dotfile = tmp_path / "dotfiles.toml"
    dotfile.touch()
    home.config.symlink_to(dotfile)
    config.set_value(home, "niches.include", "a, b")
    assert home.config.is_symlink()
    assert tomllib.loads(dotfile.read_text()) == {"niches": {"include": ["a", "b"]}}


@given(
    st.sampled_from(["[sources.a]\nenabled = true\n[scan]\nworkers = 1\n[sources.b]\nenabled = true\n", COMMENTED, "",
                     "sources = {a = {enabled = true}}\n", "sources.a.enabled = true\n", "[sources]\n[sources.a]\n"]),
    st.sampled_from([("sources", "a", "enabled"), ("sources", "c", "enabled"), ("sources", "a", "options", "n"),
                     ("scan", "workers"), ("log", "keep")]),
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=5), st.lists(st.text(max_size=3))),
)  # fmt: skip
def test_an_edit_changes_that_key_and_nothing_else(text: str, path: tuple[str, ...], value: Any) -> None:
    before = tomllib.loads(text)
    try:
        after = tomllib.loads(edited(text, path, value))
    except ConfigError:
        return  # said so, and changed nothing
    here, there = before, after
    for name in path[:-1]:
        here, there = here.setdefault(name, {}), there.setdefault(name, {})
    assert there.pop(path[-1], None) == value
    here.pop(path[-1], None)
    assert before == after


def test_names_of_leaves_that_there_are_not_get_the_nearest(home: Home) -> None:
    settings = config.load(home, {"TRENDCTL_SOURCES__HACKERNEW__ENABLED": "true"}).settings
    config.check_names(settings, "platforms", ("local",))
    with pytest.raises(ConfigError, match="the nearest one is hackernews"):
        config.check_names(settings, "sources", ("hackernews", "reddit"))


def test_the_example_file_is_the_generated_one() -> None:
    assert (TOP / "config.example.toml").read_text("utf-8") == config.example()


def test_the_example_changes_nothing_and_its_keys_are_all_keys_at_their_defaults(home: Home) -> None:
    write(home, config.example())
    assert config.load(home, {}).settings == Settings()
    write(home, re.sub(r"(?m)^#(?=[a-z_]+ = |\[)", "", config.example()))
    loaded = config.load(home, {}).settings
    unset = {"review": {"sellable_threshold"}, "sources": True, "platforms": True}
    assert loaded.model_dump(exclude=unset) == Settings().model_dump(exclude=unset)
    shown = {row.key for row in config.rows(config.Loaded(loaded, dict.fromkeys(_keys(loaded), "")))}
    assert {row for row in shown if not row.startswith(("sources.", "platforms."))} == set(_keys(Settings()))


def _keys(settings: Settings) -> list[str]:
    from trendctl.config_keys import dotted, flat

    return [dotted(path) for path, _ in flat(settings)]
