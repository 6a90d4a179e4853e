"""Who may write what: one writer for each table, enforced on every write connection by SQLite's authorizer.

Tables that every stage appends to (the audit chain) or that belong to the store itself stand in SHARED.
"""

from enum import StrEnum


class Role(StrEnum):
    """The stage on whose behalf a connection writes."""

    SCANNER = "scanner"
    ANALYZER = "analyzer"
    APPROVAL = "approval"
    POSTING = "posting"
    SELFHEAL = "selfheal"
    APP = "app"  # jobs, backups, blocks after a restore
    HTTP = "http"  # the HTTP client's own memory


WRITERS: dict[Role, frozenset[str]] = {
    Role.SCANNER: frozenset(
        {"scan_run", "source_run", "source_setting", "product", "item", "metric", "observation", "product_key",
         "product_link", "watch"}
    ),
    Role.ANALYZER: frozenset({"score", "analysis"}),
    Role.APPROVAL: frozenset(
        {"supply", "image", "review", "review_open", "platform_choice", "compliance_lift", "decision", "audit"}
    ),
    Role.POSTING: frozenset({"draft", "operation", "listing", "attempt", "account_block", "audit"}),
    Role.SELFHEAL: frozenset({"job_state"}),
    Role.APP: frozenset({"backup", "job_state"}),
    Role.HTTP: frozenset({"http_host", "http_validator"}),
}  # fmt: skip
