"""The program in a process that may do less, forked: the limit is the first argument or the function."""

import resource
import sys

from trendctl.cli.main import run
from trendctl.drill.disks import obey_modes


def below_size() -> None:
    """SIZE ARGS...: as on a full disk, no file grows beyond SIZE bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
    run()


def plain_user() -> None:
    """ARGS...: root too may do only what the file modes say."""
    obey_modes()
    run()
