"""Wires what the health checks look through: the home's store, journal and settings, wrong ones included."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from trendctl.app import App
from trendctl.daemon_schedule import longest
from trendctl.errors import ConfigError
from trendctl.selfheal.health import Probe, Wanted
from trendctl.store.engine import Store

if TYPE_CHECKING:
    from trendctl.settings import Settings


def probe_of(app: App, max_age_minutes: int | None = None) -> Probe:
    """Wrong settings and a missing database are findings here, not errors."""
    wanted = _wanted(lambda: app.settings)
    return Probe(app.home, Store(app.home.database), app.journal, app.clock, max_age_minutes, wanted)


def probe_anew(app: App) -> Probe:
    """By the settings as config.toml has them at this moment, whatever this run began with; logging stays as it is."""
    from trendctl import config

    wanted = _wanted(lambda: config.load(app.home, app.environ).settings)
    return Probe(app.home, Store(app.home.database), app.journal, app.clock, None, wanted)


def _wanted(load: Callable[[], "Settings"]) -> Wanted:
    try:
        settings = load()
    except ConfigError as fault:
        return Wanted(str(fault), longest=longest())
    sources = {name: s.enabled for name, s in settings.sources.items()}
    return Wanted(
        "", settings.backup.every_hours, settings.log.max_mb, settings.log.keep, sources, longest(),
        settings.llm.provider, settings.llm.daily_budget_usd,
    )  # fmt: skip
