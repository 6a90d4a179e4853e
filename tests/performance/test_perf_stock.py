"""The last piece: sold on one platform, taken off the others; quantity only, downward only, nothing oversold."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from fakes import FakeClock
from sales_world import add_cost, add_listing, add_product
from store_rows import NOW
from trendctl.errors import AccessError
from trendctl.ports import Answer, DayMetrics, Json, PlatformFacts, Sold, Talk, Understood, Verdict, Wire
from trendctl.posting import calls, ledger, service, stock, tracking
from trendctl.posting.drafting import Account
from trendctl.posting.service import Posting
from trendctl.store import operations
from trendctl.store.cases import Context
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.writers import Role

DELAY = 2  # days until a sale stands in a platform's report


@dataclass
class Stall:
    """A platform with one listing: it counts its own sales down, and tells of them two days later."""

    name: str
    clock: FakeClock
    left_: int = 5
    sales: list[date] = field(default_factory=list)
    oversold: int = 0
    sent: list[int] = field(default_factory=list)
    fault: str = ""
    dumb: bool = False

    @property
    def facts(self) -> PlatformFacts:
        return PlatformFacts(name=self.name, about="", terms_url="")

    def buy(self) -> bool:
        """A buyer takes one, if it is offered."""
        if self.left_ == 0:
            return False
        self.left_ -= 1
        self.sales.append(self.clock.now().date())
        return True

    def performance(self, listing: Sold, days: Sequence[date], talk: Talk) -> Sequence[DayMetrics]:
        known = self.clock.now().date() - timedelta(days=DELAY)
        return [DayMetrics(day, units=self.sales.count(day)) for day in days if day <= known]

    def left(self, listing: Sold, talk: Talk) -> int | None:
        return None if self.dumb else self.left_

    def render_quantity(self, intent: Mapping[str, Json], late: Mapping[str, str], quantity: int) -> Wire:
        return Wire("POST", f"https://{self.name}.example/quantity", body=json.dumps({"quantity": quantity}).encode())

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        assert step == "quantity"
        wanted = int(json.loads(wire.body)["quantity"])
        if self.fault == "refused":
            return Answer(400)
        if self.fault == "before":
            return Answer(0)
        assert wanted < self.left_, "only ever down"
        self.left_ = wanted
        self.sent.append(wanted)
        return Answer(0) if self.fault == "after" else Answer(200)

    def understand(self, step: str, answer: Answer) -> Understood:
        verdicts = {200: Verdict.APPLIED, 400: Verdict.REJECTED}
        return Understood(verdicts.get(answer.status, Verdict.UNKNOWN), str(answer.status))


@dataclass
class Street:
    """Two stalls with the same five pieces."""

    store: Store
    work: Posting
    stalls: tuple[Stall, Stall]

    def track(self) -> list[stock.Lowered]:
        tracking.track(self.work)
        return stock.lower(self.work)

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self.store.read() as db:
            return [dict(r) for r in db.execute(f"SELECT * FROM {table} ORDER BY rowid")]


@pytest.fixture
def street(store: Store, journal: Journal, clock: FakeClock, tmp_path: Path) -> Street:
    return open_street(store, journal, clock, tmp_path)


def open_street(store: Store, journal: Journal, clock: FakeClock, locks: Path, *, auto: bool = True) -> Street:
    add_product(store, 1, "Lamp")
    add_cost(store, 1, stock=5)
    stalls = (Stall("ebay", clock), Stall("amazon", clock))
    for stall in stalls:
        add_listing(store, 1, stall.name, auto=auto)

    @contextmanager
    def talk(name: str) -> Iterator[Any]:
        yield object()

    names = {s.name: s for s in stalls}
    accounts = {n: Account() for n in names}
    # The stalls know no steps of their own: asking them to post would raise.
    work = Posting(store, journal, clock, names, accounts, talk, locks, locks, Context())  # type: ignore[arg-type]
    return Street(store, work, stalls)


@pytest.fixture(autouse=True)
def _short_intent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of these tests hold a shortened intent."""
    monkeypatch.setattr(calls, "thawed", lambda platform, approval: json.loads(approval.intent) | {"marketplace": ""})


def test_a_sale_is_taken_off_the_other_platform_before_any_report_tells_of_it(street: Street) -> None:
    ebay, amazon = street.stalls
    assert street.track() == []
    ebay.buy()
    (row,) = street.track()
    assert (row.platform, row.quantity, row.state) == ("amazon", 4, "live")
    assert (amazon.sent, ebay.sent) == ([4], [])
    assert {r["platform"]: r["quantity"] for r in street.rows("listing")} == {"ebay": 5, "amazon": 4}


