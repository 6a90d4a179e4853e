"""What a run of the drill is: something that is done to a well home, and what would be right about it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from trendctl.drill.world import World

Act = Callable[[World], object]
Test = Callable[[World], bool]
Kind = Literal["fault", "control"]


def some_rounds(world: World) -> None:
    """Two rounds in which no source is due."""
    world.rounds(2, 6)


def nothing(world: World) -> None:
    """No time passes before the first look."""


@dataclass(frozen=True, slots=True)
class Case:
    """A fault or a control. `act` does it from outside; `live` is the life after it, until healing has had its chances.

    `well` tells from outside whether the fault is gone (None: nothing on this machine could mend it). `automatic`: a
    repair is expected without a person. `never`: any repair would be wrong (a refusal, a price, another's act).
    `heavy`: takes long in real time, so it is begun first. `as_user`: without root's right to ignore permissions.
    """

    name: str
    act: Act
    live: Act = some_rounds
    well: Test | None = None
    automatic: bool = False
    never: bool = False
    heavy: bool = False
    as_user: bool = False
    kind: Kind = "fault"
    first: Callable[[], object] = lambda: None  # done before the process has a second thread
    here: Callable[[], bool] = lambda: True  # whether this machine can show it

    @property
    def variants(self) -> int:
        """How many are drawn where nothing else is said."""
        return 10 if self.automatic else 3


def control(name: str, act: Act, live: Act = some_rounds, *, as_user: bool = False) -> Case:
    """A look-alike, or plain life: nothing may be mended."""
    return Case(name, act, live, kind="control", as_user=as_user)


def on_unix() -> bool:
    """Whether there are permissions, mounts and limits as Unix has them."""
    return sys.platform != "win32"
