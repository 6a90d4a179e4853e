"""`export`: every table, in three formats, with nothing in a cell that a spreadsheet would run."""

import csv
import io
import json

import pytest

from sales_world import add_cost, add_listing, add_product, run
from store_rows import NOW, put
from trendctl.report.formats import cell, lines
from trendctl.store import exports
from trendctl.store.engine import Store
from trendctl.store.writers import Role

Capture = pytest.CaptureFixture[str]
ATTACKS = (
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    " =1",
    "\t=1",
    "\r=1",
    "\n=cmd|' /C'!A0",
    "＝1",
    "|x",
    "%0A=1",
    "\u202e=1",
)


@pytest.mark.parametrize("text", ATTACKS)
def test_a_cell_that_a_spreadsheet_would_run_is_put_behind_an_apostrophe(text: str) -> None:
    assert str(cell(text)).startswith("'")


@pytest.mark.parametrize(
    "text",
    [
        "Nice lamp;=1+1",
        'Nice lamp; =HYPERLINK("x")',
        'a;"=1+1"',
        "a;;@b",
        "a;＝1",
        "two\n+1",
        "a\t;\t-1",
        ";;=1",
        "=1;=1",
    ],
)
def test_no_cell_begins_in_the_middle_where_another_separator_is_used(text: str) -> None:
    shown = "".join(lines("csv", ("id", "title"), [(1, text)], (), str))
    for row in csv.reader(io.StringIO(shown, newline=""), delimiter=";"):
        assert not [part for part in row if part.strip(' "')[:1] in tuple("=+-@＝")]


@pytest.mark.parametrize("value", [None, -5, 3.5, "5; 6", "a;b - c", "5, -6", "plain", "a-b", "1=1", ""])
def test_harmless_cells_are_left_alone(value: object) -> None:
    assert cell(value) == value


def test_invisible_characters_do_not_get_into_a_cell() -> None:
    assert cell("a\x1b[31mb\u202ec\u200bd\x00") == "a[31mbcd"


def test_bytes_are_text_where_they_are_utf8_else_base64() -> None:
    assert (cell(b"{}"), cell(b"\xff\x00")) == ("{}", "base64:/wA=")


@pytest.mark.parametrize("form", ["csv", "json", "ndjson"])
def test_every_table_can_be_exported(store: Store, capsys: Capture, form: str) -> None:
    with store.read() as db:
        tables = exports.tables(db)
    assert {"product", "listing", "metric_day", "prediction", "audit"} <= set(tables)
    for table in tables:
        assert run(capsys, "export", table, "--format", form).code == 0


def test_csv_reads_back_as_it_was(store: Store, capsys: Capture) -> None:
    add_product(store, 1, 'He said "5, 6"\nand =2+2')
    add_product(store, 2, "=HYPERLINK(1)")
    ran = run(capsys, "export", "product", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out, newline="")))
    assert [r["title"] for r in rows] == ['He said "5, 6"\nand =2+2', "'=HYPERLINK(1)"]
    assert rows[0]["first_seen_at"].isdigit()


def test_json_columns_are_nested_and_an_intent_is_no_bytes(store: Store, capsys: Capture) -> None:
    add_product(store, 1, "A lamp")
    add_listing(store, 1)
    (draft,) = json.loads(run(capsys, "export", "draft", "--format", "json").out)
    assert draft["intent"]["sku"] == "ebay-1"
    assert draft["missing"] == []
    (line,) = run(capsys, "export", "score", "--format", "ndjson").out.splitlines()
    assert json.loads(line)["price_mid"] == 1900


def test_the_audit_chain_keeps_its_body_as_the_text_its_hash_is_of(store: Store, capsys: Capture) -> None:
    from trendctl.store import audit

    with store.write(Role.POSTING) as db:
        audit.append(db, "draft", "k", {"b": 1, "a": 2}, NOW)
    (entry,) = json.loads(run(capsys, "export", "audit", "--format", "json").out)
    assert entry["body"] == '{"a":2,"b":1}'


def test_an_empty_table_is_an_empty_list(store: Store, capsys: Capture) -> None:
    assert json.loads(run(capsys, "export", "listing", "--format", "json").out) == []
    assert run(capsys, "export", "listing", "--format", "ndjson").out == ""
    assert run(capsys, "export", "listing", "--format", "csv").out.startswith("id,product_id,")


def test_a_known_secret_is_not_exported(store: Store, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EBAY_APP_ID", "very-secret-value-1")
    add_product(store, 1, "Lamp very-secret-value-1")
    add_cost(store, 1)
    with store.write(Role.APPROVAL) as db:
        db.execute("UPDATE supply SET facts = ?", ('{"note": "very-secret-value-1"}',))
    for table in ("product", "supply"):
        for form in ("csv", "json", "ndjson"):
            assert "very-secret" not in run(capsys, "export", table, "--format", form).out


def test_a_typo_gets_the_nearest_table_and_no_table_the_list(store: Store, capsys: Capture) -> None:
    ran = run(capsys, "export", "listng")
    assert (ran.code, ran.out) == (2, "")
    assert "listing" in ran.err
    assert "Next: trendctl export listing" in ran.err
    ran = run(capsys, "export")
    assert (ran.code, "metric_day" in ran.out.splitlines(), "error" in ran.err) == (0, True, False)
    assert "product" in run(capsys, "export", "--json").json


def test_rows_are_not_all_read_before_the_first_is_written(store: Store) -> None:
    with store.write(Role.SCANNER) as db:
        for n in range(50):
            put(db, "watch", term=f"t{n}", created_at=NOW)
    with store.read() as db:
        rows = exports.rows(db, "watch")
        out = lines("ndjson", exports.columns(db, "watch"), rows, (), str)
        next(out)
        assert len(list(rows)) == 49
