"""The error detector: health results, runs, jobs, calls, the model's ledger and the log become Signs, each once.

Every kind it emits stands in KINDS; words from outside are sorted by the one table PATTERNS, first match wins.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from trendctl.errors import StoreError
from trendctl.selfheal import logbook
from trendctl.selfheal.health import Probe, Round
from trendctl.selfheal.values import Sign
from trendctl.store import incidents, jobs, repairs, scans, vitals
from trendctl.store.vitals import Run

DAY = 86_400
FRESH = 7 * DAY  # a source not asked for longer says nothing about today
USUAL_RUNS, USUAL_ITEMS, FEW, FEW_OF = 3, 5, 0.2, 20  # as in the check `sources`
BROKEN_OFF = "broken off"
HELD = "may be called again only in"  # the client's own words for a host that told it to wait
UNSEEN = "not looked at: "  # a result of a check that could not look: it says something of the database only

KINDS: Mapping[str, str] = MappingProxyType(
    {
        # `check.RESULT` for every health result that is not ok: check.wal, check.source.NAME, check.job.NAME,
        # check.platform.NAME.sign_in ... (subject: the source, job or platform; "" for the whole)
        "check.": "a health check that is not ok, by its result's name",
        # the last call of a source (subject: the source), a platform or a model's provider; or a line of the log
        "http.401": "not signed in",
        "http.403": "refused",
        "http.404": "the address is gone (404, 410)",
        "http.429": "too many calls, or told to slow down",
        "http.5xx": "the other side's own failure",
        "http.other": "another status or trouble of the call",
        "http.dns": "the host's name cannot be resolved",
        "http.tls": "no trusted, valid certificate",
        "http.timeout": "no whole answer in time",
        "http.unreachable": "no connection: refused, reset, broken off, no network",
        "http.block_page": "a web page where data was due",
        "http.cut": "a body cut short, damaged or packed in an unknown way",
        "http.too_large": "a body above the limit",
        # a source's last run (subject: the source)
        "source.parse": "the answer came but was not what the format says",
        "source.encoding": "the answer is in another character encoding",
        "source.empty": "nothing, where it usually gives items",
        "source.few": "far fewer items than usual",
        "source.rejected": "most of its records were unusable",
        "source.overlay": "its overlay (corrected field map) cannot be used",
        "source.failed": "failed for another reason",
        # the database (subject "")
        "database.locked": "another process holds it",
        "database.malformed": "its file is damaged",
        "database.index": "an index does not agree with its table",
        "database.references": "a row refers to a missing one",
        "database.missing": "there is none",
        "database.readonly": "it cannot be written or opened: owner, mode, read-only disk",
        "database.migration": "its schema is not this program's: half-done, newer or another build's",
        "database.io": "the disk would not read or write",
        "database.other": "another fault of the database",
        "disk.full": "no space left",
        "home.readonly": "a file or folder of the home cannot be written",
        "backup.bad": "a backup that cannot be unpacked or is not what was written",
        "config.broken": "the settings are wrong",
        "journal.broken": "the journal is damaged, ahead or behind",
        # the schedule (subject: the job)
        "job.stuck": "running for longer than it may",
        "job.broken_off": "its process went down with it",
        "job.failed": "ended as failed",
        "job.late": "due for long and not begun",
        "job.missed": "whole intervals without a run",
        "clock.back": "the clock went back",
        # language models (subject: the provider)
        "model.budget": "the day's budget is spent",
        "model.quota": "the account's own quota is spent",
        "model.invalid": "answers that break the schema",
        "model.failed": "no answer for another reason",
        # the program itself
        "log.flood": "the log grows without measure (subject: the part that writes most)",
        "log.error": "an error in the log that nothing else here names (subject: the part)",
        "log.unreadable": "lines of the log that are no JSON",
        "program.crash": "a bug left a crash file",
        "leaf.broken": "a part of the program does not load (subject: the leaf)",
    }
)

# What words mean, in the order of looking. Written for the program's own causes and for SQLite, OpenSSL, the resolver.
PATTERNS: tuple[tuple[str, str], ...] = (
    (r"HTTP 401|token .*(expired|invalid)|invalid.?api.?key|unauthori[sz]ed", "http.401"),
    (r"HTTP 429|slow down|too many requests|rate.?limit", "http.429"),
    (r"a block page|captcha|a web page (came )?where|is a web page", "http.block_page"),
    (r"HTTP 403", "http.403"),
    (r"HTTP 402|insufficient.?quota|quota", "model.quota"),
    (r"HTTP (404|410)", "http.404"),
    (r"HTTP 5\d\d", "http.5xx"),
    (r"HTTP \d{3}", "http.other"),
    (r"certificate|SSL|TLS", "http.tls"),
    (r"cannot be resolved|name or service not known|getaddrinfo|nodename nor|name resolution|no address", "http.dns"),
    (r"in time|timed? ?out|took too long|deadline|did not come back", "http.timeout"),
    (r"no space left|disk is full|database or disk is full|quota exceeded|file too large", "disk.full"),
    (r"busy|database (table )?is locked|been writing for long", "database.locked"),
    (r"missing from index|wrong # of entries in index|non-unique entry in index", "database.index"),
    (r"malformed|not a database|database is damaged|Tree \d+|database disk image", "database.malformed"),
    (r"refers? to a missing|lead nowhere|leads nowhere", "database.references"),
    (r"no such (table|column)|newer than this program|another build|migration \d+", "database.migration"),
    (r"no database yet", "database.missing"),
    (r"disk I/O|Input/output error|would not read or write", "database.io"),
    (r"readonly database|database cannot be written|unable to open database", "database.readonly"),
    (r"read-only file system|permission denied|operation not permitted", "home.readonly"),
    (r"journal (is|cannot|holds)|not in the journal", "journal.broken"),
    (r"backup .*(is bad|cannot be unpacked)|copy is not a good database", "backup.bad"),
    (r"overlay of|field map", "source.overlay"),
    (r"encoding|codec|can't decode", "source.encoding"),
    (r"budget of this day|templates until midnight|more calls this day", "model.budget"),
    (r"breaks the schema|is no JSON$|answer is too long", "model.invalid"),
    (r"cut short|compressed body|coded in a way|broke off|incomplete|peer closed", "http.cut"),
    (r"body is larger", "http.too_large"),
    (r"cannot (connect|be reached)|connection (refused|reset|aborted)|unreachable|private address|disconnected|errno",
     "http.unreachable"),
    (r"expected|whole (XML|JSON)|not (whole|a JSON)|no (list|feed|JSON)|could not be understood|nested|declares",
     "source.parse"),
)  # fmt: skip
_COMPILED = tuple((re.compile(words, re.I), kind) for words, kind in PATTERNS)
_TELLING = ("database", "journal", "wal", "disk", "models")  # results whose words name a fault class
_RESULTS = ("source", "job", "platform")  # health results that are about one of many


def classify(text: str, otherwise: str = "") -> str:
    """The kind that the words mean; `otherwise` where no pattern fits."""
    return next((kind for pattern, kind in _COMPILED if pattern.search(text)), otherwise)


def detect(probe: Probe, seen: Round) -> tuple[Sign, ...]:
    """All signs of now, each (kind, subject) once, sorted. A database that cannot be read is a sign, not an error."""
    found = [*of_checks(seen, probe.now)]
    try:
        with probe.read() as db:
            found += of_runs(probe, db)
            found += of_jobs(probe, db)
            found += of_calls(probe, db)
    except StoreError as fault:
        text = f"{fault.what}: {fault.why}"
        found.append(Sign(classify(text, "database.other"), "", text, probe.now, origin="look"))
    asked = {s.subject for s in found if s.origin == "outcome"}
    found += [s for s in of_log(probe) if s.subject not in asked or not s.kind.startswith(("http.", "source."))]
    return merged(found)


def merged(found: Iterable[Sign]) -> tuple[Sign, ...]:
    """One sign for each (kind, subject): the first one's origin and words, the latest time, how often in all."""
    once: dict[tuple[str, str], Sign] = {}
    for sign in found:
        key, before = (sign.kind, sign.subject), once.get((sign.kind, sign.subject))
        same = before is not None and before.origin != sign.origin  # the same thing, seen in two ways
        once[key] = (
            sign if before is None
            else replace(before, at=max(before.at, sign.at), times=max(before.times, sign.times) if same
                         else before.times + sign.times)
        )  # fmt: skip
    return tuple(once[key] for key in sorted(once))


