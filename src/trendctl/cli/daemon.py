"""`trendctl daemon`."""

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl.cli import base

if TYPE_CHECKING:
    from trendctl.app import App

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

    run, screen = _opened(), base.screen(as_json)
    schedule = Schedule(run)
    if once:
        return _once(schedule, screen)
    from trendctl.daemon_process import Daemon

    screen.say("running; stop with Ctrl-C, see `trendctl health`")
    Daemon(schedule, port=port).run()
    return 0


def _opened() -> "App":
    """Settings and database are good before anything is locked. What stops the start of a home that has worked is
    healed first, once: nobody may be there to type it. Raises ConfigError, StoreError where they still are not."""
    from trendctl.errors import ConfigError, StoreError, TrendctlError

    run = base.open_app()
    try:
        return _checked(run)
    except (ConfigError, StoreError):
        if not run.home.repairs.is_dir():  # never begun
            raise
        from trendctl.healing import healing
        from trendctl.selfheal.coordinator import heal

        with suppress(TrendctlError):  # another one heals
            heal(healing(run))
        return _checked(base.open_app())


def _checked(run: "App") -> "App":
    run.settings  # noqa: B018 - loaded and checked for its effect
    run.store  # noqa: B018 - migrated before the first job
    return run


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
