"""The drilled program, driven as a daemon drives it and read as a script reads it, at the drill's time."""

import contextlib
import importlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trendctl.app
from trendctl import log
from trendctl.app import App
from trendctl.daemon import Schedule
from trendctl.drill import raw
from trendctl.drill.clock import DrillClock
from trendctl.drill.compare import difference, snapshot
from trendctl.drill.terminal import at_terminal
from trendctl.errors import TrendctlError
from trendctl.home import Home

KEYED = 5  # times that keys are typed


class Program:
    """One installation. `errors`: what it could not do, in its own words; `told`: the incidents of the last healing."""

    def __init__(self, root: Path, clock: DrillClock) -> None:
        self.root, self.clock = root, clock
        self.environ = {"TRENDCTL_HOME": str(root)}
        self.errors: list[str] = []
        self.told: list[dict[str, Any]] = []
        self.rehearse = False  # whether each repair is rolled back at once in a copy of the home
        self.rehearsed: list[str] = []  # what was not as before, a repair each; "": nothing
        self._real = vars(trendctl.app)["SystemClock"], os.environ.get("TRENDCTL_HOME")
        setattr(trendctl.app, "SystemClock", lambda stop=None: clock)  # noqa: B010 - commands see this time, too
        self.restart()

    def close(self) -> None:
        """This process is itself again."""
        log.close()
        setattr(trendctl.app, "SystemClock", self._real[0])  # noqa: B010 - as above
        if self._real[1] is None:
            os.environ.pop("TRENDCTL_HOME", None)
        else:
            os.environ["TRENDCTL_HOME"] = self._real[1]

    def restart(self) -> None:
        """A new process would read the settings anew."""
        log.close()
        self.app = App(Home(self.root), self.environ, self.clock)
        self._schedule = Schedule(self.app)

    # ------------------------------------------------------------ life

    def round(self) -> None:
        """What is due and the looking after it; where that cannot be, a person would type `trendctl heal`."""
        self._try(lambda: self._due("work"))
        known = self._final() if self.rehearse else set()
        before = snapshot(self.root) if self.rehearse else {}
        if not self._try(lambda: self._due("watch")):
            self.heal()
        if self.rehearse and (done := self._final() - known):
            self.rehearsed.append(self._taken_back(done, before))

    def _due(self, lane: str) -> bool:
        failed = [ran for ran in self._schedule.run_due(lane=lane) if ran.outcome == "failed"]
        self.errors += [f"{ran.job}: {ran.detail}" for ran in failed]
        return not failed

    def heal(self) -> None:
        """`trendctl heal --json`."""
        self.told = list(self.script("heal").get("incidents", []))

    def _try(self, act: Callable[[], bool]) -> bool:
        try:
            return act()
        except (TrendctlError, OSError) as fault:
            self.errors.append(f"{type(fault).__name__}: {fault}")
            return False

    # ------------------------------------------------------------ what a script sees

    def health(self) -> dict[str, Any]:
        """`trendctl health --json`."""
        return self.script("health") or {"status": "unhealthy", "checks": []}

    def incidents(self) -> list[dict[str, Any]]:
        """`trendctl incidents --json`."""
        return list(self.script("incidents", "--limit", "500").get("incidents", []))

    def repairs(self, home: Path | None = None) -> list[dict[str, Any]]:
        """`trendctl repairs --json`."""
        return list(self.script("repairs", home=home) or [])

    def script(self, command: str, *words: str, home: Path | None = None) -> Any:
        """A command's JSON, run in this process with this home (or that one); {} where it gave none."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            try:
                self._command(command, [*words, "--json"], home)
            except (TrendctlError, OSError) as fault:
                self.errors.append(f"{command}: {fault}")
        text = out.getvalue()
        return json.loads(text) if text.strip() else {}

    def _command(self, command: str, words: list[str], home: Path | None) -> None:
        from trendctl.cli.commands import FIND

        os.environ["TRENDCTL_HOME"] = str(home or self.root)
        importlib.import_module(FIND[command].module).app(words, standalone_mode=False)

    # ------------------------------------------------------------ the way back

    def _final(self) -> set[int]:
        try:
            rows = raw.run(self.root / "trendctl.db", "SELECT id FROM repair WHERE state = 'final'")
        except raw.Unreadable:
            return set()
        return {int(row[0]) for row in rows}

    def _rolled_back(self, number: int, home: Path) -> str:
        """`trendctl rollback` at a terminal; what it wrote. Keys that came too fast are refused, and typed again."""
        said = ""
        for _ in range(KEYED):
            said = at_terminal(lambda: self._command("rollback", [str(number)], home), b"yY")
            if "Not taken back" not in said:
                break
        return said

    def _taken_back(self, done: set[int], before: dict[str, str]) -> str:
        """Roll these repairs back in a copy of the home, the newest first; what is not as it was before them."""
        copy = Path(tempfile.mkdtemp(prefix="back-", dir=self.root.parent))
        try:
            shutil.copytree(self.root, copy, dirs_exist_ok=True)
            copy.chmod(self.root.stat().st_mode)
            said = [self._rolled_back(number, copy) for number in sorted(done, reverse=True)]
            # By its own words: a database that is read-only again cannot note it.
            left = [words for words in said if "rolled_back" not in words]
            return f"not rolled back: {left[-1][-200:]}" if left else difference(before, snapshot(copy))
        finally:
            shutil.rmtree(copy, ignore_errors=True)
            os.environ["TRENDCTL_HOME"] = str(self.root)
