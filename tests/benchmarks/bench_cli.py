"""Start-up and the hot list, whole processes, each beside its reference in the same run.

    python tests/benchmarks/bench_cli.py [--runs 9] [--products 100000]

Prints medians and ratios; needs the test extra (sqlite-utils is the reference of `--help`).
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

BIN = Path(sys.executable).parent
SMALLEST = """
import os
import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Field, Session, SQLModel, create_engine, select

class Row(SQLModel, table=True):
    id: int = Field(primary_key=True)
    title: str
    score: float

def products(limit: int = 50):
    with Session(create_engine("sqlite:///" + os.environ["REFERENCE_DB"])) as session:
        rows = session.exec(select(Row).order_by(Row.score.desc()).limit(limit)).all()
    table = Table("id", "title", "score")
    for row in rows:
        table.add_row(str(row.id), row.title, str(row.score))
    Console().print(table)

typer.run(products)
"""


def seconds(command: Sequence[str], environ: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def pair(
    name: str, ours: Sequence[str], reference: Sequence[str], environ: dict[str, str], runs: int, must: float
) -> None:
    """Ours and the reference in turn; medians and the median ratio."""
    seconds(ours, environ)
    seconds(reference, environ)
    both = [(seconds(ours, environ), seconds(reference, environ)) for _ in range(runs)]
    ratio = statistics.median(a / b for a, b in both)
    a, b = (statistics.median(column) * 1000 for column in zip(*both, strict=True))
    print(f"{name:<28} {a:7.0f} ms  reference {b:7.0f} ms  ratio {ratio:5.2f}  (must {must})")


def filled(folder: Path, count: int) -> dict[str, str]:
    """A home with so many scored products, and the same rows for the reference."""
    import sqlite3

    from trendctl.store.engine import Store
    from trendctl.store.migrate import migrate
    from trendctl.store.writers import Role

    database = folder / "trendctl.db"
    migrate(database, now=1, before=lambda path, reason: None)
    rows = [(n, f"{n:016d}", f"Product number {n} with an ordinary title", 0.9, 1, 2) for n in range(1, count + 1)]
    with Store(database).write(Role.SCANNER) as db:
        db.executemany(
            "INSERT INTO product (id, uid, title, sellable, first_seen_at, last_seen_at) VALUES (?,?,?,?,?,?)", rows
        )
    scores = [(n, (n * 7919 % 10_000) / 100, "rising", "[]", "{}", 2, 1) for n in range(1, count + 1)]
    with Store(database).write(Role.ANALYZER) as db:
        db.executemany(
            "INSERT INTO score (product_id, score, stage, parts, inputs, sources, computed_at) VALUES (?,?,?,?,?,?,?)",
            scores,
        )
    reference = sqlite3.connect(folder / "reference.db")
    reference.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, title TEXT, score REAL)")
    reference.executemany(
        "INSERT INTO row VALUES (?, ?, ?)", [(r[0], r[2], s[1]) for r, s in zip(rows, scores, strict=True)]
    )
    reference.execute("CREATE INDEX row_score ON row (score DESC)")
    reference.commit()
    reference.close()
    return {**os.environ, "TRENDCTL_HOME": str(folder), "REFERENCE_DB": str(folder / "reference.db")}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--products", type=int, default=100_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = filled(folder, args.products)
        program = folder / "smallest.py"
        program.write_text(SMALLEST)
        ours, reference = str(BIN / "trendctl"), str(BIN / "sqlite-utils")
        pair("--help", [ours, "--help"], [reference, "--help"], environ, args.runs, 1.3)
        pair("--version", [ours, "--version"], [reference, "--help"], environ, args.runs, 1.3)
        smallest = [sys.executable, str(program)]
        pair(f"products of {args.products:,}", [ours, "products"], smallest, environ, args.runs, 1.2)


if __name__ == "__main__":
    main()
