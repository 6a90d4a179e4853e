"""`trendctl edit ID`: a draft's words in $EDITOR."""

from trendctl.cli import base
from trendctl.errors import UsageError
from trendctl.ports import Choice, Said

app = base.single("Change a draft's words in your editor.")


@app.command(epilog="Example: trendctl edit 12 --platform ebay")
def edit(product: base.Product, platform: base.Platform = None) -> int:
    """Change a draft's words in your editor; your words are kept apart from what the program proposes."""
    from trendctl.approval import card, review
    from trendctl.cli.asking import terminal

    run, screen = base.open_app(), base.screen()
    base.platform_name(platform)
    product_id = run.product_id(product)
    with run.store.read() as db:
        shown = card.load(db, product_id, run.context, run.clock.now())
    drafts = [d for d in shown.drafts if platform in (None, d.platform)] if shown else []
    if shown is None or not drafts:
        raise UsageError(f"There is no draft of {product} to edit", next="trendctl analyze")
    if len(drafts) > 1:
        raise UsageError(
            "Which draft?", why=", ".join(d.platform for d in drafts), next=f"trendctl edit {product} --platform P"
        )
    if not screen.may_ask:
        raise UsageError("Editing needs a terminal", next="run it in a terminal")
    changes = terminal(run, screen).in_editor(drafts[0])
    if changes:
        review.edit(run.approving, shown, Said(Choice.EDIT, (drafts[0].id,), changes=changes))
        run.redraft([product_id], forced=True)
    screen.say(f"changed: {', '.join(sorted(changes))}" if changes else "nothing changed")
    return 0
