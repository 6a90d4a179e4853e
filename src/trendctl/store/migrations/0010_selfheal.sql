-- Repairs, and what was learned from them.

-- An incident is about one fault of one subject (a source, a job, a platform; '' = the whole).
-- `evidence`: how we know its cause, a JSON list of lines.
ALTER TABLE incident ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN evidence TEXT NOT NULL DEFAULT '[]';
DROP INDEX incident_one_open;
CREATE UNIQUE INDEX incident_one_open ON incident (fault, subject) WHERE closed_at IS NULL;

-- A copy for queries of what stands in repairs/TOKEN/entry.json. The way back is kept there and not here: it must be
-- safe before the first touch, also where it is this database that cannot be written.
CREATE TABLE repair (
    id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, incident_id INTEGER, fault TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '', fix TEXT NOT NULL, words TEXT NOT NULL, undo_words TEXT NOT NULL,
    evidence TEXT NOT NULL DEFAULT '[]',
    state TEXT NOT NULL CHECK (state IN ('applying', 'validating', 'final', 'rolled_back')),
    backup TEXT NOT NULL DEFAULT '', touched TEXT NOT NULL DEFAULT '[]', detail TEXT NOT NULL DEFAULT '',
    ordered_by TEXT NOT NULL CHECK (ordered_by IN ('healer', 'person')),
    started_at INTEGER NOT NULL, finished_at INTEGER
) STRICT;
CREATE INDEX repair_by_time ON repair (started_at);

-- Whether a fix truly helped. `confidence`: the measured precision before it, NULL where nothing had been measured.
CREATE TABLE repair_outcome (
    token TEXT PRIMARY KEY REFERENCES repair(token), fault TEXT NOT NULL, success INTEGER NOT NULL CHECK (success IN (0, 1)),
    confidence REAL, reason TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The sums of this machine's outcomes by fault.
CREATE TABLE learning (
    fault TEXT PRIMARY KEY, trials INTEGER NOT NULL DEFAULT 0, successes INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL, CHECK (successes BETWEEN 0 AND trials)
) STRICT, WITHOUT ROWID;
