"""Some acts need a person at a terminal: the drill, in its throwaway homes, is one with a pseudo-terminal."""

import os
import select
import sys
import time
import traceback
from collections.abc import Callable

LONGEST = 20.0  # seconds
PAUSE = 0.02  # seconds between two looks


def at_terminal(act: Callable[[], object], keys: bytes) -> str:
    """Do something in a process of its own whose terminal is ours, type the keys when it asks; what it wrote."""
    if sys.platform == "win32":
        return "there are no pseudo-terminals"
    import pty

    process, terminal = pty.fork()
    if process == 0:
        _perform(act)
    said, left, ends = b"", keys, time.monotonic() + LONGEST
    try:
        while time.monotonic() < ends:
            if select.select([terminal], [], [], PAUSE)[0]:
                part = os.read(terminal, 65_536)
                said += part
                if not part:
                    break
            elif _reads_keys(terminal):  # a key typed sooner would be thrown away
                os.write(terminal, left[:1])
                left = left[1:] or left  # the last one again, should it have come between two questions
    except OSError:
        pass  # Linux says so when the other side is gone
    finally:
        os.close(terminal)
        _end(process, ends)
    return said.decode(errors="replace")


def _reads_keys(terminal: int) -> bool:
    """Whether the other side waits for single keys."""
    import termios

    return not termios.tcgetattr(terminal)[3] & termios.ICANON


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


def _end(process: int, ends: float) -> None:
    while time.monotonic() < ends + 1:
        if os.waitpid(process, os.WNOHANG)[0]:
            return
        time.sleep(0.005)
    os.kill(process, 9)
    os.waitpid(process, 0)
