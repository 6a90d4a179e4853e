"""A daemon in a process of its own: daemon_child.py HOME BASE_URL [TICK]."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from daemon_world import source

from trendctl.app import App
from trendctl.clock import SystemClock
from trendctl.daemon import Schedule
from trendctl.daemon_jobs import Stopped
from trendctl.daemon_process import Daemon
from trendctl.home import Home
from trendctl.http import Client
from trendctl.scanner.service import scan
from trendctl.scanner.values import Scanning, ScanValues, SourceValues
from trendctl.store.http_state import StoredHttpState


class Shifted(SystemClock):
    """The real clock, moved by the seconds in HOME/shift, so that a test can set it."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def now(self) -> datetime:
        try:
            return super().now() + timedelta(seconds=float(self._file.read_text() or 0))
        except (FileNotFoundError, ValueError):
            return datetime.now(UTC)


def scanning(base_url: str, names: list[str]) -> Any:
    def act(app: App) -> str:
        client = Client(StoredHttpState(app.store, app.clock), app.clock, app.home.cache, user_agent="test",
                        stop=app.stop, spread=lambda: 0.0)  # fmt: skip
        values = ScanValues(sources={n: SourceValues(base_url=base_url, min_interval_minutes=None) for n in names})
        wiring = Scanning(app.store, client, app.clock, [source(n) for n in names], values, app.secrets,
                          sellable=lambda title: 0.8, threshold=lambda: 0.5)  # fmt: skip
        try:
            report = scan(wiring, force=True)
        finally:
            client.close()
        if any(line.cause == "stopped" for line in report.sources):
            raise Stopped("stopped", why=f"{report.stored} stored")
        return f"{report.stored} stored"

    return act


def main(root: Path, base_url: str, tick: float) -> None:
    home = Home(root)
    app = App(
        home,
        {"TRENDCTL_HOME": str(root), "TRENDCTL_SELFHEAL__WINDOW_SECONDS": "0"} | environment(),
        Shifted(root / "shift"),
    )
    schedule = Schedule(app, acts={"scan": scanning(base_url, ["first", "second"]), "backup": lambda app: "done"})
    Daemon(schedule, tick=tick, step=tick).run()


def environment() -> dict[str, str]:
    """What the service manager tells."""
    return {k: v for k, v in os.environ.items() if k in ("NOTIFY_SOCKET", "WATCHDOG_USEC")}


def run() -> None:
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]) if len(sys.argv) > 3 else 0.1)


if __name__ == "__main__":
    run()
