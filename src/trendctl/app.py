"""The composition root: everything is wired here, nothing else knows everything."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trendctl.clock import SystemClock
from trendctl.errors import ConfigError, StoreError, UsageError
from trendctl.home import Home
from trendctl.store.engine import Store
from trendctl.store.journal import Journal
from trendctl.store.rows import epoch

if TYPE_CHECKING:  # loaded on use: a read command must not pay for what only a scan or a post needs
    from trendctl.approval.service import Approving
    from trendctl.config import Loaded
    from trendctl.ports import Clock, Platform
    from trendctl.posting.bulk_folder import BulkFolder
    from trendctl.posting.drafting import Account, Drafting
    from trendctl.posting.forgetting import Forgetting
    from trendctl.posting.service import Posting
    from trendctl.posting.wiring import Line
    from trendctl.secrets import Secrets
    from trendctl.settings import Settings
    from trendctl.store.cases import Context

VERSION = "0.1.0"


class App:
    """One run of the program: its home, clock and environment; every part is made when it is first asked for."""

    def __init__(self, home: Home, environ: Mapping[str, str], clock: "Clock | None" = None) -> None:
        self.home = home
        self.environ = environ
        self.stop = threading.Event()
        self.clock: Clock = clock or SystemClock(self.stop)

    # ------------------------------------------------------------ settings and secrets

    @cached_property
    def loaded(self) -> "Loaded":
        """The settings with the origin of each value. Raises ConfigError."""
        from trendctl import config, log

        loaded = config.load(self.home, self.environ)
        _check_currency(loaded.settings.market.currency)
        if self.home.root.is_dir():
            log.configure(self.home, loaded.settings, self.secrets)
        return loaded

    @property
    def settings(self) -> "Settings":
        """The settings as checked."""
        return self.loaded.settings

    @cached_property
    def secrets(self) -> "Secrets":
        """Credentials by name."""
        from trendctl.secrets import Secrets

        return Secrets(self.home, self.environ)

    # ------------------------------------------------------------ store

    @cached_property
    def journal(self) -> Journal:
        """The append-only journal."""
        return Journal(self.home.journal)

    @cached_property
    def store(self) -> Store:
        """The database at this program's version, the journal caught up with it. Raises StoreError before `init`.

        A journal that is ahead is left alone here: reading goes on, approving and posting refuse until `reconcile`.
        """
        if not self.home.database.exists():
            lost = any(self.home.backups.glob("*.db.gz"))
            raise StoreError(
                "There is no database yet", why=f"nothing in {self.home.root}",
                next="trendctl backup restore latest, or trendctl init" if lost else "trendctl init",
            )  # fmt: skip
        return self._opened()

    def init(self) -> Store:
        """Create what is missing: folders, config.toml, database. Safe to repeat."""
        from trendctl.home import write_private

        self.home.make()
        if not self.home.config.exists():
            write_private(self.home.config, _first_config().encode())
        return self._opened()

    def _opened(self) -> Store:
        self.migrate()
        store = Store(self.home.database)
        if not self.journal.is_ahead(store):
            self.journal.catch_up(store)
            self._resume_forgetting(store)
        return store

    def _resume_forgetting(self, store: Store) -> None:
        """Finish a `forget` that was broken off."""
        from trendctl.store import forgetting

        with store.read() as db:
            waiting = forgetting.open_runs(db)
        if waiting:
            from trendctl.posting.forgetting import resume

            resume(self.forgetting(store))

    def forgetting(self, store: Store) -> "Forgetting":
        """What `forget` works with."""
        from trendctl.posting.forgetting import Forgetting
        from trendctl.settings import PlatformSettings

        def account(platform: str) -> str:
            return (self.settings.platforms.get(platform) or PlatformSettings()).account

        return Forgetting(store, self.journal, self.clock, self.home, self.secrets, account)

    def migrate(self, *, alone: bool = False) -> None:
        """Bring the database to this program's version, after a verified backup. Raises StoreError.

        `alone`: the caller holds the home's lock already (a restore).
        """
        from trendctl.store import migrate as migrations

        path = self.home.database
        if not path.exists() or not migrations.is_current(path):
            from filelock import FileLock

            from trendctl.store.backup import write_copy

            now = epoch(self.clock.now())
            with nullcontext() if alone else FileLock(self.home.lock, mode=0o600):
                migrations.migrate(
                    path, now=now, before=lambda source, reason: write_copy(source, self.home.backups, reason, now)
                )

    # ------------------------------------------------------------ leaves and values of the stages

    @cached_property
    def platforms(self) -> "dict[str, Platform]":
        """Every platform that is switched on, by name. Raises ConfigError for a name that is none."""
        from trendctl import config, registry

        known = registry.names("platforms")
        config.check_names(self.settings, "platforms", known)
        found = {name: registry.load("platforms", name) for name in known if self.is_on(name)}
        return {name: self._filed(leaf) if self.by_file(name) else leaf for name, leaf in found.items()}

    def by_file(self, platform: str) -> bool:
        """Whether the seller uploads files there instead of letting us talk to it."""
        chosen = self.settings.platforms.get(platform)
        return chosen is not None and chosen.way == "file"

    @staticmethod
    def _filed(leaf: "Platform") -> "Platform":
        from trendctl.posting.bulk import Filed

        return Filed(leaf)

    def is_on(self, platform: str) -> bool:
        """Whether a platform is enabled: by the settings, else only `local`."""
        chosen = self.settings.platforms.get(platform)
        if chosen is None or chosen.enabled is None:
            return platform == "local"
        return chosen.enabled

    @cached_property
    def accounts(self) -> "dict[str, Account]":
        """The user's account of every enabled platform."""
        from trendctl.posting.drafting import Account, own_options
        from trendctl.settings import PlatformSettings

        found = {name: self.settings.platforms.get(name) or PlatformSettings() for name in self.platforms}
        way = {n: {"way": "file"} if self.by_file(n) else {} for n in found}  # bound by the hash: a change is drift
        own = {n: own_options(self.platforms[n], s.options, self.secrets) for n, s in found.items()}
        return {n: Account(s.account, s.marketplace, s.policies | way[n], own[n]) for n, s in found.items()}

    @cached_property
    def context(self) -> "Context":
        """What a case needs beside the store."""
        from trendctl import registry
        from trendctl.store.cases import Context

        sources = [s.facts for s in registry.load_all("sources")]
        return Context(
            self.settings.market.geo, self.settings.market.currency, tuple(self.accounts),
            self.settings.review.minimum_margin, frozenset(f.name for f in sources if f.ai_ok),
            frozenset(f.name for f in sources if f.may_price),
        )  # fmt: skip

    @property
    def approving(self) -> "Approving":
        """What approval works with."""
        from trendctl.approval.service import Approving

        return Approving(self.store, self.journal, self.clock, self.home.root, self.settings.review.expires_hours)

    @property
    def drafting(self) -> "Drafting":
        """What drafting works with."""
        from trendctl.posting.drafting import Drafting

        return Drafting(self.store, self.clock, self.platforms, self.accounts, self.context, self.talk)

    @property
    def posting(self) -> "Posting":
        """What posting works with."""
        from trendctl.posting.service import Posting

        return Posting(
            self.store, self.journal, self.clock, self.platforms, self.accounts, self.talk, self.home.images,
            self.home.root, self.context, self.settings.review.cooling_minutes,
        )  # fmt: skip

    @contextmanager
    def talk(self, platform: str) -> Iterator[Any]:
        """The way out to a platform: only inside `post`, `reconcile` and `platforms check` are credentials read."""
        if platform == "local":
            from trendctl.posting.platforms.local.outbox import Outbox

            yield Outbox(self.home.outbox, self.home.images)
            return
        if self.by_file(platform):
            yield self.upload(platform)
            return
        from trendctl.posting import wiring

        with wiring.talking(self.line(platform)) as talk:
            yield talk

    def upload(self, platform: str) -> "BulkFolder":
        """The upload folder of a platform that is used by file."""
        from trendctl.posting.bulk_folder import BulkFolder
        from trendctl.posting.bulk_forms import FORMS

        return BulkFolder(self.home.outbox / "upload" / platform, FORMS[platform])

    def line(self, platform: str) -> "Line":
        """What a talk, a check or a sign-in of one platform works with."""
        from trendctl.posting.wiring import Line
        from trendctl.settings import PlatformSettings

        chosen = self.settings.platforms.get(platform) or PlatformSettings()
        return Line(
            self.platforms[platform], self.accounts[platform], chosen.base_url, chosen.auth_url, self.store, self.clock,
            self.secrets, self.home, f"trendctl/{VERSION}", self.stop,
        )  # fmt: skip

    # ------------------------------------------------------------ what commands share

    def product_id(self, word: str) -> int:
        """The product that a person means: its number or uid. Raises UsageError."""
        from trendctl.store import product_rows

        with self.store.read() as db:
            found = product_rows.product_id(db, word)
        if found is None:
            raise UsageError(f"There is no product {word!r}", next="trendctl products")
        return found

    def check_platform(self, name: str, *, mend: bool = False) -> list[dict[str, str]]:
        """The rows of `platforms check` for one platform (design section 6). `mend`: create what is missing there."""
        if name != "local" and not self.by_file(name):
            from trendctl.posting import wiring

            return wiring.check(self.line(name), mend=mend)
        detail, status = f"{'packs' if name == 'local' else 'rows'} are written to {self.home.outbox}", "ok"
        if not self.home.outbox.is_dir():
            detail, status = f"{self.home.outbox} is missing", "fail"
        return [{"platform": name, "account": self.accounts[name].name, "check": "outbox", "status": status,
                 "detail": detail, "next": "" if status == "ok" else "trendctl init"}]  # fmt: skip

    def redraft(self, product_ids: Sequence[int], *, forced: bool = False) -> int:
        """Bring drafts up to date and put their products up for review; how many drafts changed.

        While a restore waits for `reconcile` nothing is redrafted: the rebuild needs the drafts as they were.
        """
        from trendctl.posting.drafting import make_drafts

        if self.journal.is_ahead(self.store):
            return 0
        changed = make_drafts(self.drafting, product_ids, forced=forced)
        self.enqueue(product_ids)
        return changed

    def enqueue(self, product_ids: Sequence[int]) -> None:
        """Put products up for review that nobody has spoken of yet."""
        from trendctl.store import reviews
        from trendctl.store.writers import Role

        with self.store.write(Role.APPROVAL) as db:
            reviews.enqueue(db, list(product_ids), epoch(self.clock.now()))


def _check_currency(code: str) -> None:
    from trendctl.commerce.money import exponent

    try:
        exponent(code)
    except ValueError as fault:
        raise ConfigError(f"market.currency cannot be {code!r}", why=str(fault), next="trendctl config edit") from None


def _first_config() -> str:
    return (
        "# trendctl's settings. Every key with its default and meaning: config.example.toml, `trendctl config show`.\n"
        '\n[scan]\n# contact = "you@example.org"  # told only to Wikimedia and Open Food Facts, which ask for it\n'
    )
