"""`forget`: no word is left anywhere, every hash is, and what is on sale is never listed twice."""

import atexit
import gzip
import json
import os
import shutil
import signal
import sqlite3
import tempfile
import traceback
from contextlib import closing
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from fakes import FakeClock
from sales_world import run
from selling import Shop
from store_rows import put
from trendctl.approval import service
from trendctl.approval.seat import make_throwaway
from trendctl.errors import AccessError, NothingApproved, Refused, StoreError, UsageError
from trendctl.home import Home
from trendctl.ports import Action, State
from trendctl.posting import forgetting as act
from trendctl.posting import ledger, proposing, reconcile
from trendctl.posting import service as posting
from trendctl.secrets import Secrets
from trendctl.store import backup, decisions, engine, forgetting, metrics, source_data, tombstones
from trendctl.store.engine import Store
from trendctl.store.forgetting import Scope
from trendctl.store.journal import Journal
from trendctl.store.writers import Role

EVERYTHING, ACCOUNT, SOURCE = Scope("everything"), Scope("account", "local", "default"), Scope("source", "hackernews")
TABLES = ("draft", "decision", "operation", "listing", "attempt", "audit", "metric_day", "forget_run")
WORDS = ("Zyxwv Lantern", "Quuxly Kettle", "Frobnitz Mat", "Gargly Stool")  # live, ended, approved, of two sources


