"""What a process sees of itself and how it ends, for tests/test_forked.py: run it, or fork it."""

import atexit
import json
import os
import signal
import sys
import threading
import time


def seen() -> None:
    """Everything that a test could look at, as JSON."""
    streams = [
        (s.name, s.mode, s.encoding, s.errors, s.line_buffering, s.write_through, s.isatty(), type(s.buffer).__name__)
        for s in (sys.stdin, sys.stdout, sys.stderr)
    ]
    handlers = {str(n): str(signal.getsignal(n)) for n in signal.valid_signals() if signal.getsignal(n)}
    size = [*os.get_terminal_size(1)] if os.isatty(1) else []
    mask = os.umask(0)
    process = {
        "signals": handlers, "blocked": [*signal.pthread_sigmask(signal.SIG_BLOCK, ())], "environ": {**os.environ},
        "folder": os.getcwd(), "arguments": sys.argv, "zone": time.tzname, "leads": os.getsid(0) == os.getpid(),
        "size": size, "threads": threading.active_count(), "umask": mask, "inherited": _inherited(),
        "foreground": os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp(), "patched": hasattr(json, "patched"),
    }  # fmt: skip
    sys.stdout.write(json.dumps({"streams": streams, **process}))


def _inherited() -> list[int]:
    found = []
    for number in range(256):
        try:
            if os.get_inheritable(number):
                found.append(number)
        except OSError:
            continue
    return found


def end() -> None:
    """Ends as the first argument says, after an exit hook and a thread."""
    atexit.register(sys.stdout.write, "hook ")
    how = sys.argv[1]
    if how != "killed":  # there it would be chance whether it still writes
        threading.Thread(target=sys.stdout.write, args=("thread ",)).start()
    if how == "interrupted":
        raise KeyboardInterrupt
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "wrong":
        raise ValueError(how)
    if how != "done":
        sys.exit(int(how) if how.isdecimal() else how)


if __name__ == "__main__":
    {"seen": seen, "end": end}[sys.argv.pop(1)]()
