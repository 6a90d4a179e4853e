"""How fast a scan is, as ratios measured side by side in one run. Not part of pytest.

    python tests/benchmarks/bench_scan.py [discovery] [storing] [known] [memory]

discovery  29 sources, one host each, answers after 0.1 to 2.0 s: first request to last commit against the slowest
           source's own chain of calls (must 1.15x, aim 1.05x)
storing    observations, new and repeated, parsed records to commit, against raw sqlite3 executemany of the same rows
           into the same tables, upserts without any look or check (must 0.4x, aim 0.7x)
known      adding 1,000 items to 1,000,000 known ones, stored and put to products (must 2 s, aim 0.5 s)
memory     one scan of 1,000,000 observations (must 200 MB)
"""

import importlib
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from trendctl.clock import SystemClock
from trendctl.http import Client
from trendctl.ports import Parsed, Reading, Record, Source
from trendctl.scanner.products import Grouping, group_items
from trendctl.scanner.service import scan
from trendctl.scanner.values import Scanning, ScanValues, SourceValues
from trendctl.store.engine import Store
from trendctl.store.http_state import StoredHttpState
from trendctl.store.migrate import migrate
from trendctl.store.observations import store_records
from trendctl.store.products import NewProduct, add_keys, create_products
from trendctl.store.writers import Role
from trendctl.trends import matching

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "scanner")]
Loopback = importlib.import_module("loopback").Loopback
Known, make_source = (getattr(importlib.import_module("scan_fakes"), name) for name in ("Known", "make_source"))

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
BRANDS = "Acme Bolt Corvo Delta Ember Fjord Glint Hexa Iris Jolt Kite Lumen Mira Nook Orbit Pico Quill Rove Sable Tern"
THINGS = (
    "lamp kettle tumbler backpack speaker keyboard grinder drone tripod heater fan scale mixer blender router charger"
)