def of_checks(seen: Round, now: int) -> Iterator[Sign]:
    """A sign for each result that is not ok; and what its words mean, where they mean something."""
    for result in seen.results:
        if result.status == "ok":
            continue
        head, _, tail = result.name.partition(".")
        subject = tail.split(".")[0] if head in _RESULTS else ""
        yield Sign(f"check.{result.name}", subject, result.detail, now)
        if result.detail.startswith(UNSEEN):
            continue
        kind = classify(result.detail)
        if result.name in _TELLING and kind.startswith(("database.", "disk.", "model.")):
            yield Sign(kind, "", result.detail, now)
        if result.name == "config":
            yield Sign("config.broken", "", result.detail, now)
        if result.name == "journal" and not kind.startswith(("database.", "disk.")):
            yield Sign("journal.broken", "", result.detail, now)
        if result.name.startswith("check."):
            yield Sign("leaf.broken", result.name.removeprefix("check."), result.detail, now)


def of_runs(probe: Probe, db: Any) -> Iterator[Sign]:
    """What each source's last run in which it was asked says; one that answered again says nothing."""
    switched = vitals.switched(db)
    for name, past in vitals.source_runs(db, probe.now):
        told = probe.wanted.sources.get(name)
        on = switched.get(name, True) if told is None else told
        if not past or not on or past[0].at <= probe.now - FRESH:
            continue
        kind = _of_run(past)
        if kind:
            times = next((n for n, r in enumerate(past) if _of_run(past[n:]) != kind), len(past))
            yield Sign(kind, name, past[0].cause or f"{past[0].outcome}, {past[0].items} items", past[0].at,
                       times, "outcome")  # fmt: skip
        last = next(iter(scans.past_runs(db, name)), None)
        if last is not None and last.rejected and last.rejected >= last.items:
            yield Sign("source.rejected", name, f"{last.rejected} records unusable, {last.items} used", last.at, 1,
                       "outcome")  # fmt: skip