def test_the_last_piece(street: Street) -> None:
    ebay, amazon = street.stalls
    for _ in range(5):
        ebay.buy()
    street.track()
    assert (amazon.left_, amazon.buy()) == (0, False)


def test_the_late_report_of_a_sale_does_not_lower_again(street: Street, clock: FakeClock) -> None:
    ebay, amazon = street.stalls
    ebay.buy()
    street.track()
    clock.advance(DELAY * 86_400)
    assert street.track() == []
    assert (amazon.left_, street.rows("stock")[0]["quantity"]) == (4, 4)


def test_without_the_approvals_word_nothing_is_sent(
    store: Store, journal: Journal, clock: FakeClock, tmp_path: Path
) -> None:
    street = open_street(store, journal, clock, tmp_path, auto=False)
    street.stalls[0].buy()
    (row,) = street.track()
    assert (row.state, street.stalls[1].sent) == ("skipped", [])
    assert [o for o in street.rows("operation") if o["kind"] == "auto_decrease"] == []


def test_a_platform_that_cannot_tell_what_is_left_is_left_alone_and_said(street: Street) -> None:
    street.stalls[1].dumb = True
    street.stalls[0].buy()
    (row,) = street.track()
    assert (row.platform, row.state, street.stalls[1].sent) == ("amazon", "skipped", [])
    assert "does not tell" in row.cause


def test_a_lost_answer_is_read_back(street: Street) -> None:
    street.stalls[0].buy()
    street.stalls[1].fault = "after"
    assert [r.state for r in street.track()] == ["live"]


@pytest.mark.parametrize(("fault", "state"), [("refused", "rejected"), ("before", "failed")])
def test_what_was_not_applied_is_tried_again_next_time(street: Street, fault: str, state: str) -> None:
    street.stalls[0].buy()
    street.stalls[1].fault = fault
    assert [r.state for r in street.track()] == [state]
    street.stalls[1].fault = ""
    assert [r.state for r in street.track()] == ["live"]
    assert street.stalls[1].left_ == 4


def test_a_crash_between_operation_and_answer_neither_hangs_nor_posts(street: Street, journal: Journal) -> None:
    class Dead(BaseException):
        pass

    def die(*_: Any) -> Answer:
        raise Dead

    street.stalls[0].buy()
    street.stalls[1].perform = die  # type: ignore[method-assign]
    with pytest.raises(Dead):
        street.track()
    with street.store.read() as db:
        assert operations.open_operations(db) == []  # `post` and `reconcile` never take it up as if it were a create
    del street.stalls[1].perform
    assert [r.state for r in street.track()] == ["live"]
    assert [o["state"] for o in street.rows("operation") if o["kind"] == "auto_decrease"] == ["failed", "live"]
    assert journal.verify(street.store).ok


