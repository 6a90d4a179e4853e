"""A forked process sees and does what a started one does; see tests/forked.py."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pexpect
import psutil
import pytest

import forked
from forked_terminal import Terminal

CHILD = str(Path(__file__).with_name("forked_child.py"))


def started(function: str, *args: str, env: Mapping[str, str], **options: Any) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, CHILD, function, *args], env=env, capture_output=True, input=b"", **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_it_sees_what_a_started_process_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "patched", True, raising=False)
    env = {**os.environ, "TZ": "Asia/Tokyo", "WORDS": "caf\udcff"}
    ours = json.loads(forked.run([f"{CHILD}:seen", "a", "b c"], env)[1])
    assert ours == json.loads(started("seen", "a", "b c", env=env)[1])
    assert (ours["patched"], ours["inherited"]) == (False, [0, 1, 2])


@pytest.mark.usefixtures("real_sleep")
def test_at_a_terminal_it_sees_what_a_started_process_sees() -> None:
    options: dict[str, Any] = {"encoding": "utf-8", "dimensions": (40, 90), "timeout": 30}
    told = []
    for terminal in (
        Terminal([f"{CHILD}:seen"], os.environ, **options),
        pexpect.spawn(sys.executable, [CHILD, "seen"], env=os.environ, **options),
    ):
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == 0
        told.append(json.loads(terminal.before))
    assert told[0] == told[1]
    assert (told[0]["size"], told[0]["leads"], told[0]["foreground"]) == ([90, 40], True, True)


@pytest.mark.parametrize("how", ["done", "0", "7", "300", "a reason", "wrong", "interrupted", "killed"])
def test_it_ends_as_a_started_process_ends(how: str) -> None:
    code, out, err = forked.run([f"{CHILD}:end", how], os.environ)
    real = started("end", how, env=os.environ)
    assert (code, out) == real[:2]
    assert err.splitlines()[-1:] == real[2].splitlines()[-1:]


def test_its_pid_is_its_own_until_its_end_was_told() -> None:
    child = forked.Forked([f"{CHILD}:end", "done"], os.environ, held=True)
    assert child.poll() is None
    os.kill(child.pid, signal.SIGTERM)
    os.kill(child.pid, signal.SIGKILL)  # dead or dying: there still
    assert child.communicate() == ("", "")
    assert child.returncode == -signal.SIGTERM
    child.kill()  # nobody's by now, so that no one is hit


def test_what_takes_a_real_process_is_refused() -> None:
    with pytest.raises(ValueError, match="real process"):
        forked.Forked([forked.CLI], {**os.environ, "PYTHONIOENCODING": "ascii"})


def test_what_cannot_be_imported_ends_as_a_process_does(tmp_path: Path) -> None:
    code, _, err = forked.run([f"{tmp_path / 'nothing.py'}:run"], os.environ)
    assert code == 1
    assert "ModuleNotFoundError" in err


def test_the_forks_end_with_the_tests() -> None:
    """Even if nobody waits for them: a process that uses forked.py is killed."""
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(CHILD).parent)!r})
import forked
child = forked.Forked([{CHILD + ":end"!r}, "done"], os.environ, held=True)
print(child.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -9, done.stderr  # and stderr is closed: the server, which had it too, has ended
    try:
        state = psutil.Process(int(done.stdout)).status()
    except psutil.NoSuchProcess:
        return
    assert state == psutil.STATUS_ZOMBIE  # where nobody fetches the dead
