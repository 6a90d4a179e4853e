"""A scan wired to the loopback server."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scan_fakes import Known

from trendctl.http import Client
from trendctl.ports import Source
from trendctl.scanner.values import Scanning, ScanValues, SourceValues
from trendctl.store.engine import Store
from trendctl.store.http_state import StoredHttpState


@pytest.fixture
def wire(store: Store, clock: Any, tmp_path: Path, loopback: Any) -> Iterator[Callable[..., Scanning]]:
    """Build a Scanning of some sources; every host is the loopback server, product ids are p000, p001 ..."""
    clients: list[Client] = []
    numbers = itertools.count()

    def build(*sources: Source, credentials: Mapping[str, str] | None = None, **values: Any) -> Scanning:
        client = Client(
            StoredHttpState(store, clock), clock, tmp_path / "cache", user_agent="test", spread=lambda: 0.0,
            **values.pop("client", {}),
        )  # fmt: skip
        clients.append(client)
        given = values.pop("sources", {})
        settings = {
            s.facts.name: replace(given.get(s.facts.name, SourceValues()), base_url=loopback.base_url) for s in sources
        }
        sellable = values.pop("sellable", lambda title: 0.8)
        return Scanning(
            store, client, clock, sources, ScanValues(sources=settings, **values), Known(credentials),
            uid=lambda: f"p{next(numbers):03d}", sellable=sellable, threshold=lambda: 0.5,
        )  # fmt: skip

    yield build
    for client in clients:
        client.close()


@pytest.fixture
def rows(store: Store) -> Callable[..., list[tuple[Any, ...]]]:
    """What a query finds in the test's database."""

    def ask(query: str, *values: Any) -> list[tuple[Any, ...]]:
        with store.read() as db:
            return [tuple(row) for row in db.execute(query, values)]

    return ask
