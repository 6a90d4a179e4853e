"""`trendctl review`: one product at a time, every decision kept at once."""

from typing import Annotated, Any

import typer

from trendctl import flows
from trendctl.cli import base
from trendctl.errors import Refused

app = base.single("Decide on products one by one; quit and come back at any time.")


@app.command(epilog="Example: trendctl review")
def review(
    products: base.Products = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the approvals given last, if unused.")] = False,
    as_json: base.Json = False,
) -> int:
    """Go through what awaits your decision. Without a terminal: says what waits, decides nothing."""
    from trendctl.approval.seat import TerminalSeat
    from trendctl.cli.asking import terminal
    from trendctl.store import reviews
    from trendctl.store.rows import epoch

    run, screen = base.open_app(), base.screen(as_json)
    if undo:
        return _undo(run, screen)
    with run.store.read() as db:
        waiting = [dict(row) for row in reviews.queue(db, epoch(run.clock.now()), run.settings.review.queue_limit)]
    if as_json or not (screen.may_ask and screen.is_terminal):
        screen.rows(
            waiting, ("id", "score", "title", "ready"),
            lambda: [[w["id"], f"{w['score']:.0f}", w["title"], w["ready"]] for w in waiting],
            empty="Nothing awaits a decision.", right=("id", "score", "ready"),
        )  # fmt: skip
        if waiting and not as_json:
            raise Refused("Deciding needs a terminal", why=f"{len(waiting)} await you", next="trendctl review")
        return 0
    wanted = [run.product_id(word) for word in products] if products else [w["id"] for w in waiting]
    done = flows.review(run, terminal(run, screen), TerminalSeat(), wanted)
    screen.say(f"{done.approved} approved, {done.rejected} rejected, {done.deferred} deferred, {done.left} left")
    screen.say("Next: trendctl post --dry-run" if done.approved else "Next: trendctl products")
    return 0


def _undo(run: Any, screen: Any) -> int:
    from trendctl.approval.seat import TerminalSeat

    count = flows.undo_last(run, TerminalSeat())
    screen.say(f"{count} approvals taken back" if count else "There is nothing to take back")
    return 0
