-- What posting learns from the platforms, and how fast it may call them.

-- Reads that drafts need (policies, categories, required aspects), kept for a day.
CREATE TABLE platform_known (
    platform TEXT NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL, value TEXT NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (platform, account, name, subject)
) STRICT, WITHOUT ROWID;

-- Token buckets, one a published limit and account: what was left at a time (epoch seconds).
CREATE TABLE http_bucket (name TEXT PRIMARY KEY, tokens REAL NOT NULL, at REAL NOT NULL) STRICT;

-- Circuit breakers, one an account: failures in a row; no call before `open_until`, then one as a probe.
CREATE TABLE http_circuit (
    name TEXT PRIMARY KEY, failures INTEGER NOT NULL, open_until REAL NOT NULL, cause TEXT NOT NULL
) STRICT;
