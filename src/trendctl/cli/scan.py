"""`trendctl scan`: read the sources, find products, judge them, make drafts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trendctl import flows
from trendctl.cli import base
from trendctl.errors import UsageError
from trendctl.render import Screen, clean

if TYPE_CHECKING:
    from rich.progress import TaskID

    from trendctl.ports import Outcome

app = base.single("Read the trend sources, find products, judge them, make drafts.")
STYLE = {"ok": "green", "empty": "yellow", "unavailable": "yellow", "skipped": "dim", "failed": "red"}


@app.command(epilog="Example: trendctl scan --source hackernews --source slickdeals_rss")
def scan(
    source: Annotated[list[str] | None, typer.Option(help="Only this source; may be repeated.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also sources that are not due yet.")] = False,
    no_analyze: Annotated[bool, typer.Option("--no-analyze", help="Only scan; no analysis, no drafts.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask the sources, store nothing.")] = False,
    record: Annotated[Path | None, typer.Option(help="Write the calls to this HAR file, without secrets.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Answer from this HAR file, in a throwaway home.")] = None,
    as_json: base.Json = False,
) -> int:  # fmt: skip
    """Read every due source side by side; one that fails never stops another. Ends with analysis and drafts."""
    screen = base.screen(as_json)
    run, transport = base.open_app(), None
    if replay is not None:
        run, transport = _replayed(run, replay)
    bars = Bars(screen) if screen.err.isatty() and not as_json else None
    try:
        report = flows.scan(run, source, force=force, analysis=not no_analyze, dry_run=dry_run, record=record,
                            transport=transport, progress=bars)  # fmt: skip
    finally:
        if bars:
            bars.close()
    document = report.to_json()
    screen.rows(
        document, ("source", "outcome", "items", "new", "seconds", "cause"),
        lambda: [_line(s) for s in document["sources"]], right=("items", "new", "seconds"),
    )  # fmt: skip
    _summary(screen, document, dry_run=dry_run, replayed=replay is not None)
    if replay is not None:
        screen.say(f"In a throwaway home; look around: TRENDCTL_HOME={run.home.root} trendctl products")
    return 1 if report.failed else 0


def _line(s: dict[str, Any]) -> list[object]:
    from rich.text import Text

    return [
        s["name"], Text(s["outcome"], style=STYLE.get(s["outcome"], "")), s["items"], s["new_items"],
        f"{s['seconds']:.1f}", clean(s["cause"], 120),
    ]  # fmt: skip


def _summary(screen: Screen, document: dict[str, Any], *, dry_run: bool, replayed: bool) -> None:
    items, products = document["items"], document["products"]
    would = "would have been " if dry_run else ""
    screen.say(f"{items['stored']} items {would}stored ({items['duplicate']} twice, {items['rejected']} unusable); "
               f"{products['new']} new products, {products['updated']} seen again")  # fmt: skip
    if not (dry_run or replayed):
        screen.say("Next: trendctl products, then trendctl review")


def _replayed(run: Any, file: Path) -> tuple[Any, Any]:
    """A throwaway home, so that recorded answers never mix with real ones."""
    from trendctl.app import App
    from trendctl.approval.seat import make_throwaway
    from trendctl.home import Home
    from trendctl.scanner.har import Replay

    if not file.is_file():
        raise UsageError(f"{file} is not there", next="trendctl scan --record FILE.har")
    fresh = App(Home(make_throwaway()), run.environ, run.clock)
    fresh.init()
    return fresh, Replay(file)


class Bars:
    """A progress bar a source, on stderr. An ok source's bar is full; another's says why."""

    def __init__(self, screen: Screen) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.bars: Progress = Progress(
            SpinnerColumn(), TextColumn("{task.description:<24}", markup=False), BarColumn(bar_width=20),
            TextColumn("{task.fields[words]}", markup=False), TimeElapsedColumn(), console=screen.console(err=True),
            transient=True,
        )  # fmt: skip
        self.tasks: dict[str, TaskID] = {}
        self.bars.start()

    def start(self, source: str) -> None:
        """A source's turn begins."""
        self.tasks[source] = self.bars.add_task(source, total=None, words="asking")

    def update(self, source: str, text: str) -> None:
        """A word on how it comes along."""
        if source in self.tasks:
            self.bars.update(self.tasks[source], words=clean(text, 40))

    def done(self, source: str, outcome: "Outcome", items: int, cause: str) -> None:
        """It ended."""
        if source in self.tasks:
            words = f"{items} items" if outcome in ("ok", "empty") else clean(f"{outcome}: {cause}", 40)
            self.bars.update(self.tasks[source], total=1, completed=1, words=words)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.bars.stop()
