"""`trendctl service print/install/uninstall/status`."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from trendctl import daemon_systemd
from trendctl.cli import base
from trendctl.errors import TrendctlError, UsageError

app = base.group("The system service.")


@app.command("print", epilog="Example: trendctl service print --cron")
def print_(
    cron: Annotated[bool, typer.Option("--cron", help="Lines for crontab instead of a systemd unit.")] = False,
) -> int:
    """Show the unit (or the cron lines) without installing anything."""
    run, screen = base.open_app(), base.screen()
    text = (daemon_systemd.cron if cron else daemon_systemd.unit)(run.home, run.environ)
    screen.out.write(text)
    return 0


@app.command(epilog="Example: trendctl service install")
def install() -> int:
    """Write the unit of your user, start it now and at every log-in."""
    run, screen = base.open_app(), base.screen()
    run.settings, run.store  # noqa: B018 - a service that could not start is not installed
    path = daemon_systemd.unit_path(run.environ)
    _need_systemd()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(daemon_systemd.unit(run.home, run.environ))
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", daemon_systemd.NAME)
    screen.say(f"installed {path}")
    screen.say("To run it while you are logged out: loginctl enable-linger")
    return 0


@app.command(epilog="Example: trendctl service uninstall")
def uninstall() -> int:
    """Stop the service and remove its unit; your data stays."""
    run, screen = base.open_app(), base.screen()
    path = daemon_systemd.unit_path(run.environ)
    if not path.exists():
        raise UsageError("The service is not installed", why=f"no {path}", next="trendctl service install")
    _need_systemd()
    _systemctl("disable", "--now", daemon_systemd.NAME)
    path.unlink()
    _systemctl("daemon-reload")
    screen.say(f"removed {path}")
    return 0


@app.command(epilog="Example: trendctl service status")
def status(as_json: base.Json = False) -> int:
    """Is it installed, does it run, how did its jobs end?"""
    from trendctl.cli.heal_view import iso
    from trendctl.store import jobs

    run, screen = base.open_app(), base.screen(as_json)
    path = daemon_systemd.unit_path(run.environ)
    with run.store.read() as db:
        states = sorted(jobs.all_states(db).values(), key=lambda s: s.job)
    rows = [
        {"job": s.job, "outcome": s.outcome, "last_started_at": iso(s.last_started_at), "last_ok_at": iso(s.last_ok_at),
         "next_due_at": iso(s.next_due_at), "detail": s.detail}
        for s in states
    ]  # fmt: skip
    document = {"installed": path.exists(), "unit": str(path), "running": _is_running(run.home.root), "jobs": rows}
    screen.rows(document, ("job", "outcome", "started", "next", "detail"),
                lambda: [[r["job"], r["outcome"], r["last_started_at"], r["next_due_at"], r["detail"]] for r in rows],
                empty="No daemon has run here yet. Next: trendctl service install")  # fmt: skip
    screen.say(f"unit: {path if path.exists() else 'not installed'}; daemon: "
               f"{'running' if document['running'] else 'not running'}")  # fmt: skip
    return 0


def _is_running(root: Path) -> bool:
    """Whether a daemon holds the home's lock (looked at, not kept)."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(root / "daemon.lock", mode=0o600).acquire(timeout=0):
            return False
    except Timeout:
        return True


def _need_systemd() -> None:
    if shutil.which("systemctl") is None:
        raise UsageError("There is no systemd here", next="trendctl service print --cron, for crontab -e")


def _systemctl(*words: str) -> None:
    done = subprocess.run(["systemctl", "--user", *words], capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode != 0:
        why = (done.stderr or done.stdout).strip().splitlines()
        raise TrendctlError(f"systemctl --user {' '.join(words)} failed", why=why[-1] if why else "",
                            next="trendctl service print --cron, for crontab -e")  # fmt: skip
