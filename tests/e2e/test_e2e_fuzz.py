"""Whatever a person or a disk hands to the program: an answer or one line of error, never a crash file."""

import json
import random
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from e2e_kit import Patient, run
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from selling import Shop
from trendctl.app import App
from trendctl.approval.supply import AMOUNTS, FIELDS, import_csv
from trendctl.cli.editing import edited, text_of
from trendctl.errors import TrendctlError
from trendctl.home import Home
from trendctl.scanner.har import Replay
from trendctl.secrets import KNOWN, Secrets
from trendctl.store.engine import Store
from trendctl.store.journal import Journal

Capture = pytest.CaptureFixture[str]
EACH = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
NASTY = st.sampled_from(
    ["", "-", "NaN", "Infinity", "-1", "1e400", "1E-400", "9" * 40, "0.001", "١٢", "²", "1_0", " 5 ", "=1+1", "\x00",
     "\u202e", "é" * 300, "true", "[]", "{", "'", '"', ",", "\r\n", "new", "USD", "XXX", "0x10", "--", "#"]
)  # fmt: skip
WORD = st.one_of(NASTY, st.text(max_size=12))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.stock()
    return made


@EACH
@given(rows=st.lists(st.dictionaries(st.sampled_from(["id", *FIELDS, "fact:x", "", "nope"]), WORD, max_size=6),
                     max_size=4))  # fmt: skip
def test_a_supply_csv_of_any_words(shop: Shop, rows: list[dict[str, str]]) -> None:
    names = ["id", *{k for row in rows for k in row if k != "id"}]
    lines = [names, *[[row.get(n, "1" if n == "id" else "") for n in names] for row in rows]]
    text = "\r\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    try:
        done = import_csv(shop.approving, text.encode("utf-8", "surrogatepass"), "USD")
    except TrendctlError:
        return
    assert done.taken + len(done.refused) <= text.count("\n") + 1
    assert all(line.startswith("line ") for line in done.refused)


@EACH
@given(data=st.binary(max_size=200))
@example(b"id\x00,cost\n1,2\n")
@example(b'id,cost\n"1,2\n')
@example("id,cost\n".encode("utf-16"))
@example(b"id," + b"c" * 200_000)
@example(b"id,cost\n1," + b"9" * 140_000)
def test_a_supply_csv_of_any_bytes(shop: Shop, data: bytes) -> None:
    try:
        import_csv(shop.approving, data, "USD")
    except TrendctlError as fault:
        said = str(fault)
    else:
        return
    assert "\n" not in said


@EACH
@given(told=st.dictionaries(st.sampled_from(FIELDS), WORD, min_size=1, max_size=4))
def test_supply_by_flags(shop: Shop, told: dict[str, str]) -> None:
    from trendctl.approval.supply import tell

    try:
        tell(shop.approving, 1, told, {}, "USD")
    except TrendctlError:
        return
    with shop.store.read() as db:
        row = db.execute("SELECT * FROM supply WHERE product_id = 1").fetchone()
    assert all(row[column] is None or row[column] >= 0 for column in AMOUNTS.values())


@EACH
@given(data=st.data())
def test_a_draft_edited_at_random(shop: Shop, data: st.DataObject) -> None:
    intent = shop.card(1).intent
    text = text_of(intent)
    at = data.draw(st.integers(0, len(text)))
    drop = data.draw(st.integers(0, 8))
    changed = text[:at] + data.draw(WORD) + text[at + drop :]
    try:
        changes = edited(intent, changed)
    except TrendctlError:
        return
    assert set(changes) <= set(intent)
    assert json.dumps(changes)


def test_a_draft_saved_as_it_was_changes_nothing(shop: Shop) -> None:
    intent = shop.card(1).intent
    assert edited(intent, text_of(intent)) == {}


