"""What each job of the schedule does: the same functions that the commands call, with one line of result."""

from collections.abc import Callable, Mapping

from trendctl import flows
from trendctl.app import App
from trendctl.daemon_schedule import DAY
from trendctl.errors import NothingApproved, Refused, TrendctlError
from trendctl.ports import Outcome
from trendctl.store.rows import epoch

Act = Callable[[App], str]
SCHEDULED = "scheduled"  # the reason of the daemon's own backups: only they are thinned out
MEASURED = (Outcome.OK, Outcome.EMPTY)


class Stopped(TrendctlError):
    """The job was cut short by a polite stop: what it had is stored, and it is due again at the next start."""

    code = "stopped"


def acts(app: App) -> dict[str, Act]:
    """The jobs that the settings ask for, by name."""
    found: dict[str, Act] = {
        "scan": scan, "analyze": analyze, "reconcile": reconcile, "track": track, "backup": backup,
        "retention": retention, "restore_drill": restore_drill, "deep_check": deep_check,
    }  # fmt: skip
    if app.settings.daemon.post_approved:
        found["post"] = post
    return found


def intervals(app: App) -> Mapping[str, int]:
    """Seconds between two runs where the settings say so."""
    return {"backup": app.settings.backup.every_hours * 3600}


def scan(app: App) -> str:
    """Read the sources. Raises TrendctlError when some were due and none answered."""
    report = flows.scan(app, analysis=False)
    measured = sum(line.outcome in MEASURED for line in report.sources)
    failed = [line.name for line in report.sources if line.outcome == Outcome.FAILED]
    if app.stop.is_set() and any(line.cause == "stopped" for line in report.sources):
        raise Stopped("stopped", why=f"{measured} sources were stored")
    asked = sum(line.outcome != Outcome.SKIPPED for line in report.sources)
    if asked and not measured:
        raise TrendctlError(f"None of {asked} sources answered", next="trendctl sources list")
    tail = f"; failed: {', '.join(failed)}" if failed else ""
    return f"{measured} of {asked} sources measured, {report.products_new} new products{tail}"


def analyze(app: App) -> str:
    """Judge what changed and bring drafts up to date."""
    report, changed = flows.analyze(app)
    return f"{report.analysed} products analysed, {changed} drafts changed"


def reconcile(app: App) -> str:
    """Read unclear listings back; nothing is sent. What a restore blocked waits for a person's `reconcile`."""
    from trendctl.posting import reconcile as posting
    from trendctl.store import operations

    if app.journal.is_ahead(app.store):
        raise Refused("The journal is ahead of the database", why="a restore waits", next="trendctl reconcile")
    with app.store.read() as db:
        blocked = {platform for platform, _ in operations.blocked(db)}
        waiting = {o.platform for o in operations.open_operations(db)}
    rows = [row for name in sorted(waiting - blocked) for row in posting.reconcile(app.posting, name)[0]]
    return f"{len(rows)} listings read back"


def track(app: App) -> str:
    """Read how listings perform, lower what sold elsewhere (where its approval said so), settle predictions."""
    rows, lowered, proposed = flows.track(app)
    failed = [f"{row.platform}/{row.account}" for row in rows if row.state == "failed"]
    tail = f"; failed: {', '.join(failed)}" if failed else ""
    read = sum(row.listings for row in rows)
    return f"{read} listings read, {len(lowered)} lowered, {len(proposed)} prices proposed{tail}"


def post(app: App) -> str:
    """Send what a person approved, where the settings say that the daemon may."""
    try:
        rows = flows.post(app, [], None, dry_run=False)
    except NothingApproved:
        return "nothing approved"
    return f"{len(rows)} listings: " + ", ".join(sorted({str(row.state) for row in rows}))


def backup(app: App) -> str:
    """A verified copy, then older ones thinned out by generation."""
    from trendctl.store import backup as backups
    from trendctl.store import retention as keeping

    keep = app.settings.backup
    made = backups.create(app.store, app.home.backups, SCHEDULED, epoch(app.clock.now()))
    generations = keeping.Generations(keep.keep_hourly, keep.keep_daily, keep.keep_weekly)
    gone = keeping.thin_out(app.store, app.home.backups, generations, SCHEDULED)
    return f"{made.path} ({made.bytes} bytes), {gone} older ones dropped"


def restore_drill(app: App) -> str:
    """Unpack the newest backup and check it whole. Raises StoreError for a bad one."""
    from trendctl.store import backup as backups
    from trendctl.store import retention as keeping

    found = keeping.made_for(app.store, app.home.backups, SCHEDULED)
    if not found:
        return "no backup to check yet"
    return f"{backups.verify(app.store, app.home.backups, found[0].path, epoch(app.clock.now())).path} is good"


def deep_check(app: App) -> str:
    """Read the whole database. Raises TrendctlError with what is wrong."""
    from trendctl.store import vitals

    with app.store.read() as db:
        wrong = vitals.thorough(db)
    if wrong:
        raise TrendctlError(wrong)
    return "sound"


def retention(app: App) -> str:
    """Roll old values up, honour each source's retention, keep cache, quarantine and logs within their limits."""
    from trendctl import registry
    from trendctl.store import answers, incidents
    from trendctl.store import retention as keeping
    from trendctl.store.http_state import StoredHttpState

    now = epoch(app.clock.now())
    days = {s.facts.name: s.facts.retention_days for s in registry.load_all("sources") if s.facts.retention_days}
    purged = keeping.purge_sources(app.store, days, now) + answers.purge(app.home.cache, days, now)
    rolled = keeping.roll_up(app.store, now, stop=app.stop.is_set)
    keeping.drop_old_runs(app.store, now)
    incidents.forget_closed(app.store, now - 400 * DAY)
    StoredHttpState(app.store, app.clock).forget_before(now - keeping.CACHE_DAYS * DAY)
    freed = keeping.limit_folder(app.home.cache, keeping.CACHE_BYTES, now - keeping.CACHE_DAYS * DAY)
    freed += keeping.limit_quarantine(app.home.root / "quarantine", now)
    keeping.keep_newest(app.home.logs, "crash-*.txt", keeping.CRASH_FILES)
    keeping.checkpoint(app.store)
    return f"{rolled} values rolled up, {purged} purged, {freed} bytes of files freed"
