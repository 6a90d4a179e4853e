"""One throwaway home with its own sources, clock and environment: what a run breaks, drives and looks at."""

import os
import random
import shutil
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trendctl.drill import answers, raw
from trendctl.drill.clock import DrillClock
from trendctl.drill.program import Program
from trendctl.drill.server import Said, Server

Change = Callable[[str, bytes], bytes]  # an answer's content type and body -> the body that is sent instead
HOUR, PAST = 3600, 90.0  # seconds; a round comes so long after the hour
COMMENT = "# my own notes: keep these lines\n"


@dataclass(slots=True)
class World:
    """`random` draws everything about a variant; `notes` says in words what was done to the home."""

    root: Path
    random: random.Random
    variant: int
    clock: DrillClock = field(default_factory=DrillClock)
    notes: list[str] = field(default_factory=list)
    subject: str = ""  # the source, job or file that was broken
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    ends: list[Callable[[], object]] = field(default_factory=list)
    past: set[int] = field(default_factory=set)  # incidents that the run itself put into the history
    skew: float = 0.0  # seconds by which this machine's clock is behind the world's
    server: Server = field(init=False)
    program: Program = field(init=False)

    def __post_init__(self) -> None:
        self.server = Server(self.world_time)
        self.program = Program(self.root, self.clock)
        for name in answers.SOURCES:
            self.well(name)
        self.write_config()

    # ------------------------------------------------------------ paths and settings

    @property
    def database(self) -> Path:
        return self.root / "trendctl.db"

    @property
    def config(self) -> Path:
        return self.root / "config.toml"

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """One statement from outside."""
        return raw.run(self.database, statement, values)

    def write_config(self, **sections: Mapping[str, Any]) -> None:
        """config.toml with the sources pointing at the server, and these sections (dots as double underscores)."""
        for name, values in sections.items():
            self.settings.setdefault(name.replace("__", "."), {}).update(values)
        self.config.write_text(config_text(self.server.port, self.settings))
        self.config.chmod(0o600)
        self.program.restart()

    def world_time(self) -> float:
        """Epoch seconds by everybody else's clock."""
        return self.clock.now().timestamp() + self.skew

    # ------------------------------------------------------------ sources

    def well(self, name: str, change: Change | None = None, **said: Any) -> None:
        """The source answers as it should; with `change`, its bytes are changed on the way; `said`: see `Said`."""

        def behave(path: str, _: bytes) -> Said:
            kind, body = answers.answer(name, path, datetime.fromtimestamp(self.world_time(), UTC))
            return Said(body if change is None else change(kind, body), **{"kind": kind, **said})

        self.server.say(name, behave)

    def says(self, name: str, said: Said) -> None:
        """The source answers always the same."""
        self.server.say(name, lambda path, body: said)

    # ------------------------------------------------------------ time

    def rounds(self, number: int, minutes: float) -> None:
        """Let so many rounds of the program pass, each so many minutes after the last."""
        for _ in range(number):
            self.clock.advance(minutes * 60)
            self.program.round()

    def hourly(self, number: int) -> None:
        """Rounds just after so many whole hours: then the scan has its turn, and no hour is missed."""
        for _ in range(number):
            self.rounds(1, (HOUR - self.clock.now().timestamp() % HOUR + PAST) / 60)

    def due(self, job: str) -> None:
        """The job's turn comes with the next round, as its schedule would have it some day."""
        now = int(self.clock.now().timestamp())
        self.sql("UPDATE job_state SET next_due_at = ? WHERE job = ?", now, job)

    def close(self) -> None:
        """Undo what would outlive the run (mounts, modes, processes)."""
        for end in reversed(self.ends):
            end()
        self.server.close()
        shutil.rmtree(self.root, ignore_errors=True)


def config_text(port: int, settings: Mapping[str, Mapping[str, Any]]) -> str:
    """The drill's config.toml: eight sources on the drill's server, no measuring, everything else as by default."""
    sections: dict[str, dict[str, Any]] = {"scan": {"contact": "drill@example.org", "candidates": 0}}
    for name in answers.SOURCES:
        sections[f"sources.{name}"] = {"base_url": f"http://127.0.0.1:{port}/{name}", "min_interval_minutes": 55}
    for name in others():
        sections[f"sources.{name}"] = {"enabled": False}
    for name, values in settings.items():
        sections.setdefault(name, {}).update(values)
    lines = [COMMENT]
    for name, values in sections.items():
        lines.append(f"[{name}]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in values.items()))
    return "\n".join(lines)


def others() -> tuple[str, ...]:
    """The sources that the drill leaves out."""
    from trendctl import registry

    found = (source.facts.name for source in registry.load_all("sources"))
    return tuple(sorted(name for name in found if name not in answers.SOURCES))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")


def stay_here(folder: Path) -> None:
    """No name but this machine's is resolved in this process, and no setting or key of the user's is seen in it."""
    for name in [n for n in os.environ if n not in KEPT]:
        del os.environ[name]
    os.environ |= {"HOME": str(folder), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    original = socket.getaddrinfo

    def local_only(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in (None, "", "localhost", "127.0.0.1", "::1"):
            return original(host, *args, **kwargs)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    socket.getaddrinfo = local_only


def wait_for(seen: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until something outside this process is so; False when it never was."""
    ends = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True
