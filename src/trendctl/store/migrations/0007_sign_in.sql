-- Until when a person's sign-in at a platform lasts, so that health can warn in time without reading a secret.
CREATE TABLE platform_sign_in (
    platform TEXT NOT NULL, account TEXT NOT NULL, ends_at INTEGER NOT NULL, PRIMARY KEY (platform, account)
) STRICT, WITHOUT ROWID;
