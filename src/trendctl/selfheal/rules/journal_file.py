"""Can the journal be written: its folder and its file? What is not in it first may not be sent."""

import os
import stat

from trendctl.ports import Check, CheckResult
from trendctl.selfheal.health import Probe


def run(probe: Probe) -> CheckResult:
    """By the owner's own bits and the kind of file; a journal that is not there yet is made by the first approval."""
    path = probe.journal.path
    for place, bits, folder in ((path.parent, stat.S_IRWXU, True), (path, 0o600, False)):
        try:
            mode = place.lstat().st_mode
        except OSError:
            continue
        if (stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode)) is False:
            return CheckResult("journal_file", "fail", f"{place} cannot be what it is", "move it away")
        if os.name != "nt" and mode & bits != bits:
            return CheckResult("journal_file", "fail", f"{place} cannot be written by its owner", f"chmod u+rw {place}")
    return CheckResult("journal_file", "ok", "can be written")


CHECK = Check("journal_file", "the journal can be written", run)
