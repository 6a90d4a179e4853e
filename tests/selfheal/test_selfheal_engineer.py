"""From diagnosis to plan: what no leaf may lift."""

from dataclasses import replace

import pytest

from heal_kit import Make, Rig, file_fault, planned
from trendctl.selfheal.analyst import Found
from trendctl.selfheal.engineer import Proposal, overlap, propose
from trendctl.selfheal.values import Change, Diagnosis, Fault, Kind, Look, Plan, Sign

GOOD = Change(Kind.WRITE, "a.txt", data=b"x")


def look(w: Rig, *signs: Sign) -> Look:
    from trendctl.selfheal.health import Round

    return Look(w.ward.eyes(), Round((), True), signs)


def found(fault: Fault, *kinds: str, subject: str = "") -> Found:
    explains = frozenset((k, subject) for k in kinds or ("check.a",))
    return Found(fault, Diagnosis(fault.name, subject, "a cause", (), explains, 0.9))


def proposed(make: Make, *changes: Change, **more: object) -> Proposal:
    w = make()
    return propose(found(planned("a", *changes, **more)), look(w))


def test_a_plan_within_the_rules_may_be_automatic(make: Make) -> None:
    done = proposed(make, GOOD)
    assert (done.automatic, done.reason) == (True, "")


@pytest.mark.parametrize("kind", ["http.401", "http.403", "http.429", "http.block_page"])
def test_a_refusal_by_the_other_side_is_never_repaired_whatever_a_leaf_says(make: Make, kind: str) -> None:
    w, leaf = make(), planned("a", GOOD)
    mine = found(leaf, kind, subject="ebay")
    done = propose(mine, look(w, Sign(kind, "ebay", "", 1)))
    assert (done.plan, "never repaired" in done.reason) == (None, True)
    silent = found(leaf, "source.parse", subject="ebay")  # the leaf does not even name it
    assert propose(silent, look(w, Sign(kind, "ebay", "", 1))).plan is None
    assert propose(silent, look(w, Sign(kind, "another", "", 1))).plan is not None


@pytest.mark.parametrize(
    "change",
    [
        Change(Kind.WRITE, "../a.txt"), Change(Kind.WRITE, "/etc/passwd"), Change(Kind.WRITE, "x/../../a"),
        Change(Kind.WRITE, ""), Change(Kind.WRITE, "trendctl.db"), Change(Kind.MOVE, "trendctl.db-wal", to="x"),
        Change(Kind.MOVE, "trendctl.db", to="away.db"), Change(Kind.MOVE, "a.txt", to="trendctl.db"),
        Change(Kind.WRITE, "journal/journal.jsonl"), Change(Kind.MOVE, "journal", to="j2"),
        Change(Kind.WRITE, "outbox/x"), Change(Kind.MOVE, "outbox", to="x"), Change(Kind.WRITE, ".env"),
        Change(Kind.WRITE, "secrets.json"), Change(Kind.MOVE, "a.txt", to="../b"), Change(Kind.MOVE, ".", to="x"),
        Change(Kind.MODE, "a.txt", mode=0o644), Change(Kind.MODE, ".", mode=0o777), Change(Kind.MODE, "a.txt", mode=0),
        Change(Kind.WRITE, "repairs/x/entry.json"), Change(Kind.WRITE, "backups/x.db.gz"),
        Change(Kind.JOB, name="", values={"outcome": "ok"}), Change(Kind.JOB, name="scan", values={"job": "x"}),
        Change(Kind.JOB, name="scan"), Change(Kind.CACHE, name="decision"), Change(Kind.CACHE, name="http_host"),
        Change(Kind.WRITE, "config.toml", data=b""), Change(Kind.MOVE, "./config.toml", to="x"),
        Change(Kind.MOVE, "a.txt", to="config.last-good.toml"), Change(Kind.WRITE, "config.last-good.toml"),
        Change(Kind.REINDEX, name="x; DROP"), Change(Kind.REINDEX), Change(Kind.BACKUP, name="../x"),
        Change(Kind.WRITE, "a.txt", data=b"x" * 1_000_001), Change("shell", "a.txt"),  # type: ignore[arg-type]  # on purpose
    ],
    ids=str,
)  # fmt: skip
def test_what_no_repair_may_touch(make: Make, change: Change) -> None:
    done = proposed(make, change)
    assert (done.plan, "refused" in done.reason) == (None, True)


