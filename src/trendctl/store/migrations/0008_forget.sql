-- Forgetting on the person's order: what must go is emptied, its hash and its place in the chain stay.

-- A run without `finished_at` is open: only then do the guards below let texts be emptied, and nothing else.
CREATE TABLE forget_run (
    id INTEGER PRIMARY KEY, scope TEXT NOT NULL CHECK (scope IN ('source', 'account', 'everything')),
    name TEXT NOT NULL DEFAULT '', account TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL, finished_at INTEGER
) STRICT;

-- Deleting a product looks for what refers to it.
CREATE INDEX product_by_merge ON product (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX product_link_by_product ON product_link (product_id);
CREATE INDEX prediction_by_product ON prediction (product_id);
CREATE INDEX listing_by_product ON listing (product_id);

-- A draft's tombstone: an empty intent under the hash it had.
DROP TRIGGER draft_hash_is_of_intent;
CREATE TRIGGER draft_hash_is_of_intent BEFORE INSERT ON draft WHEN NEW.intent IS NOT NULL
    AND NOT (NEW.intent = x'' AND EXISTS (SELECT 1 FROM forget_run WHERE finished_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'draft: the hash is not the SHA-256 of the intent') WHERE sha256_hex(NEW.intent) <> NEW.hash;
    SELECT RAISE(ABORT, 'draft: an intent is not empty') WHERE NEW.intent = x'';
END;

DROP TRIGGER draft_frozen;
CREATE TRIGGER draft_frozen BEFORE UPDATE ON draft
WHEN NEW.id IS NOT OLD.id OR NEW.product_id IS NOT OLD.product_id OR NEW.platform IS NOT OLD.platform
    OR NEW.account IS NOT OLD.account OR NEW.action IS NOT OLD.action
    OR (NEW.intent IS NOT OLD.intent AND NOT (OLD.intent IS NOT NULL AND NEW.intent = x''
        AND EXISTS (SELECT 1 FROM forget_run WHERE finished_at IS NULL)))
    OR NEW.hash IS NOT OLD.hash OR NEW.listing_id IS NOT OLD.listing_id
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS NOT OLD.superseded_at)
BEGIN SELECT RAISE(ABORT, 'draft: frozen'); END;

DROP TRIGGER draft_kept;
CREATE TRIGGER draft_kept BEFORE DELETE ON draft WHEN OLD.intent IS NOT NULL
    AND (EXISTS (SELECT 1 FROM decision WHERE draft_id = OLD.id)
        OR NOT EXISTS (SELECT 1 FROM forget_run WHERE finished_at IS NULL))
BEGIN SELECT RAISE(ABORT, 'draft: kept'); END;

DROP TRIGGER decision_frozen;
CREATE TRIGGER decision_frozen BEFORE UPDATE ON decision
WHEN NOT EXISTS (SELECT 1 FROM forget_run WHERE finished_at IS NULL)
    OR NEW.id IS NOT OLD.id OR NEW.draft_id IS NOT OLD.draft_id OR NEW.hash IS NOT OLD.hash
    OR NEW.kind IS NOT OLD.kind OR NEW.of_decision IS NOT OLD.of_decision OR NEW.reason <> ''
    OR NEW.seat IS NOT OLD.seat OR NEW.at IS NOT OLD.at OR NEW.expires_at IS NOT OLD.expires_at
BEGIN SELECT RAISE(ABORT, 'decision: frozen'); END;

-- Nobody approves, and nothing is begun of, an emptied draft; only its skeleton is put back after a restore.
CREATE TRIGGER decision_of_words BEFORE INSERT ON decision WHEN NEW.kind = 'approve'
BEGIN
    SELECT RAISE(ABORT, 'decision: the draft was forgotten') WHERE NOT EXISTS (
        SELECT 1 FROM forget_run WHERE finished_at IS NULL) AND EXISTS (
        SELECT 1 FROM draft WHERE id = NEW.draft_id AND intent = x'');
END;
CREATE TRIGGER operation_of_words BEFORE INSERT ON operation
BEGIN
    SELECT RAISE(ABORT, 'operation: the draft was forgotten') WHERE NOT EXISTS (
        SELECT 1 FROM forget_run WHERE finished_at IS NULL) AND EXISTS (
        SELECT 1 FROM decision d JOIN draft f ON f.id = d.draft_id WHERE d.id = NEW.decision_id AND f.intent = x'');
END;

DROP TRIGGER operation_lowers_only;
CREATE TRIGGER operation_lowers_only BEFORE INSERT ON operation WHEN NEW.kind = 'auto_decrease'
BEGIN
    SELECT RAISE(ABORT, 'operation: not a lower quantity the approval allows') WHERE NOT EXISTS (
        SELECT 1 FROM listing l JOIN decision d ON d.id = l.decision_id JOIN draft f ON f.id = d.draft_id
        WHERE l.id = NEW.listing_id AND l.decision_id = NEW.decision_id AND l.state IN ('accepted', 'live')
            AND NEW.quantity >= 0 AND NEW.quantity < l.quantity AND l.platform = NEW.platform AND l.account = NEW.account
            AND json_extract(nullif(CAST(f.intent AS TEXT), ''), '$.auto_decrease') = 1);
END;

DROP TRIGGER listing_needs_a_decision;
CREATE TRIGGER listing_needs_a_decision BEFORE INSERT ON listing
BEGIN
    SELECT RAISE(ABORT, 'listing: no approval for this') WHERE NOT EXISTS (
        SELECT 1 FROM decision d JOIN draft f ON f.id = d.draft_id JOIN operation o ON o.decision_id = d.id
        WHERE d.id = NEW.decision_id AND d.kind = 'approve' AND o.kind IN ('create', 'relist') AND o.listing_id = NEW.id
            AND f.product_id = NEW.product_id AND f.platform = NEW.platform AND f.account = NEW.account
            AND (json_extract(nullif(CAST(f.intent AS TEXT), ''), '$.sku') = NEW.sku
                OR (f.intent = x'' AND EXISTS (SELECT 1 FROM forget_run WHERE finished_at IS NULL))));
END;

-- A listing that is over gives its SKU up too; one that is not keeps it, so that it is never made twice.
DROP TRIGGER listing_frozen;
CREATE TRIGGER listing_frozen BEFORE UPDATE ON listing
WHEN NEW.id IS NOT OLD.id OR NEW.product_id IS NOT OLD.product_id OR NEW.platform IS NOT OLD.platform
    OR NEW.account IS NOT OLD.account OR NEW.decision_id IS NOT OLD.decision_id
    OR (NEW.sku IS NOT OLD.sku AND NOT (NEW.sku = '' AND OLD.state IN ('ended', 'rejected', 'failed')
        AND EXISTS (SELECT 1 FROM forget_run WHERE finished_at IS NULL)))
BEGIN SELECT RAISE(ABORT, 'listing: frozen'); END;

DROP TRIGGER attempt_answered_once;
CREATE TRIGGER attempt_answered_once BEFORE UPDATE ON attempt
WHEN NEW.id IS NOT OLD.id OR NEW.operation_id IS NOT OLD.operation_id
    OR NEW.step IS NOT OLD.step OR NEW.try IS NOT OLD.try OR NEW.wire_sha256 IS NOT OLD.wire_sha256
    OR NEW.started_at IS NOT OLD.started_at
    OR (OLD.finished_at IS NOT NULL AND NOT (NEW.finished_at IS OLD.finished_at AND NEW.verdict IS OLD.verdict
        AND NEW.status IS OLD.status AND NEW.cause = '' AND NEW.late = '{}'
        AND EXISTS (SELECT 1 FROM forget_run WHERE finished_at IS NULL)))
BEGIN SELECT RAISE(ABORT, 'attempt: frozen'); END;

DROP TRIGGER audit_frozen;
CREATE TRIGGER audit_frozen BEFORE UPDATE ON audit
WHEN NEW.seq IS NOT OLD.seq OR NEW.kind IS NOT OLD.kind OR NEW.key IS NOT OLD.key OR NEW.body_sha256 IS NOT OLD.body_sha256
    OR NEW.prev IS NOT OLD.prev OR NEW.chain IS NOT OLD.chain OR NEW.at IS NOT OLD.at OR NEW.body IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM forget_run WHERE finished_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'audit: append only'); END;
