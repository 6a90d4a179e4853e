-- What language models cost, reserved before each call, and what they answered.

-- One row an attempt. `day`: days since 1970 (UTC). Amounts are millionths of a US dollar. `spent_micro_usd` NULL: not
-- known yet, or the process died; the reserved amount then counts.
CREATE TABLE llm_call (
    id INTEGER PRIMARY KEY, day INTEGER NOT NULL, agents TEXT NOT NULL, product_id INTEGER,
    provider TEXT NOT NULL, model TEXT NOT NULL, reserved_micro_usd INTEGER NOT NULL CHECK (reserved_micro_usd >= 0),
    spent_micro_usd INTEGER CHECK (spent_micro_usd >= 0), input_tokens INTEGER, output_tokens INTEGER,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'done', 'failed', 'lost', 'overrun')),
    cause TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL
) STRICT;
CREATE INDEX llm_call_by_day ON llm_call (day);

-- Answers by the hash of all that the model was given (content, agents' versions, provider, model). `answer` '':
-- there was none that could be used, for the reason in `cause`; asked again on another day.
CREATE TABLE llm_answer (
    hash TEXT PRIMARY KEY, answer TEXT NOT NULL, cause TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
