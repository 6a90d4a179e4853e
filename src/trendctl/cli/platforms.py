"""`trendctl platforms list/check/login`."""

from typing import Annotated, Any

import typer

from trendctl.cli import base

app = base.group("Where you sell.")
Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this one.", show_default=False)]


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


@app.command(epilog="Example: trendctl platforms check ebay")
def check(
    name: Name = None,
    mend: Annotated[
        bool, typer.Option("--mend", help="Create what is missing there: the opt-in to policies, a location.")
    ] = False,
    as_json: base.Json = False,
) -> int:
    """Look at each switched-on platform: can it be used, and what is to be done if not."""
    run, screen = base.open_app(), base.screen(as_json)
    names = [_on(run, name)] if name else list(run.platforms)
    rows = [row for each in names for row in run.check_platform(each, mend=mend)]
    screen.rows(
        rows, ("platform", "check", "status", "detail", "next"),
        lambda: [[r["platform"], r["check"], r["status"], r["detail"], r["next"]] for r in rows],
    )  # fmt: skip
    return 0 if all(r["status"] != "fail" for r in rows) else 1


@app.command(epilog="Example: trendctl platforms login ebay")
def login(name: Annotated[str, typer.Argument(metavar="NAME", help="The platform.", show_default=False)]) -> int:
    """Let trendctl act for your account there: open the page, agree, paste the address you end up at."""
    import secrets

    from trendctl.posting import wiring

    run, screen = base.open_app(), base.screen()
    line, state = run.line(_on(run, name)), secrets.token_urlsafe(16)
    url = wiring.consent_url(line, state)
    screen.say("Open this page, sign in and agree:")
    typer.echo(url)
    how = str(getattr(line.sign_in, "how", ""))
    if how:
        screen.say(how)
    pasted = _pasted()
    days = wiring.sign_in(line, pasted, state)
    ends = f" for about {days:.0f} days" if days else ""
    screen.say(f"Signed in to {name}{ends}. Next: trendctl platforms check {name}")
    return 0


def _pasted() -> str:
    """What the person pastes; read from a pipe too, never echoed there."""
    import sys

    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    question = "Then paste the address of the page you ended up at (or its code)"
    return str(typer.prompt(question, hide_input=False, err=True)).strip()


def _on(run: Any, name: str) -> str:
    """The platform's name, if it is one and switched on. Raises UsageError."""
    from trendctl import registry
    from trendctl.errors import UsageError

    registry.load("platforms", name)
    if name not in run.platforms:
        raise UsageError(
            f"{name} is switched off", next=f"trendctl config edit, then enabled = true under [platforms.{name}]"
        )
    return name


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
