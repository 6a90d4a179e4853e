"""Wires healing to a run of the program: what it looks through, and the few things it may ask for."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trendctl.app import App
from trendctl.errors import ConfigError, TrendctlError
from trendctl.selfheal.health import Probe
from trendctl.store.rows import epoch

if TYPE_CHECKING:
    from trendctl.selfheal.coordinator import Healing
    from trendctl.selfheal.values import Fault
    from trendctl.settings import Selfheal

KEEP = 10  # backups made before repairs


class HomeHands:
    """values.Hands for a home."""

    def __init__(self, app: App) -> None:
        self._app = app

    def backup(self, reason: str) -> str:
        """A new verified backup; its path. One that precedes a repair is a file only, as before a migration or a
        restore: the database that it is a copy of does not change by it. The last few of these are kept."""
        from trendctl.selfheal.safeguard import BEFORE
        from trendctl.store import backup
        from trendctl.store.engine import Store

        home, now = self._app.home, epoch(self._app.clock.now())
        if reason != BEFORE:
            return f"backups/{backup.create(Store(home.database), home.backups, reason, now).path}"
        made = backup.write_copy(home.database, home.backups, reason, now)
        for old in sorted(home.backups.glob(f"*Z-{BEFORE}*.db.gz"))[:-KEEP]:
            old.unlink(missing_ok=True)
        return f"backups/{made.name}"

    def drop_backup(self, path: str) -> None:
        """Remove a backup that a repair made, and its row."""
        from trendctl.store import backup
        from trendctl.store.engine import Store

        backup.drop(Store(self._app.home.database), self._app.home.backups, Path(path).name)


def healing(app: App, faults: "Sequence[Fault] | None" = None) -> "Healing":
    """What a round of healing works with. `faults` None: the whole catalogue. Wrong settings heal with the defaults."""
    from trendctl.daemon_health import probe_anew
    from trendctl.selfheal.coordinator import Healing
    from trendctl.selfheal.register import Register
    from trendctl.selfheal.safeguard import Ward

    seen: dict[bytes | None, Probe] = {}

    def eyes() -> Probe:
        """By the settings as they are now: a repair may just have changed them."""
        now = _config(app)
        if now not in seen:
            seen.clear()
            seen[now] = probe_anew(app)
        return seen[now]

    wanted = _settings(app)
    ward = Ward(eyes, HomeHands(app), Register(app.home), float(wanted.window_seconds), app.stop.is_set)
    return Healing(ward, catalogue() if faults is None else tuple(faults), wanted.enabled, wanted.max_repairs_per_day)


def catalogue() -> "tuple[Fault, ...]":
    """Every fault that loads; a broken leaf is logged and left out."""
    from trendctl import log, registry

    return registry.load_all(
        "faults", lambda name, cause: log.event("broken leaf", stage="heal", leaf=name, level=40, cause=cause)
    )


def opened(app: App) -> bool:
    """Bring the database to this program's version and catch the journal up, as any command does; False: it cannot be,
    which is what healing then looks at."""
    try:
        app.store  # noqa: B018 - opened for its effect
    except TrendctlError:
        return False
    return True


def _config(app: App) -> bytes | None:
    try:
        return app.home.config.read_bytes()
    except OSError:
        return None


def _settings(app: App) -> "Selfheal":
    from trendctl.settings import Selfheal

    try:
        return app.settings.selfheal
    except ConfigError:
        return Selfheal()
