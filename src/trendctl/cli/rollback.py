"""`trendctl rollback`."""

from typing import Annotated

import typer

from trendctl.cli import base
from trendctl.errors import Refused, UsageError

app = base.single("Take a repair back (in a terminal only).")


@app.command(epilog="Example: trendctl rollback 3")
def rollback(
    number: Annotated[int, typer.Argument(metavar="REPAIR", help="Its number in `trendctl repairs`.")],
) -> int:
    """Put everything a repair touched back as it was. A person's act: it needs a terminal and two keys, no option
    replaces them. What someone changed since the repair is left as it is, and said."""
    from trendctl import healing
    from trendctl.approval.seat import TerminalSeat
    from trendctl.render import clean
    from trendctl.selfheal import coordinator
    from trendctl.store import repairs

    run, screen = base.open_app(), base.screen()
    TerminalSeat().check(run.home.root, "")
    with run.store.read() as db:
        row = repairs.find(db, number)
    if row is None:
        raise UsageError(f"There is no repair {number}", next="trendctl repairs")
    screen.say(clean(f"repair {number}: {row.words}"))
    screen.say(clean(f"Take it back? {row.undo_words} Type y, then Y"))
    if (typer.getchar(), typer.getchar()) != ("y", "Y"):
        raise Refused("Not taken back", next="trendctl repairs")
    done = coordinator.take_back(healing.healing(run), number)
    screen.say(clean(f"{done.state}: {done.detail}"))
    return 0 if done.state == "rolled_back" else 1
