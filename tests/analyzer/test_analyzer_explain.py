"""Explain: the stored inputs alone give the same number, and say why."""

from typing import Any

import pytest
from analyzer_world import DAY, HOUR, PLATFORMS, STAMP, add_item, add_product, observe, tell_supply

from trendctl.analyzer.explain import explain
from trendctl.analyzer.scoring import read_inputs
from trendctl.analyzer.service import Market, analyze
from trendctl.errors import UsageError
from trendctl.ports import Clock, Source, SourceFacts
from trendctl.store import analyses
from trendctl.store.engine import Store
from trendctl.store.writers import Role

FEED = Source(SourceFacts("feed", "", "", "", ("discover",), may_price=True))
SECRET_TITLE = "Zyxwvut Gadget"


@pytest.fixture
def product(store: Store, clock: Clock) -> int:
    number = add_product(store, SECRET_TITLE)
    item = add_item(store, number, SECRET_TITLE)
    day = (STAMP - HOUR) // DAY * DAY
    observe(store, item, "views", [(day - n * DAY, 5.0 if n > 3 else 300.0 + n) for n in range(44)], period=DAY)
    observe(store, item, "offers", [(day, 40.0)])
    observe(store, item, "deal", [(STAMP - HOUR, None)], price=4990, currency="USD", rank=1)
    tell_supply(store, number)
    analyze(
        store, clock=clock, market=Market(), platforms=PLATFORMS, minimum_score=0.0, sources=(FEED,),
    )  # fmt: skip
    return number


def stored(store: Store, product: int) -> analyses.ScoreRow:
    with store.read() as db:
        row = analyses.score(db, product)
    assert row is not None
    return row


def test_the_score_is_the_same_with_the_stored_parts_deleted(store: Store, product: int) -> None:
    before = stored(store, product)
    with store.write(Role.ANALYZER) as db:
        db.execute("UPDATE score SET parts = '[]', score = 0, stage = ''")
    result, lines = explain(store, product)

    assert result.value == before.score > 0
    assert result.stage == before.stage
    assert lines[0].startswith(f"score {before.score:.1f} of 100")


def test_the_score_is_the_same_when_a_sources_data_was_purged(store: Store, product: int) -> None:
    before, _ = explain(store, product)
    with store.write(Role.SCANNER) as db:
        db.execute("DELETE FROM observation")
        db.execute("UPDATE item SET product_id = NULL")
    after, _ = explain(store, product)

    assert after == before


def test_the_lines_name_each_part_with_evidence_age_and_source(store: Store, product: int) -> None:
    lines = explain(store, product)[1]
    text = "\n".join(lines)

    assert len([line for line in lines if line.startswith("margin: ")]) == 1
    for part in ("momentum", "breadth", "stage", "demand", "competition", "margin", "sellable"):
        assert f"\n{part}: " in text
    assert "feed: views" in text
    assert " old" in text
    assert "\n  - on ebay USD " in text
    assert "\n  - feed: USD 49.90" in text
    assert "\n  - feed: 40 offers" in text
    assert "computed 2026-06-01 12:00 UTC" in text


def test_the_inputs_hold_numbers_of_ours_and_no_text_of_the_source(store: Store, product: int) -> None:
    row = stored(store, product)

    assert SECRET_TITLE not in row.inputs + row.parts
    assert read_inputs(row).signals


def test_a_failed_agent_is_named(store: Store, product: int) -> None:
    with store.write(Role.ANALYZER) as db:
        db.execute("UPDATE analysis SET cause = 'KeyError: x', output = 'null' WHERE agent = 'price'")

    assert "price has no answer: KeyError: x" in explain(store, product)[1]


def test_a_product_without_a_score_says_what_to_do(store: Store) -> None:
    number = add_product(store, "Kettle")
    with pytest.raises(UsageError) as caught:
        explain(store, number)

    assert "trendctl analyze" in caught.value.next


def test_margin_and_demand_of_the_answers_are_the_inputs(store: Store, product: int) -> None:
    row = stored(store, product)
    with store.read() as db:
        said: dict[str, Any] = analyses.outputs(db, product)
    inputs = read_inputs(row)

    assert inputs.margin == float(said["margin"]["best"])
    assert inputs.demand == said["demand"]["level"]
    assert inputs.competition == said["competition"]["level"]