def _of_run(past: list[Run]) -> str:
    """The kind of the newest of these runs; "": nothing is wrong with it."""
    run = past[0]
    if run.outcome == "unavailable" and HELD in run.cause:  # not asked at all: what it asked to be left in peace for
        before = _of_run(past[1:]) if len(past) > 1 and past[1].outcome == "unavailable" else ""
        return before if before in ("http.429", "http.5xx") else "http.429"
    counts = sorted(r.items for r in past[1:] if r.outcome == "ok")
    usual = counts[(len(counts) - 1) // 2] if len(counts) >= USUAL_RUNS else 0
    if run.outcome == "unavailable":
        return classify(run.cause, "http.other")
    if run.outcome == "failed":
        return classify(run.cause, "source.failed")
    if run.outcome == "empty":
        return "source.empty" if usual >= USUAL_ITEMS else ""
    return "source.few" if usual >= FEW_OF and run.items < FEW * usual else ""


def of_jobs(probe: Probe, db: Any) -> Iterator[Sign]:
    """The schedule's own memory, and hours that were missed within a day."""
    for state in jobs.all_states(db).values():
        if state.next_due_at is None:
            continue
        yield from _of_job(state, probe)
    for prefix, kind in (("missed.", "job.missed"), ("clock.back", "clock.back")):
        for seen in incidents.recent(db, prefix, probe.now - DAY, probe.now):
            subject = seen.fault.removeprefix("missed.") if kind == "job.missed" else ""
            yield Sign(kind, subject, seen.detail, seen.opened_at, seen.times, "outcome")


def _of_job(state: jobs.JobState, probe: Probe) -> Iterator[Sign]:
    longest, name, at = probe.wanted.longest.get(state.job, 3600), state.job, state.last_started_at or probe.now
    if state.outcome == jobs.RUNNING and probe.now - at > longest:
        yield Sign("job.stuck", name, f"running for {probe.now - at} s, {longest} s allowed", at, 1, "outcome")
    if state.outcome == BROKEN_OFF:
        words = f"its process ended in it, {state.broken_off} times in a row"
        yield Sign("job.broken_off", name, words, at, max(1, state.broken_off), "outcome")
    if state.outcome == "failed":
        yield Sign("job.failed", name, state.detail, at, 1, "outcome")
        kind = classify(state.detail)
        if kind.startswith(("database.", "disk.", "home.", "backup.", "journal.")):
            yield Sign(kind, "", state.detail, at, 1, "outcome")
    late = probe.now - (state.next_due_at or 0)
    if state.outcome != jobs.RUNNING and name in probe.wanted.longest and late > longest + 4500:
        yield Sign("job.late", name, f"due since {late} s", state.next_due_at or 0, 1, "outcome")


def of_calls(probe: Probe, db: Any) -> Iterator[Sign]:
    """The last call to each platform and to the model, where it went wrong within a day."""
    for platform, status, cause, at in repairs.last_attempts(db, probe.now - DAY):
        kind = classify(f"HTTP {status}" if status else cause, "http.other")
        yield Sign(kind, platform, cause or f"HTTP {status}", at, 1, "outcome")
    silent = repairs.failed_model_calls(db, probe.now - DAY)
    if silent:
        provider, cause, at = silent[0]
        kind = classify(cause, "model.failed")
        kind = "model.failed" if kind.startswith("source.") else kind
        yield Sign(kind, provider, cause, at, len(silent), "outcome")


def of_log(probe: Probe) -> Iterator[Sign]:
    """Warnings and errors of the last hour, a flood, unreadable lines; and crash files of the last day."""
    page = logbook.read(probe.home.logs, probe.now)
    for line in page.troubles:
        kind = classify(f"{line.event} {line.cause} {line.error}", "log.error" if line.is_error else "")
        if kind:
            subject = "" if kind.startswith(("database.", "disk.", "home.")) else line.leaf or line.stage
            yield Sign(kind, subject, f"{line.event}: {line.cause}".rstrip(": "), line.at, 1, "log")
    if page.flood:
        yield Sign("log.flood", page.busiest, f"{page.flood} lines in {logbook.FLOOD_SECONDS // 60} minutes, most of "
                   f"them by {page.busiest or 'nobody named'}", probe.now, page.flood, "log")  # fmt: skip
    if page.unreadable:
        yield Sign("log.unreadable", "", f"{page.unreadable} lines are no JSON", probe.now, page.unreadable, "log")
    if page.crashes:
        yield Sign("program.crash", "", f"{page.crashes} crash files of the last day", probe.now, page.crashes, "look")
