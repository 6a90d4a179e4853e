"""The low-volume tables as SQLModel classes. The schema itself is SQL (store/migrations); a test compares the two.

Times are epoch seconds (UTC) as the columns hold them; amounts are minor units. Import this only where a command
truly needs it: it loads SQLAlchemy.
"""

from sqlmodel import Field, SQLModel


class Supply(SQLModel, table=True):
    """What the seller has; see ports.SupplyView for the meaning of each field."""

    product_id: int = Field(primary_key=True)
    cost_minor: int | None = None
    currency: str | None = None
    freight_minor: int = 0
    duty_minor: int = 0
    packaging_minor: int = 0
    outbound_shipping_minor: int = 0
    ad_minor: int = 0
    return_rate: str = "0"
    stock: int | None = None
    lead_days: int | None = None
    condition: str | None = None
    brand: str = ""
    mpn: str = ""
    gtin: str = ""
    price_minor: int | None = None
    link: str = ""
    facts: str = "{}"
    supplier: str = ""
    auto_decrease: int = 0
    updated_at: int
    stock_tellings: int = 0


class Image(SQLModel, table=True):
    """A stored image and the right to use it."""

    id: int | None = Field(default=None, primary_key=True)
    product_id: int
    path: str
    sha256: str
    mime: str
    width: int
    height: int
    bytes: int
    rights: str
    url: str = ""
    position: int
    added_at: int


class Watch(SQLModel, table=True):
    """A term the user wants measured at every scan."""

    term: str = Field(primary_key=True)
    created_at: int
    last_measured_at: int | None = None


class Review(SQLModel, table=True):
    """The person's word on a product; `until` ends a deferral."""

    product_id: int = Field(primary_key=True)
    status: str
    reason: str = ""
    until: int | None = None
    at: int


class Analysis(SQLModel, table=True):
    """An agent's latest answer on a product, with the hash of what it read."""

    id: int | None = Field(default=None, primary_key=True)
    product_id: int
    agent: str
    version: int
    input_hash: str
    output: str
    provider: str = "offline"
    cause: str = ""
    created_at: int


class Draft(SQLModel, table=True):
    """What a person approves; frozen once it has an intent. `missing`, `blocks`, `warnings` are JSON lists."""

    id: str = Field(primary_key=True)
    product_id: int
    platform: str
    account: str
    action: str
    listing_id: str | None = None
    intent: bytes | None = None
    hash: str | None = None
    doc: str = "{}"
    missing: str = "[]"
    blocks: str = "[]"
    warnings: str = "[]"
    created_at: int
    superseded_at: int | None = None


class Decision(SQLModel, table=True):
    """A person's approval of one hash, or its undoing. Never updated."""

    id: str = Field(primary_key=True)
    draft_id: str
    hash: str
    kind: str
    of_decision: str | None = None
    reason: str = ""
    seat: str
    at: int
    expires_at: int | None = None


class Operation(SQLModel, table=True):
    """What consumes a decision: exactly one, by trigger."""

    id: str = Field(primary_key=True)
    kind: str
    decision_id: str
    listing_id: str
    platform: str
    account: str
    hash: str
    quantity: int | None = None
    state: str
    cause: str = ""
    late: str = "{}"
    created_at: int
    updated_at: int


class Listing(SQLModel, table=True):
    """A (product, platform, account) as it stands with the platform."""

    id: str = Field(primary_key=True)
    product_id: int
    platform: str
    account: str
    sku: str
    decision_id: str
    state: str
    external_id: str = ""
    url: str = ""
    cause: str = ""
    quantity: int | None = None
    price_minor: int | None = None
    currency: str | None = None
    created_at: int
    updated_at: int


class Attempt(SQLModel, table=True):
    """One call, committed before it is made. `verdict` None: no answer was recorded (a lost answer)."""

    id: str = Field(primary_key=True)
    operation_id: str
    step: str
    try_: int = Field(sa_column_kwargs={"name": "try"})
    wire_sha256: str
    started_at: int
    finished_at: int | None = None
    verdict: str | None = None
    status: int | None = None
    cause: str = ""
    late: str = "{}"


class Repair(SQLModel, table=True):
    """What healing did, as repairs/TOKEN/entry.json has it. `finished_at` None: in progress."""

    id: int | None = Field(default=None, primary_key=True)
    token: str
    incident_id: int | None = None
    fault: str
    subject: str = ""
    fix: str
    words: str
    undo_words: str
    evidence: str = "[]"
    state: str
    backup: str = ""
    touched: str = "[]"
    detail: str = ""
    ordered_by: str
    started_at: int
    finished_at: int | None = None


class RepairOutcome(SQLModel, table=True):
    """Whether a repair truly helped. `confidence` None: nothing had been measured before it."""

    __tablename__ = "repair_outcome"

    token: str = Field(primary_key=True)
    fault: str
    success: int
    confidence: float | None = None
    reason: str = ""
    at: int


class Learning(SQLModel, table=True):
    """The sums of this machine's outcomes by fault."""

    fault: str = Field(primary_key=True)
    trials: int = 0
    successes: int = 0
    updated_at: int


TABLES: tuple[type[SQLModel], ...] = (
    Supply, Image, Watch, Review, Analysis, Draft, Decision, Operation, Listing, Attempt, Repair,
    RepairOutcome, Learning,
)  # fmt: skip
