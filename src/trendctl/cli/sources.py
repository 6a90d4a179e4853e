"""`trendctl sources list/show/test/record/enable/disable`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl import flows
from trendctl.cli import base
from trendctl.errors import TrendctlError
from trendctl.render import clean

if TYPE_CHECKING:
    from trendctl.app import App

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
            [r["name"], "yes" if r["enabled"] else "no", ", ".join(r["kind"]), r["auth"], r["terms"],
             r["last_outcome"] or "-", r["last_ok"] or "never"]
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
    row = next(r for r in _rows(run) if r["name"] == name)
    document = {**row, "about": facts.about, "url": facts.url, "terms_url": facts.terms_url, "get_key": facts.get_key,
                "credentials": list(facts.credentials), "options": dict(facts.options), "fields": dict(facts.fields),
                "needs_contact": facts.needs_contact}  # fmt: skip
    if as_json:
        screen.json(document)
        return 0
    for key, value in document.items():
        if value not in ("", [], {}, None):
            screen.out.write(f"{key:<22}{clean(json.dumps(value) if isinstance(value, dict | list) else value)}\n")
    return 0


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
    """Ask a source once and keep its calls as a HAR file, secrets removed."""
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
    return source_rows(run.store, facts, on, every)
