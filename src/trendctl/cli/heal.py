"""`trendctl heal`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl.cli import base
from trendctl.errors import Refused, UsageError

if TYPE_CHECKING:
    from trendctl.app import App
    from trendctl.render import Screen
    from trendctl.selfheal.coordinator import Report
    from trendctl.selfheal.notes import Case

app = base.single("Look for faults, repair what may be repaired.")


@app.command(epilog="Example: trendctl heal --dry-run")
def heal(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    apply: Annotated[
        int | None, typer.Option("--apply", metavar="INCIDENT", help="Carry out a proposed repair (terminal only).")
    ] = None,
    as_json: base.Json = False,
) -> int:
    """Find what is wrong and why. What is safe, reversible and proven is repaired and watched for two minutes, then
    final or taken back; all else is proposed or told. Exit code 1 when it is unhealthy afterwards."""
    from trendctl import healing
    from trendctl.selfheal import coordinator

    run, screen = base.open_app(), base.screen(as_json)
    if not run.home.root.is_dir():
        run.store  # noqa: B018 - raises with the way to a home
    if apply is not None:
        return _apply(run, screen, apply, dry_run=dry_run)
    if not dry_run:
        healing.opened(run)
    report = coordinator.heal(healing.healing(run), dry_run=dry_run)
    _show(run, screen, report)
    return 1 if report.seen.whole == "unhealthy" else 0


def _show(run: "App", screen: "Screen", report: "Report") -> None:
    from trendctl.cli import heal_view

    stored = _stored(run, [t.incident_id for t in report.told if t.incident_id])
    at = {t.incident_id: d for t in report.told if (d := stored.get(t.incident_id)) is not None}
    rows = [
        at.get(t.incident_id) or heal_view.told_document(t, c.severity, report.seen.at)
        for t, c in zip(report.told, report.cases, strict=True)
    ]
    for entry in report.recovered:
        screen.say(f"repair {entry.number or entry.token} had been left in progress: {entry.detail}")
    heal_view.show(screen, rows, "All is well.")
    screen.say(f"{report.seen.whole}; {report.repaired} repaired")


def _stored(run: "App", ids: list[int]) -> dict[int, dict[str, Any]]:
    """What the database says of these incidents; nothing where it cannot be read."""
    from trendctl.cli import heal_view
    from trendctl.errors import StoreError
    from trendctl.store import incidents
    from trendctl.store.engine import Store

    store = Store(run.home.database)
    try:
        with store.read() as db:
            found = [i for i in incidents.listed(db, limit=100_000) if i.id in set(ids)]
        return {d["id"]: d for d in heal_view.documents(store, found)}
    except StoreError:
        return {}


def _apply(run: "App", screen: "Screen", number: int, *, dry_run: bool) -> int:
    """A person's order: the plan is shown, two keys, then exactly that plan."""
    from trendctl import healing
    from trendctl.approval.seat import TerminalSeat
    from trendctl.selfheal import coordinator

    work = healing.healing(run)
    if not dry_run:
        TerminalSeat().check(run.home.root, "")
        healing.opened(run)
    wanted = coordinator.case(work, number)
    if not _shown(screen, wanted):
        raise UsageError(
            "Nothing here can be carried out by the program", why=wanted.proposal.reason, next="trendctl incidents"
        )
    if dry_run:
        return 0
    screen.say("Carry this out? Type y, then Y")
    if (typer.getchar(), typer.getchar()) != ("y", "Y"):
        raise Refused("Not carried out", next=f"trendctl heal --apply {number}")
    told = coordinator.apply(work, wanted)
    screen.say(f"{told.action}: {told.detail}")
    if told.action == "fixed" and told.repair_id:
        screen.say(f"It can be taken back: trendctl rollback {told.repair_id}")
    return 0 if told.action == "fixed" else 1


def _shown(screen: "Screen", wanted: "Case") -> bool:
    """What would be done, in words; False: there is nothing that the program could do."""
    from trendctl.render import clean

    plan, d = wanted.proposal.plan, wanted.told
    lines = [f"what happened: {d.cause}", *(f"how we know:   {line}" for line in d.evidence)]
    if plan is not None:
        lines += [f"what would be done: {plan.words}", f"how it is undone:   {plan.undo_words}"]
        lines += [f"  {c.kind}: {c.target}" + (f" -> {c.to}" if c.to else "") for c in plan.changes]
    for line in lines:
        screen.out.write(clean(line) + "\n")
    screen.out.flush()
    return plan is not None and bool(plan.changes)
