"""`trendctl init`."""

from trendctl.cli import base

app = base.single("Create config, data folder and database; works without answers.")


@app.command(epilog="Example: trendctl init")
def init(as_json: base.Json = False) -> int:
    """Create what is missing: folders, config.toml, database. Safe to repeat; nothing is overwritten."""
    run, screen = base.open_app(), base.screen(as_json)
    run.init()
    made = {"home": str(run.home.root), "config": str(run.home.config), "database": str(run.home.database)}
    if as_json:
        screen.json(made)
        return 0
    for name, path in made.items():
        screen.say(f"{name:<9}{path}")
    if not run.settings.scan.contact:
        screen.say(
            "Wikipedia and Open Food Facts want to know who asks: trendctl config set scan.contact you@example.org"
        )
    screen.say("Next: trendctl scan")
    return 0
