"""`trendctl forget source/account/everything`: in a terminal, with the scope typed in full."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl.cli import base
from trendctl.errors import Refused, UsageError

if TYPE_CHECKING:
    from trendctl.app import App
    from trendctl.posting.forgetting import Plan
    from trendctl.store.forgetting import Scope

app = base.group("Delete a source's data, an account or everything (in a terminal).")
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")]
AT_ONCE = 200  # products that are judged anew before the command ends
STAYS = (
    "the hashes of what you decided, so that `audit verify` still holds",
    "SKU and the platform's own number of listings that are not over, so that nothing is listed twice",
    "with a source: what you approved of products that another source named too, or that are still on sale",
    "your settings, your environment and .env; exported files, reports, recordings and copies that you made yourself",
)


@app.command(epilog="Example: trendctl forget source hackernews --dry-run")
def source(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `trendctl sources` has it.", show_default=False)],
    dry_run: DryRun = False,
    as_json: base.Json = False,
) -> int:
    """Delete all that a source gave: items, figures, and the words of it in analyses, answers and names."""
    from trendctl import registry
    from trendctl.store import forgetting
    from trendctl.store.forgetting import Scope

    run = base.open_app()
    with run.store.read() as db:
        known = tuple(sorted({*registry.names("sources"), *forgetting.sources(db)}))
    if name not in known:
        raise UsageError(f"There is no source {name!r}", why=registry.nearest(name, known), next="trendctl sources")
    code = _forget(run, Scope("source", name), dry_run=dry_run, as_json=as_json)
    if not dry_run:
        _judge_anew(run)
        base.screen().say(f"The next scan reads it again, unless: trendctl sources disable {name}")
    return code


@app.command(epilog="Example: trendctl forget account ebay --dry-run")
def account(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="Such as ebay.", show_default=False)],
    account: Annotated[
        str | None, typer.Argument(metavar="[ACCOUNT]", help="Its name in the settings.", show_default=False)
    ] = None,
    dry_run: DryRun = False,
    as_json: base.Json = False,
) -> int:
    """Delete what was drafted, approved, posted and tracked for an account, and its sign-in."""
    from trendctl import registry
    from trendctl.store import forgetting
    from trendctl.store.forgetting import Scope

    run = base.open_app()
    base.platform_name(platform)
    mine = run.forgetting(run.store).accounts(platform)
    name = account or mine
    with run.store.read() as db:
        known = tuple(sorted({mine, *forgetting.known_accounts(db, platform)}))
    if name not in known:
        raise UsageError(
            f"There is no account {name!r} on {platform}", why=registry.nearest(name, known),
            next=f"trendctl forget account {platform} {mine} --dry-run",
        )  # fmt: skip
    return _forget(run, Scope("account", platform, name), dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: trendctl forget everything --dry-run")
def everything(dry_run: DryRun = False, as_json: base.Json = False) -> int:
    """Delete all data, stored secrets, pictures, packs, logs and backups of this home."""
    from trendctl.store.forgetting import Scope

    return _forget(base.open_app(), Scope("everything"), dry_run=dry_run, as_json=as_json)


def _forget(run: "App", scope: "Scope", *, dry_run: bool, as_json: bool) -> int:
    from trendctl.approval import service
    from trendctl.approval.seat import TerminalSeat
    from trendctl.posting import forgetting

    screen = base.screen(as_json)
    if as_json and not dry_run:
        raise UsageError("--json goes with --dry-run", why="forgetting asks in a terminal", next="add --dry-run")
    if not dry_run:
        TerminalSeat().check(run.home.root, "")
    work = run.forgetting(run.store)
    found = forgetting.plan(work, scope)
    if as_json:
        screen.json(_json(found))
        return 0
    _show(screen, found)
    if dry_run:
        screen.say("Nothing was deleted.")
        return 0
    typed = str(typer.prompt(f"There is no way back. Type: {scope}", default="", show_default=False, err=True))
    if typed.strip() != str(scope):
        raise Refused("Nothing was deleted", why="the words were others", next=f"trendctl forget {scope} --dry-run")
    forgetting.forget(work, scope, lambda approvals: service.void(run.approving, approvals, "forgotten"))
    screen.say(f"forgotten: {scope}. Next: trendctl audit verify")
    return 0


def _judge_anew(run: "App") -> None:
    """Products that other sources named too: their analyses went, and are made of what is left."""
    from trendctl import flows
    from trendctl.store import forgetting

    with run.store.read() as db:
        waiting = forgetting.judged_anew(db)
    if waiting and len(waiting) <= AT_ONCE:
        flows.analyze(run, waiting)
    elif waiting:
        base.screen().say(f"{len(waiting)} products are to be judged anew. Next: trendctl analyze")


def _json(found: "Plan") -> dict[str, Any]:
    return {
        "scope": str(found.scope), "rows": found.rows, "backups": list(found.backups), "secrets": list(found.secrets),
        "folders": list(found.folders), "stays": list(STAYS),
    }  # fmt: skip


def _show(screen: Any, found: "Plan") -> None:
    rows = [[name.replace("_", " "), number] for name, number in found.rows.items()]
    rows += [["backups", len(found.backups)], ["stored secrets", len(found.secrets)]]
    rows += [["files in", name] for name in found.folders]
    screen.say(f"What goes with: {found.scope}")
    screen.rows(rows, ("what", "how many"), lambda: rows, right=("how many",))
    for words in STAYS:
        screen.say(f"stays: {words}")
