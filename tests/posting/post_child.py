"""`post` in a process of its own (tests/forked.py), to be killed; arguments: HOME BASE_URL NOW KILL PLATFORM OPTIONS.

KILL: `commit:N` or `journal:N` kills this process itself just before or after its N-th commit's journal sync, `none`
leaves that to the server. The platform has its credentials from the environment and the home's own store; OPTIONS are
JSON.
"""

import json
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from fakes import FakeClock
from trendctl import registry
from trendctl.errors import NothingApproved
from trendctl.home import Home
from trendctl.posting import drafting, service, wiring
from trendctl.secrets import Secrets
from trendctl.store import cases
from trendctl.store.engine import Store
from trendctl.store.journal import Journal


def mined(kill: str) -> None:
    """Die at the N-th journal sync: before it (the database has what the journal lacks) or after it."""
    kind, _, number = kill.partition(":")
    if kind == "none":
        return
    catch_up, left = Journal.catch_up, [int(number)]

    def counted(journal: Journal, store: Store) -> int:
        left[0] -= 1
        if left[0] == 0 and kind == "commit":
            os.kill(os.getpid(), signal.SIGKILL)
        done = catch_up(journal, store)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    Journal.catch_up = counted  # type: ignore[method-assign]


def main(home: Home, base_url: str, now: int, kill: str, name: str, options: str) -> None:
    store, clock = Store(home.database), FakeClock(datetime.fromtimestamp(now, UTC))
    account = drafting.Account(options=json.loads(options))
    platform = registry.load("platforms", name)
    credentials = Secrets(home, os.environ)
    line = wiring.Line(platform, account, base_url, base_url, store, clock, credentials, home, "trendctl/test")
    work = service.Posting(
        store, Journal(home.journal), clock, {name: platform}, {name: account}, lambda name: wiring.talking(line),
        home.images, home.root, cases.Context(platforms=(name,)),
    )  # fmt: skip
    mined(kill)
    with suppress(NothingApproved):  # an earlier process died behind the last step
        service.post(work)


def run() -> None:
    main(Home(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
