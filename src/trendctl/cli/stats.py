"""`trendctl stats`: the pipeline in numbers."""

from trendctl.cli import base

app = base.single("The pipeline in numbers.")


@app.command(epilog="Example: trendctl stats --json")
def stats(as_json: base.Json = False) -> int:
    """Products found, awaiting review, approved, live and ended; by platform and by source."""
    from trendctl.store import counts
    from trendctl.store.rows import epoch

    run, screen = base.open_app(), base.screen(as_json)
    with run.store.read() as db:
        found = counts.pipeline(db, epoch(run.clock.now()))
    if as_json:
        screen.json(found)
        return 0
    for title, rows in found.items():
        columns = tuple(rows[0]) if isinstance(rows, list) and rows else ("what", "number")
        lines = [list(r.values()) for r in rows] if isinstance(rows, list) else [[k, v] for k, v in rows.items()]
        if lines:
            screen.say(title.replace("_", " "))
            screen.rows(rows, columns, lambda lines=lines: lines, right=columns[1:])  # type: ignore[misc]  # bound now
    return 0
