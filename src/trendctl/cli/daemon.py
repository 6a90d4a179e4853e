"""`trendctl daemon`."""

from typing import Annotated, Any

import typer

from trendctl.cli import base

app = base.single("Scan hourly, look after everything; --once for cron.")


@app.command(epilog="Example: trendctl daemon --once")
def daemon(
    once: Annotated[bool, typer.Option("--once", help="Run what is due now, then end: for cron.")] = False,
    port: Annotated[
        int | None,
        typer.Option(help="Answer /health and /metrics on this port of 127.0.0.1.", min=1, max=65_535),
    ] = None,
    as_json: base.Json = False,
) -> int:
    """Run the schedule: scan, analysis, reconcile, health, backups. It approves nothing.

    It posts what you approved only if [daemon] post_approved says so. SIGTERM ends it after the item in hand, SIGHUP
    reads the settings anew.
    """
    from trendctl.daemon import Schedule

    run, screen = base.open_app(), base.screen(as_json)
    run.settings  # noqa: B018 - wrong settings end it here, before anything is locked
    run.store  # noqa: B018 - migrated before the first job
    schedule = Schedule(run)
    if once:
        return _once(schedule, screen)
    from trendctl.daemon_process import Daemon

    screen.say("running; stop with Ctrl-C, see `trendctl health`")
    Daemon(schedule, port=port).run()
    return 0


def _once(schedule: Any, screen: Any) -> int:
    """One round under the daemon's lock; while a daemon (or the last round) works there is nothing to do."""
    import signal

    from trendctl.daemon import alone
    from trendctl.errors import Refused

    signal.signal(signal.SIGTERM, lambda *_: (schedule.ending.set(), schedule.app.stop.set()))
    try:
        with alone(schedule.app):
            schedule.recover()
            done = schedule.run_due()
    except Refused as busy:
        screen.say(f"{busy.what}: nothing to do")
        done = []
    screen.rows([{"job": r.job, "outcome": r.outcome, "detail": r.detail} for r in done], ("job", "outcome", "detail"),
                lambda: [[r.job, r.outcome, r.detail] for r in done], empty="Nothing is due.")  # fmt: skip
    return 1 if any(r.outcome == "failed" for r in done) else 0
