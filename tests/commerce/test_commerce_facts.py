"""The dated facts: each with source and day, hashed for drift checks."""

from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pytest

from trendctl.commerce import facts
from trendctl.commerce.markets import GPSR_COUNTRIES, country

LEAVES = {"max", "phrases", "brackets", "formats", "rate", "required", "min"}


def tables(node: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, list):
        for index, entry in enumerate(node):
            yield from tables(entry, f"{path}[{index}]")
    elif isinstance(node, Mapping):
        yield path, node
        for key, value in node.items():
            if key != "brackets":
                yield from tables(value, f"{path}.{key}")


@pytest.mark.parametrize("name", facts.FILES)
def test_every_fact_has_a_source_and_a_day(name: str) -> None:
    dated = [path for path, table in tables(facts.load(name), name) if LEAVES & set(table)]
    assert len(dated) > 5
    for path, table in tables(facts.load(name), name):
        if LEAVES & set(table):
            assert table.get("source"), path
            assert isinstance(table.get("as_of"), date), path


@pytest.mark.parametrize("name", facts.FILES)
def test_the_version_is_a_hash_of_the_content(name: str) -> None:
    data = (files("trendctl.data") / f"{name}.toml").read_bytes().replace(b"\r\n", b"\n")
    assert facts.version(name) == sha256(data).hexdigest()[:12]


def test_no_fact_is_dated_after_it_was_shipped_and_old_ones_are_named() -> None:
    days = [at for name in facts.FILES for _, at in facts.dates(name)]
    newest, oldest = max(days), min(days)
    assert not facts.older_than("fees", newest, (newest - oldest).days)
    assert facts.older_than("fees", date(2099, 1, 1), 365)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("EBAY_DE", "DE"),
        ("A1PA6795UKMFR9", "DE"),
        ("de", "DE"),
        ("EBAY_UK", "GB"),
        ("EBAY_MOTORS", "US"),
        ("", ""),
        ("XYZ", ""),
    ],
)
def test_a_marketplace_is_a_country(name: str, code: str) -> None:
    assert country(name) == code


def test_the_product_safety_regulation_covers_the_union_and_the_eea() -> None:
    assert len(GPSR_COUNTRIES) == 27 + 3
    assert "GB" not in GPSR_COUNTRIES
