"""`trendctl export`: any table, to stdout."""

from typing import Annotated

import typer

from trendctl.cli import base
from trendctl.errors import UsageError
from trendctl.render import Screen

app = base.single("Any table as CSV, JSON or NDJSON.")


@app.command(epilog="Example: trendctl export listing --format csv > listings.csv")
def export(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table's name; none: the list of them.")] = "",
    form: Annotated[str, typer.Option("--format", help="csv, json or ndjson.")] = "csv",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> int:
    """Write a whole table to stdout; without a name, list the tables.

    Times are epoch seconds (UTC), amounts minor units of the currency beside them.
    """
    from trendctl.report import formats
    from trendctl.store import exports

    run, screen = base.open_app(), base.screen(as_json)
    form = "json" if as_json else form
    if form not in formats.FORMATS:
        raise UsageError(f"--format cannot be {form!r}", why="csv, json or ndjson", next="trendctl export --help")
    redact = run.secrets.redact
    with run.store.read() as db:
        known = exports.tables(db)
        if not table:
            _list(screen, known)
            return 0
        if table not in known:
            raise _unknown(table, known)
        found = formats.lines(
            form, exports.columns(db, table), exports.rows(db, table), exports.JSON_COLUMNS.get(table, ()), redact
        )
        for line in found:
            screen.out.write(line)
    screen.out.flush()
    return 0


def _list(screen: Screen, known: tuple[str, ...]) -> None:
    if screen.as_json:
        screen.json(list(known))
        return
    screen.out.writelines(f"{name}\n" for name in known)
    screen.out.flush()
    screen.say("Next: trendctl export product")


def _unknown(table: str, known: tuple[str, ...]) -> UsageError:
    import difflib

    near = difflib.get_close_matches(table, known, n=1)
    what = f"There is no table {table!r}"
    if not near:
        return UsageError(what, next="trendctl export (lists them)")
    return UsageError(what, why=f"the nearest one is {near[0]}", next=f"trendctl export {near[0]}")
