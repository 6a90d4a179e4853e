"""The three Meta flows: what goes out is what was approved; refusals, slow batches and pictures, lost answers."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from conformance import changed, settled, sound
from fake_graph import SEED, error
from fake_kit import Said
from meta_rig import EVERY, MetaRig, meta

from trendctl.ports import IMAGE_MARK, Action, Sold
from trendctl.posting import proposing, reconcile
from trendctl.posting.graph.pages import PAGE
from trendctl.posting.texts import caption, message
from trendctl.store import operations

Open = Callable[..., MetaRig]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Make a rig of one of the three by name."""
    with ExitStack() as stack:

        def make(name: str, **options: Any) -> MetaRig:
            made: AbstractContextManager[MetaRig] = meta(name, tmp_path, **options)
            return stack.enter_context(made)

        yield make


def late_of(rig: MetaRig) -> dict[str, str]:
    with rig.shop.store.read() as db:
        return operations.of_listing(db, rig.shop.listings()[0]["id"])[-1].late


def posted(rig: MetaRig) -> list[tuple[str, str]]:
    """Approve the one product and post it; states and causes."""
    rig.shop.approve(rig.shop.stock())
    return [(row.state, row.cause) for row in rig.shop.post()]


def whole(rig: MetaRig, wire: Any) -> bytes:
    """A rendered body with its image put in."""
    if wire.image is None:
        return bytes(wire.body)
    return bytes(wire.body.replace(IMAGE_MARK, next(rig.shop.home.images.glob(f"{wire.image[0]}.*")).read_bytes()))


@pytest.mark.parametrize(
    ("name", "calls"),
    [("facebook", {"item": "batch"}), ("facebook_page", {"photo": "photo", "post": "post", "publish": "publish"}),
     ("instagram", {"container": "container", "publish": "publish"})],
)  # fmt: skip
def test_what_meta_received_is_the_render_of_the_approved_intent(
    opened: Open, name: str, calls: dict[str, str]
) -> None:
    rig = opened(name)
    decision = rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    doc, late = json.loads(rig.shop.approval(decision).intent), late_of(rig)
    for step, call in calls.items():
        wire = rig.shop.platform.render(step, doc, late)
        assert rig.server.bodies(call) == [whole(rig, wire)], step
        got = next(g for n, g in rig.server.got if n == call)
        assert wire.url == f"https://graph.facebook.com{got.path}"
        assert PAGE.lower() not in got.headers
    assert set(late) <= set(rig.shop.platform.facts.late)
    assert {n for n, _ in rig.server.got} - {"exchange"} == set(EVERY[name])


@pytest.mark.parametrize("name", list(EVERY))
def test_the_tokens_are_in_no_address_no_journal_and_no_database(opened: Open, name: str) -> None:
    rig = opened(name)
    posted(rig)
    files = [p for p in rig.shop.home.root.rglob("*") if p.is_file() and p.suffix != ".jpg"]
    secrets = [*rig.fake.tokens, SEED, rig.shop.wallet.values["FACEBOOK_APP_SECRET"]]
    assert len(secrets) > 2
    assert [str(p) for p in files for s in secrets if s.encode() in p.read_bytes()] == []
    addresses = [got.target for n, got in rig.server.got if n != "exchange"]  # documented with its secrets in the query
    assert [a for a in addresses for s in secrets if s in a] == []


@pytest.mark.parametrize(("name", "status"), [("facebook", 400), ("facebook_page", 401), ("instagram", 400)])
def test_a_revoked_sign_in_leaves_the_approval_for_after_the_next_one(opened: Open, name: str, status: int) -> None:
    rig = opened(name)
    rig.fake.token_status = status
    rig.shop.approve(rig.shop.stock())
    with rig.shop._talk(name) as talk:
        assert talk.refusal(rig.shop.platform.render(rig.shop.platform.steps(doc(rig))[0].name, doc(rig), {})) == ""
    rig.fake.revoke()
    row = rig.shop.post()[0]
    assert (row.state, f"trendctl platforms login {name}" in row.cause) == ("submitting", True)
    assert "EAA" not in row.cause
    rig.fake.good.add("EAAother000000000000000000001")
    rig.shop.wallet.put("FACEBOOK_ACCESS_TOKEN", "EAAother000000000000000000001")
    assert [r.state for r in rig.shop.post()] == ["live"]
    assert rig.made() == 1


