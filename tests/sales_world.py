"""A shop with products, listings, sales and predictions, for the tests of report, export and stats."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

import pytest

from store_rows import DAY, NOW, intent, put
from trendctl.cli.main import main
from trendctl.store.engine import Store, sha256_hex
from trendctl.store.writers import Role

STAGES = ("emerging", "rising", "peaking", "fading", "seasonal", "steady")
GOODS = (
    "Folding Camp Lantern 400 lm", "Magnetic Knife Strip 40 cm", "Reusable Lint Brush", "Walnut Desk Riser",
    "Pour-over Coffee Stand", "Pocket Rain Poncho", "Cable Clip Set of 12", "Cedar Shoe Freshener",
)  # fmt: skip


def add_product(store: Store, number: int, title: str, **score: Any) -> None:
    """A product with a score, a story and a daily series of 60 days."""
    with store.write(Role.SCANNER) as db:
        put(db, "product", id=number, uid=f"uid{number}", title=title, category="Home & Garden > Lighting > Lanterns",
            first_seen_at=NOW - 60 * DAY, last_seen_at=NOW)  # fmt: skip
        item = put(db, "item", source="wikipedia_pageviews", external_id=f"q:{number}", title=title,
                   first_seen_at=NOW - 60 * DAY, last_seen_at=NOW, product_id=number)  # fmt: skip
        db.execute("INSERT OR IGNORE INTO metric (id, name, period) VALUES (1, 'views', 86400)")
        for day in range(60):
            put(db, "observation", item_id=item, metric_id=1, at=NOW - (60 - day) * DAY, fetched_at=NOW,
                value=float(100 + day * day * (number % 4) + 13 * ((day * 7 + number) % 5)))  # fmt: skip
    stage = score.get("stage", STAGES[number % 6])
    told = {"stage": stage, "strength": 0.7, "forecast_up": 0.64, "story": "", "signals": [{"source": "hackernews"}]}
    row = {
        "product_id": number, "score": 90.0 - 3 * number, "stage": stage, "parts": "[]", "inputs": "{}", "sources": 3,
        "price_low": 1500 + number, "price_mid": 1900, "price_high": 2400, "currency": "USD", "computed_at": NOW,
    }  # fmt: skip
    with store.write(Role.ANALYZER) as db:
        put(db, "score", **(row | score))
        put(db, "analysis", product_id=number, agent="trend_stage", version=1, input_hash="x", output=json.dumps(told),
            created_at=NOW)  # fmt: skip


def add_listing(
    store: Store, product_id: int, platform: str = "ebay", *, state: str = "live", price: int = 2499,
    currency: str = "USD", auto: bool = True, sku: str = "", quantity: int = 5, **more: Any,
) -> str:  # fmt: skip
    """A listing with its approved draft, decision and operation; its id. `more`: fields of the intent."""
    key = f"{platform}-{product_id}"
    doc = intent(sku=sku or key, quantity=quantity, auto_decrease=auto, **more)
    hash = sha256_hex(doc)
    with store.write(Role.POSTING) as db:
        put(db, "draft", id=f"d-{key}", product_id=product_id, platform=platform, account="default", action="create",
            intent=doc, hash=hash, created_at=NOW)  # fmt: skip
    with store.write(Role.APPROVAL) as db:
        put(db, "decision", id=f"c-{key}", draft_id=f"d-{key}", hash=hash, kind="approve", seat="tty", at=NOW,
            expires_at=NOW + 3 * DAY)  # fmt: skip
    with store.write(Role.POSTING) as db:
        put(db, "operation", id=f"o-{key}", kind="create", decision_id=f"c-{key}", listing_id=f"l-{key}",
            platform=platform, account="default", hash=hash, state="live", created_at=NOW, updated_at=NOW)  # fmt: skip
        put(db, "listing", id=f"l-{key}", product_id=product_id, platform=platform, account="default",
            sku=sku or key, decision_id=f"c-{key}", state=state, external_id=f"x-{key}", quantity=quantity,
            price_minor=price, currency=currency, created_at=NOW, updated_at=NOW)  # fmt: skip
    return f"l-{key}"


def add_cost(store: Store, product_id: int, cost: int = 750, currency: str = "USD", **more: int) -> None:
    with store.write(Role.APPROVAL) as db:
        put(db, "supply", product_id=product_id, cost_minor=cost, currency=currency, updated_at=NOW, **more)


def add_days(store: Store, listing_id: str, days: list[dict[str, Any]], currency: str = "USD") -> None:
    """Days as tracking stores them: each with `day` counted back from today."""
    from trendctl.store import metrics

    with store.write(Role.POSTING) as db:
        rows = [metrics.DayRow(**{"currency": currency} | d | {"day": NOW // DAY - d["day"]}) for d in days]
        metrics.save(db, listing_id, rows, NOW)


def settled(db: sqlite3.Connection, kind: str, value: float, hit: bool, product_id: int = 1) -> None:
    """A prediction that has its outcome."""
    put(db, "prediction", product_id=product_id, kind=kind, made_at=NOW - 20 * DAY, due_at=NOW - 6 * DAY, value=value,
        outcome=float(hit), hit=int(hit), settled_at=NOW, sources='["hackernews"]')  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(capsys: pytest.CaptureFixture[str], *args: str) -> Ran:
    """One command in this process."""
    capsys.readouterr()
    code = main(list(args))
    out, err = capsys.readouterr()
    return Ran(code, out, err)
