"""The review card: all that a person needs to decide on one product, as plain values for whoever shows it."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trendctl.ports import Case, Json, SeriesView
from trendctl.store import analyses, cases, decisions, drafts, operations, product_rows
from trendctl.store.rows import epoch


@dataclass(frozen=True, slots=True)
class DraftCard:
    """One platform's draft. `hash` "" : provisional, not approvable. `previous`: the intent last approved there, so
    that the difference can be shown; None for a first one."""

    id: str
    platform: str
    account: str
    action: str
    hash: str
    intent: Mapping[str, Json]
    missing: tuple[str, ...]
    blocks: tuple[str, ...]
    warnings: tuple[str, ...]
    state: str
    expires_at: int | None = None
    wanted: bool = True
    previous: Mapping[str, Json] | None = None

    @property
    def approvable(self) -> bool:
        """Whether the person may approve it as it stands."""
        return bool(self.hash) and not self.blocks and not self.missing and self.state == "draft"


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """A product under review. `row` has the shape of `products --json`; `parts` are the score's, with their words."""

    product_id: int
    row: Mapping[str, Json]
    parts: tuple[Mapping[str, Json], ...]
    case: Case
    analyses: Mapping[str, Json]
    drafts: tuple[DraftCard, ...]
    position: int = 1
    total: int = 1
    notes: tuple[str, ...] = field(default=())

    @property
    def trend(self) -> SeriesView | None:
        """The series worth a sparkline: the longest of the measured ones, else the longest."""
        return max(self.case.series, key=lambda s: (s.measured, len(s.values)), default=None)


def load(db: sqlite3.Connection, product_id: int, context: cases.Context, now: Any) -> ReviewCard | None:
    """The card of a product; None when there is no such product."""
    row = product_rows.product_row(db, product_id, now=epoch(now))
    case = cases.one(db, product_id, context, now)
    if row is None or case is None:
        return None
    score = analyses.score(db, product_id)
    return ReviewCard(
        product_id, row, tuple(json.loads(score.parts)) if score else (), case, analyses.outputs(db, product_id),
        tuple(draft_cards(db, product_id, epoch(now))),
    )  # fmt: skip


def draft_cards(db: sqlite3.Connection, product_id: int, now: int) -> list[DraftCard]:
    """Every current draft of a product: draft, provisional, blocked, approved, or its operation's state.

    An approval that expired unused leaves its draft open again, with `expires_at` in the past.
    """
    wanted = drafts.wanted(db, product_id)
    return [_draft(db, row, wanted.get(row["platform"], True), now) for row in drafts.of_product(db, product_id)]


def _draft(db: sqlite3.Connection, row: sqlite3.Row, wanted: bool, now: int) -> DraftCard:
    intent = json.loads(row["intent"]) if row["intent"] is not None else json.loads(row["doc"])
    missing, blocks = tuple(json.loads(row["missing"])), tuple(json.loads(row["blocks"]))
    state, expires = _state(db, row, missing, blocks, now)
    previous = decisions.previous_intent(db, row)
    return DraftCard(
        row["id"], row["platform"], row["account"], row["action"], row["hash"] or "", intent, missing, blocks,
        tuple(json.loads(row["warnings"])), state, expires, wanted, json.loads(previous) if previous else None,
    )  # fmt: skip


def _state(
    db: sqlite3.Connection, row: sqlite3.Row, missing: tuple[str, ...], blocks: tuple[str, ...], now: int
) -> tuple[str, int | None]:
    decided = decisions.draft_state(db, row["id"], now)
    if decided is not None and decided[0] != "expired":
        return decided
    if row["hash"] is None:
        return "provisional", None
    return ("blocked" if blocks or missing else "draft"), decided[1] if decided else None


def listing_rows(db: sqlite3.Connection, product_id: int) -> list[dict[str, Json]]:
    """A product's listings as `show --json` has them."""
    names = (
        "id",
        "platform",
        "account",
        "sku",
        "state",
        "external_id",
        "url",
        "cause",
        "quantity",
        "price_minor",
        "currency",
    )
    return [{n: r[n] for n in names} for r in operations.listings(db, product_id)]
