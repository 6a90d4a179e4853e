"""The looking after it: a health round whose findings become incidents, the digest of what is new, the ping."""

import importlib
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from trendctl import flows, log
from trendctl.app import App
from trendctl.daemon_health import probe_of
from trendctl.daemon_schedule import DAY, is_quiet
from trendctl.errors import AccessError, ConfigError, Refused, TrendctlError
from trendctl.render import clean
from trendctl.store import incidents
from trendctl.store.incidents import Incident
from trendctl.store.rows import epoch

MOST_A_DAY = 12  # messages; what comes after them waits for the next day's digest
MOST_LINES = 20  # of one message
RESCUE = 300.0  # seconds between two looks at a database that cannot be used
STORING = frozenset({"database", "writable", "disk", "migration"})  # checks that fail where nothing can be stored
OLD = 2 * DAY  # incidents over for longer are not news


class Watch:
    """Keeps the last health round for the page and the status line."""

    def __init__(self) -> None:
        self.last: Any = None  # selfheal.health.Round; loaded only where it runs
        self._rescued: float | None = None
        self._cried = False  # that the database cannot be used was told, and it was not well since

    def acts(self, app: App) -> dict[str, Callable[[App], str]]:
        """The jobs of the lane `watch`."""
        found: dict[str, Callable[[App], str]] = {"health": self.health}
        if app.settings.notify.urls:
            found["notify"] = notify
        return found

    def health(self, app: App) -> str:
        """Look at everything; find out why; repair what may be; tell the dead man's switch that all is well."""
        from trendctl.healing import healing
        from trendctl.selfheal.coordinator import heal
        from trendctl.selfheal.health import run_round

        self.last = run_round(probe_of(app))
        try:
            report = heal(healing(app), self.last)
        except Refused as busy:  # a person heals at this moment
            return f"{self.last.whole}; {busy.what}"
        self.last = seen = report.seen
        self._cried = self._cried and seen.whole == "unhealthy"
        pinged = ping(app) if seen.whole != "unhealthy" else ""
        repaired = f", {report.repaired} repaired" if report.repaired else ""
        return f"{seen.whole}, {report.opened} incidents opened, {report.closed} closed{repaired}{pinged}"

    def rescue(self, app: App) -> None:
        """Without a usable database no job can be noted, so none runs: healing then looks at it, now and then, and one
        message is sent: the digest needs the database."""
        from trendctl.healing import healing
        from trendctl.selfheal.coordinator import heal

        now = app.clock.monotonic()
        if self._rescued is not None and now - self._rescued < RESCUE:
            return
        self._rescued = now
        with suppress(TrendctlError):
            self.last = heal(healing(app)).seen
            self._cry(app)

    def _cry(self, app: App) -> None:
        """Told once, until a round is good again; within quiet hours after them. One that is not delivered is tried
        again at the next look."""
        bad = [r for r in self.last.results if r.status == "fail"]
        quiet, now = app.settings.notify.quiet_hours, epoch(app.clock.now())
        if (
            not any(r.name in STORING for r in bad)
            or self._cried
            or not app.settings.notify.urls
            or is_quiet(quiet, app.settings.market.timezone, now)
        ):
            return
        lines = [f"fail: {clean(r.name, 60)}: {clean(r.detail, 200)}" for r in bad[:MOST_LINES]]
        try:
            send(app, "trendctl: nothing can be stored, no job runs", "\n".join([*lines, "trendctl health"]))
            self._cried = True
        except TrendctlError as fault:
            log.event("not told", stage="daemon", level=logging.WARNING, cause=str(fault))

    def recover(self, app: App) -> None:
        """Take back what healing left in progress when the last process died."""
        from trendctl.healing import healing
        from trendctl.selfheal.coordinator import recover

        with suppress(TrendctlError):
            recover(healing(app))


def ping(app: App) -> str:
    """Call the address that notices silence, if one is set; a word where it could not be reached."""
    url = app.settings.daemon.ping_url
    if not url:
        return ""
    from trendctl.http import Fault
    from trendctl.ports import Request

    client = flows.http_client(app)
    try:
        client.leaf("ping", gap_seconds=0.0, max_bytes=65_536, deadline_seconds=10.0).call(
            Request(url, cacheable=False)
        )
    except Fault as fault:
        log.event("ping", stage="daemon", level=logging.WARNING, cause=fault.cause)
        return ", ping failed"
    finally:
        client.close()
    return ""


def notify(app: App) -> str:
    """Send one digest of the incidents not told yet. Raises ConfigError without the extra, AccessError unsent."""
    now = epoch(app.clock.now())
    with app.store.read() as db:
        news = [i for i in incidents.untold(db) if i.closed_at is None or i.closed_at > now - OLD]
        sent = incidents.notices_since(db, now - DAY, now)
    if not news:
        return "nothing new"
    if sent >= MOST_A_DAY:
        return f"{len(news)} held back: {sent} messages in a day are enough"
    title, body = digest(news)
    send(app, title, body)
    incidents.told(app.store, [i.id for i in news], now, title)
    return f"told {len(news)} incidents"


def digest(news: list[Incident]) -> tuple[str, str]:
    """Title and text of a message; what is over is said to be."""
    count = incidents.by_severity(news)
    title = f"trendctl: {count['fail']} failures, {count['warn']} warnings"
    lines = [f"{i.severity}: {clean(i.fault, 60)}: {clean(_words(i), 200)}{_over(i)}" for i in news]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more: trendctl incidents"]
    return title, "\n".join(lines)


def _words(i: Incident) -> str:
    """Of what it is, why, and what was done."""
    return ": ".join(filter(None, (i.subject, i.cause, i.detail)))


def _over(i: Incident) -> str:
    return " (over)" if i.closed_at is not None else ""


def send(app: App, title: str, body: str) -> None:
    """By apprise, without secrets."""
    try:
        apprise = importlib.import_module("apprise")  # an extra, heavy: only where a message is sent
    except ImportError as fault:
        raise ConfigError(
            "Messages cannot be sent", why="the extra `notify` is not installed", next="pip install 'trendctl[notify]'"
        ) from fault
    post = apprise.Apprise()
    for url in app.settings.notify.urls:
        if not post.add(url):
            raise ConfigError("An address in notify.urls is none that apprise knows", next="trendctl config edit")
    if not post.notify(title=app.secrets.redact(title), body=app.secrets.redact(body)):
        raise AccessError("The message was not delivered", next="check notify.urls and the network")
