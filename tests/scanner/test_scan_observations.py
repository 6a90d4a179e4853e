"""Bulk storing: what replaces what, what is refused, and that the order of things does not matter."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trendctl.ports import Reading, Record
from trendctl.store.engine import Store
from trendctl.store.observations import Stored, event_days, store_records
from trendctl.store.writers import Role

NOW = datetime(2026, 6, 1, 12, 34, 56, tzinfo=UTC)
AT = int(NOW.timestamp())


def keep(store: Store, *records: Record, source: str = "s", at: int = AT) -> Stored:
    with store.write(Role.SCANNER) as db:
        return store_records(db, source, records, at)


def observed(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as db:
        rows = db.execute(
            "SELECT i.external_id, m.name, o.at, o.value, o.rank FROM observation o JOIN item i ON i.id = o.item_id "
            "JOIN metric m ON m.id = o.metric_id ORDER BY 1, 2, 3"
        )
        return [tuple(row) for row in rows]


def test_a_value_without_a_time_is_about_the_hour(store: Store) -> None:
    keep(store, Record("1", "Lamp", readings=(Reading("points", 3.0),)))
    assert observed(store) == [("1", "points", AT - AT % 3600, 3.0, None)]


def test_late_data_replaces(store: Store) -> None:
    day = NOW - timedelta(days=1)
    keep(store, Record("1", "Lamp", readings=(Reading("views", 3.0, at=day, period=86400),)))
    keep(store, Record("1", "Lamp", readings=(Reading("views", 8.0, at=day, period=86400),)), at=AT + 7200)
    assert observed(store) == [("1", "views", int(day.timestamp()), 8.0, None)]


def test_a_metric_of_another_period_is_another_series(store: Store) -> None:
    keep(store, Record("1", "Lamp", readings=(Reading("views", 1.0), Reading("views", 2.0, period=86400))))
    assert [row[3] for row in observed(store)] == [1.0, 2.0]


def test_the_first_of_two_records_with_one_id_counts(store: Store) -> None:
    first = Record("1", "Lamp", readings=(Reading("points", None, 1),))
    second = Record("1", "Lamp again", readings=(Reading("points", None, 9), Reading("price", 5.0)))
    stored = keep(store, first, second)
    assert (len(stored.ids), stored.duplicate) == (1, 1)
    assert [(row[1], row[3], row[4]) for row in observed(store)] == [("points", None, 1), ("price", 5.0, None)]


def test_the_same_id_of_another_source_is_another_item(store: Store) -> None:
    keep(store, Record("1", "Lamp"))
    assert keep(store, Record("1", "Lamp"), source="t").new_items == 1


def test_a_known_item_keeps_what_a_new_record_leaves_out(store: Store) -> None:
    keep(store, Record("1", "Lamp", "https://a.example/1", "Lights", "https://a.example/1.png", "Acme"))
    keep(store, Record("1", "Lamp (new)"), at=AT + 60)
    with store.read() as db:
        row = db.execute(
            "SELECT title, url, category, image_url, brand, first_seen_at, last_seen_at FROM item"
        ).fetchone()
    assert tuple(row) == (
        "Lamp (new)", "https://a.example/1", "Lights", "https://a.example/1.png", "Acme", AT, AT + 60,
    )  # fmt: skip


@pytest.mark.parametrize(
    "reading",
    [
        Reading("m"),
        Reading("m", float("nan")),
        Reading("m", float("inf")),
        Reading("m", None, 0),
        Reading("m", None, 2**70),
        Reading("m", 1.0, price_minor=-1, currency="USD"),
        Reading("m", 1.0, price_minor=100),
        Reading("m", 1.0, at=datetime(1970, 1, 1, tzinfo=UTC)),
        Reading("m", 1.0, at=NOW + timedelta(days=30)),
    ],
)
def test_values_that_cannot_be_are_left_out_and_counted(store: Store, reading: Reading) -> None:
    stored = keep(store, Record("1", "Lamp", readings=(reading, Reading("good", 1.0))))
    assert (stored.bad_readings, stored.observations, len(stored.ids)) == (1, 1, 1)


def test_records_without_id_or_title_are_rejected(store: Store) -> None:
    assert keep(store, Record("", "Lamp"), Record("1", "  ")).rejected == 2


def test_text_no_database_can_hold_is_made_harmless(store: Store) -> None:
    keep(store, Record("a\ud800", "La\x00mp\x1b[31m \ud83d end"), Record("https://a.example/" + "x" * 500, "Kettle"))
    with store.read() as db:
        rows = [tuple(row) for row in db.execute("SELECT external_id, title FROM item ORDER BY id")]
    assert rows[0] == ("a", "La mp [31m   end")
    assert rows[1][0].startswith("sha256:")


def test_events_are_counted_by_product_and_day_and_need_no_observation(store: Store) -> None:
    days = [NOW - timedelta(days=n) for n in (0, 0, 1)]
    keep(store, *(Record(str(n), "Lamp recalled", event=True, event_at=at) for n, at in enumerate(days)))
    with store.write(Role.SCANNER) as db:
        db.execute(
            "INSERT INTO product (id, uid, title, first_seen_at, last_seen_at) VALUES (1, 'u', 'Lamp', ?1, ?1)", (AT,)
        )
        db.execute("UPDATE item SET product_id = 1")
        today = AT - AT % 86400
        assert list(event_days(db, 1, 0)) == [("s", today - 86400, 1), ("s", today, 2)]
    assert observed(store) == []


@pytest.mark.parametrize("count", [1, 199, 200, 201, 400])
def test_every_row_is_written_wherever_a_statement_ends(store: Store, count: int) -> None:
    def named(n: int) -> Record:
        return Record(
            str(n), f"Lamp {n}", category="lamps" if n % 3 == 0 else "", readings=(Reading("points", float(n)),)
        )

    records = [named(n) for n in range(count)]
    first, again = keep(store, *records), keep(store, *records, at=AT + 60)
    assert (first.new_items, first.observations) == (count, count)
    assert (again.new_items, again.observations) == (0, count)
    assert sorted(row[3] for row in observed(store)) == [float(n) for n in range(count)]
    with store.read() as db:
        kept = db.execute("SELECT external_id, title, category, first_seen_at, last_seen_at FROM item").fetchall()
    assert {(row[0], row[1], row[2]) for row in kept} == {(r.external_id, r.title, r.category) for r in records}
    assert {(row[3], row[4]) for row in kept} == {(AT, AT + 60)}


def test_more_records_than_one_statement_holds(store: Store) -> None:
    records = [Record(str(n), f"Thing {n}", readings=(Reading("points", float(n)),)) for n in range(2_500)]
    assert keep(store, *records).new_items == 2_500
    again = keep(store, *records, at=AT + 3600)
    assert (again.new_items, again.observations, len(observed(store))) == (0, 2_500, 5_000)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.integers(0, 3), st.floats(0, 9)), max_size=12
    )
)
def test_what_is_stored_is_the_first_word_on_each_point(store: Store, values: Sequence[Any]) -> None:
    """Against a plain dict: items, metrics and hours in any order, each point once."""
    with store.write(Role.SCANNER) as db:
        for name in ("observation", "item", "metric"):
            db.execute(f"DELETE FROM {name}")
    expected: dict[tuple[str, str, int], float] = {}
    records = []
    for item, metric, hours, value in values:
        at = NOW - timedelta(hours=hours)
        if item not in {record.external_id for record in records}:
            records.append(Record(item, f"Thing {item}", readings=(Reading(metric, value, at=at),)))
            expected[item, metric, int(at.timestamp())] = value
    stored = keep(store, *records)
    assert {(row[0], row[1], row[2]): row[3] for row in observed(store)} == expected
    assert stored.observations == len(expected)
