"""`trendctl listings`."""

from typing import TYPE_CHECKING, Annotated

import typer

from trendctl.cli import base
from trendctl.cli.post import show
from trendctl.errors import Refused

if TYPE_CHECKING:
    from trendctl.app import App
    from trendctl.posting.confirming import Word
    from trendctl.render import Screen

app = base.single("Your listings and their state.")


@app.command(epilog="Example: trendctl listings --platform ebay")
def listings(
    products: base.Products = None,
    platform: base.Platform = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Say what became of rows that you uploaded.")] = False,
    as_json: base.Json = False,
) -> int:
    """Your listings and their state, newest first."""
    from trendctl.posting.service import Posted
    from trendctl.store import operations

    run, screen = base.open_app(), base.screen(as_json)
    base.platform_name(platform)
    wanted = [run.product_id(word) for word in products or ()]
    if confirm:
        return _confirm(run, screen, wanted, platform)
    with run.store.read() as db:
        found = [r for r in operations.listings(db) if platform in (None, r["platform"])]
        found = [r for r in found if not wanted or r["product_id"] in wanted]
        blocked = operations.blocked(db)
    rows = [
        Posted(r["product_id"], r["platform"], r["state"], r["sku"], r["external_id"], r["url"], r["cause"], r["title"])
        for r in found
    ]
    show(screen, rows)
    for (name, account), why in blocked.items():
        screen.say(f"{name} ({account}) may not post until reconciled: {why}. Next: trendctl reconcile")
    return 0


def _confirm(run: "App", screen: "Screen", wanted: list[int], platform: str | None) -> int:
    """Row by row, at a terminal: what became of it. Each answer is kept at once."""
    from trendctl.approval.seat import TerminalSeat
    from trendctl.posting import confirming
    from trendctl.posting.service import row_of
    from trendctl.render import clean

    seat = TerminalSeat()
    seat.check(run.home.root, platform or "")
    rows = []
    for operation in confirming.waiting(run.posting, wanted, platform):
        row = row_of(run.posting, operation)
        screen.say(f"{row.platform}: {operation.kind} {clean(row.title, 60)} ({row.sku})")
        screen.say("l: it is there now   n: it was refused or not uploaded   any other key: not yet")
        key = typer.getchar()
        if key in ("l", "n"):
            word = _word(screen, operation.kind, there=key == "l")
            rows.append(confirming.confirm(run.posting, operation.id, word, seat.name))
    show(screen, rows)
    return 0


def _word(screen: "Screen", kind: str, *, there: bool) -> "Word":
    """The second key, after the details. Raises Refused where it does not come; nothing is recorded then."""
    from trendctl.posting.confirming import Word

    if not there:
        word = Word(uploaded=False, reason=_asked("Why?") or "not uploaded")
    elif kind == "create":
        word = Word(uploaded=True, number=_asked("Its number there (Enter: none)"), url=_asked("Its address"))
    else:
        word = Word(uploaded=True)
    screen.say("Type Y to record this")
    if typer.getchar() != "Y":
        raise Refused("Not recorded", next="trendctl listings --confirm")
    return word


def _asked(question: str) -> str:
    return str(typer.prompt(question, default="", show_default=False, err=True)).strip()
