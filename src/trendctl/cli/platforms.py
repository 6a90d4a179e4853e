"""`trendctl platforms list/check/login`."""

from typing import Any

from trendctl.cli import base

app = base.group("Where you sell.")


@app.command("list", epilog="Example: trendctl platforms list")
def list_(as_json: base.Json = False) -> int:
    """Every platform of this version, and whether it is switched on."""
    run, screen = base.open_app(), base.screen(as_json)
    rows = [_row(run, name) for name in _names()]
    screen.rows(
        rows, ("platform", "on", "account", "about"),
        lambda: [[r["platform"], "yes" if r["enabled"] else "no", r["account"], r["about"]] for r in rows],
    )  # fmt: skip
    return 0


@app.command(epilog="Example: trendctl platforms check")
def check(as_json: base.Json = False) -> int:
    """Look at each switched-on platform: can it be used, and what is to be done if not."""
    run, screen = base.open_app(), base.screen(as_json)
    rows = [row for name in run.platforms for row in run.check_platform(name)]
    screen.rows(
        rows, ("platform", "check", "status", "detail", "next"),
        lambda: [[r["platform"], r["check"], r["status"], r["detail"], r["next"]] for r in rows],
    )  # fmt: skip
    return 0 if all(r["status"] != "fail" for r in rows) else 1


def _names() -> tuple[str, ...]:
    from trendctl import registry

    return registry.names("platforms")


def _row(run: Any, name: str) -> dict[str, Any]:
    from trendctl import registry

    chosen = run.settings.platforms.get(name)
    facts = registry.load("platforms", name).facts
    account = chosen.account if chosen else "default"
    return {"platform": name, "enabled": run.is_on(name), "account": account, "about": facts.about,
            "credentials": list(facts.credentials), "terms": facts.terms_url}  # fmt: skip
