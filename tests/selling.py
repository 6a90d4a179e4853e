"""A small shop for tests: a product with supply, an image and copy, in a home this process made; and a market twin."""

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from fakes import FakeClock
from store_rows import put
from trendctl.approval import card, images, service, supply
from trendctl.approval.seat import DemoSeat, make_throwaway
from trendctl.home import Home
from trendctl.ports import (
    Answer,
    DraftInput,
    DraftOutput,
    Json,
    Platform,
    PlatformFacts,
    ReadBack,
    Resend,
    State,
    Step,
    Talk,
    Understood,
    Verdict,
    Wire,
)
from trendctl.posting import base, drafting
from trendctl.posting import service as selling_service
from trendctl.posting.platforms.local.outbox import Outbox
from trendctl.posting.platforms.local.platform import PLATFORM as LOCAL
from trendctl.store import cases, decisions
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.migrate import migrate
from trendctl.store.writers import Role

TITLE = "Folding Camp Lantern 400 lm"
UID = "abcd2345efgh6723"
COPY = {
    "title": TITLE,
    "description": "A folding lantern of steel for camp and garden. " * 4,
    "bullets": ["Steel body"],
}


def picture(path: Path, colour: str = "white", size: tuple[int, int] = (1200, 1200)) -> Path:
    """A JPEG of one colour."""
    Image.new("RGB", size, colour).save(path, "JPEG")
    return path


class AnySeat:
    """A seat for the twin market, which the demo's seat rightly refuses."""

    name = "test"

    def check(self, home: Path, platform: str) -> None:
        """Always."""


