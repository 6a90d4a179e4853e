"""Time and memory of grouping titles and of an index on disk, beside token blocking with rapidfuzz, in one run.

    PYTHONPATH=src python tests/benchmarks/bench_matching.py [--titles 100000] [--known 1000000] [--new 1000]

Every measurement is a process of its own, so that peak memory is its own. Seconds are of the processor (both use one
thread), so that what else the machine does falls on neither side; adding to the index, which waits for the disk, is
timed by the clock. The titles are made up.
"""

import argparse
import json
import math
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

from rapidfuzz import fuzz

SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "ten",
    "ra",
    "vo",
    "shi",
    "du",
    "bel",
    "nor",
    "tas",
    "pem",
    "zu",
    "ri",
    "gan",
    "fol",
    "dra",
)
WORDS = (
    "wireless",
    "portable",
    "smart",
    "mini",
    "bottle",
    "lamp",
    "keyboard",
    "chair",
    "jacket",
    "speaker",
    "mug",
    "pan",
)
COLOURS = ["black", "white", "red", "blue", "green", "pink"]
PER_KEY = 40  # products of one key that are looked at


def vocabulary(rng: random.Random, count: int) -> list[str]:
    return ["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) for _ in range(count)]


def product(rng: random.Random, brands: list[str], names: list[str]) -> str:
    """Brand, kind, colour and four words of which a few are common and most are rare, as in shops; some with a code."""
    common = [names[int(len(names) * rng.random() ** 2)] for _ in range(4)]
    parts = [rng.choice(brands), *common, rng.choice(WORDS), rng.choice(COLOURS)]
    if rng.random() < 0.25:
        parts.append(f"{rng.choice('abcdefghkm')}{rng.choice('npqrstwx')}{rng.randint(100, 9999)}")
    return " ".join(parts)


def variant(rng: random.Random, title: str) -> str:
    words = title.split()
    kind = rng.randint(0, 3)
    if kind == 0:
        at = rng.randrange(3)
        spot = rng.randrange(len(words[at]))
        words[at] = words[at][:spot] + rng.choice("aeiou") + words[at][spot + 1 :]
    elif kind == 1:
        rng.shuffle(words)
    elif kind == 2:
        words.remove(rng.choice(words[5:7]))
    else:
        words.append(rng.choice(("new", "sale", "official", "gift")))
    return " ".join(words)


def titles(count: int, seed: int = 1) -> tuple[list[str], list[int]]:
    """Titles and the number of the product of each; three in ten products come in two to four spellings."""
    rng = random.Random(seed)
    brands, names = vocabulary(rng, 400), vocabulary(rng, 6000)
    out: list[tuple[str, int]] = []
    while len(out) < count:
        title, number = product(rng, brands, names), len(out)
        out.append((title, number))
        if rng.random() < 0.3:
            out += [(variant(rng, title), number) for _ in range(rng.randint(1, 3))]
    out = out[:count]
    rng.shuffle(out)
    return [t for t, _ in out], [n for _, n in out]


def reference(some: list[str]) -> list[int]:
    """Pairs among each title's four rarest tokens, blocks up to 200, token-sorted ratio of 85 or more."""
    tokens = [title.lower().split() for title in some]
    seen = Counter(t for row in tokens for t in set(row))
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, row in enumerate(tokens):
        for pair in combinations(sorted(sorted(set(row), key=lambda t: (seen[t], t))[:4]), 2):
            blocks[pair].append(i)
    text, parent = [" ".join(sorted(row)) for row in tokens], list(range(len(some)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    done: set[tuple[int, int]] = set()
    for block in blocks.values():
        if 1 < len(block) <= 200:
            for pair in combinations(block, 2):
                if pair not in done:
                    done.add(pair)
                    if fuzz.ratio(text[pair[0]], text[pair[1]], score_cutoff=85):
                        parent[find(pair[0])] = find(pair[1])
    return [find(i) for i in range(len(some))]


def pair_figures(labels: list[int], truth: list[int]) -> tuple[float, float]:
    def two(counts: Counter[object]) -> int:
        return sum(v * (v - 1) // 2 for v in counts.values())

    both = two(Counter(zip(labels, truth, strict=True)))
    return both / max(two(Counter(labels)), 1), both / max(two(Counter(truth)), 1)


def measured(run: Callable[[list[str]], list[int]], count: int) -> dict[str, float]:
    some, truth = titles(count)
    before = time.process_time()
    labels = run(some)
    seconds = time.process_time() - before
    precision, recall = pair_figures(labels, truth)
    return {"seconds": seconds, "precision": precision, "recall": recall}


def index_of(path: Path, known: list[str]) -> sqlite3.Connection:
    from trendctl.trends.matching import keys

    db = sqlite3.connect(path)
    db.execute("CREATE TABLE title (id INTEGER PRIMARY KEY, title TEXT)")
    db.execute("CREATE TABLE key (key INTEGER, id INTEGER, PRIMARY KEY (key, id)) WITHOUT ROWID")
    db.executemany("INSERT INTO title VALUES (?, ?)", enumerate(known))
    db.executemany("INSERT INTO key VALUES (?, ?)", sorted((k, i) for i, t in enumerate(known) for k in keys(t)))
    db.commit()
    return db


def candidates_of(db: sqlite3.Connection, some: list[str]) -> Iterator[list[tuple[int, str]]]:
    from trendctl.trends.matching import keys

    for title in some:
        shared: Counter[int] = Counter()
        for key in keys(title):
            shared.update(i for (i,) in db.execute("SELECT id FROM key WHERE key = ? LIMIT ?", (key, PER_KEY)))
        best = [i for i, _ in shared.most_common(10)]
        marks = ",".join("?" * len(best))
        yield db.execute(f"SELECT id, title FROM title WHERE id IN ({marks}) ORDER BY id", best).fetchall()


def adding(known_count: int, new_count: int) -> dict[str, float]:
    """Find the products of new titles, half of them respellings of known ones, and write them into the index."""
    from trendctl.trends.matching import best_matches, keys

    known, _ = titles(known_count, seed=2)
    rng = random.Random(3)
    origin = rng.sample(range(known_count), new_count // 2)
    new = [variant(rng, known[i]) for i in origin] + titles(new_count - len(origin), seed=4)[0]
    with tempfile.TemporaryDirectory() as folder:
        db = index_of(Path(folder) / "index.db", known)
        best_matches(known[:2], [[(1, known[1])], [(0, known[0])]])  # loading the model is not counted
        before, worked = time.perf_counter(), time.process_time()
        found = best_matches(new, list(candidates_of(db, new)))
        fresh = [(known_count + n, t) for n, (t, hit) in enumerate(zip(new, found, strict=True)) if hit is None]
        db.executemany("INSERT INTO title VALUES (?, ?)", fresh)
        db.executemany("INSERT OR IGNORE INTO key VALUES (?, ?)", [(k, i) for i, t in fresh for k in keys(t)])
        db.commit()
        seconds, worked = time.perf_counter() - before, time.process_time() - worked
        db.close()
    hits = sum(1 for hit in found[: len(origin)] if hit is not None)
    return {
        "seconds": seconds,
        "of_processor": worked,
        "found": hits / max(len(origin), 1),
        "taken": sum(h is not None for h in found[len(origin) :]),
    }


def alone(what: str, count: int, new: int) -> dict[str, float]:
    if what == "reference":
        out = measured(reference, count)
    elif what == "group":
        from trendctl.trends.matching import group

        out = measured(lambda some: group(some), count)
    else:
        out = adding(count, new)
    return {**out, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def in_own_process(what: str, count: int, new: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--alone", what, "--titles", str(count), "--new", str(new)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(f"{what:10s} {count:9,d}  " + "  ".join(f"{k} {v:.3f}" for k, v in figures.items()), flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=100_000)
    parser.add_argument("--known", type=int, default=1_000_000, help="0 leaves the index out")
    parser.add_argument("--new", type=int, default=1000)
    parser.add_argument("--alone", choices=("reference", "group", "adding"))
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(alone(options.alone, options.titles, options.new)))
        return
    sizes = (options.titles // 10, options.titles)
    slow = {n: in_own_process("reference", n, 0)["seconds"] for n in sizes}
    own = {n: in_own_process("group", n, 0)["seconds"] for n in sizes}
    exponent = math.log(own[sizes[1]] / own[sizes[0]]) / math.log(10)
    print(f"group takes {own[sizes[1]] / slow[sizes[1]]:.2f} x the reference; growth exponent {exponent:.2f}")
    if options.known:
        in_own_process("adding", options.known, options.new)


if __name__ == "__main__":
    main()
