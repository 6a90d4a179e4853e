"""The clean process that tests/forked.py forks from (see there): fork_server.py SOCKET."""

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import trendctl

# Slow to import and rarely used; and what the program imports on use only, and often.
SLOW = ("trendctl.analyzer.providers", "trendctl.demo", "trendctl.drill", "trendctl.models")
MORE = ("PIL.Image", "apscheduler.schedulers.background", "jmespath", "psutil", "rich.live")
LIFE = 100  # the descriptor whose other side is the test's: it is closed when the process has ended


def send(to: socket.socket, value: object, fds: Sequence[int] = ()) -> None:
    data = json.dumps(value).encode()
    socket.send_fds(to, [len(data).to_bytes(4, "big")], fds)
    to.sendall(data)


def receive(source: socket.socket) -> tuple[Any, list[int]]:
    """A value and the descriptors that came with it; None when the other side has ended."""
    head, fds, _, _ = socket.recv_fds(source, 4, 4)
    data, size = b"", int.from_bytes(head, "big")
    while len(data) < size and (part := source.recv(size - len(data))):
        data += part
    return (json.loads(data) if head and len(data) == size else None), fds


def preload() -> str:
    """Import the program; why nothing may be forked here, or "".

    A module that cannot be imported is left to the forks that need it: there it fails as in a started interpreter.
    """
    found = pkgutil.walk_packages(trendctl.__path__, "trendctl.", onerror=lambda name: None)
    for name in (*(f.name for f in found if not f.name.startswith(SLOW)), *MORE):
        with suppress(Exception):
            importlib.import_module(name)
    tasks = Path("/proc/self/task")  # of every thread, Python's or not
    if threading.active_count() > 1 or (tasks.exists() and len(list(tasks.iterdir())) > 1):
        return "a module that was imported has begun a thread"
    return ""


def target(word: str) -> Callable[[], None]:
    """`module:function`, or `/folder/module.py:function` with that folder on sys.path, as if it were run."""
    where, _, name = word.rpartition(":")
    if where.endswith(".py"):
        folder, where = str(Path(where).parent), Path(where).stem
        if folder not in sys.path:
            sys.path.insert(0, folder)
    found: Callable[[], None] = getattr(importlib.import_module(where), name)
    return found


def become(task: dict[str, Any], fds: list[int]) -> None:
    """In the fork: be the process that the test has asked for."""
    os.dup2(fds.pop(), LIFE, inheritable=False)
    if task["terminal"]:
        os.login_tty(fds[0])
    else:
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
    os.closerange(3, LIFE)
    os.closerange(LIFE + 1, 4096)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = opened(number, name)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.umask(task["umask"])
    os.chdir(task["cwd"])
    os.environ.clear()
    os.environ.update(task["env"])
    time.tzset()
    tempfile.tempdir = None
    sys.argv = [task["words"][0].rpartition(":")[0], *task["words"][1:]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    gc.enable()


def opened(number: int, name: str) -> io.TextIOWrapper:
    """A standard stream as an interpreter makes it at its start."""
    before, mode = getattr(sys, f"__{name}__"), "w" if number else "r"
    at_once = before.write_through  # PYTHONUNBUFFERED
    binary: Any = open(number, f"{mode}b", buffering=0 if at_once and number else -1, closefd=False)  # noqa: SIM115
    raw = getattr(binary, "raw", binary)
    raw.name = f"<{name}>"
    lines = not at_once and (number == 2 or raw.isatty())
    text: Any = io.TextIOWrapper(
        binary, before.encoding, before.errors, newline="\n", line_buffering=lines, write_through=at_once
    )
    text.mode = mode
    made: io.TextIOWrapper = text
    return made


def begin(task: dict[str, Any], fds: list[int]) -> None:
    become(task, fds)
    os.write(LIFE, b"+")
    os.read(LIFE, 1)  # `go`
    target(task["words"][0])()


def live(work: Callable[[], object]) -> NoReturn:
    """Run it and end as an interpreter does, but that the modules are not taken apart: that takes most of the time."""
    code = 0
    try:
        work()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
        if left.code is not None and not isinstance(left.code, int):
            sys.stderr.write(f"{left.code}\n")
    except BaseException as fault:  # noqa: BLE001 - nobody is above
        sys.excepthook(type(fault), fault, fault.__traceback__)
        code = -signal.SIGINT if isinstance(fault, KeyboardInterrupt) else 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for the threads
    atexit._run_exitfuncs()
    gc.collect()  # closes what was left open and cannot be reached
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as fault:
        sys.stderr.write(f"Exception ignored in: {sys.stdout!r}\n{fault}\n")
        code = 120
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code)


def serve(client: socket.socket) -> None:
    """Fork and reap as told, until the tests end."""
    alive: set[int] = set()
    while (told := receive(client))[0] is not None:
        task, fds = told
        if "reap" in task:
            send(client, os.waitstatus_to_exitcode(os.waitpid(task["reap"], 0)[1]))
            alive.discard(task["reap"])
            continue
        with suppress(Exception):  # the fork tries it again, and there it ends as it should
            target(task["words"][0])  # its module is imported once for all that follow
        pid = os.fork()
        if pid == 0:
            client.close()
            live(partial(begin, task, fds))
        alive.add(pid)
        for fd in fds:
            os.close(fd)
        send(client, pid)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests; they end this by closing the socket
    tests = socket.socket(fileno=int(sys.argv[1]))
    send(tests, preload())
    gc.collect()
    gc.freeze()  # what is here is no fork's garbage
    gc.disable()
    serve(tests)