@lru_cache(maxsize=1)
def _migrated() -> Path:
    """A database as a new home has it; copied, since to migrate takes longer than most tests."""
    root = Path(tempfile.mkdtemp(prefix="migrated-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    migrate(root / "trendctl.db", now=1, before=lambda path, reason: None)
    return root / "trendctl.db"


@dataclass
class Shop:
    """Everything between a draft and a listing, on one platform."""

    root: Path
    platform: Platform = LOCAL
    market: "Market | None" = None
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.home = Home(make_throwaway(self.root))
        self.home.make()
        shutil.copyfile(_migrated(), self.home.database)
        self.home.database.chmod(0o600)
        self.store = Store(self.home.database)
        self.journal = Journal(self.home.journal)
        self.accounts = {self.name: drafting.Account()}
        self.context = cases.Context(platforms=(self.name,))
        self.seat = DemoSeat() if self.name == "local" else AnySeat()

    @property
    def name(self) -> str:
        return self.platform.facts.name

    @property
    def approving(self) -> service.Approving:
        return service.Approving(self.store, self.journal, self.clock, self.home.root)

    @property
    def drafting(self) -> drafting.Drafting:
        return drafting.Drafting(self.store, self.clock, {self.name: self.platform}, self.accounts, self.context)

    @property
    def posting(self) -> selling_service.Posting:
        return selling_service.Posting(
            self.store, self.journal, self.clock, {self.name: self.platform}, self.accounts, self._talk,
            self.home.images, self.home.root, self.context,
        )  # fmt: skip

    @contextmanager
    def _talk(self, name: str) -> Iterator[Talk]:
        yield self.market if self.market is not None else Outbox(self.home.outbox, self.home.images)

    def stock(self, uid: str = UID, title: str = TITLE) -> int:
        """A product with all that a draft needs; its number."""
        now = int(self.clock.now().timestamp())
        with self.store.write(Role.SCANNER) as db:
            number = int(put(db, "product", uid=uid, title=title, sellable=0.9, first_seen_at=now, last_seen_at=now))
        told = {"cost": "7.50", "stock": "5", "condition": "new", "price": "24.99"}
        facts = self.platform.facts
        told |= {"link": f"https://shop.example/{uid}"} if facts.needs_link else {}
        supply.tell(self.approving, number, told, {"material": "steel"}, "USD")
        image = picture(self.root / f"{uid}.jpg")
        url = f"https://shop.example/{uid}.jpg" if facts.fetches_images else ""
        images.add(self.approving, self.home.images, number, image, "own", url)
        output = json.dumps({"platforms": {self.name: COPY}})
        with self.store.write(Role.ANALYZER) as db:
            put(db, "analysis", product_id=number, agent="copywriter", version=1, input_hash="x", output=output,
                created_at=now)  # fmt: skip
        self.draft(number)
        return number

    def draft(self, number: int) -> int:
        return drafting.make_drafts(self.drafting, [number])

    def card(self, number: int) -> card.DraftCard:
        """The one draft's card."""
        with self.store.read() as db:
            return card.draft_cards(db, number, int(self.clock.now().timestamp()))[0]

    def approve(self, number: int) -> str:
        """Approve the current draft; the decision's id."""
        shown = self.card(number)
        return service.approve(self.approving, self.seat, [(shown.id, shown.hash)])[0]

    def post(self, *numbers: int) -> list[selling_service.Posted]:
        return selling_service.post(self.posting, numbers)

    def approval(self, decision_id: str) -> decisions.Approval:
        with self.store.read() as db:
            found = decisions.approval(db, decision_id)
        assert found is not None
        return found

    def listings(self) -> list[dict[str, Any]]:
        with self.store.read() as db:
            return [dict(r) for r in db.execute("SELECT * FROM listing ORDER BY created_at, rowid")]

    def packs(self) -> list[str]:
        """The folders in the outbox."""
        return sorted(p.name for p in self.home.outbox.iterdir() if not p.name.startswith(".") and p.name != "ended")


# ---------------------------------------------------------------- a market twin


class Crash(BaseException):
    """The process dies here (in memory): nothing after it runs."""


@dataclass
class Market:
    """A remote market with memory. `faults`: for the n-th call of a step, what goes wrong (see `send`)."""

    faults: dict[tuple[str, int], str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    items: dict[str, bytes] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)  # sku -> offer id
    published: list[str] = field(default_factory=list)  # offer ids, one entry a listing a buyer sees
    blind: bool = False  # reading back fails

    def send(self, wire: Wire) -> Answer:
        """PUT item, POST offer, POST publish, GET offer.

        Faults: `429`, `500_before`, `500_after`, `cut_after` (applied, no answer), `cut_before`, `400`, `crash_before`,
        `crash_after`.
        """
        step = wire.method if wire.method == "GET" else wire.url.rsplit("/", 1)[-1]
        self.calls.append(step)
        fault = self.faults.get((step, self.calls.count(step)), "")
        if wire.method == "GET" and self.blind:
            return Answer(0, error="no answer")
        if fault == "crash_before":
            raise Crash
        if fault in ("429", "500_before", "400"):
            return Answer(int(fault[:3]), {"retry-after": "3"} if fault == "429" else {}, b"{}")
        if fault == "cut_before":
            return Answer(0, error="connection reset")
        answer = self._apply(step, wire)
        if fault == "crash_after":
            raise Crash
        if fault == "500_after":
            return Answer(500)
        return Answer(0, error="connection reset") if fault == "cut_after" else answer

    def _apply(self, step: str, wire: Wire) -> Answer:
        self.bodies.append((step, wire.body))
        sku = wire.url.split("/")[1]
        if step == "item":
            self.items[sku] = wire.body
            return Answer(204)
        if step == "offer":
            offer = self.offers.setdefault(sku, f"offer-{sku}")
            return Answer(200, body=json.dumps({"offer": offer}).encode())
        if step == "publish":
            self.published.append(self.offers[sku])
            return Answer(200, body=b"{}")
        if step == "end":
            self.published.remove(self.offers[sku])
            return Answer(200, body=b"{}")
        state = {"offer": self.offers.get(sku), "published": self.published.count(self.offers.get(sku, ""))}
        return Answer(200, body=json.dumps(state).encode())


class Twin:
    """A platform on the Market: two safe steps, then one that makes what a buyer sees."""

    facts = PlatformFacts(
        name="ebay", about="a market in memory", terms_url="", default_marketplace="US", late=("offer",)
    )  # fmt: skip

    def draft(self, wanted: DraftInput) -> DraftOutput:
        return DraftOutput(base.common(wanted, "ebay"), base.missing(wanted))

    def steps(self, intent: Mapping[str, Json]) -> tuple[Step, ...]:
        if intent["action"] == "end":
            return (Step("end", Resend.READ_BACK),)
        safe = (Step("item", Resend.SAFE), Step("offer", Resend.SAFE))
        return safe if intent["action"] == "reprice" else (*safe, Step("publish", Resend.READ_BACK))

    def render(self, step: str, intent: Mapping[str, Json], late: Mapping[str, str]) -> Wire:
        body = {"title": intent["title"], "price": intent["price"], "step": step, "offer": late.get("offer", "")}
        return Wire("POST", f"x/{intent['sku']}/{step}", body=json.dumps(body, sort_keys=True).encode())

    def perform(self, step: str, wire: Wire, talk: Talk) -> Answer:
        return talk.send(wire)

    def understand(self, step: str, answer: Answer) -> Understood:
        if answer.status == 429:
            return Understood(Verdict.NOT_APPLIED, "429", retry_after=float(answer.headers.get("retry-after", 2)))
        if answer.status == 400:
            return Understood(Verdict.REJECTED, "the market refused it")
        if answer.status in (0, 500):
            return Understood(Verdict.UNKNOWN, answer.error or "500")
        late = {k: v for k, v in json.loads(answer.body or b"{}").items() if k == "offer"}
        return Understood(Verdict.APPLIED, late=late)

    def read_back(self, intent: Mapping[str, Json], late: Mapping[str, str], talk: Talk) -> ReadBack:
        answer = talk.send(Wire("GET", f"x/{intent['sku']}/state"))
        if answer.status != 200:
            return ReadBack(State.UNKNOWN, cause=answer.error)
        state = json.loads(answer.body)
        if intent["action"] == "end":
            return ReadBack(State.UNKNOWN if state["published"] else State.ENDED, excluded=bool(state["published"]))
        if state["published"]:
            return ReadBack(State.LIVE, external_id=state["offer"], url="https://market.example/1")
        return ReadBack(State.UNKNOWN, excluded=state["offer"] is not None, cause="not published")
