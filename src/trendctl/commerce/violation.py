"""The value that says which listing rule a field breaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule. `limit` and `actual` in the rule's own unit; `blocking` False: a warning, the seller may go on."""

    field: str
    rule: str
    limit: str
    actual: str
    message: str
    blocking: bool
    source: str
    as_of: str

    @classmethod
    def of(
        cls,
        facts: Mapping[str, Any],
        field: str,
        rule: str,
        limit: object,
        actual: object,
        message: str,
        blocking: bool = True,
    ) -> "Violation":
        """With the source and date of the table of facts that holds the rule."""
        as_of = facts["as_of"].isoformat()
        return cls(field, rule, str(limit), str(actual), message, blocking, facts["source"], as_of)
