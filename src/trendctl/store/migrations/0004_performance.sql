-- How listings sell, what is left in stock, what was foretold and what came of it.

-- A tracked listing and the sums over its days. In every sum and day: NULL = the platform does not give it, never 0.
-- `stock_counted`: units sold that the stock was lowered by already; `units_at_set`: units sold, told or not, when the
-- listing's quantity was last set.
CREATE TABLE metric_listing (
    number INTEGER PRIMARY KEY, listing_id TEXT NOT NULL UNIQUE REFERENCES listing(id), days INTEGER NOT NULL DEFAULT 0,
    views INTEGER, clicks INTEGER, orders INTEGER, units INTEGER, revenue_minor INTEGER, fees_minor INTEGER,
    returns INTEGER, refunds_minor INTEGER, currency TEXT, fees_by TEXT NOT NULL DEFAULT '',
    first_day INTEGER, last_day INTEGER, fetched_at INTEGER NOT NULL, stock_counted INTEGER NOT NULL DEFAULT 0,
    units_at_set INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `day`: whole days since 1970-01-01 (UTC). Minor units of `currency`. Late data replaces its day.
-- `fees_by`: 'platform' it told them, a fee table's version where they were reckoned by it, '' where they are not known.
-- `returns`: units sent back; `refunds_minor`: what they were sold for, by the day's own price.
CREATE TABLE metric_day (
    number INTEGER NOT NULL REFERENCES metric_listing(number), day INTEGER NOT NULL,
    views INTEGER, clicks INTEGER, orders INTEGER, units INTEGER, revenue_minor INTEGER, fees_minor INTEGER,
    returns INTEGER, refunds_minor INTEGER, currency TEXT, fees_by TEXT NOT NULL DEFAULT '',
    fetched_at INTEGER NOT NULL,
    PRIMARY KEY (number, day),
    CHECK (coalesce(views, 0) >= 0 AND coalesce(clicks, 0) >= 0 AND coalesce(orders, 0) >= 0
        AND coalesce(units, 0) >= 0 AND coalesce(returns, 0) >= 0),
    CHECK ((revenue_minor IS NULL AND fees_minor IS NULL) OR currency IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX metric_by_day ON metric_day (day, number, views, units);

-- What tracking could not read (a missing permission, a platform that gives nothing), told to the person once.
CREATE TABLE metric_note (
    platform TEXT NOT NULL, account TEXT NOT NULL, cause TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (platform, account, cause)
) STRICT, WITHOUT ROWID;

-- The central quantity of a product, from what the seller told (`told`) less what sold since.
CREATE TABLE stock (
    product_id INTEGER PRIMARY KEY REFERENCES product(id), told INTEGER NOT NULL, quantity INTEGER NOT NULL,
    oversold INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL
) STRICT;

-- The ledger: `value` is a probability (stage, forecast), a price in minor units of `currency`, or a score of 0 to 100;
-- `label` is the stage foretold. `outcome` is what was seen, `hit` whether it came true; both NULL until settled, and
-- after it where nothing could be seen.
CREATE TABLE prediction (
    id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES product(id),
    kind TEXT NOT NULL CHECK (kind IN ('stage', 'forecast', 'price', 'score')),
    made_at INTEGER NOT NULL, due_at INTEGER NOT NULL, label TEXT NOT NULL DEFAULT '', value REAL NOT NULL,
    low REAL, high REAL, currency TEXT, sources TEXT NOT NULL DEFAULT '[]',
    outcome REAL, outcome_label TEXT NOT NULL DEFAULT '', hit INTEGER, settled_at INTEGER
) STRICT;
CREATE UNIQUE INDEX prediction_one_open ON prediction (product_id, kind) WHERE settled_at IS NULL;
CREATE INDEX prediction_due ON prediction (due_at) WHERE settled_at IS NULL;
CREATE INDEX prediction_settled ON prediction (kind, settled_at) WHERE settled_at IS NOT NULL;

-- What is believed of a source, learned from its settled predictions; within 0.25 and 2.
CREATE TABLE source_weight (
    source TEXT PRIMARY KEY, weight REAL NOT NULL CHECK (weight BETWEEN 0.25 AND 2.0), hits INTEGER NOT NULL DEFAULT 0,
    settled INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL
) STRICT;