def doc(rig: MetaRig) -> dict[str, Any]:
    return dict(rig.shop.card(1).intent)


def test_metas_own_limit_waits_as_long_as_it_says(opened: Open) -> None:
    rig = opened("facebook")
    used = json.dumps({"111": [{"type": "catalog_management", "estimated_time_to_regain_access": 7}]})
    said = error(80014, "too many calls to this catalog")
    rig.fake.refuse["batch"] = Said(400, said.body, {"X-Business-Use-Case-Usage": used})
    [(state, cause)] = posted(rig)
    assert (state, cause.startswith("not sent yet: Meta's call limit (Meta 80014")) == ("submitting", True)
    calls = rig.server.count("batch")
    rig.fake.refuse.clear()
    assert "asked for a pause" in rig.shop.post()[0].cause  # nothing is even tried before the time
    assert rig.server.count("batch") == calls
    rig.shop.clock.advance(7 * 60 + 1)
    assert [r.state for r in rig.shop.post()] == ["live"]


# ---------------------------------------------------------------- catalogue


def test_a_slow_batch_and_a_slow_review_are_accepted_until_meta_shows_the_product(opened: Open) -> None:
    rig = opened("facebook")
    rig.fake.looks = 6
    assert posted(rig)[0][0] == "accepted"
    for _ in range(4):
        reconcile.reconcile(rig.shop.posting)
    sound(rig, ["live"])
    assert rig.server.count("batch") == 1


def test_a_refused_item_is_rejected_in_metas_words_though_the_call_was_taken(opened: Open) -> None:
    rig = opened("facebook")
    rig.fake.refuse["batch"] = answer_with([{"message": "price: bad format"}])
    assert posted(rig) == [("rejected", "Meta refuses it: price: bad format")]


def answer_with(problems: list[dict[str, str]]) -> Any:
    return Said(200, {"handles": ["h1"], "validation_status": [{"retailer_id": "x", "errors": problems}]})


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(lambda f: f.batch_errors.append({"line": 1, "message": "image_link: not an image"}), "image_link: not an image"),
     (lambda f: setattr(f, "review", "rejected"), "its review says no"),
     (lambda f: f.item_errors.append({"title": "Image is too small", "error_priority": "HIGH"}), "Image is too small")],
)  # fmt: skip
def test_what_meta_refuses_later_is_rejected_with_its_reason(
    opened: Open, spoil: Callable[[Any], Any], words: str
) -> None:
    rig = opened("facebook")
    spoil(rig.fake)
    [(state, cause)] = posted(rig)
    assert (state, words in cause) == ("rejected", True)


def test_a_lost_new_price_is_never_taken_for_done_by_an_older_batch(opened: Open) -> None:
    rig = opened("facebook")
    posted(rig)
    for n in range(1, 5):
        rig.fault("batch", n, "cut_before")
    price = {"minor": 2999, "currency": "USD"}
    proposing.propose(rig.shop.drafting, 1, "facebook", Action.REPRICE, {"price": price})
    rig.shop.approve(1)
    assert [r.state for r in rig.shop.post()] == ["unknown"]
    rig.server.plan.clear()
    reconcile.reconcile(rig.shop.posting)
    assert rig.shop.listings()[0]["price_minor"] == 2499
    rig.shop.clock.advance(7200)
    settled(rig.shop)
    assert rig.shop.listings()[0]["price_minor"] == 2999
    sku = rig.shop.listings()[0]["sku"]
    assert rig.fake.products[sku]["price"] == "29.99 USD"
    assert json.loads(rig.server.bodies("batch")[-1])["requests"][0]["data"] == {
        "id": sku, "price": "29.99 USD",
    }  # fmt: skip


