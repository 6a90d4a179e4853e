-- What the daemon and the healer remember: incidents, and the messages sent about them.

-- `fault` names what is wrong (a check, or an event such as missed.scan); one open row a fault.
-- `told_at`: when the person was sent a message about it; `times`: how often it came within one incident.
CREATE TABLE incident (
    id INTEGER PRIMARY KEY, fault TEXT NOT NULL, severity TEXT NOT NULL CHECK (severity IN ('warn', 'fail')),
    cause TEXT NOT NULL DEFAULT '', confidence REAL,
    action TEXT NOT NULL DEFAULT 'told' CHECK (action IN ('fixed', 'proposed', 'abstained', 'rolled_back', 'told')),
    repair_id INTEGER, detail TEXT NOT NULL DEFAULT '', opened_at INTEGER NOT NULL, seen_at INTEGER NOT NULL,
    closed_at INTEGER, told_at INTEGER, times INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX incident_one_open ON incident (fault) WHERE closed_at IS NULL;
CREATE INDEX incident_by_fault ON incident (fault, closed_at);
CREATE INDEX incident_untold ON incident (id) WHERE told_at IS NULL;

CREATE TABLE notice (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, incidents INTEGER NOT NULL, title TEXT NOT NULL) STRICT;
CREATE INDEX notice_by_time ON notice (at);

-- How often in a row a job took the whole process down with it: it is then not begun again at once.
ALTER TABLE job_state ADD COLUMN broken_off INTEGER NOT NULL DEFAULT 0;
