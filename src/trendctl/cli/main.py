"""The way in: finds the command's module, runs it, and turns every failure into one line and an exit code."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from trendctl.cli.commands import COMMANDS, FIND, LATER
from trendctl.errors import ExitCode, TrendctlError, UsageError

if TYPE_CHECKING:
    from trendctl.render import Screen

WIDTH = 12  # of the command names on the help page


def run() -> None:
    """The `trendctl` program."""
    sys.exit(main(sys.argv[1:]))


def main(args: Sequence[str]) -> int:
    """Run one command line; its exit code. Nothing raises but SystemExit from a closed pipe."""
    try:
        return int(_dispatch(list(args)))
    except TrendctlError as fault:
        _screen(args).fail(fault)
        return int(fault.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python complains again when it flushes at exit
        return int(ExitCode.OK)
    except Exception as fault:  # noqa: BLE001 - the top: a bug becomes one line and a crash file
        return _crashed(args, fault)


def _dispatch(args: list[str]) -> int:
    if os.environ.get("_TRENDCTL_COMPLETE"):
        return _complete()
    if not args or args[0] in ("-h", "--help", "help"):
        sys.stdout.write(help_page())
        return ExitCode.OK if args else ExitCode.USAGE
    if args[0] in ("-V", "--version"):
        from trendctl.app import VERSION

        sys.stdout.write(f"trendctl {VERSION}\n")
        return ExitCode.OK
    if args[0] not in FIND:
        raise _unknown(args[0])
    return _invoke(args[0], args[1:])


def _invoke(name: str, args: list[str]) -> int:
    import importlib

    import typer
    from typer.exceptions import Abort, Exit, TyperException

    command = typer.main.get_command(importlib.import_module(FIND[name].module).app)
    try:
        result = command.main(args=args, prog_name=f"trendctl {name}", standalone_mode=False)
    except Exit as done:
        return int(done.exit_code)
    except Abort:
        raise KeyboardInterrupt from None
    except TyperException as fault:
        raise UsageError(fault.format_message().rstrip("."), next=f"trendctl {name} --help") from None
    return result if isinstance(result, int) else ExitCode.OK


def _complete() -> int:
    import importlib

    import typer

    whole = typer.Typer(name="trendctl")
    for command in COMMANDS:
        part = importlib.import_module(command.module).app
        whole.add_typer(part, name=command.name, help=command.words)
    whole(prog_name="trendctl")
    return ExitCode.OK


def help_page() -> str:
    """`trendctl --help`, from the table alone: no command's module is loaded for it."""
    lines = [
        "Usage: trendctl COMMAND [ARGS]...",
        "",
        "Find products that start to trend, judge them, list what you approve.",
        "",
    ]
    group = ""
    for command in COMMANDS:
        if command.group != group:
            lines += ["", f"{command.group}:"] if group else [f"{command.group}:"]
            group = command.group
        lines.append(f"  {command.name:<{WIDTH}}{command.words}")
    lines += [
        "",
        "Every command has --help with an example; every reading command has --json.",
        "First steps: trendctl demo, then trendctl init.",
        "",
    ]
    return "\n".join(lines)


def _unknown(name: str) -> UsageError:
    if name in LATER:
        return UsageError(f"`trendctl {name}` is not in this version", why=LATER[name], next="trendctl --help")
    import difflib

    near = difflib.get_close_matches(name, [*FIND, *LATER], n=1)
    return UsageError(
        f"There is no command {name!r}", why=f"the nearest one is {near[0]}" if near else "", next="trendctl --help"
    )


def _screen(args: Sequence[str]) -> "Screen":
    from trendctl.render import Screen

    return Screen(as_json="--json" in args)


def _crashed(args: Sequence[str], fault: Exception) -> int:
    from trendctl import log
    from trendctl.home import Home
    from trendctl.secrets import Secrets

    try:
        home = Home.find(os.environ)
        path = str(log.crash(home, fault, Secrets(home, os.environ)))
    except (OSError, TrendctlError) as second:
        path = f"(no crash file: {second})"
    bug = TrendctlError("This is a bug in trendctl", why=type(fault).__name__, next=f"report it with {path}")
    bug.code = "bug"
    _screen(args).fail(bug)
    return int(ExitCode.BUG)


if __name__ == "__main__":
    run()