def test_a_quantity_is_lowered_with_nothing_else_sent(opened: Open) -> None:
    rig = opened("facebook")
    posted(rig)
    platform, row = rig.shop.platform, rig.shop.listings()[0]
    sold = Sold(row["sku"], row["external_id"], row["url"], "", "USD", late_of(rig))
    with rig.shop._talk("facebook") as talk:
        assert platform.left(sold, talk) == 5
        wire = platform.render_quantity(doc(rig), late_of(rig), 0)
        said = platform.understand("quantity", platform.perform("quantity", wire, talk))
        assert said.verdict == "applied"
        assert platform.left(sold, talk) == 0
        sent = rig.server.count("batch")
        more = platform.render_quantity(doc(rig), late_of(rig), 3)  # never raised, whatever is asked
        assert platform.understand("quantity", platform.perform("quantity", more, talk)).verdict == "applied"
        assert (rig.server.count("batch"), platform.left(sold, talk)) == (sent, 0)
        assert platform.read_back(doc(rig), late_of(rig), talk).state == "live"  # a lowered one is as approved, still
        changed_since = doc(rig) | {"action": "revise"}
        assert platform.read_back(changed_since, {}, talk).state == "unknown"  # nothing proves that it was revised
    data = json.loads(wire.body)["requests"][0]["data"]
    assert data == {"id": row["sku"], "availability": "out of stock", "inventory": 0}


# ---------------------------------------------------------------- Page


def test_a_page_post_is_changed_in_its_text_and_deleted_at_the_end(opened: Open) -> None:
    rig = opened("facebook_page")
    posted(rig)
    assert rig.fake.live_posts[0]["message"].endswith(f"USD 24.99\nhttps://shop.example/{doc(rig)['product']}\n"
                                                      f"Item {doc(rig)['sku']}")  # fmt: skip
    changed(rig, 1, Action.REPRICE, price={"minor": 2799, "currency": "USD"})
    assert "USD 27.99" in rig.fake.live_posts[0]["message"]
    assert rig.fake.live_posts[0]["message"] == message(doc(rig))
    changed(rig, 1, Action.END)
    sound(rig, ["ended"], live=0)


def test_the_photo_of_a_page_post_is_the_approved_one(opened: Open) -> None:
    rig = opened("facebook_page")
    posted(rig)
    [picture] = rig.fake.photos.values()
    assert hashlib.sha256(picture).hexdigest() == doc(rig)["images"][0]["sha256"]


def test_a_link_post_uploads_nothing(opened: Open) -> None:
    rig = opened("facebook_page", post="link")
    assert posted(rig)[0][0] == "live"
    assert rig.server.count("photo") == 0
    assert rig.fake.live_posts[0]["link"] == doc(rig)["link"]


def test_a_text_that_was_posted_already_is_refused_not_posted_twice(opened: Open) -> None:
    rig = opened("facebook_page")
    rig.fake.refuse["post"] = error(506, "Duplicate status message")
    [(state, cause)] = posted(rig)
    assert (state, "posted already: trendctl edit ID" in cause) == ("rejected", True)


def test_a_lost_publish_that_cannot_be_read_back_is_unknown_and_never_sent_again(opened: Open) -> None:
    rig = opened("facebook_page")
    rig.fault("publish", 1, "cut_after")
    for n in range(1, 8):
        rig.fault("post_get", n, "500_before")
    assert posted(rig)[0][0] == "unknown"
    settled(rig.shop)
    rig.server.plan.clear()
    rig.shop.clock.advance(7200)
    reconcile.reconcile(rig.shop.posting)
    sound(rig, ["live"])
    assert rig.server.count("publish") == 1


def test_a_post_that_is_not_found_proves_nothing(opened: Open) -> None:
    rig = opened("facebook_page")
    rig.fault("publish", 1, "cut_after")
    rig.fake.refuse["post_get"] = error(100, "does not exist", subcode=33)
    [(state, cause)] = posted(rig)
    assert (state, "proves nothing" in cause) == ("unknown", True)
    settled(rig.shop)
    assert rig.server.count("publish") == 1