@dataclass
class World:
    """A shop with a live listing, an ended one, an unused approval and a product that two sources named."""

    shop: Shop
    live: int
    ended: int
    approved: int
    shared: int

    @property
    def work(self) -> act.Forgetting:
        s = self.shop
        return act.Forgetting(s.store, s.journal, s.clock, s.home, Secrets(s.home, {}), lambda platform: "default")

    def forget(self, scope: Scope) -> None:
        act.forget(self.work, scope, lambda found: service.void(self.shop.approving, found, "forgotten"))

    def rows(self, table: str, where: str = "1") -> list[dict[str, Any]]:
        with self.shop.store.read() as db:
            return [dict(r) for r in db.execute(f"SELECT * FROM {table} WHERE {where} ")]

    def found(self) -> set[str]:
        """Which of the words are in any file of the home, backups unpacked."""
        data = b""
        for file in self.shop.home.root.rglob("*"):
            if file.is_file():
                data += gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        return {word for word in WORDS if word.encode() in data}

    def sound(self) -> None:
        assert self.shop.journal.verify(self.shop.store).differences == ()
        with closing(sqlite3.connect(self.shop.home.database)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert self.rows("forget_run", "finished_at IS NULL") == []


def item(shop: Shop, product: int, source: str, title: str) -> None:
    now = int(shop.clock.now().timestamp())
    with shop.store.write(Role.SCANNER) as db:
        number = put(db, "item", source=source, external_id=f"{source}-{product}", title=title, first_seen_at=now,
                     last_seen_at=now, product_id=product)  # fmt: skip
        db.execute("INSERT OR IGNORE INTO metric (id, name, period) VALUES (1, 'points', 3600)")
        put(db, "observation", item_id=number, metric_id=1, at=now, value=5.0, fetched_at=now)


def grown(root: Path) -> World:
    shop = Shop(root)
    numbers = []
    for index, title in enumerate(WORDS):
        uid = f"abcd2345efgh672{index}"
        number = shop.stock(uid, title)
        numbers.append(number)
        item(shop, number, "hackernews", title)
        words = {"title": title, "description": f"{title}. " * 9, "bullets": [title]}
        copy = json.dumps({"platforms": {"local": words}})
        with shop.store.write(Role.ANALYZER) as db:
            db.execute("UPDATE analysis SET output = ? WHERE product_id = ?", (copy, number))
            put(db, "llm_answer", hash=uid, answer=copy, at=1)
        shop.draft(number)
    world = World(shop, *numbers)
    item(shop, world.shared, "reddit_rss", "Plain Stool")
    for number in (world.live, world.ended):
        shop.approve(number)
    shop.post()
    proposing.propose(shop.drafting, world.ended, "local", Action.END, {})
    shop.approve(world.ended)
    shop.post()
    shop.approve(world.approved)
    listing = next(row for row in shop.listings() if row["product_id"] == world.live)
    with shop.store.write(Role.POSTING) as db:
        metrics.save(db, listing["id"], [metrics.DayRow(20_000, views=5, units=1)], 1)
        put(db, "platform_sign_in", platform="local", account="default", ends_at=1)
        put(db, "platform_known", platform="local", account="default", name="x", subject=WORDS[0], value="1", at=1)
    (shop.home.cache / "body").write_text(WORDS[0])
    aside = shop.home.root / "quarantine"  # a backup that decayed at its end still holds all rows
    aside.mkdir()
    (aside / "20260601T120000Z-backups-x.db.gz").write_bytes(gzip.compress(" ".join(WORDS).encode()))
    uploads = shop.home.outbox / "upload" / "ebay"
    uploads.mkdir(parents=True)
    (uploads / "x.json").write_text("{}")
    return world


@lru_cache(maxsize=1)
def ripe() -> World:
    """Grown once for all tests, and copied: encoding pictures costs most of a test."""
    root = Path(tempfile.mkdtemp(prefix="grown-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    world = grown(root)
    world.shop.store.connect().execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    return world


@pytest.fixture
def world(tmp_path: Path) -> World:
    made, shop = ripe(), copy(ripe().shop)
    shop.root, shop.home = tmp_path, Home(make_throwaway(tmp_path))
    shutil.copytree(made.shop.home.root, shop.home.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    shop.store, shop.journal, shop.clock = Store(shop.home.database), Journal(shop.home.journal), FakeClock()
    return replace(made, shop=shop)


def states(world: World) -> dict[int, tuple[str, str, str]]:
    return {r["product_id"]: (r["state"], r["sku"], r["external_id"]) for r in world.shop.listings()}


# ---------------------------------------------------------------- what goes, what stays


def test_everything_goes_but_hashes_and_what_is_on_sale(world: World) -> None:
    before = states(world)
    hashes = [(e.seq, e.body_sha256, e.chain) for e in world.shop.journal.entries()]
    assert world.found() == set(WORDS)
    world.forget(EVERYTHING)
    assert world.found() == set()
    world.sound()
    kept = list(world.shop.journal.entries())
    assert [(e.seq, e.body_sha256, e.chain) for e in kept][: len(hashes)] == hashes
    assert [e.kind for e in kept if e.body is not None] == ["forget"]
    assert states(world) == {world.live: before[world.live], world.ended: ("ended", "", "")}
    assert {len(r["hash"]) for r in world.rows("draft")} == {64}
    empty = ("item", "observation", "analysis", "supply", "image", "llm_answer", "metric_day", "platform_known")
    assert {table: world.rows(table) for table in empty} == {table: [] for table in empty}
    assert [r["title"] for r in world.rows("product")] == [tombstones.TITLE] * 3
    assert list(world.shop.home.images.iterdir()) == []
    assert list(world.shop.home.cache.iterdir()) == []


def test_an_account_goes_and_the_products_stay(world: World) -> None:
    before = states(world)
    world.work.secrets.put("EBAY_REFRESH_TOKEN", "another account's")
    world.forget(ACCOUNT)
    world.sound()
    assert states(world) == {world.live: before[world.live], world.ended: ("ended", "", "")}
    for table in ("metric_day", "metric_listing", "platform_known", "platform_sign_in"):
        assert world.rows(table) == []
    assert {bytes(r["intent"]) for r in world.rows("draft")} == {b""}
    assert {(r["cause"], r["late"]) for r in (*world.rows("operation"), *world.rows("attempt"))} == {("", "{}")}
    assert [r["title"] for r in world.rows("product")] == list(WORDS)
    assert world.rows("supply") != []
    assert world.work.secrets.get("EBAY_REFRESH_TOKEN") == "another account's"
    assert list(world.shop.home.outbox.rglob("*.json")) == [world.shop.home.outbox / "upload" / "ebay" / "x.json"]


def test_the_sign_in_of_an_account_goes_from_the_secret_store(world: World) -> None:
    names = ("EBAY_REFRESH_TOKEN", "EBAY_CACHED_TOKEN", "EBAY_CACHED_UNTIL", "EBAY_REFRESH_EXPIRES", "EBAY_APP_ID")
    for name in names:
        world.work.secrets.put(name, f"value of {name}")
    assert act.plan(world.work, Scope("account", "ebay", "default")).secrets == names[:4]
    world.forget(Scope("account", "ebay", "other"))
    assert world.work.secrets.get("EBAY_REFRESH_TOKEN") is not None
    world.forget(Scope("account", "ebay", "default"))
    assert [name for name in names if world.work.secrets.get(name)] == ["EBAY_APP_ID"]
    world.forget(EVERYTHING)
    assert world.work.secrets.get("EBAY_APP_ID") is None


def test_a_source_goes_and_its_words_with_it_but_not_what_a_buyer_sees(world: World) -> None:
    before = states(world)
    world.forget(SOURCE)
    world.sound()
    assert world.found() == {WORDS[0]}  # approved by the person and on sale
    assert states(world)[world.live] == before[world.live]
    assert [r["source"] for r in world.rows("item")] == ["reddit_rss"]
    assert len(world.rows("observation")) == 1
    titles = {r["id"]: r["title"] for r in world.rows("product")}
    assert titles[world.shared] == "Plain Stool"
    assert titles[world.live] == tombstones.TITLE
    with world.shop.store.read() as db:
        assert forgetting.judged_anew(db) == [world.shared]
    assert world.rows("analysis") == []
    assert world.rows("llm_answer") == []


def test_what_a_buyer_saw_goes_too_once_it_is_over(world: World) -> None:
    world.forget(SOURCE)
    proposing.propose(world.shop.drafting, world.live, "local", Action.END, {})
    world.shop.approve(world.live)
    assert [r.state for r in world.shop.post()] == ["ended"]
    world.forget(SOURCE)
    assert world.found() == set()
    assert states(world)[world.live] == ("ended", "", "")
    world.sound()


def test_a_product_that_came_from_a_source_alone_and_was_never_decided_is_gone(world: World) -> None:
    with world.shop.store.write(Role.SCANNER) as db:
        number = put(db, "product", uid="only", title="Frobnitz Mat 2", first_seen_at=1, last_seen_at=1)
        old = put(db, "product", uid="old", title="Frobnitz Mat 1", first_seen_at=1, last_seen_at=1, merged_into=number)
        put(db, "product_key", key=5, product_id=number)
    item(world.shop, number, "hackernews", "Frobnitz Mat 2")
    with world.shop.store.write(Role.ANALYZER) as db:
        put(db, "prediction", product_id=number, kind="stage", made_at=1, due_at=2, value=0.5)
    world.forget(SOURCE)
    assert [r for r in world.rows("product") if r["id"] in (number, old)] == []
    world.sound()


def test_a_source_takes_its_brand_and_category_along(world: World) -> None:
    s, now = world.shop, int(world.shop.clock.now().timestamp())
    with s.store.write(Role.SCANNER) as db:
        db.execute("UPDATE product SET brand = 'Zyxor', category = 'Glowies'")
        db.execute("UPDATE item SET brand = 'Zyxor', category = 'Glowies' WHERE source = 'hackernews'")
        other = put(db, "product", uid="kept", title="Keen Mug", brand="Keen", category="Mugs", first_seen_at=now,
                    last_seen_at=now)  # fmt: skip
        for source, brand, category in (("hackernews", "", ""), ("reddit_rss", "Keen", "Mugs")):
            put(db, "item", source=source, external_id=f"{source}-mug", title="Keen Mug", brand=brand,
                category=category, first_seen_at=now, last_seen_at=now, product_id=other)  # fmt: skip
    world.forget(SOURCE)
    told = {r["id"]: (r["brand"], r["category"]) for r in world.rows("product")}
    assert told[world.shared] == ("", "")  # the other source named neither
    assert told[world.live] == ("", "")  # no other source named it
    assert told[other] == ("Keen", "Mugs")


def test_every_reference_to_a_product_is_known_to_forgetting(world: World) -> None:
    with world.shop.store.read() as db:
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        refers = {
            t for t in tables for r in db.execute("SELECT * FROM pragma_foreign_key_list(?)", (t,))
            if r["table"] == "product"
        }  # fmt: skip
    assert refers <= {*source_data.OF_PRODUCT, "product", "item", "draft", "listing"}


# ---------------------------------------------------------------- what may not happen afterwards


@pytest.mark.parametrize("scope", [EVERYTHING, ACCOUNT, SOURCE], ids=str)
def test_nothing_can_be_posted_of_what_was_forgotten(world: World, scope: Scope) -> None:
    packs = world.shop.packs()
    world.forget(scope)
    with pytest.raises(NothingApproved):
        world.shop.post()
    assert len(world.shop.packs()) <= len(packs)
    with world.shop.store.read() as db:
        assert decisions.unused(db) == []


def test_figures_that_were_being_read_meanwhile_are_not_stored(world: World) -> None:
    world.forget(ACCOUNT)
    listing = world.shop.listings()[0]["id"]
    with world.shop.store.write(Role.POSTING) as db:
        assert metrics.save(db, listing, [metrics.DayRow(20_001, views=5)], 1) == 0
    assert world.rows("metric_listing") == []


def test_what_is_on_sale_cannot_be_listed_again_and_its_change_is_refused_in_words(world: World) -> None:
    world.forget(ACCOUNT)
    assert world.shop.draft(world.live) == 0
    with pytest.raises(UsageError, match="words forgotten"):
        proposing.propose(world.shop.drafting, world.live, "local", Action.END, {})
    assert world.shop.draft(world.approved) == 1  # what was only approved may be drafted and approved anew
    world.shop.approve(world.approved)
    assert [r.state for r in world.shop.post()] == ["live"]
    world.sound()


def test_what_was_underway_is_unknown_and_takes_the_persons_word(world: World) -> None:
    shop = world.shop
    number = shop.stock("abcd2345efgh6729", "Later Lamp")
    shop.approve(number)
    with shop.store.read() as db:
        (approval,) = [a for a in decisions.unused(db) if a.product_id == number]
    doc = json.loads(approval.intent)
    operation = ledger.begin(shop.store, shop.journal, approval, doc, {}, int(shop.clock.now().timestamp()))
    world.forget(ACCOUNT)
    assert states(world)[number][0] == "unknown"
    assert reconcile.reconcile(shop.posting) == ([], 0)
    word = reconcile.verdict(shop.posting, operation.id, State.FAILED, "", "not there", "test")
    assert word.state == "failed"
    world.sound()


def test_a_tombstone_cannot_be_approved_or_begun(world: World) -> None:
    world.forget(ACCOUNT)
    draft = world.rows("draft")[0]
    with pytest.raises(sqlite3.IntegrityError), world.shop.store.write(Role.APPROVAL) as db:
        put(db, "decision", id="x", draft_id=draft["id"], hash=draft["hash"], kind="approve", seat="x", at=1,
            expires_at=2)  # fmt: skip


@pytest.mark.parametrize(
    ("role", "sql"),
    [
        (Role.POSTING, "UPDATE draft SET intent = x''"),
        (Role.FORGET, "UPDATE draft SET intent = x''"),
        (Role.FORGET, "DELETE FROM draft"),
        (Role.FORGET, "UPDATE decision SET reason = ''"),
        (Role.FORGET, "UPDATE audit SET body = NULL"),
        (Role.FORGET, "UPDATE listing SET sku = ''"),
        (Role.FORGET, "UPDATE attempt SET cause = ''"),
        (Role.FORGET, "DELETE FROM listing"),
        (Role.FORGET, "DELETE FROM operation"),
        (Role.FORGET, "DELETE FROM decision"),
    ],
)
def test_without_an_open_run_the_guards_hold(world: World, role: Role, sql: str) -> None:
    with pytest.raises(sqlite3.IntegrityError), world.shop.store.write(role) as db:
        db.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE draft SET intent = x'7b7d'", "UPDATE draft SET hash = 'other'", "UPDATE draft SET account = 'other'",
        "UPDATE decision SET reason = 'other'", "UPDATE decision SET hash = 'x'", "UPDATE listing SET sku = 'other'",
        "UPDATE listing SET sku = '' WHERE state = 'live'", "UPDATE audit SET body = 'other'",
        "UPDATE audit SET body = NULL, chain = 'x'", "UPDATE attempt SET cause = 'x'",
        "UPDATE attempt SET cause = '', late = '{}', verdict = 'rejected'", "DELETE FROM audit",
        "DELETE FROM draft WHERE intent IS NOT NULL", "DELETE FROM decision", "DELETE FROM listing",
        "UPDATE operation SET state = 'submitting'", "UPDATE operation SET hash = 'x'",
    ],
)  # fmt: skip
def test_an_open_run_lets_texts_be_emptied_and_nothing_else(world: World, sql: str) -> None:
    with world.shop.store.write(Role.FORGET) as db:
        put(db, "forget_run", scope="everything", at=1)
    with pytest.raises(sqlite3.IntegrityError), world.shop.store.write(Role.FORGET) as db:
        db.execute(sql)


def test_no_other_role_opens_a_run(world: World) -> None:
    for role in set(Role) - {Role.FORGET}:
        with pytest.raises(StoreError), world.shop.store.write(role) as db:
            put(db, "forget_run", scope="everything", at=1)


# ---------------------------------------------------------------- backups, restores


def test_older_backups_are_deleted_and_a_new_one_holds_no_word(world: World) -> None:
    shop = world.shop
    backup.create(shop.store, shop.home.backups, "by-hand", int(shop.clock.now().timestamp()))
    (shop.home.backups / "damaged-5.db").write_bytes(b"x")
    (shop.home.backups / "mine.db.gz").write_bytes(b"x")
    planned = act.plan(world.work, ACCOUNT)
    shop.clock.advance(60)
    world.forget(ACCOUNT)
    names = {p.name for p in shop.home.backups.iterdir()}
    assert names.isdisjoint(planned.backups)
    assert [b.reason for b in backup.listed(shop.store, shop.home.backups)] == ["after-forget"]
    backup.verify(shop.store, shop.home.backups, "latest", 5)


def copied(world: World, name: str) -> Path:
    """A copy that the person keeps elsewhere."""
    target = world.shop.root / name
    with closing(sqlite3.connect(world.shop.home.database)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
    return target


def put_in_place(world: World, copy: Path) -> None:
    for stale in ("-wal", "-shm"):
        Path(f"{world.shop.home.database}{stale}").unlink(missing_ok=True)
    world.shop.home.database.write_bytes(copy.read_bytes())


@pytest.mark.parametrize("scope", [EVERYTHING, ACCOUNT, SOURCE], ids=str)
def test_a_restored_older_copy_is_made_to_forget_the_same(world: World, scope: Scope) -> None:
    kept = {WORDS[0]} if scope is SOURCE else set(WORDS) if scope is ACCOUNT else set()
    older = copied(world, "older.db")
    world.forget(scope)
    after = states(world)
    put_in_place(world, older)
    with pytest.raises(Refused):
        world.shop.post()
    reconcile.reconcile(world.shop.posting)
    act.resume(world.work)
    assert world.found() == kept
    assert states(world) == after
    world.sound()
    with pytest.raises(NothingApproved):
        world.shop.post()


@pytest.mark.parametrize("scope", [EVERYTHING, ACCOUNT], ids=str)
def test_a_copy_from_before_the_listing_still_learns_that_it_is_there(tmp_path: Path, scope: Scope) -> None:
    """The listing is made, then forgotten; the person puts back a copy in which it was only approved."""
    shop = Shop(tmp_path)
    number = shop.stock()
    shop.approve(number)
    world = World(shop, number, 0, 0, 0)
    older = copied(world, "older.db")
    shop.post()
    world.forget(scope)
    after = states(world)
    put_in_place(world, older)
    reconcile.reconcile(shop.posting)
    act.resume(world.work)
    world.sound()
    assert states(world) == after
    with pytest.raises(NothingApproved):
        shop.post()
    assert shop.draft(number) == 0
    assert [r["state"] for r in shop.listings()] == ["live"]


def test_a_copy_from_before_the_product_learns_of_the_listing_too(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    world = World(shop, 1, 0, 0, 0)
    older = copied(world, "older.db")
    shop.approve(shop.stock())
    shop.post()
    world.forget(ACCOUNT)
    after = states(world)
    put_in_place(world, older)
    reconcile.reconcile(shop.posting)
    act.resume(world.work)
    world.sound()
    assert states(world) == after


# ---------------------------------------------------------------- killed, two at once

STEPS: tuple[tuple[Any, str], ...] = (
    (forgetting, "_apply"), (Journal, "catch_up"), (Journal, "forget"), (Journal, "_replace"),
    (os, "replace"), (act, "_clear"), (act, "_secrets_of"), (forgetting, "scrub"), (backup, "drop_before"),
    (backup, "create"), (forgetting, "finish"),
)  # fmt: skip


def killed(world: World, scope: Scope, where: tuple[Any, str], when: str) -> bool:
    """Forget in a child that kills itself before or after that step; whether it got there."""
    child = os.fork()
    if child == 0:
        try:
            real = getattr(*where)

            def dying(*args: Any, **named: Any) -> Any:
                if when == "after":
                    real(*args, **named)
                os.kill(os.getpid(), signal.SIGKILL)

            world.shop.journal = Journal(world.shop.home.journal)  # a lock is its own process's
            setattr(*where, dying)
            world.forget(scope)
        except Exception:  # noqa: BLE001 - a forked child may not run the rest of the tests; pytest shows what it prints
            traceback.print_exc()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a child that shares nothing but files needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # of threads, which the child does not go near
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("where", STEPS, ids=lambda step: step[1] if isinstance(step, tuple) else str(step))
def test_killed_at_any_step_it_is_finished_at_the_next_start(world: World, where: tuple[Any, str], when: str) -> None:
    after = {world.live: states(world)[world.live], world.ended: ("ended", "", "")}
    assert killed(world, EVERYTHING, where, when)
    act.resume(world.work)  # as every start does
    if world.rows("forget_run") == []:  # it died before anything was forgotten
        assert world.found() == set(WORDS)
        world.forget(EVERYTHING)
    assert world.found() == set()
    assert states(world) == after
    world.sound()


def test_two_at_once_do_not_meet(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(act, "WAIT", 0.0)
    monkeypatch.setattr(posting, "LOCK_SECONDS", 0.0)
    with FileLock(world.shop.home.lock), pytest.raises(StoreError, match="at work"):
        world.forget(EVERYTHING)
    with FileLock(world.shop.home.root / "post-local-default.lock"), pytest.raises(AccessError, match="at work"):
        world.forget(ACCOUNT)
    assert world.found() == set(WORDS)
    with FileLock(world.shop.home.lock):
        act.resume(world.work)  # another process is at it: nothing is done here
    world.forget(EVERYTHING)
    world.sound()


def test_a_writer_of_another_process_loses_nothing_while_the_journal_is_rewritten(world: World) -> None:
    """Something is decided elsewhere between the two: it is in the new journal too."""
    world.forget(ACCOUNT)
    service.reject(world.shop.approving, world.shared, "not for me")
    assert [e.kind for e in world.shop.journal.entries()][-1] == "review"
    world.forget(EVERYTHING)
    world.sound()


def test_forgetting_twice_is_forgetting_once(world: World) -> None:
    for scope in (SOURCE, ACCOUNT, ACCOUNT, EVERYTHING, EVERYTHING):
        world.forget(scope)
        world.shop.clock.advance(5)
        world.sound()
    assert [e.kind for e in world.shop.journal.entries() if e.body is not None] == ["forget"]


def test_while_a_restore_waits_for_reconcile_nothing_is_forgotten(world: World) -> None:
    older = copied(world, "older.db")
    service.reject(world.shop.approving, world.shared, "not for me")
    put_in_place(world, older)
    with pytest.raises(Refused, match="ahead"):
        world.forget(EVERYTHING)


def test_the_plan_changes_nothing_and_counts_right(world: World) -> None:
    before = world.shop.home.database.read_bytes()
    found = act.plan(world.work, SOURCE)
    assert (found.rows["items"], found.rows["observations"]) == (4, 4)
    assert (found.rows["products_of_it_alone"], found.rows["products_judged_anew"]) == (3, 1)
    assert act.plan(world.work, ACCOUNT).rows["listings_kept"] == 1
    assert act.plan(world.work, EVERYTHING).rows["audit_entries"] == len(list(world.shop.journal.entries()))
    assert world.shop.home.database.read_bytes() == before


def test_while_another_process_reads_the_rest_waits_for_the_next_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 20)
    with world.shop.store.read() as other:
        other.execute("SELECT count(*) FROM product").fetchone()
        with pytest.raises(StoreError, match="being read"):
            world.forget(EVERYTHING)
        act.resume(world.work)
        assert len(world.rows("forget_run", "finished_at IS NULL")) == 1
    act.resume(world.work)
    assert world.found() == set()
    world.sound()


@pytest.mark.parametrize("scope", [ACCOUNT], ids=str)
def test_every_reading_command_works_afterwards(
    world: World, scope: Scope, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.forget(scope)
    monkeypatch.setenv("TRENDCTL_HOME", str(world.shop.home.root))
    tables = sorted(json.loads(run(capsys, "export", "product", "--format", "json").out) and TABLES)
    for args in (
        ("products",), ("listings",), ("stats",), ("stats", "--predictions"), ("audit", "list"), ("audit", "verify"),
        ("show", str(world.live)), ("report",), ("reconcile",), ("track",), ("incidents",),
        *(("export", table, "--format", "json") for table in tables),
    ):  # fmt: skip
        ran = run(capsys, *args, *(() if "export" in args else ("--json",)))
        assert ran.code == 0, (args, ran.err)
        assert json.loads(ran.out) is not None
    assert run(capsys, "post", "--json").code == 4