@EACH
@given(text=st.one_of(
    st.text(max_size=60),
    st.tuples(st.sampled_from(["market", "scan", "review", "llm", "sources.hackernews", "platforms.ebay", "log"]),
              st.sampled_from(["currency", "candidates", "minimum_margin", "base_url", "enabled", "options", "level"]),
              st.one_of(st.integers().map(str), st.floats().map(str), WORD.map(json.dumps),
                        st.sampled_from(["true", "[]", "{}", "1979-05-27", "[1,2]", "{a=1}"]))
              ).map(lambda t: f"[{t[0]}]\n{t[1]} = {t[2]}\n"),
))  # fmt: skip
def test_a_config_of_any_words(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path / "c")
    home.make()
    home.config.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        App(home, {}, Patient()).loaded  # noqa: B018 - what loading says is the test
    except TrendctlError as fault:
        code, said = fault.exit_code, str(fault).strip()
    else:
        return
    assert code == 2
    assert "\n" not in said


@EACH
@given(data=st.binary(max_size=120))
@example(b"EBAY_APP_ID=\xff\n")
@example(b"=\n==\n\x00=x\nexport EBAY_APP_ID='a\n")
def test_a_dotenv_of_any_bytes(tmp_path: Path, data: bytes) -> None:
    home = Home(tmp_path / "e")
    home.make()
    home.env_file.write_bytes(data)
    home.env_file.chmod(0o600)
    secrets = Secrets(home, {})
    for name in KNOWN[:5]:
        secrets.origin(name)
    assert secrets.redact("plain words") == "plain words" or data


HAR: dict[str, Any] = {"log": {"entries": [{
    "request": {"method": "GET", "url": "https://store.steampowered.com/api/featuredcategories?cc=us&l=english"},
    "response": {"status": 200, "headers": [{"name": "content-type", "value": "application/json"}],
                 "content": {"text": "{}", "encoding": ""}},
}]}}  # fmt: skip
JSONISH = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), WORD), lambda x: st.lists(x, max_size=2), max_leaves=3
)


def spoiled(document: Any, seed: int, value: Any) -> Any:
    """The document with one of its places holding something else."""
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], dict | list):
                walk(node[key])

    whole = json.loads(json.dumps(document))
    walk(whole)
    node, key = random.Random(seed).choice(places)
    node[key] = value
    return whole


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), value=JSONISH)
@example(seed=0, value=None)
def test_a_recording_with_something_else_in_it(capsys: Capture, tmp_path: Path, seed: int, value: Any) -> None:
    file = tmp_path / "x.har"
    file.write_text(json.dumps(spoiled(HAR, seed, value)))
    try:
        replay = Replay(file)
    except TrendctlError:
        return
    import httpx

    with httpx.Client(transport=replay) as client:
        try:
            answer = client.get(HAR["log"]["entries"][0]["request"]["url"])
        except httpx.HTTPError:
            return
        assert 100 <= answer.status_code < 1000


ENTRY = {"seq": 1, "kind": "x", "key": "1", "body": "{}", "body_sha256": "", "prev": "", "chain": "", "at": 1}


@EACH
@given(lines=st.lists(st.one_of(st.binary(max_size=40), JSONISH.map(lambda v: json.dumps(v).encode())), max_size=4))
@example([b"", b"null"])
@example([b'{"seq": 1}'])
@example([b"\xff\xfe"])
@example([b"[" * 5000])
@example([json.dumps(ENTRY | {"seq": 10**30}).encode()])
@example([json.dumps(ENTRY | {"seq": None, "at": "x"}).encode()])
@example([json.dumps(ENTRY | {"kind": [], "key": {}, "body": 7}).encode()])
@example([json.dumps(ENTRY).encode(), b"null"])
def test_a_journal_with_garbage_lines(tmp_path: Path, store: Store, lines: list[bytes]) -> None:
    shutil.rmtree(tmp_path / "j", ignore_errors=True)
    journal = Journal(tmp_path / "j")
    journal.path.parent.mkdir()
    journal.path.write_bytes(b"\n".join(lines) + b"\n")
    for act in (journal.verify, journal.is_ahead, journal.catch_up):
        with suppress(TrendctlError):
            act(store)


@pytest.mark.parametrize("args", ["products", "stats", "audit verify", "audit list", "reconcile", "post", "health"])
def test_commands_with_a_damaged_journal_say_so(capsys: Capture, home: Home, store: Store, args: str) -> None:
    Journal(home.journal).path.write_bytes(b"garbage\n[]\nnull\n")
    ran = run(capsys, *args.split())
    assert ran.code in (0, 1)
    assert "journal" in ran.out + ran.err
    assert "bug in trendctl" not in ran.err
