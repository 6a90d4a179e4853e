"""What every run needs, loaded once by the server that the runs are forked from."""

import importlib

import trendctl.analyzer.service
import trendctl.daemon
import trendctl.drill.child
import trendctl.drill.homes
import trendctl.posting.service
import trendctl.scanner.products  # noqa: F401 - all of these are loaded for their effect
from trendctl import registry
from trendctl.cli.commands import FIND
from trendctl.trends.taxonomy import sellable

for _kind in ("sources", "agents", "platforms", "checks", "faults"):
    registry.load_all(_kind, lambda name, cause: None)
for _name in ("heal", "incidents", "repairs", "rollback", "health"):
    importlib.import_module(FIND[_name].module)
sellable("a word, so that the fitted numbers are read once")
