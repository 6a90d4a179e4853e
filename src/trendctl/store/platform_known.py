"""What platforms told about accounts and categories, kept for a while. Written by posting only."""

import json
import sqlite3

from trendctl.ports import Json

KEPT_SECONDS = 24 * 3600


def get(db: sqlite3.Connection, key: tuple[str, str, str, str], now: int) -> Json | None:
    """The answer to (platform, account, name, subject), at most a day old; None: ask."""
    row = db.execute(
        "SELECT value FROM platform_known WHERE platform = ? AND account = ? AND name = ? AND subject = ? AND at > ?",
        (*key, now - KEPT_SECONDS),
    ).fetchone()
    return json.loads(row[0]) if row else None


def put(db: sqlite3.Connection, key: tuple[str, str, str, str], value: Json, now: int) -> None:
    """Keep an answer, replacing an older one; those past their day are dropped."""
    db.execute("DELETE FROM platform_known WHERE at <= ?", (now - KEPT_SECONDS,))
    db.execute(
        "INSERT INTO platform_known (platform, account, name, subject, value, at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (platform, account, name, subject) DO UPDATE SET value = excluded.value, at = excluded.at",
        (*key, json.dumps(value, sort_keys=True), now),
    )


def forget(db: sqlite3.Connection, platform: str, account: str) -> None:
    """Ask anew next time: `platforms check` and `login` may have changed what is true."""
    db.execute("DELETE FROM platform_known WHERE platform = ? AND account = ?", (platform, account))


def note_sign_in(db: sqlite3.Connection, platform: str, account: str, ends_at: int) -> None:
    """Keep until when (epoch seconds) the sign-in lasts."""
    db.execute(
        "INSERT INTO platform_sign_in (platform, account, ends_at) VALUES (?, ?, ?)"
        " ON CONFLICT (platform, account) DO UPDATE SET ends_at = excluded.ends_at",
        (platform, account, ends_at),
    )
