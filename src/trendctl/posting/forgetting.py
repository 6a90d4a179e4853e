"""`forget`: with the home and the accounts' locks held, first in the database, then in everything beside it.

It lies with posting because what must not be lost in it is posting's: the locks of the accounts, and the listings that
are not over, which have to stay known so that nothing is listed twice. Approvals not yet used are taken back first, by
approval (handed in): a right to post words that are gone would be none.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from trendctl import log, registry
from trendctl.errors import StoreError
from trendctl.home import Home
from trendctl.ports import Clock, SignIn
from trendctl.posting.platforms.local.pack import MANIFEST
from trendctl.posting.service import held
from trendctl.posting.tokens import stem_of
from trendctl.secrets import KNOWN, Secrets
from trendctl.store import backup, decisions, forgetting
from trendctl.store.decisions import Approval
from trendctl.store.engine import Store
from trendctl.store.forgetting import Scope
from trendctl.store.journal import Journal
from trendctl.store.rows import epoch
from trendctl.store.writers import Role

WAIT = 10.0  # seconds that another trendctl is given
REASON = "after-forget"
_CACHED = ("CACHED_TOKEN", "CACHED_UNTIL", "REFRESH_EXPIRES")  # posting/tokens.py


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What forgetting works with. `accounts`: the account of each platform, as the settings name it."""

    store: Store
    journal: Journal
    clock: Clock
    home: Home
    secrets: Secrets
    accounts: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go: rows by what they are, backups by file name, stored secrets by name."""

    scope: Scope
    rows: dict[str, int]
    backups: tuple[str, ...]
    secrets: tuple[str, ...]
    folders: tuple[str, ...]


def plan(work: Forgetting, scope: Scope) -> Plan:
    """Nothing is changed."""
    with work.store.read() as db:
        rows = forgetting.plan(db, scope)
    backups = tuple(sorted(p.name for p in backup.made_before(work.home.backups, _now(work))))
    stored = ("keyring", "secrets.json")
    secrets = tuple(name for name in _secrets_of(work, scope) if work.secrets.origin(name) in stored)
    return Plan(scope, rows, backups, secrets, tuple(p.name for p in _folders(work.home, scope)))


def forget(work: Forgetting, scope: Scope, void: Callable[[Sequence[Approval]], object]) -> None:
    """Forget it. `void` takes unused approvals back. Raises Refused while a restore waits for `reconcile`, AccessError
    while another trendctl posts to an account, StoreError where one has the home for itself or the disk is full: what
    was begun is then finished at the next start."""
    work.journal.refuse_if_ahead(work.store)
    with _alone(work.home), ExitStack() as locks:
        with work.store.read() as db:
            accounts = forgetting.accounts(db, scope)
        for key in accounts:
            locks.enter_context(held(work.home.root, *key))
        _finish(work)  # an earlier one that was broken off
        with work.store.read() as db:
            gone = set(forgetting.decided_drafts(db, scope))
            void([a for a in decisions.unused(db) if a.draft_id in gone])
        with work.store.write(Role.FORGET) as db:
            forgetting.begin(db, scope, _now(work))
        _finish(work)


def resume(work: Forgetting) -> None:
    """Finish what was broken off; nothing while another trendctl has the home for itself. What cannot be done now is
    logged and left to the next start: the command that was typed goes on."""
    try:
        with FileLock(work.home.lock, mode=0o600, timeout=0):
            _finish(work)
    except Timeout:
        return
    except StoreError as fault:
        log.event("forgetting is not finished", level=30, cause=str(fault))


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    lock = FileLock(home.lock, mode=0o600)
    try:
        lock.acquire(timeout=WAIT)
    except Timeout as fault:
        raise StoreError(
            "Another trendctl is at work in this home", next="stop the daemon, then type the command again"
        ) from fault
    try:
        yield
    finally:
        lock.release()


def _finish(work: Forgetting) -> None:
    """Whatever is open, outside the database; every step may be done twice."""
    with work.store.read() as db:
        runs = forgetting.open_runs(db)
    if not runs:
        return
    work.journal.catch_up(work.store)
    work.journal.forget(work.store)
    for run in runs:
        for folder in _folders(work.home, run.scope):
            _clear(folder)
        for name in _secrets_of(work, run.scope):
            work.secrets.remove(name)
    _clear_packs(work, every=any(run.scope.kind == "account" and run.scope.name == "local" for run in runs))
    forgetting.scrub(work.store)
    backup.drop_before(work.store, work.home.backups, max(run.at for run in runs))
    backup.create(work.store, work.home.backups, REASON, _now(work))
    with work.store.write(Role.FORGET) as db:
        for run in runs:
            forgetting.finish(db, run.id, _now(work))


def _folders(home: Home, scope: Scope) -> tuple[Path, ...]:
    """Folders whose files go: bodies of pages, what repairs kept or put aside (whole backups too), packs, pictures."""
    folders = [home.root / "repairs", home.root / "quarantine"]
    if scope.kind in ("source", "everything"):
        folders.append(home.cache)
    if scope.kind == "everything":
        folders += [home.outbox, home.images, home.overlays, home.logs]
    elif scope.kind == "account":
        folders.append(home.outbox / "upload" / scope.name)
    return tuple(folder for folder in folders if folder.is_dir() and any(folder.iterdir()))


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _clear_packs(work: Forgetting, *, every: bool) -> None:
    """Packs and upload rows of listings that are over and forgotten: their SKU is no listing's any more. `every`: all
    packs of `local`."""
    with work.store.read() as db:
        known = tuple(forgetting.skus(db))
    for path in [*work.home.outbox.glob(f"**/{MANIFEST}"), *work.home.outbox.glob("upload/*/done/*.json")]:
        pack = path.parent if path.name == MANIFEST else path
        if not pack.name.lstrip(".").startswith(known) or (every and path.name == MANIFEST):
            _remove(pack)


def _secrets_of(work: Forgetting, scope: Scope) -> list[str]:
    """The stored secrets that go: an account's sign-in, or all of them."""
    if scope.kind == "source" or (scope.kind == "account" and work.accounts(scope.name) != scope.account):
        return []
    names = [scope.name] if scope.kind == "account" else registry.names("platforms")
    found = list(KNOWN) if scope.kind == "everything" else []
    for name in names:
        sign_in: SignIn | None = getattr(registry.load("platforms", name), "sign_in", None)
        if sign_in is not None:
            found += [sign_in.secret, *(f"{stem_of(sign_in)}_{rest}" for rest in _CACHED)]
    return list(dict.fromkeys(found))


def _now(work: Forgetting) -> int:
    return epoch(work.clock.now())