def killed_after_the_call(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies when a lowering was made, before its answer is written down."""

    class Dead(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Dead

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "answer", die)
        with pytest.raises(Dead):
            street.track()


def lowerings(street: Street) -> list[str]:
    return [o["state"] for o in street.rows("operation") if o["kind"] == "auto_decrease"]


def test_a_lowering_made_before_a_kill_is_not_taken_for_sales(
    street: Street, clock: FakeClock, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    ebay, amazon = street.stalls
    for stall in (ebay, ebay, amazon):
        stall.buy()
    killed_after_the_call(street, monkeypatch)
    street.track()
    assert (ebay.left_, amazon.left_, lowerings(street)) == (2, 2, ["live", "live"])
    clock.advance(DELAY * 86_400)  # every sale is told now, amazon's own of before the lowering too
    street.track()
    assert (ebay.left_, amazon.left_) == (2, 2)
    amazon.buy()
    street.track()
    assert (ebay.left_, amazon.left_, lowerings(street)) == (1, 1, ["live"] * 3)
    assert journal.verify(street.store).ok


def test_a_lowering_that_cannot_be_judged_stays_open_and_touches_nothing(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    ebay, amazon = street.stalls
    ebay.buy()
    killed_after_the_call(street, monkeypatch)
    amazon.dumb = True
    (row,) = street.track()
    assert (row.platform, row.state, lowerings(street)) == ("amazon", "skipped", ["submitting"])
    amazon.dumb = False
    assert street.track() == []
    assert (ebay.left_, amazon.left_, lowerings(street)) == (4, 4, ["live"])


def test_a_lost_answer_that_cannot_be_read_back_stays_open(street: Street) -> None:
    ebay, amazon = street.stalls
    ebay.buy()
    amazon.fault, reads = "after", iter([5, None])
    amazon.left = lambda listing, talk: next(reads)  # type: ignore[method-assign]  # told once, then not
    assert [(r.state, lowerings(street)) for r in street.track()] == [("unknown", ["unknown"])]
    del amazon.left
    assert street.track() == []
    assert (ebay.left_, amazon.left_, lowerings(street)) == (4, 4, ["live"])


def test_a_leftover_is_judged_only_with_the_accounts_lock(
    street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LOCK_SECONDS", 0.0)
    street.stalls[0].buy()
    killed_after_the_call(street, monkeypatch)
    with FileLock(tmp_path / "post-amazon-default.lock"):
        assert [(r.platform, r.state) for r in street.track()] == [("amazon", "skipped")]
    assert lowerings(street) == ["submitting"]
    assert street.track() == []
    assert lowerings(street) == ["live"]


def test_a_blocked_account_is_not_touched(street: Street) -> None:
    with street.store.write(Role.POSTING) as db:
        operations.block(db, "amazon", "default", "restore", NOW)
    street.stalls[0].buy()
    assert [(r.state, street.stalls[1].sent) for r in street.track()] == [("skipped", [])]


def test_every_lowering_is_in_chain_and_journal_and_changes_only_the_quantity(street: Street, journal: Journal) -> None:
    before = {r["id"]: r for r in street.rows("listing")}
    street.stalls[0].buy()
    street.track()
    after = {r["id"]: r for r in street.rows("listing")}
    changed = {name for i in before for name in before[i] if before[i][name] != after[i][name]}
    assert changed <= {"quantity", "updated_at", "cause"}
    assert [e.kind for e in journal.entries()] == ["operation", "attempt", "answer", "state"]
    assert journal.verify(street.store).ok
    assert len(street.rows("decision")) == 2


def test_stock_told_anew_begins_anew(street: Street, clock: FakeClock) -> None:
    ebay, _ = street.stalls
    ebay.buy()
    clock.advance(DELAY * 86_400)
    street.track()
    with street.store.write(Role.APPROVAL) as db:
        db.execute("UPDATE supply SET stock = 9")
    street.track()
    assert street.rows("stock")[0]["quantity"] == 9
    assert [s.left_ for s in street.stalls] == [4, 4]  # nothing is ever raised


def test_a_sign_in_that_fails_leaves_everything_as_it_is(street: Street) -> None:
    @contextmanager
    def closed(name: str) -> Iterator[Any]:
        raise AccessError("no sign-in")
        yield None

    street.stalls[0].buy()
    from dataclasses import replace

    rows = stock.lower(replace(street.work, talk=closed))
    assert all(r.state == "skipped" for r in rows)
    assert street.stalls[1].sent == []


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_oversold_in_a_month_of_late_reports(street: Street, clock: FakeClock, seed: int) -> None:
    """One buyer an hour at most, `track` each hour, reports two days late, answers lost now and then."""
    chance = random.Random(seed)
    sold = 0
    for _ in range(24 * 30):
        clock.advance(3600)
        if chance.random() < 0.03:
            sold += chance.choice(street.stalls).buy()
        if chance.random() < 0.03:
            street.stalls[1].fault = chance.choice(["", "", "after"])
            street.track()
        elif sum(s.left_ for s in street.stalls) != 2 * min(s.left_ for s in street.stalls):
            street.track()
        assert sold <= 5
    street.stalls[1].fault = ""
    clock.advance(DELAY * 86_400)
    street.track()
    assert sold + street.rows("stock")[0]["quantity"] == 5
    assert street.rows("stock")[0]["oversold"] == 0


@pytest.mark.usefixtures("new_connections")
def test_a_lowering_is_rebuilt_from_the_journal_after_a_restore(street: Street, journal: Journal) -> None:
    from trendctl.store.backup import write_copy
    from trendctl.store.rebuild import rebuild

    folder = street.store.path.parent / "copies"
    street.stalls[0].buy()
    street.track()
    street.stalls[0].buy()
    write_copy(street.store.path, folder, "test", NOW)
    street.track()
    (copy,) = folder.glob("*.db.gz")
    import gzip

    for stale in ("-wal", "-shm"):
        Path(f"{street.store.path}{stale}").unlink(missing_ok=True)
    street.store.path.write_bytes(gzip.decompress(copy.read_bytes()))
    assert journal.is_ahead(street.store)
    assert stock.lower(street.work) == []  # a restore that nobody reconciled: nothing is sent
    assert rebuild(street.store, journal, NOW) == 4
    assert {r["platform"]: r["quantity"] for r in street.rows("listing")} == {"ebay": 5, "amazon": 3}
    assert journal.verify(street.store).ok
