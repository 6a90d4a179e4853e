"""A process that asks a paid model about many products, in memory: `llm_spender.py DATABASE FIRST COUNT BUDGET`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from llm_kit import EMPTY_READING, FakeTalk, memory

from fakes import FakeClock
from trendctl.analyzer.asking import Reading, reading
from trendctl.analyzer.llm import Task
from trendctl.store.engine import Store


def main(path: str, first: int, count: int, budget: int) -> None:
    """Every answer costs what can be known of it: the usage is that of the question, in bytes, and 50 tokens."""
    talk = FakeTalk(lambda data: EMPTY_READING, usage=(900, 400))
    model = memory(Store(Path(path)), FakeClock(), talk, budget).model
    for number in range(first, first + count):
        model.ask(Task("normaliser 1", number, "s", reading([f"Kettle {number}"], {}, [], {}), Reading, 400))
    sys.stdout.write(f"{len(talk.questions)}\n")


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:5]))
