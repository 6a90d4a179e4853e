"""Processes of their own for tests, forked from a clean process that has imported the program once.

A started interpreter spends most of a short command's time on imports. Here each pytest worker has one server, begun at
first use: a new interpreter that only imports, runs nothing and has one thread (tests/fork_server.py). `Forked`, much
like subprocess.Popen, and `Terminal` (tests/forked_terminal.py), a pexpect.spawn, are forks of it, so that nothing of
the test's process is in them, no patch, no cache. They have a pid of their own (theirs until poll, wait or communicate
has told the end), the environment, folder, streams and terminal they are given, and signals as in a started
interpreter. They end as one does: threads waited for, exit hooks, the last flush and its exit code 120, and a
KeyboardInterrupt that nobody catches is a death by SIGINT.

What differs from a started process: the modules are loaded, with what they read from the environment when they were
imported (rich and typer: FORCE_COLOR and its like); what the interpreter itself reads at its start (options, PYTHON*
and locale variables: `Forked` refuses to change them; the hash seed) is the server's; __main__ is fork_server.py, and
sys.path begins with its folder; no descriptor but 0, 1 and 2 is inherited, and stdin is /dev/null unless told; without
an exec, rights that an exec takes away stay; at the end the modules are not taken apart, so that what only they hold is
not closed; and it is not the test's child: os.waitpid does not know it. A test of any of this, of start-up or of what
is imported when, takes a real process.

multiprocessing's own fork server would not do: it reaps at once (a signal could hit a stranger's pid), leaves exit
hooks out, makes exit code 1 of a KeyboardInterrupt, and knows neither standard streams nor terminals.
"""

import atexit
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import lru_cache
from multiprocessing.connection import wait as readable
from pathlib import Path

from fork_server import receive, send

PIPE, DEVNULL, STDOUT = subprocess.PIPE, subprocess.DEVNULL, subprocess.STDOUT
CLI = "trendctl.cli.main:run"
_SERVER = str(Path(__file__).with_name("fork_server.py"))


def start_up(environ: Mapping[str, str]) -> dict[str, str]:
    """What an interpreter looks at before it runs anything."""
    return {name: value for name, value in environ.items() if name.startswith(("PYTHON", "LC_", "LANG"))}


class Server:
    """Of this pytest worker; it ends when the worker does, however that ends, and takes its forks with it."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self.environ = start_up(os.environ)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, _SERVER, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=DEVNULL,
                stdout=DEVNULL, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
        atexit.register(self._end)
        if (fault := receive(self._ours)[0]) != "":
            raise RuntimeError(f"the fork server did not start: {fault}")

    def ask(self, value: object, fds: Sequence[int] = ()) -> int:
        with self._lock:
            send(self._ours, value, fds)
            answer = receive(self._ours)[0]
        assert isinstance(answer, int), "the fork server has ended"
        return answer

    def _end(self) -> None:
        self._ours.close()
        self._process.wait()


@lru_cache(maxsize=1)
def server() -> Server:
    return Server()


class Forked:
    """A process; words[0] is its `module:function` (or `/folder/file.py:function`), the others are its arguments.

    stdin, stdout, stderr: PIPE, DEVNULL, STDOUT (stderr only) or a descriptor. `held`: it does nothing before `go`.
    `returncode`, `poll`, `wait` and signals are as of subprocess.Popen.
    """

    def __init__(
        self, words: Sequence[str], env: Mapping[str, str], *, stdin: int = DEVNULL, stdout: int = PIPE,
        stderr: int = PIPE, cwd: str | Path = "", held: bool = False, terminal: bool = False,
    ) -> None:  # fmt: skip
        if start_up(env) != server().environ:
            raise ValueError(f"what an interpreter reads at its start takes a real process: {start_up(env)}")
        self.returncode: int | None = None
        self.stdin = self.stdout = self.stderr = None
        mask = os.umask(0o077)
        os.umask(mask)
        task = {"words": [*words], "env": {**env}, "cwd": str(cwd or Path.cwd()), "umask": mask, "terminal": terminal}
        self._life, theirs = socket.socketpair()
        with theirs, ExitStack() as after:
            fds = [self._stream("stdin", stdin, after), self._stream("stdout", stdout, after)]
            fds.append(fds[1] if stderr == STDOUT else self._stream("stderr", stderr, after))
            self.pid = server().ask(task, [*fds, theirs.fileno()])
        with suppress(OSError):
            self._life.recv(1)
        if not held:
            self.go()

    def _stream(self, name: str, told: int, after: ExitStack) -> int:
        """The process's end of a stream; ours becomes an attribute."""
        if told not in (PIPE, DEVNULL):
            return told
        if told == DEVNULL:
            there = os.open(os.devnull, os.O_RDWR)
        elif name == "stdin":
            there, here = os.pipe()
            self.stdin = open(here, "wb")  # noqa: SIM115 - closed by `communicate`
        else:
            here, there = os.pipe()
            setattr(self, name, open(here, "rb"))  # noqa: SIM115 - closed by `communicate`
        after.callback(os.close, there)
        return there

    def go(self) -> None:
        with suppress(OSError):  # it is dead already
            self._life.sendall(b"!")

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and readable([self._life], timeout):
            self._life.close()
            self.returncode = server().ask({"reap": self.pid})
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, said: str = "", timeout: float = 60) -> tuple[str, str]:
        """What it wrote to stdout and to stderr as text ("" where that is no pipe); said: on stdin, a short text."""
        ends = time.monotonic() + timeout
        if self.stdin:
            with suppress(BrokenPipeError), self.stdin:
                self.stdin.write(said.encode())
        wrote = {stream: b"" for stream in (self.stdout, self.stderr) if stream and not stream.closed}
        with selectors.DefaultSelector() as waiting:
            for stream in wrote:
                waiting.register(stream, selectors.EVENT_READ)
            while waiting.get_map():
                found = waiting.select(max(0.0, ends - time.monotonic()))
                if not found:
                    raise subprocess.TimeoutExpired(str(self.pid), timeout, b"".join(wrote.values()))
                for key, _ in found:
                    part = os.read(key.fd, 65536)
                    wrote[key.fileobj] += part
                    if not part:
                        waiting.unregister(key.fileobj)
                        key.fileobj.close()
        self.wait(max(0.0, ends - time.monotonic()))
        return _text(wrote.get(self.stdout)), _text(wrote.get(self.stderr))


def _text(data: bytes | None) -> str:
    return (data or b"").decode(errors="replace").replace("\r\n", "\n")


def run(words: Sequence[str], env: Mapping[str, str], said: str = "", timeout: float = 60) -> tuple[int, str, str]:
    """A process to its end: exit status, stdout, stderr."""
    process = Forked(words, env, stdin=PIPE)
    try:
        out, err = process.communicate(said, timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.wait(), out, err
