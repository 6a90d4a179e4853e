"""The way in: finds the command's module, runs it, and turns every failure into one line and an exit code."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

from trendctl.cli.commands import COMMANDS, FIND, LATER
from trendctl.errors import ExitCode, StoreError, TrendctlError, UsageError

if TYPE_CHECKING:
    from trendctl.render import Screen

WIDTH = 12  # of the command names on the help page
_AGAIN_SECONDS = 0.01
_OUTSIDE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE,
     errno.ENFILE, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EEXIST}
)  # fmt: skip


def run() -> None:
    """The `trendctl` program."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # an odd terminal shows ? where it cannot do better
    sys.unraisablehook = _not_lost
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # our matrices are small: threads cost ten times what they bring
    try:
        code = main(sys.argv[1:])
        _deaf()
    except KeyboardInterrupt:  # in the few instructions between the two
        code = int(ExitCode.INTERRUPTED)
        _deaf()
    sys.exit(code)


def _deaf() -> None:
    """All is done and told: a Ctrl-C while Python takes itself apart must not turn a success into a killed process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _not_lost(what: "sys.UnraisableHookArgs") -> None:
    """A Ctrl-C that Python would drop, because it came within a callback (of an import, say), is sent again: a moment
    later, or it would be raised in here and be dropped as well."""
    if what.exc_type is KeyboardInterrupt:
        again = threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT))
        again.daemon = True
        again.start()
    else:
        sys.__unraisablehook__(what)


def main(args: Sequence[str]) -> int:
    """Run one command line; its exit code. Nothing raises."""
    try:
        code = int(_dispatch(list(args)))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _drop_stdout()
        return int(ExitCode.OK)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return int(ExitCode.INTERRUPTED)
    except Exception as fault:  # noqa: BLE001 - the top: whatever it is becomes one line and an exit code
        if _was_interrupted(fault):
            sys.stderr.write("\ninterrupted\n")
            return int(ExitCode.INTERRUPTED)
        return _failed(args, fault)


def _was_interrupted(fault: BaseException | None) -> bool:
    """Whether a Ctrl-C lies at the bottom: Python wraps one that comes while a class is made in a RuntimeError."""
    seen = 0
    while fault is not None and seen < 20:
        if isinstance(fault, KeyboardInterrupt):
            return True
        fault, seen = fault.__cause__ or fault.__context__, seen + 1
    return False


def _failed(args: Sequence[str], fault: Exception) -> int:
    """Tell of a failure; its exit code."""
    if isinstance(fault, TrendctlError):
        return _told(args, fault)
    if isinstance(fault, OSError) and fault.errno in _OUTSIDE:
        return _told(args, _outside(fault))
    return _crashed(args, fault)


def _told(args: Sequence[str], fault: TrendctlError) -> int:
    try:
        sys.stdout.flush()  # what cannot be written now would be tried again at exit
        _screen(args).fail(fault)
    except OSError:  # stdout is full or gone: stderr alone must do
        _drop_stdout()
        _screen(()).fail(fault)
    return int(fault.exit_code)


def _outside(fault: OSError) -> StoreError:
    """A disk or a file that would not, told for what it is; the log has where it happened."""
    from trendctl import log

    log.event("the system refused", level=40, cause=str(fault), exc=fault)
    full = fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    where = f"{fault.filename}: " if fault.filename else ""
    if not full and not fault.filename:
        where = "a file or stdout: "
    return StoreError(
        "The disk is full" if full else "A file cannot be used",
        why=f"{where}{fault.strerror}",
        next="free some space, then run the command again" if full else "check the path, its owner and its mode",
    )


def _drop_stdout() -> None:
    """stdout goes nowhere from here on; else Python complains again when it flushes at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(args: list[str]) -> int:
    if os.environ.get("_TRENDCTL_COMPLETE") or (args and args[0] in ("--install-completion", "--show-completion")):
        return _complete()
    for word in args:
        if not word.isascii() and word.encode("utf-8", "ignore") != word.encode("utf-8", "surrogatepass"):
            raise UsageError("A word of the command line is not UTF-8 text", why=ascii(word), next="trendctl --help")
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
        result = int(done.exit_code)
    except Abort:
        raise KeyboardInterrupt from None
    except TyperException as fault:
        raise UsageError(fault.format_message().rstrip("."), next=f"trendctl {name} --help") from None
    if result == ExitCode.INTERRUPTED:  # typer's own way of passing a Ctrl-C on
        raise KeyboardInterrupt
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
    _told(args, bug)
    return int(ExitCode.BUG)


if __name__ == "__main__":
    run()
