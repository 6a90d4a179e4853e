"""What the commands share: the app of this run, and the options that many of them have."""

import os
from typing import Annotated

import typer

from trendctl.app import App
from trendctl.home import Home
from trendctl.render import Screen

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
Product = Annotated[str, typer.Argument(metavar="ID", help="The product's number or uid.", show_default=False)]
Products = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]...", help="Products by number or uid; none: all.", show_default=False),
]
Platform = Annotated[str | None, typer.Option("--platform", help="Only this platform.", show_default=False)]


def group(words: str) -> typer.Typer:
    """A typer app as every command module exports it."""
    return typer.Typer(
        help=words, no_args_is_help=False, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )


def single(words: str) -> typer.Typer:
    """As `group`, for a module with one command of its own name."""
    return group(words)


def open_app() -> App:
    """The app of this process: home from the environment, the real clock. SIGTERM ends a command as Ctrl-C does."""
    import signal

    app = App(Home.find(os.environ), os.environ)

    def end(*_: object) -> None:
        app.stop.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    return app


def screen(as_json: bool = False) -> Screen:
    """Where this command writes."""
    return Screen(as_json=as_json)


def platform_name(name: str | None) -> str | None:
    """The name, if there is such a platform. Raises UsageError with the nearest."""
    from trendctl import registry
    from trendctl.errors import UsageError

    known = registry.names("platforms")
    if name is not None and name not in known:
        raise UsageError(
            f"There is no platform {name!r}", why=registry.nearest(name, known), next="trendctl platforms list"
        )
    return name
