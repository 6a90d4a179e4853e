-- The tables of the main job. Times are epoch seconds (UTC); amounts are minor units beside their currency.

-- scanner ------------------------------------------------------------------------------------------------
CREATE TABLE scan_run (
    id INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, finished_at INTEGER, reason TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE source_run (
    id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES scan_run(id), source TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT 'discover',
    outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'empty', 'unavailable', 'skipped', 'failed')),
    cause TEXT NOT NULL DEFAULT '', items INTEGER NOT NULL DEFAULT 0, new_items INTEGER NOT NULL DEFAULT 0,
    observations INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX source_run_by_source ON source_run (source, at);
CREATE INDEX source_run_by_run ON source_run (run_id);

CREATE TABLE source_setting (source TEXT PRIMARY KEY, enabled INTEGER NOT NULL) STRICT;

CREATE TABLE http_host (host TEXT PRIMARY KEY, next_at REAL NOT NULL) STRICT;
CREATE TABLE http_validator (
    url TEXT PRIMARY KEY, etag TEXT NOT NULL, last_modified TEXT NOT NULL, body_sha256 TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;

CREATE TABLE product (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, title TEXT NOT NULL, brand TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT '', sellable REAL NOT NULL DEFAULT 0, first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL, merged_into INTEGER REFERENCES product(id)
) STRICT;

CREATE TABLE item (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, external_id TEXT NOT NULL, title TEXT NOT NULL,
    url TEXT NOT NULL DEFAULT '', category TEXT NOT NULL DEFAULT '', image_url TEXT NOT NULL DEFAULT '',
    brand TEXT NOT NULL DEFAULT '', event_at INTEGER, first_seen_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL,
    product_id INTEGER REFERENCES product(id),
    UNIQUE (source, external_id)
) STRICT;
CREATE INDEX item_by_product ON item (product_id) WHERE product_id IS NOT NULL;

CREATE TABLE metric (id INTEGER PRIMARY KEY, name TEXT NOT NULL, period INTEGER NOT NULL, UNIQUE (name, period)) STRICT;

-- Narrow on purpose: an hourly scan of 34 sources writes 15 million rows a year.
CREATE TABLE observation (
    item_id INTEGER NOT NULL, metric_id INTEGER NOT NULL, at INTEGER NOT NULL, value REAL, rank INTEGER,
    price INTEGER, currency TEXT, fetched_at INTEGER NOT NULL,
    PRIMARY KEY (item_id, metric_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE product_key (key INTEGER NOT NULL, product_id INTEGER NOT NULL, PRIMARY KEY (key, product_id)) STRICT, WITHOUT ROWID;

-- A person's merge (together = 1) or split (0) of an item and a product, remembered by the scanner.
CREATE TABLE product_link (
    item_id INTEGER NOT NULL REFERENCES item(id), product_id INTEGER NOT NULL REFERENCES product(id),
    together INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (item_id, product_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE watch (
    term TEXT PRIMARY KEY, created_at INTEGER NOT NULL, last_measured_at INTEGER
) STRICT;

-- analyzer -----------------------------------------------------------------------------------------------
CREATE TABLE score (
    product_id INTEGER PRIMARY KEY REFERENCES product(id), score REAL NOT NULL, stage TEXT NOT NULL,
    parts TEXT NOT NULL, inputs TEXT NOT NULL, sources INTEGER NOT NULL DEFAULT 0,
    price_low INTEGER, price_mid INTEGER, price_high INTEGER, currency TEXT, computed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX score_best ON score (score DESC, product_id);

CREATE TABLE analysis (
    id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES product(id), agent TEXT NOT NULL,
    version INTEGER NOT NULL, input_hash TEXT NOT NULL, output TEXT NOT NULL, provider TEXT NOT NULL DEFAULT 'offline',
    cause TEXT NOT NULL DEFAULT '', created_at INTEGER NOT NULL,
    UNIQUE (product_id, agent)
) STRICT;

-- approval: what the person says ---------------------------------------------------------------------------
CREATE TABLE supply (
    product_id INTEGER PRIMARY KEY REFERENCES product(id), cost_minor INTEGER, currency TEXT,
    freight_minor INTEGER NOT NULL DEFAULT 0, duty_minor INTEGER NOT NULL DEFAULT 0,
    packaging_minor INTEGER NOT NULL DEFAULT 0, outbound_shipping_minor INTEGER NOT NULL DEFAULT 0,
    ad_minor INTEGER NOT NULL DEFAULT 0, return_rate TEXT NOT NULL DEFAULT '0', stock INTEGER, lead_days INTEGER,
    condition TEXT, brand TEXT NOT NULL DEFAULT '', mpn TEXT NOT NULL DEFAULT '', gtin TEXT NOT NULL DEFAULT '',
    price_minor INTEGER, link TEXT NOT NULL DEFAULT '', facts TEXT NOT NULL DEFAULT '{}',
    supplier TEXT NOT NULL DEFAULT '', auto_decrease INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE image (
    id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES product(id), path TEXT NOT NULL,
    sha256 TEXT NOT NULL, mime TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, bytes INTEGER NOT NULL,
    rights TEXT NOT NULL CHECK (rights IN ('own', 'licensed', 'supplier')), url TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL, added_at INTEGER NOT NULL, UNIQUE (product_id, sha256)
) STRICT;

-- The person's word on a whole product; without a row it is 'discovered'.
CREATE TABLE review (
    product_id INTEGER PRIMARY KEY REFERENCES product(id),
    status TEXT NOT NULL CHECK (status IN ('pending_review', 'rejected', 'deferred')),
    reason TEXT NOT NULL DEFAULT '', until INTEGER, at INTEGER NOT NULL
) STRICT;
CREATE INDEX review_by_status ON review (status);

CREATE TABLE review_open (product_id INTEGER PRIMARY KEY REFERENCES product(id), at INTEGER NOT NULL) STRICT;

CREATE TABLE platform_choice (
    product_id INTEGER NOT NULL REFERENCES product(id), platform TEXT NOT NULL, wanted INTEGER NOT NULL,
    PRIMARY KEY (product_id, platform)
) STRICT, WITHOUT ROWID;

-- The person's own words for a draft, kept apart from what the program proposes; JSON of intent fields.
CREATE TABLE draft_edit (
    product_id INTEGER NOT NULL REFERENCES product(id), platform TEXT NOT NULL, account TEXT NOT NULL,
    changes TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (product_id, platform, account)
) STRICT, WITHOUT ROWID;

-- A compliance block lifted by the person, with the typed reason.
CREATE TABLE compliance_lift (
    product_id INTEGER NOT NULL REFERENCES product(id), code TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (product_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE decision (
    id TEXT PRIMARY KEY, draft_id TEXT NOT NULL REFERENCES draft(id), hash TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('approve', 'undo', 'void')),
    of_decision TEXT REFERENCES decision(id), reason TEXT NOT NULL DEFAULT '', seat TEXT NOT NULL,
    at INTEGER NOT NULL, expires_at INTEGER,
    CHECK ((kind = 'approve') = (expires_at IS NOT NULL)), CHECK ((kind = 'approve') = (of_decision IS NULL))
) STRICT;
CREATE UNIQUE INDEX decision_undone_once ON decision (of_decision) WHERE of_decision IS NOT NULL;
CREATE INDEX decision_by_draft ON decision (draft_id);

-- posting --------------------------------------------------------------------------------------------------
-- A draft with an intent is frozen: what the person saw is what is sent. `doc` holds the provisional fields of one without.
CREATE TABLE draft (
    id TEXT PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES product(id), platform TEXT NOT NULL,
    account TEXT NOT NULL, action TEXT NOT NULL CHECK (action IN ('create', 'revise', 'reprice', 'relist', 'end')),
    listing_id TEXT REFERENCES listing(id), intent BLOB, hash TEXT, doc TEXT NOT NULL DEFAULT '{}',
    missing TEXT NOT NULL DEFAULT '[]', blocks TEXT NOT NULL DEFAULT '[]', warnings TEXT NOT NULL DEFAULT '[]',
    created_at INTEGER NOT NULL, superseded_at INTEGER,
    CHECK ((intent IS NULL) = (hash IS NULL)), CHECK ((action = 'create') = (listing_id IS NULL) OR action = 'relist')
) STRICT;
CREATE INDEX draft_by_product ON draft (product_id, platform, account);
CREATE INDEX draft_current ON draft (product_id) WHERE superseded_at IS NULL;

CREATE TABLE operation (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('create', 'revise', 'reprice', 'relist', 'end', 'auto_decrease')),
    decision_id TEXT NOT NULL REFERENCES decision(id), listing_id TEXT NOT NULL REFERENCES listing(id) DEFERRABLE INITIALLY DEFERRED,
    platform TEXT NOT NULL, account TEXT NOT NULL, hash TEXT NOT NULL, quantity INTEGER,
    state TEXT NOT NULL CHECK (state IN ('submitting', 'accepted', 'live', 'rejected', 'failed', 'unknown')),
    cause TEXT NOT NULL DEFAULT '', late TEXT NOT NULL DEFAULT '{}', created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX operation_consumes_decision ON operation (decision_id) WHERE kind <> 'auto_decrease';
CREATE INDEX operation_open ON operation (state) WHERE state IN ('submitting', 'accepted', 'unknown');
CREATE INDEX operation_by_listing ON operation (listing_id);

CREATE TABLE listing (
    id TEXT PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES product(id), platform TEXT NOT NULL,
    account TEXT NOT NULL, sku TEXT NOT NULL, decision_id TEXT NOT NULL REFERENCES decision(id),
    state TEXT NOT NULL CHECK (state IN ('submitting', 'accepted', 'live', 'rejected', 'failed', 'unknown', 'ended')),
    external_id TEXT NOT NULL DEFAULT '', url TEXT NOT NULL DEFAULT '', cause TEXT NOT NULL DEFAULT '',
    quantity INTEGER, price_minor INTEGER, currency TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX listing_one_open ON listing (product_id, platform, account)
    WHERE state IN ('submitting', 'accepted', 'live', 'unknown');
CREATE INDEX listing_by_sku ON listing (platform, account, sku);

CREATE TABLE attempt (
    id TEXT PRIMARY KEY, operation_id TEXT NOT NULL REFERENCES operation(id), step TEXT NOT NULL, try INTEGER NOT NULL,
    wire_sha256 TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER,
    verdict TEXT CHECK (verdict IN ('applied', 'not_applied', 'rejected', 'unknown')),
    status INTEGER, cause TEXT NOT NULL DEFAULT '', late TEXT NOT NULL DEFAULT '{}',
    UNIQUE (operation_id, step, try), CHECK ((finished_at IS NULL) = (verdict IS NULL))
) STRICT;

CREATE TABLE account_block (
    platform TEXT NOT NULL, account TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (platform, account)
) STRICT, WITHOUT ROWID;

-- the audit chain ------------------------------------------------------------------------------------------
-- chain = sha256 of prev, seq, kind, key and body_sha256: it holds hashes only, so a body may become a tombstone.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT, body_sha256 TEXT NOT NULL,
    prev TEXT NOT NULL, chain TEXT NOT NULL UNIQUE, at INTEGER NOT NULL
) STRICT;

-- backup and jobs --------------------------------------------------------------------------------------------
CREATE TABLE backup (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL,
    verified_at INTEGER, reason TEXT NOT NULL, sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE job_state (
    job TEXT PRIMARY KEY, last_started_at INTEGER, last_finished_at INTEGER, last_ok_at INTEGER, next_due_at INTEGER,
    outcome TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT ''
) STRICT;

-- the rules that cannot be broken ------------------------------------------------------------------------------
CREATE TRIGGER draft_hash_is_of_intent BEFORE INSERT ON draft WHEN NEW.intent IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'draft: the hash is not the SHA-256 of the intent') WHERE sha256_hex(NEW.intent) <> NEW.hash;
END;
CREATE TRIGGER draft_frozen BEFORE UPDATE ON draft
WHEN NEW.id IS NOT OLD.id OR NEW.product_id IS NOT OLD.product_id OR NEW.platform IS NOT OLD.platform
    OR NEW.account IS NOT OLD.account OR NEW.action IS NOT OLD.action OR NEW.intent IS NOT OLD.intent
    OR NEW.hash IS NOT OLD.hash OR NEW.listing_id IS NOT OLD.listing_id
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS NOT OLD.superseded_at)
BEGIN SELECT RAISE(ABORT, 'draft: frozen'); END;
CREATE TRIGGER draft_kept BEFORE DELETE ON draft WHEN OLD.intent IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'draft: kept'); END;

CREATE TRIGGER decision_frozen BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'decision: frozen'); END;
CREATE TRIGGER decision_kept BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'decision: kept'); END;
CREATE TRIGGER decision_approves_a_hash BEFORE INSERT ON decision WHEN NEW.kind = 'approve'
BEGIN
    SELECT RAISE(ABORT, 'decision: no current draft with that intent') WHERE NOT EXISTS (
        SELECT 1 FROM draft WHERE id = NEW.draft_id AND intent IS NOT NULL AND hash = NEW.hash
            AND superseded_at IS NULL AND blocks = '[]' AND missing = '[]');
    SELECT RAISE(ABORT, 'decision: the draft is approved already') WHERE EXISTS (
        SELECT 1 FROM decision d WHERE d.draft_id = NEW.draft_id AND d.kind = 'approve' AND d.expires_at >= NEW.at
            AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id));
    SELECT RAISE(ABORT, 'decision: the draft was posted already') WHERE EXISTS (
        SELECT 1 FROM decision d JOIN operation o ON o.decision_id = d.id WHERE d.draft_id = NEW.draft_id);
END;
CREATE TRIGGER decision_undoes_an_unused_approval BEFORE INSERT ON decision WHEN NEW.kind IN ('undo', 'void')
BEGIN
    SELECT RAISE(ABORT, 'decision: nothing to take back') WHERE NOT EXISTS (
        SELECT 1 FROM decision d WHERE d.id = NEW.of_decision AND d.kind = 'approve' AND d.draft_id = NEW.draft_id
            AND d.hash = NEW.hash);
    SELECT RAISE(ABORT, 'decision: used already') WHERE EXISTS (
        SELECT 1 FROM operation WHERE decision_id = NEW.of_decision);
END;

CREATE TRIGGER operation_needs_a_decision BEFORE INSERT ON operation WHEN NEW.kind <> 'auto_decrease'
BEGIN
    SELECT RAISE(ABORT, 'operation: no approval for this') WHERE NOT EXISTS (
        SELECT 1 FROM decision d JOIN draft f ON f.id = d.draft_id
        WHERE d.id = NEW.decision_id AND d.kind = 'approve' AND d.hash = NEW.hash AND f.hash = NEW.hash
            AND f.action = NEW.kind AND f.platform = NEW.platform AND f.account = NEW.account
            AND d.at <= NEW.created_at AND NEW.created_at <= d.expires_at
            AND (f.listing_id IS NULL OR f.action = 'relist' OR f.listing_id = NEW.listing_id));
    SELECT RAISE(ABORT, 'operation: the approval was taken back') WHERE EXISTS (
        SELECT 1 FROM decision WHERE of_decision = NEW.decision_id);
    SELECT RAISE(ABORT, 'operation: the account is blocked until reconciled') WHERE EXISTS (
        SELECT 1 FROM account_block WHERE platform = NEW.platform AND account = NEW.account);
END;
CREATE TRIGGER operation_lowers_only BEFORE INSERT ON operation WHEN NEW.kind = 'auto_decrease'
BEGIN
    SELECT RAISE(ABORT, 'operation: not a lower quantity the approval allows') WHERE NOT EXISTS (
        SELECT 1 FROM listing l JOIN decision d ON d.id = l.decision_id JOIN draft f ON f.id = d.draft_id
        WHERE l.id = NEW.listing_id AND l.decision_id = NEW.decision_id AND l.state IN ('accepted', 'live')
            AND NEW.quantity >= 0 AND NEW.quantity < l.quantity AND l.platform = NEW.platform AND l.account = NEW.account
            AND json_extract(CAST(f.intent AS TEXT), '$.auto_decrease') = 1);
END;
CREATE TRIGGER operation_frozen BEFORE UPDATE ON operation
WHEN NEW.id IS NOT OLD.id OR NEW.kind IS NOT OLD.kind OR NEW.decision_id IS NOT OLD.decision_id
    OR NEW.listing_id IS NOT OLD.listing_id OR NEW.hash IS NOT OLD.hash OR NEW.quantity IS NOT OLD.quantity
    OR NEW.platform IS NOT OLD.platform OR NEW.account IS NOT OLD.account
BEGIN SELECT RAISE(ABORT, 'operation: frozen'); END;
CREATE TRIGGER operation_moves BEFORE UPDATE OF state ON operation WHEN NEW.state <> OLD.state AND NOT (
    (OLD.state = 'submitting' AND NEW.state IN ('accepted', 'live', 'rejected', 'failed', 'unknown'))
    OR (OLD.state = 'accepted' AND NEW.state IN ('live', 'rejected', 'failed', 'unknown'))
    OR (OLD.state = 'unknown' AND NEW.state IN ('accepted', 'live', 'rejected', 'failed')))
BEGIN SELECT RAISE(ABORT, 'operation: no such move'); END;
CREATE TRIGGER operation_kept BEFORE DELETE ON operation BEGIN SELECT RAISE(ABORT, 'operation: kept'); END;

CREATE TRIGGER listing_needs_a_decision BEFORE INSERT ON listing
BEGIN
    SELECT RAISE(ABORT, 'listing: no approval for this') WHERE NOT EXISTS (
        SELECT 1 FROM decision d JOIN draft f ON f.id = d.draft_id JOIN operation o ON o.decision_id = d.id
        WHERE d.id = NEW.decision_id AND d.kind = 'approve' AND o.kind IN ('create', 'relist') AND o.listing_id = NEW.id
            AND f.product_id = NEW.product_id AND f.platform = NEW.platform AND f.account = NEW.account
            AND json_extract(CAST(f.intent AS TEXT), '$.sku') = NEW.sku);
END;
CREATE TRIGGER listing_frozen BEFORE UPDATE ON listing
WHEN NEW.id IS NOT OLD.id OR NEW.product_id IS NOT OLD.product_id OR NEW.platform IS NOT OLD.platform
    OR NEW.account IS NOT OLD.account OR NEW.sku IS NOT OLD.sku OR NEW.decision_id IS NOT OLD.decision_id
BEGIN SELECT RAISE(ABORT, 'listing: frozen'); END;
CREATE TRIGGER listing_moves BEFORE UPDATE OF state ON listing WHEN NEW.state <> OLD.state AND NOT (
    (OLD.state = 'submitting' AND NEW.state IN ('accepted', 'live', 'rejected', 'failed', 'unknown'))
    OR (OLD.state = 'accepted' AND NEW.state IN ('live', 'rejected', 'failed', 'unknown'))
    OR (OLD.state = 'unknown' AND NEW.state IN ('accepted', 'live', 'rejected', 'failed'))
    OR (OLD.state = 'live' AND NEW.state = 'ended'))
BEGIN SELECT RAISE(ABORT, 'listing: no such move'); END;
CREATE TRIGGER listing_kept BEFORE DELETE ON listing BEGIN SELECT RAISE(ABORT, 'listing: kept'); END;

CREATE TRIGGER attempt_answered_once BEFORE UPDATE ON attempt
WHEN OLD.finished_at IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.operation_id IS NOT OLD.operation_id
    OR NEW.step IS NOT OLD.step OR NEW.try IS NOT OLD.try OR NEW.wire_sha256 IS NOT OLD.wire_sha256
    OR NEW.started_at IS NOT OLD.started_at
BEGIN SELECT RAISE(ABORT, 'attempt: frozen'); END;
CREATE TRIGGER attempt_kept BEFORE DELETE ON attempt BEGIN SELECT RAISE(ABORT, 'attempt: kept'); END;

CREATE TRIGGER audit_frozen BEFORE UPDATE ON audit
WHEN NEW.seq IS NOT OLD.seq OR NEW.kind IS NOT OLD.kind OR NEW.key IS NOT OLD.key OR NEW.body_sha256 IS NOT OLD.body_sha256
    OR NEW.prev IS NOT OLD.prev OR NEW.chain IS NOT OLD.chain OR NEW.at IS NOT OLD.at OR NEW.body IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'audit: append only'); END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit: append only'); END;
