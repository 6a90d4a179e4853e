"""Every shipped source in a whole scan against a hostile server: an outcome with a cause each, never a bug."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from trendctl import registry
from trendctl.ports import Outcome
from trendctl.scanner.service import scan
from trendctl.store import watches
from trendctl.store.engine import Store
from trendctl.store.writers import Role

ANSWERS: Mapping[str, dict[str, Any]] = {
    "not found": {"status": 404, "body": "no"},
    "limited": {"status": 429},
    "page": {"body": "<!doctype html><html><body>captcha</body></html>"},
    "empty": {"body": b""},
    "truncated json": {"body": b'{"items": [{"id": 1, "title": "x'},
    "wrong encoding": {"body": b'<?xml version="1.0" encoding="utf-16"?><rss>\xff\xfe</rss>'},
    "bomb": {
        "body": b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        b"<rss><channel><item><title>&b;</title></item></channel></rss>"
    },
    "other feed": {"body": b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>x</title></entry></feed>'},
    "deep": {"body": b"[" * 100_000},
    "cut": {"body": b"x" * 5_000, "cut_after": 10},
    "gone": {"drop": True},
    "elsewhere": {"status": 302, "headers": {"Location": "http://169.254.169.254/"}},
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_whatever_comes_every_source_ends_with_an_outcome_and_a_cause(
    wire: Callable[..., Any], loopback: Any, store: Store, kind: str
) -> None:
    sources = registry.load_all("sources", lambda name, cause: pytest.fail(f"{name}: {cause}"))
    keys = {key: "s3cret" for source in sources for key in source.facts.credentials}
    with store.write(Role.SCANNER) as db:
        watches.add(db, "standing desk", 1)
    loopback.add(re.compile(""), **ANSWERS[kind])
    wiring = wire(*sources, credentials=keys, contact="me@example.com", deadline_seconds=1e9, workers=1)
    report = scan(wiring)
    found = {s.name: (s.outcome, s.cause) for s in report.sources}
    assert len(found) == len(sources)
    assert not [cause for _, cause in found.values() if "a bug in the source" in cause or "cannot be stored" in cause]
    assert all(cause for outcome, cause in found.values() if outcome not in (Outcome.OK, Outcome.EMPTY)), found
    assert "s3cret" not in repr(found)
    assert report.stored == 0 or kind == "other feed"
    if kind in ("not found", "limited", "page", "cut", "gone", "elsewhere"):
        assert {outcome for outcome, _ in found.values()} <= {Outcome.UNAVAILABLE, Outcome.SKIPPED}, found
