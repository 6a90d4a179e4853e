"""`trendctl sources list/show/test/record/enable/disable`."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl import flows
from trendctl.cli import base
from trendctl.errors import TrendctlError
from trendctl.render import age, clean

if TYPE_CHECKING:
    from trendctl.app import App
    from trendctl.ports import SourceFacts

app = base.group("The trend sources.")
Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


@app.command("list", epilog="Example: trendctl sources list --json")
def list_(as_json: base.Json = False) -> int:
    """Every source with its facts, and what became of it last."""
    run, screen = base.open_app(), base.screen(as_json)
    rows = _rows(run)
    screen.rows(
        rows, ("name", "on", "does", "needs", "terms", "last", "last ok"),
        lambda: [
            [r["name"], "yes" if r["enabled"] else "no", r["kind"][0] if len(r["kind"]) == 1 else "both", r["auth"],
             r["terms"], r["last_outcome"] or "-", _ago(run, r["last_ok"])]
            for r in rows
        ],
    )  # fmt: skip
    return 0


@app.command(epilog="Example: trendctl sources show hackernews")
def show(name: Name, as_json: base.Json = False) -> int:
    """What a source gives, how to get a key, its limits and terms."""
    from trendctl import registry

    run, screen = base.open_app(), base.screen(as_json)
    facts = registry.load("sources", name).facts
    document = {**next(r for r in _rows(run) if r["name"] == name), **_about(run, facts)}
    if as_json:
        screen.json(document)
        return 0
    for key, value in document.items():
        if value not in ("", [], {}, None):
            screen.out.write(f"{key:<22}{clean(_words(value), 2_000)}\n")
    missing = document["credentials_missing"]
    if facts.needs_contact and not run.settings.scan.contact:
        screen.say("it asks for your contact. Next: trendctl config edit, [scan] contact")
    for credential in missing:
        screen.say(f"it needs {credential}. Next: trendctl secrets set {credential}")
    if not document["enabled"]:
        screen.say(f"it is off. Next: trendctl sources enable {name}")
    elif not missing:
        screen.say(f"Next: trendctl sources test {name}")
    return 0


def _about(run: "App", facts: "SourceFacts") -> dict[str, Any]:
    """What `show` says beyond the row of `list`."""
    from trendctl.store import spend
    from trendctl.store.rows import epoch

    with run.store.read() as db:
        spent = spend.taken(db, facts.name, epoch(run.clock.now())) / spend.MICRO
    return {
        "about": facts.about,
        "url": facts.url,
        "terms_url": facts.terms_url,
        "get_key": facts.get_key,
        "credentials": list(facts.credentials),
        "optional": list(facts.optional),
        "credentials_missing": [name for name in facts.credentials if run.secrets.get(name) is None],
        "needs_contact": facts.needs_contact,
        "spent_today_usd": spent if facts.daily_budget_usd is not None else None,
        "seconds_between_calls": facts.gap_seconds,
        "deadline_seconds": facts.deadline_seconds,
        "largest_answer_bytes": facts.max_bytes,
        "options": {**facts.options, **run.settings.source(facts.name).options},
        "fields": dict(facts.fields),
        "overlay": dict(flows.overlay(run, facts.name)),
    }


def _words(value: object) -> object:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return json.dumps(value) if isinstance(value, dict) else value


@app.command("test", epilog="Example: trendctl sources test hackernews")
def ask(name: Name, as_json: base.Json = False) -> int:
    """Ask a source once, parse the answer, show it; nothing is stored."""
    run, screen = base.open_app(), base.screen(as_json)
    outcome, records, cause = flows.ask_source(run, name)
    document = {"name": name, "outcome": outcome, "cause": cause, "items": len(records), "sample": records[:10]}
    if as_json:
        screen.json(document)
    else:
        screen.say(f"{name}: {outcome}, {len(records)} items" + (f" ({clean(cause)})" if cause else ""))
        for record in records[:10]:
            screen.console().print(clean(f"{record['title']}  {record['url']}", 200))
    return 0 if outcome in ("ok", "empty") else 1


@app.command(epilog="Example: trendctl sources record hackernews hackernews.har")
def record(name: Name, file: Annotated[Path, typer.Argument(metavar="FILE.har", show_default=False)]) -> int:
    """Ask a source once and keep its calls as a HAR file, secrets and people removed."""
    run, screen = base.open_app(), base.screen()
    outcome, records, cause = flows.ask_source(run, name, record=file)
    screen.say(f"{name}: {outcome}, {len(records)} items, recorded in {file}" + (f" ({clean(cause)})" if cause else ""))
    return 0 if outcome in ("ok", "empty") else 1


@app.command(epilog="Example: trendctl sources enable google_trends_explore")
def enable(name: Name) -> int:
    """Switch a source on, in config.toml."""
    return _switch(name, True)


@app.command(epilog="Example: trendctl sources disable reddit_rss")
def disable(name: Name) -> int:
    """Switch a source off, in config.toml."""
    return _switch(name, False)


def _switch(name: str, on: bool) -> int:
    from trendctl import config, registry

    run, screen = base.open_app(), base.screen()
    facts = registry.load("sources", name).facts
    config.set_value(run.home, f"sources.{name}.enabled", on)
    screen.say(f"{name} is {'on' if on else 'off'}")
    missing = [c for c in facts.credentials if on and run.secrets.get(c) is None]
    for credential in missing:
        screen.say(f"it needs {credential}: trendctl secrets set {credential}, or set it in the environment")
    return 0


def _ago(run: "App", at: str | None) -> str:
    if at is None:
        return "never"
    return f"{age((run.clock.now() - datetime.fromisoformat(at)).total_seconds())} ago"


def _rows(run: "App") -> list[dict[str, Any]]:
    from trendctl import registry
    from trendctl.store.sources import source_rows

    broken: dict[str, str] = {}
    facts = [s.facts for s in registry.load_all("sources", broken.__setitem__)]
    if broken:
        name, cause = next(iter(broken.items()))
        raise TrendctlError(f"The source {name} is broken", why=cause, next="trendctl health")
    chosen = run.settings.sources
    on = {name: s.enabled for name, s in chosen.items()}
    every = {name: s.min_interval_minutes for name, s in chosen.items()}
    rows = source_rows(run.store, facts, on, every)
    for row in rows:
        if row["daily_budget_usd"] is not None:  # the person's own, where one is set
            row["daily_budget_usd"] = run.settings.source(row["name"]).options.get(
                "daily_budget_usd", row["daily_budget_usd"]
            )
    return rows
