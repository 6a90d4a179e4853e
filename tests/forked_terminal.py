"""A forked process (see tests/forked.py) at a pseudo-terminal, with all that pexpect.spawn can."""

import os
import sys
import termios
from collections.abc import Mapping, Sequence
from typing import Any

import pexpect
from ptyprocess import PtyProcess

from forked import Forked


class _Pty(PtyProcess):
    """A fork behind a pseudo-terminal."""

    process: Forked

    def isalive(self) -> bool:
        if not self.terminated:
            code = self.process.wait() if self.flag_eof else self.process.poll()
            if code is None:
                return True
            self.terminated = True
            self.exitstatus, self.signalstatus = (code, None) if code >= 0 else (None, -code)
            self.status = code << 8 if code >= 0 else -code  # as of os.waitpid
        return False

    def wait(self) -> int | None:
        self.process.wait()
        self.isalive()
        return self.exitstatus


class Terminal(pexpect.spawn):
    """A fork on a pseudo-terminal; the options are pexpect.spawn's."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], **options: Any) -> None:
        self._words = words
        super().__init__(sys.executable, ["-m", *words], env=env, **options)

    def _spawnpty(self, args: Any, *, dimensions: tuple[int, int] = (24, 80), **options: Any) -> _Pty:
        ours, theirs = os.openpty()
        termios.tcsetwinsize(ours, dimensions)
        try:
            process = Forked(self._words, self.env, stdin=theirs, stdout=theirs, stderr=theirs, terminal=True)
        finally:
            os.close(theirs)
        made = _Pty(process.pid, ours)
        made.process = process
        return made
