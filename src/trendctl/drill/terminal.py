"""Some acts need a person at a terminal: the drill, in its throwaway homes, is one with a pseudo-terminal."""

import os
import select
import sys
import time
import traceback
from collections.abc import Callable

LONGEST = 30.0  # seconds
PAUSE = 0.02  # seconds between two looks


def at_terminal(act: Callable[[], object], keys: bytes) -> str:
    """Do something in a process of its own whose terminal is ours, type a key each time it asks; what it wrote."""
    if sys.platform == "win32":
        return "there are no pseudo-terminals"
    ours, theirs = os.openpty()
    process = os.fork()
    if process == 0:
        os.close(ours)
        os.login_tty(theirs)
        _perform(act)
    try:
        return _attended(process, ours, theirs, keys).decode(errors="replace")
    finally:
        os.close(ours)
        os.close(theirs)


def _attended(process: int, ours: int, theirs: int, keys: bytes) -> bytes:
    """Type one key at a time, each when the one before it was read; until the process ends, or is ended."""
    said, left, ends = b"", keys, time.monotonic() + LONGEST
    while True:
        over = os.waitpid(process, os.WNOHANG)[0] != 0
        while select.select([ours], [], [], 0.0 if over else PAUSE)[0]:
            said += os.read(ours, 65_536)
        if over:
            return said
        if _asks(theirs):
            os.write(ours, left[:1])
            left = left[1:] or left  # the last one again, should it have come between two questions
        if time.monotonic() > ends:
            os.kill(process, 9)


def _asks(terminal: int) -> bool:
    """Whether the process waits for single keys (typed sooner they would be thrown away) and has read all so far."""
    import fcntl
    import termios

    waiting = int.from_bytes(fcntl.ioctl(terminal, termios.FIONREAD, b"\0\0\0\0"), sys.byteorder)
    return not waiting and not termios.tcgetattr(terminal)[3] & termios.ICANON


def _perform(act: Callable[[], object]) -> None:
    """In the new process: its standard streams are the terminal, whatever the old one had put in their place."""
    code = 1
    try:
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - they end with it
        act()
        code = 0
    except BaseException:  # noqa: BLE001 - nothing of the parent's may run in this process
        traceback.print_exc(limit=-3)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