def test_a_link_out_of_the_home_is_not_followed(make: Make) -> None:
    w = make()
    (w.home.root.parent / "outside").mkdir()
    (w.home.root / "linked").symlink_to(w.home.root.parent / "outside")
    (w.home.root / "c.txt").symlink_to(w.home.root.parent / "outside" / "c")
    for path in ("linked/a.txt", "c.txt"):
        assert propose(found(planned("a", Change(Kind.WRITE, path, data=b"x"))), look(w)).plan is None


@pytest.mark.parametrize(
    "more",
    [{"fault": "b"}, {"subject": "other"}, {"words": ""}, {"undo_words": ""}, {"changes": (GOOD,) * 51},
     {"changes": (GOOD, GOOD)}],
    ids=str,
)  # fmt: skip
def test_a_plan_that_is_not_what_it_should_be_is_refused(make: Make, more: dict[str, object]) -> None:
    assert proposed(make, GOOD, **more).plan is None


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("[market]\ncurrency = 'USD'\n", "[market]\ncurrency = 'EUR'\n", "market.currency"),
        ("[review]\nminimum_margin = '0.2'\n", "[review]\n", "review.minimum_margin"),
        ("", "[platforms.ebay]\nenabled = true\n", "platforms.ebay.enabled"),
        ("", "[sources.x]\nbase_url = 'https://other.example'\n", "sources.x.base_url"),
        ("", "[llm]\ndaily_budget_usd = '9'\n", "llm.daily_budget_usd"),
        ("", "[daemon]\npost_approved = true\n", "daemon.post_approved"),
    ],
)
def test_settings_about_money_and_where_things_go_are_a_persons(make: Make, old: str, new: str, named: str) -> None:
    w = make()
    w.home.config.write_text(old)
    done = propose(found(planned("a", Change(Kind.WRITE, "@config", data=new.encode()))), look(w))
    assert (done.automatic, named in done.reason, done.plan is not None) == (False, True, True)
    assert done.plan is not None
    assert not done.plan.automatic


def test_other_settings_may_be_mended_and_what_cannot_be_compared_may_not(make: Make) -> None:
    w = make()
    w.home.config.write_text("[scan]\nworkers = 900\n")
    change = Change(Kind.WRITE, "@config", data=b"[scan]\nworkers = 16\n")
    assert propose(found(planned("a", change)), look(w)).automatic
    w.home.config.write_text("[scan\n")
    done = propose(found(planned("a", change)), look(w))
    assert (done.automatic, "cannot be compared" in done.reason) == (False, True)


@pytest.mark.parametrize(
    ("old", "new", "automatic"),
    [
        (b"{}", b'{"title": "name"}', True), (None, b'{"rows": "items"}', True), (b"{}", b'{"price": "cost"}', False),
        (b"{}", b'{"link": "href"}', False), (b"{}", b'{"value": "offer.price"}', False),
        (b'{"currency": "a"}', b"{}", False), (b"{}", b'{"product_url": "u"}', False),
        (b'{"price": "a", "title": "x"}', b'{"price": "a", "title": "y"}', True), (b"broken", b"{}", False),
        (b"{}", b"broken", False),
    ],
)  # fmt: skip
def test_no_field_map_of_price_currency_or_link_is_changed_without_a_person(
    make: Make, old: bytes | None, new: bytes, automatic: bool
) -> None:
    w = make()
    if old is not None:
        (w.home.overlays / "x.json").write_bytes(old)
    done = propose(found(planned("a", Change(Kind.WRITE, "overlays/x.json", data=new))), look(w))
    assert done.automatic is automatic


def test_no_two_open_repairs_touch_the_same(make: Make) -> None:
    w = make()
    for target in ("a.txt", "."):
        done = propose(found(planned("a", GOOD)), look(w), [target])
        assert (done.plan, "still open" in done.reason) == (None, True)
    assert propose(found(planned("a", GOOD)), look(w), ["b.txt"]).plan is not None
    assert overlap(["logs/x"], ["logs"])
    assert overlap(["logs"], ["logs/x"])
    assert not overlap(["logs"], ["logs2"])


def test_a_fault_without_a_fix_says_why(make: Make) -> None:
    leaf = replace(file_fault("a", "a.txt"), plan=None, no_fix="only you can")
    assert propose(found(leaf), look(make())) == Proposal(None, False, "only you can")


def test_a_leafs_own_no_is_kept_with_its_reason(make: Make) -> None:
    done = proposed(make, GOOD, automatic=False, because="it is your file")
    assert (done.automatic, done.reason) == (False, "it is your file")


def test_a_plan_that_breaks_is_no_plan(make: Make) -> None:
    def broken(d: Diagnosis, look: Look) -> Plan:
        raise ZeroDivisionError

    assert propose(found(replace(file_fault("a", "a.txt"), plan=broken)), look(make())).plan is None
