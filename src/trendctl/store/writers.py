"""Who may write what: one writer for each table, enforced on every write connection by SQLite's authorizer.

Some tables have more than one: the audit chain (approval and posting append to it); the schedule and the caches,
which healing may mend; and, after a restore, what `reconcile` rebuilds from the journal on a person's order.
`forget`, a person's order too, reaches every table; what it may do to the frozen ones is in the database's guards.
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
    RESTORE = "restore"  # a person's reconcile after a restore: rebuilds from the journal
    FORGET = "forget"  # a person's `forget`: empties and deletes, where the guards let it while its run is open


# What can be read again from elsewhere and decides nothing: healing may forget rows of these. What a platform told and
# what a model answered are none: drafts are made of them.
CACHES = frozenset({"http_validator"})

WRITERS: dict[Role, frozenset[str]] = {
    Role.SCANNER: frozenset(
        {"scan_run", "source_run", "source_setting", "product", "item", "metric", "observation", "product_key",
         "product_link", "watch", "source_spend"}
    ),
    Role.ANALYZER: frozenset({"score", "analysis", "prediction", "source_weight", "llm_call", "llm_answer"}),
    Role.APPROVAL: frozenset(
        {"supply", "image", "review", "review_open", "platform_choice", "draft_edit", "compliance_lift",
         "decision", "audit"}
    ),
    Role.POSTING: frozenset(
        {"draft", "operation", "listing", "attempt", "account_block", "audit", "platform_known", "platform_sign_in",
         "metric_listing", "metric_day", "metric_note", "stock"}
    ),
    Role.SELFHEAL: frozenset({"incident", "notice", "job_state", "repair", "repair_outcome", "learning"}) | CACHES,
    Role.APP: frozenset({"backup", "job_state"}),
    Role.RESTORE: frozenset(
        {"product", "draft", "decision", "operation", "listing", "attempt", "account_block", "audit"}
    ),
    Role.HTTP: frozenset({"http_host", "http_validator", "http_bucket", "http_circuit"}),
}  # fmt: skip
WRITERS[Role.FORGET] = frozenset({"forget_run"}).union(*WRITERS.values())
