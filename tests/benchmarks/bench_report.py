"""`stats` and `report` with many listings and a year of days, each as a whole process.

    python tests/benchmarks/bench_report.py [--listings 10000] [--days 365] [--runs 5]

Prints medians and the peak memory; both must take less than 2 s.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sales_world import STAGES
from store_rows import DAY, NOW, intent
from trendctl.home import Home
from trendctl.store.engine import Store, sha256_hex
from trendctl.store.migrate import migrate
from trendctl.store.writers import Role

PLATFORMS = ("ebay", "amazon", "tiktok", "facebook")


def fill(store: Store, listings: int, days: int) -> None:
    """Products with a series, listings with their approvals, and their days with sums, past no trigger."""
    numbers = range(1, listings + 1)
    with store.write(Role.SCANNER) as db:
        db.executemany(
            "INSERT INTO product (id, uid, title, category, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?)",
            [(n, f"u{n}", f"Thing number {n}", f"Home > Room {n % 40}", NOW - 90 * DAY, NOW) for n in numbers],
        )
        db.executemany(
            "INSERT INTO item (id, source, external_id, title, first_seen_at, last_seen_at, product_id)"
            " VALUES (?, ?, ?, 't', 1, 1, ?)",
            [(n, f"source{n % 30}", f"x{n}", n) for n in numbers],
        )
        db.execute("INSERT INTO metric (id, name, period) VALUES (1, 'views', 3600)")
        db.executemany(
            "INSERT INTO observation (item_id, metric_id, at, value, fetched_at) VALUES (?, 1, ?, ?, ?)",
            ((n, NOW - h * 3600, float(h % 50), NOW) for n in range(1, 200) for h in range(2000)),
        )
    with store.write(Role.ANALYZER) as db:
        db.executemany(
            "INSERT INTO score (product_id, score, stage, parts, inputs, sources, computed_at)"
            " VALUES (?, ?, ?, '[]', '{}', 2, ?)",
            [(n, 100 * n / listings, STAGES[n % 6], NOW) for n in numbers],
        )
        db.executemany(
            "INSERT INTO prediction (product_id, kind, made_at, due_at, value, outcome, hit, settled_at)"
            " VALUES (?, 'forecast', 1, 2, ?, ?, ?, 3)",
            [(n, n % 100 / 100, float(n % 2), n % 2) for n in numbers],
        )
    docs = {n: intent(sku=f"s{n}") for n in numbers}
    with store.write(Role.POSTING) as db:
        db.executemany(
            "INSERT INTO draft (id, product_id, platform, account, action, intent, hash, created_at)"
            " VALUES (?, ?, ?, 'default', 'create', ?, ?, ?)",
            [(f"d{n}", n, PLATFORMS[n % 4], docs[n], sha256_hex(docs[n]), NOW) for n in numbers],
        )
    with store.write(Role.APPROVAL) as db:
        db.executemany(
            "INSERT INTO decision (id, draft_id, hash, kind, seat, at, expires_at)"
            " VALUES (?, ?, ?, 'approve', 's', ?, ?)",
            [(f"c{n}", f"d{n}", sha256_hex(docs[n]), NOW, NOW + DAY) for n in numbers],
        )
        db.executemany(
            "INSERT INTO supply (product_id, cost_minor, currency, updated_at) VALUES (?, 700, 'USD', 1)",
            [(n,) for n in numbers],
        )
    _sell(store, listings, days, docs)


def _sell(store: Store, listings: int, days: int, docs: dict[int, bytes]) -> None:
    numbers = range(1, listings + 1)
    with store.write(Role.POSTING) as db:
        db.executemany(
            "INSERT INTO operation (id, kind, decision_id, listing_id, platform, account, hash, state, created_at,"
            " updated_at) VALUES (?, 'create', ?, ?, ?, 'default', ?, 'live', ?, ?)",
            [(f"o{n}", f"c{n}", f"l{n}", PLATFORMS[n % 4], sha256_hex(docs[n]), NOW, NOW) for n in numbers],
        )
        db.executemany(
            "INSERT INTO listing (id, product_id, platform, account, sku, decision_id, state, quantity, price_minor,"
            " currency, created_at, updated_at) VALUES (?, ?, ?, 'default', ?, ?, 'live', 5, 2499, 'USD', ?, ?)",
            [(f"l{n}", n, PLATFORMS[n % 4], f"s{n}", f"c{n}", NOW, NOW) for n in numbers],
        )
        db.executemany(
            "INSERT INTO metric_listing (number, listing_id, days, views, orders, units, revenue_minor, fees_minor,"
            " returns, refunds_minor, currency, fetched_at) VALUES (?, ?, ?, 999, 30, 30, ?, ?, 1, 2499, 'USD', 1)",
            [(n, f"l{n}", days, 30 * 2499, 30 * 361) for n in numbers],
        )
        today = NOW // DAY
        db.executemany(
            "INSERT INTO metric_day (number, day, views, orders, units, revenue_minor, fees_minor, currency, fees_by,"
            " fetched_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'USD', 'platform', 1)",
            (
                (n, today - d, (n + d) % 20, (n + d) % 3, (n + d) % 3, (n + d) % 3 * 2499, (n + d) % 3 * 361)
                for n in numbers for d in range(days)
            ),
        )  # fmt: skip


def main() -> None:
    """Fill a home, run both commands, print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--listings", type=int, default=10_000)
    ask.add_argument("--days", type=int, default=365)
    ask.add_argument("--runs", type=int, default=5)
    chosen = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "TRENDCTL_HOME": folder}
        home = Home.find(environ)
        home.make()
        migrate(home.database, now=1, before=lambda path, reason: None)
        fill(Store(home.database), chosen.listings, chosen.days)
        print(f"{chosen.listings} listings, {chosen.days} days, {home.database.stat().st_size / 1e6:.0f} MB")
        for words in (["stats"], ["stats", "--json"], ["report", "--html", f"{folder}/report.html"]):
            took = []
            for _ in range(chosen.runs + 1):
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-m", "trendctl.cli.main", *words], env=environ, check=True,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
                took.append(time.perf_counter() - start)
            print(f"{' '.join(words[:2]):<16} {statistics.median(took[1:]):6.2f} s  (must be below 2 s)")
        print(f"peak memory of a run: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
