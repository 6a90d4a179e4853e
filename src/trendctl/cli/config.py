"""`trendctl config show/path/check/edit/set`."""

import os
import shlex
import subprocess
from typing import Annotated

import typer

from trendctl.cli import base
from trendctl.errors import UsageError

app = base.group("The settings.")


@app.command(epilog="Example: trendctl config show")
def show(as_json: base.Json = False) -> int:
    """Every key with its value and where the value comes from."""
    from trendctl import config

    run, screen = base.open_app(), base.screen(as_json)
    rows = config.rows(run.loaded)
    screen.rows(
        [{"key": r.key, "value": r.value, "origin": r.origin} for r in rows], ("key", "value", "from"),
        lambda: [[r.key, r.value, r.origin] for r in rows],
    )  # fmt: skip
    return 0


@app.command(epilog="Example: trendctl config path")
def path() -> int:
    """Where everything lies."""
    run, screen = base.open_app(), base.screen()
    for name in ("config", "database", "journal", "backups", "logs", "cache", "overlays", "outbox", "images"):
        screen.out.write(f"{name:<10}{getattr(run.home, name)}\n")
    return 0


@app.command(epilog="Example: trendctl config check")
def check() -> int:
    """Check config.toml and the TRENDCTL_ variables; names the nearest key for a typo."""
    from trendctl import config, registry

    run, screen = base.open_app(), base.screen()
    config.check_names(run.settings, "sources", [s.facts.name for s in registry.load_all("sources")])
    config.check_names(run.settings, "platforms", registry.names("platforms"))
    screen.say("the settings are good")
    return 0


@app.command(epilog="Example: trendctl config edit")
def edit() -> int:
    """Open config.toml in your editor, then check it."""
    run = base.open_app()
    run.init()
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        subprocess.run([*shlex.split(command), str(run.home.config)], check=True)
    except (OSError, ValueError, subprocess.CalledProcessError) as fault:
        raise UsageError("The editor failed", why=str(fault), next="set EDITOR to your editor") from fault
    return check()


@app.command("set", epilog="Example: trendctl config set scan.contact you@example.org")
def set_(
    key: Annotated[str, typer.Argument(metavar="KEY", show_default=False)],
    value: Annotated[str, typer.Argument(metavar="VALUE", show_default=False)],
) -> int:
    """Change one key in config.toml; comments stay."""
    from trendctl import config

    run, screen = base.open_app(), base.screen()
    screen.say(f"{key} = {config.set_value(run.home, key, value)!r}")
    return 0
