"""The pipeline in numbers."""

import sqlite3
from typing import Any


def pipeline(db: sqlite3.Connection, now: int) -> dict[str, Any]:
    """Counts by stage of the pipeline, by platform and by source (design section 6)."""
    one = db.execute(
        """
        SELECT (SELECT count(*) FROM product WHERE merged_into IS NULL) AS found,
               (SELECT count(*) FROM review WHERE status = 'pending_review') AS pending,
               (SELECT count(*) FROM review WHERE status = 'rejected') AS rejected,
               (SELECT count(*) FROM review WHERE status = 'deferred') AS deferred,
               (SELECT count(*) FROM decision d WHERE d.kind = 'approve' AND d.expires_at >= :now
                    AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.of_decision = d.id)
                    AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.decision_id = d.id)) AS approved,
               (SELECT count(*) FROM listing WHERE state IN ('submitting', 'accepted', 'unknown')) AS in_progress,
               (SELECT count(*) FROM listing WHERE state = 'live') AS live,
               (SELECT count(*) FROM listing WHERE state = 'ended') AS ended
        """,
        {"now": now},
    ).fetchone()
    platforms = db.execute(
        "SELECT platform, count(*) AS listings, sum(state = 'live') AS live, sum(state = 'ended') AS ended,"
        " sum(state IN ('rejected', 'failed')) AS failed, sum(state = 'unknown') AS unknown"
        " FROM listing GROUP BY platform ORDER BY platform"
    )
    sources = db.execute(
        "SELECT source, count(*) AS items, count(DISTINCT product_id) AS products FROM item"
        " GROUP BY source ORDER BY source"
    )
    return {
        "pipeline": dict(one),
        "by_platform": [dict(r) for r in platforms],
        "by_source": [dict(r) for r in sources],
    }
