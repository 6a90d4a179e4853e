"""Where everything of one installation lies: one folder, or the two that the operating system names."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trendctl.errors import StoreError

APP = "trendctl"
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class Home:
    """The paths of an installation; `make` creates them. `config_folder` None: config.toml is in `root`."""

    root: Path
    config_folder: Path | None = None

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> "Home":
        """TRENDCTL_HOME holds everything; without it config.toml and the data go where the platform puts them."""
        chosen = environ.get("TRENDCTL_HOME", "").strip()
        if chosen:
            return cls(Path(chosen).expanduser().absolute())
        import platformdirs  # only here: most tests and containers name their home

        return cls(platformdirs.user_data_path(APP, False), platformdirs.user_config_path(APP, False))

    @property
    def config(self) -> Path:
        """The settings, written by the person (and by `config set`)."""
        return (self.config_folder or self.root) / "config.toml"

    @property
    def database(self) -> Path:
        return self.root / "trendctl.db"

    @property
    def journal(self) -> Path:
        """The folder of the append-only journal."""
        return self.root / "journal"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def cache(self) -> Path:
        """May be deleted at any time."""
        return self.root / "cache"

    @property
    def overlays(self) -> Path:
        """Corrections of leaves' field maps, by healing or by the person."""
        return self.root / "overlays"

    @property
    def outbox(self) -> Path:
        """What the `local` platform writes."""
        return self.root / "outbox"

    @property
    def images(self) -> Path:
        return self.root / "images"

    @property
    def repairs(self) -> Path:
        """The register of what healing did, with the way back of each; made early: a read-only home needs it."""
        return self.root / "repairs"

    @property
    def env_file(self) -> Path:
        """Credentials as NAME=value lines; used only where nobody else can read it."""
        return self.root / ".env"

    @property
    def secrets_file(self) -> Path:
        """Credentials that `secrets set` and token rotation store where there is no keyring."""
        return self.root / "secrets.json"

    @property
    def lock(self) -> Path:
        """Held by what must be alone with the database (a restore)."""
        return self.root / "home.lock"

    def make(self) -> None:
        """Create the missing folders, mode 0700; folders that exist keep their mode. Raises StoreError."""
        folders = (
            self.root, self.config.parent, self.journal, self.backups, self.logs, self.cache, self.overlays,
            self.outbox, self.images, self.repairs,
        )  # fmt: skip
        try:
            for folder in folders:
                folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        except OSError as fault:
            raise StoreError(
                "The home cannot be created",
                why=f"{fault.filename}: {fault.strerror}",
                next="set TRENDCTL_HOME to a folder you can write",
            ) from fault


def write_private(path: Path, data: bytes) -> None:
    """Replace a file whole or not at all, readable by its owner only from its first moment. Raises OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, PRIVATE_FILE)
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
