"""`trendctl secrets set/list/remove`."""

import sys
from typing import Annotated

import typer

from trendctl.cli import base
from trendctl.errors import UsageError

app = base.group("Credentials, kept in the keyring or a file only you can read.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="Such as EBAY_APP_ID.", show_default=False)]


@app.command("set", epilog="Example: trendctl secrets set EBAY_APP_ID")
def set_(name: Name) -> int:
    """Store a credential. It is typed hidden, or read from a pipe; never given on the command line."""
    from trendctl.secrets import check_known

    run, screen = base.open_app(), base.screen()
    check_known(name)
    value = str(typer.prompt(name, hide_input=True, err=True)) if screen.may_ask else sys.stdin.readline()
    if not value.strip():
        raise UsageError("Nothing was given", next=f"trendctl secrets set {name}")
    run.home.make()
    run.secrets.put(name, value.strip())
    screen.say(f"{name} is stored ({run.secrets.origin(name)})")
    return 0


@app.command("list", epilog="Example: trendctl secrets list")
def list_(as_json: base.Json = False) -> int:
    """Which credentials are set, and where each comes from; never their values."""
    from trendctl.secrets import KNOWN

    run, screen = base.open_app(), base.screen(as_json)
    rows = [
        {"name": name, "set": run.secrets.origin(name) is not None, "origin": run.secrets.origin(name)}
        for name in KNOWN
    ]
    screen.rows(rows, ("name", "from"), lambda: [[r["name"], r["origin"] or "-"] for r in rows])
    return 0


@app.command(epilog="Example: trendctl secrets remove EBAY_APP_ID")
def remove(name: Name) -> int:
    """Forget a stored credential (one in the environment is yours to unset)."""
    from trendctl.secrets import check_known

    run, screen = base.open_app(), base.screen()
    check_known(name)
    screen.say(f"{name} removed" if run.secrets.remove(name) else f"{name} was not stored")
    return 0
