"""Every case of the drill, by name."""

from functools import cache

from trendctl.drill import controls
from trendctl.drill.cases import Case
from trendctl.drill.faults import database, drift, files, network, running

MODULES = (database, files, network, drift, running)


@cache
def faults() -> tuple[Case, ...]:
    """In the order of the modules."""
    return tuple(case for module in MODULES for case in module.FAULTS)


def all_controls() -> tuple[Case, ...]:
    """Look-alikes and plain life."""
    return controls.CONTROLS


def find(name: str) -> Case:
    """The case of that name. KeyError for another."""
    return {case.name: case for case in (*faults(), *all_controls())}[name]
