"""Wires what the health checks look through: the home's store, journal and settings, wrong ones included."""

from trendctl.app import App
from trendctl.daemon_schedule import longest
from trendctl.errors import ConfigError
from trendctl.selfheal.health import Probe, Wanted
from trendctl.store.engine import Store


def probe_of(app: App, max_age_minutes: int | None = None) -> Probe:
    """Wrong settings and a missing database are findings here, not errors."""
    return Probe(app.home, Store(app.home.database), app.journal, app.clock, max_age_minutes, _wanted(app))


def _wanted(app: App) -> Wanted:
    try:
        settings = app.settings
    except ConfigError as fault:
        return Wanted(str(fault), longest=longest())
    sources = {name: s.enabled for name, s in settings.sources.items()}
    return Wanted(
        "", settings.backup.every_hours, settings.log.max_mb, settings.log.keep, sources, longest(),
        settings.llm.provider, settings.llm.daily_budget_usd,
    )  # fmt: skip