@contextmanager
def fresh() -> Iterator[tuple[Store, Path]]:
    """A migrated, empty database in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trendctl.db"
        migrate(path, now=AT, before=lambda path, reason: None)
        yield Store(path), Path(folder)


def wiring(
    store: Store, folder: Path, sources: tuple[Source, ...], base: Callable[[Source], str], workers: int = 32
) -> Scanning:
    clock = SystemClock()
    client = Client(StoredHttpState(store, clock), clock, folder / "cache", user_agent="bench", stop=clock.stop)
    values = ScanValues(
        sources={s.facts.name: SourceValues(base_url=base(s)) for s in sources},
        max_items_per_source=10**9,
        workers=workers,
    )
    return Scanning(store, client, clock, sources, values, Known())


def title(n: int) -> str:
    chance = random.Random(n)
    brand, thing = chance.choice(BRANDS.split()), chance.choice(THINGS.split())
    word = "".join(chance.choice("bcdfglmnprstvaeiou") for _ in range(7))
    return f"{brand} {word.title()} {thing} {chance.choice('ABCDEXZ')}{chance.randint(100, 9999)}"


# ---------------------------------------------------------------- discovery


def discovery() -> None:
    delays = [0.1 + 1.9 * n / 28 for n in range(29)]
    turn, first = [0], list[float]()

    def answer(number: int) -> Callable[[Any], list[dict[str, Any]]]:
        """30 items, of which 20 are the same in every turn."""

        def items(seen: Any) -> list[dict[str, Any]]:
            numbers = [number * 1_000 + n + (turn[0] * 100_000 if n >= 20 else 0) for n in range(30)]
            return [{"id": str(n), "title": title(n), "value": 1.0} for n in numbers]

        return items

    class Noting(Loopback):  # type: ignore[misc, valid-type]  # found by importlib, as it lies beside the tests
        def take(self, seen: Any) -> Any:
            first.append(time.perf_counter())
            return super().take(seen)

    servers = [Noting() for _ in delays]
    for number, (server, delay) in enumerate(zip(servers, delays, strict=True)):
        server.__enter__()
        server.add(f"/s{number}", answer(number), delay=delay)
    sources = tuple(make_source(f"s{n}", gap_seconds=1.0, deadline_seconds=30.0) for n in range(29))
    base = {s.facts.name: server.base_url for s, server in zip(sources, servers, strict=True)}
    for workers in (16, 32):
        with fresh() as (store, folder):
            for turn[0] in range(4):
                w = wiring(store, folder, sources, lambda s: base[s.facts.name], workers)
                first.clear()
                report = scan(w, force=True)
                seconds = time.perf_counter() - min(first)
                w.client.close()
                kind = "with history" if turn[0] else "on a new machine"
                print(f"discovery   {workers} workers {kind:17} {seconds:6.3f} s, {seconds / 2.0:5.3f}x"
                      f" (must 1.15, aim 1.05); {report.stored} items, {report.products_new} new products")  # fmt: skip
    for server in servers:
        server.__exit__(None, None, None)


# ---------------------------------------------------------------- storing


def records(count: int, per: int) -> list[Record]:
    def readings(n: int) -> tuple[Reading, ...]:
        return tuple(Reading(f"m{k}", float(n + k), n % 100 + 1 if k == 0 else None) for k in range(per))

    return [
        Record(f"id-{n:07d}", f"Acme thing number {n}", f"https://a.example/{n}", readings=readings(n))
        for n in range(count)
    ]


INSERT = """INSERT INTO item (id, source, external_id, title, url, first_seen_at, last_seen_at)
VALUES (?, 's', ?, ?, ?, ?, ?) ON CONFLICT (source, external_id) DO UPDATE SET last_seen_at = excluded.last_seen_at"""
UPSERT = """INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item_id, metric_id, at) DO UPDATE SET
value = excluded.value, rank = excluded.rank, price = excluded.price, currency = excluded.currency,
fetched_at = excluded.fetched_at"""


def storing() -> None:
    for items, per in ((20_000, 5), (33_000, 3), (100_000, 1)):
        named = records(items, per)
        things = [(n + 1, r.external_id, r.title, r.url, AT, AT) for n, r in enumerate(named)]
        made = [
            (n + 1, k + 1, AT, float(n + k), n % 100 + 1 if k == 0 else None, None, None, AT)
            for n in range(items) for k in range(per)
        ]  # fmt: skip
        acts = {
            "observations": partial(_raw, None, made),
            "items too": partial(_raw, things, made),
            "ours": partial(store_records, source="s", records=named, now=AT),
        }
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in acts}
        for _ in range(3):
            for name, act in acts.items():
                with fresh() as (store, _):
                    seconds[name].append((timed(store, act), timed(store, act)))
        print(f"storing     {items} items x {per}, rows a second of the processor (new, repeated):")
        best = {name: [items * per / min(s[i] for s in pairs) for i in (0, 1)] for name, pairs in seconds.items()}
        for name, (new, repeated) in best.items():
            print(f"              {name:13} {new:9,.0f} {repeated:9,.0f}")
        for name in ("observations", "items too"):
            ratio = [ours / raw for ours, raw in zip(best["ours"], best[name], strict=True)]
            print(f"              ours / {name}: new {ratio[0]:.2f}x, repeated {ratio[1]:.2f}x (must 0.4, aim 0.7)")


def _raw(things: list[Any] | None, made: list[Any], db: Any) -> None:
    if things is not None:
        db.executemany(INSERT, things)
    db.executemany(UPSERT, made)


def timed(store: Store, act: Callable[[Any], object]) -> float:
    t0 = time.process_time()  # the machine may be shared
    with store.write(Role.SCANNER) as db:
        act(db=db)
    return time.process_time() - t0


# ---------------------------------------------------------------- known, memory


def known(count: int = 1_000_000) -> None:
    grouping = Grouping({"deals"}, lambda title: 0.8, 0.5, lambda: f"{random.getrandbits(60):016x}")
    with fresh() as (store, _):
        t0 = time.perf_counter()
        with store.write(Role.SCANNER) as db:
            for start in range(0, count, 20_000):
                part = [(n, title(n)) for n in range(start, start + 20_000)]
                new = [NewProduct(f"u{n}", text, "", "", 0.8, AT) for n, text in part]
                ids = create_products(db, new, AT)
                add_keys(db, ((key, i) for i, (_, text) in zip(ids, part, strict=True) for key in matching.keys(text)))
                store_records(db, "old", [Record(str(n), text) for n, text in part], AT)
        print(f"known       made {count:,} items and products in {time.perf_counter() - t0:.0f} s")
        for turn in range(3):
            first = count + 1_000 * turn
            fresh_titles = [title(n if n % 2 else n % count) for n in range(first, first + 1_000)]
            named = [
                Record(f"n{first + k}", text, readings=(Reading("m", 1.0),)) for k, text in enumerate(fresh_titles)
            ]
            t0 = time.perf_counter()
            with store.write(Role.SCANNER) as db:
                stored = store_records(db, "deals", named, AT + 3600)
            t1 = time.perf_counter()
            with store.write(Role.SCANNER) as db:
                grouped = group_items(db, stored.ids, grouping, AT + 3600)
            t2 = time.perf_counter()
            print(f"known       1,000 more: {t2 - t0:.2f} s ({t1 - t0:.2f} stored, {t2 - t1:.2f} to products;"
                  f" {len(grouped.new)} new, {len(grouped.updated)} known; must 2, aim 0.5)")  # fmt: skip


def memory() -> None:
    """29 sources with 34,500 observations each: 1,150 items with 30 days of history, as JSON."""
    days = [datetime.fromtimestamp(AT - 86400 * back, UTC) for back in range(30, 0, -1)]

    def parse(reply: Any, ask: Any) -> Parsed:
        return Parsed(
            tuple(
                Record(key, text, readings=tuple(Reading("v", v, at=d, period=86400) for v, d in zip(values, days)))  # noqa: B905 - equal by making
                for key, text, values in json.loads(reply.body)
            )
        )

    with Loopback() as server, fresh() as (store, folder):
        sources = tuple(make_source(f"s{n}", parse=parse, deadline_seconds=600.0) for n in range(29))
        for number, s in enumerate(sources):
            body = [[str(n), title(number * 2_000 + n), [float(n % 97 + d) for d in range(30)]] for n in range(1_150)]
            server.add(f"/{s.facts.name}", json.dumps(body).encode())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        t0, cpu = time.perf_counter(), time.process_time()
        w = wiring(store, folder, sources, lambda s: server.base_url)
        report = scan(w, force=True)
        w.client.close()
        seconds, cpu = time.perf_counter() - t0, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        total = sum(s.observations for s in report.sources)
        print(f"memory      {total:,} observations, {report.stored:,} items, {report.products_new:,} products in"
              f" {seconds:.1f} s ({cpu:.1f} s of processor),"
              f" peak {peak:.0f} MB (before {before:.0f}; must 200)")  # fmt: skip


if __name__ == "__main__":
    for name in sys.argv[1:] or ("discovery", "storing", "known", "memory"):
        {"discovery": discovery, "storing": storing, "known": known, "memory": memory}[name]()