def test_a_deleted_post_is_only_believed_while_the_page_itself_can_be_read(opened: Open) -> None:
    rig = opened("facebook_page")
    posted(rig)
    rig.fake.refuse["node"] = error(10, "no permission", 403)
    changed(rig, 1, Action.END)
    assert rig.shop.listings()[0]["state"] == "live"
    rig.fake.refuse.clear()
    rig.shop.clock.advance(7200)
    settled(rig.shop)
    sound(rig, ["ended"], live=0)


def test_without_a_role_on_the_page_nothing_is_sent(opened: Open) -> None:
    rig = opened("facebook_page")
    rig.fake.page_role = False
    [(state, cause)] = posted(rig)
    assert (state, "trendctl platforms login facebook_page" in cause) == ("submitting", True)
    assert rig.server.count("photo") == 0


# ---------------------------------------------------------------- Instagram


def test_a_slow_picture_waits_for_the_next_post_and_is_published_once(opened: Open) -> None:
    rig = opened("instagram")
    rig.fake.looks = 9
    [(state, cause)] = posted(rig)
    assert (state, "still fetching" in cause) == ("submitting", True)
    settled(rig.shop)
    sound(rig, ["live"])
    assert (rig.server.count("container"), rig.made()) == (1, 1)
    assert rig.fake.feed[0]["caption"] == caption(doc(rig))


@pytest.mark.parametrize(("state", "words"), [("ERROR", "cannot use the picture"), ("EXPIRED", "expired")])
def test_a_picture_that_cannot_be_used_is_rejected(opened: Open, state: str, words: str) -> None:
    rig = opened("instagram")
    rig.fake.becomes = state
    [(told, cause)] = posted(rig)
    assert (told, words in cause) == ("rejected", True)


def test_the_limit_of_a_day_is_read_before_a_post_and_kept(opened: Open) -> None:
    rig = opened("instagram")
    rig.fake.quota_total = 1
    rig.fake.feed.append({"id": "8999", "caption": "another", "at": rig.shop.clock.now().timestamp() - 3600})
    [(state, cause)] = posted(rig)
    assert (state, "limit of 1 posts a day" in cause) == ("submitting", True)
    assert rig.server.count("publish") == 0
    rig.shop.clock.advance(86_400 - 3600 + 60)
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_the_limit_met_only_at_the_publish_waits_too(opened: Open) -> None:
    rig = opened("instagram")
    rig.fake.refuse["publish"] = error(9, "limit", subcode=2207042)
    assert posted(rig)[0][0] == "submitting"
    rig.fake.refuse.clear()
    assert [r.state for r in rig.shop.post()] == ["live"]


def test_a_lost_publish_is_found_by_its_container_and_caption(opened: Open) -> None:
    rig = opened("instagram")
    rig.fault("publish", 1, "cut_after")
    rig.fake.hidden_media = True
    [(state, cause)] = posted(rig)
    assert (state, "does not show it among the newest" in cause) == ("accepted", True)
    rig.fake.hidden_media = False
    reconcile.reconcile(rig.shop.posting)
    sound(rig, ["live"])
    assert rig.server.count("publish") == 1
    assert rig.shop.listings()[0]["external_id"] == rig.fake.feed[0]["id"]


def test_a_container_that_does_not_say_its_state_is_never_published_again(opened: Open) -> None:
    rig = opened("instagram")
    rig.fault("publish", 1, "cut_after")
    rig.shop.approve(rig.shop.stock())
    for n in range(3, 9):
        rig.fault("state", n, "500_before")
    settled(rig.shop)
    assert rig.shop.listings()[0]["state"] == "unknown"
    assert (rig.server.count("publish"), rig.made()) == (1, 1)
    rig.server.plan.clear()
    rig.shop.clock.advance(7200)
    reconcile.reconcile(rig.shop.posting)
    sound(rig, ["live"])
