-- What sources cost whose calls are paid for, reserved before each call.

-- `day`: days since 1970 (UTC). Millionths of a US dollar.
CREATE TABLE source_spend (
    source TEXT NOT NULL, day INTEGER NOT NULL, micro_usd INTEGER NOT NULL CHECK (micro_usd >= 0),
    PRIMARY KEY (source, day)
) STRICT, WITHOUT ROWID;
