"""Credentials by name: environment, then .env, then what `secrets set` or a token rotation stored. Never in a log."""

import hashlib
import importlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from trendctl.errors import AccessError, StoreError, UsageError
from trendctl.home import Home, write_private
from trendctl.redaction import Redactor, is_secret_name

KNOWN: tuple[str, ...] = (
    "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", "AMAZON_SP_API_KEY", "AMAZON_SP_API_SECRET",
    "AMAZON_SP_REFRESH_TOKEN", "AMAZON_SELLER_ID", "EBAY_APP_ID", "EBAY_CERT_ID", "EBAY_DEV_ID", "EBAY_REFRESH_TOKEN",
    "TIKTOK_SHOP_API_KEY", "TIKTOK_SHOP_SECRET", "TIKTOK_SHOP_REFRESH_TOKEN", "FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET",
    "FACEBOOK_ACCESS_TOKEN", "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET", "TWITTER_BEARER_TOKEN", "YOUTUBE_API_KEY",
    "ETSY_API_KEY", "BESTBUY_API_KEY", "RAKUTEN_APP_ID", "NYT_API_KEY", "PINTEREST_ACCESS_TOKEN",
    "TIKTOK_CREATOR_TOKEN", "AMAZON_CREATORS_ID", "AMAZON_CREATORS_SECRET", "AMAZON_ASSOCIATE_TAG",
    "GOOGLE_MERCHANT_REFRESH_TOKEN", "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "PINTEREST_APP_ID",
    "PINTEREST_APP_SECRET", "PINTEREST_REFRESH_TOKEN", "TIKTOK_CREATOR_KEY", "TIKTOK_CREATOR_SECRET",
    "TIKTOK_CREATOR_REFRESH_TOKEN",
)  # fmt: skip
ROTATING = ("_REFRESH_TOKEN", "_ACCESS_TOKEN", "_CREATOR_TOKEN")  # a successor is handed out, the old one void
_NAME = re.compile(r"[A-Z][A-Z0-9_]{2,60}")
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")

Origin = Literal["environment", ".env", "keyring", "secrets.json"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored value. `seed`: SHA-256 of the environment's value it succeeded; "" if there was none."""

    value: str
    seed: str
    origin: Origin


class Secrets:
    """Implements ports.Credentials. `redact` removes every value that this object has access to from a text."""

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        self._home = home
        self._environ = environ
        self._redactor: Redactor | None = None  # made when it is first needed: a keyring may be slow
        self._hidden: set[str] = set()

    def get(self, name: str) -> str | None:
        """The value, or None. Raises AccessError where a file that would be asked can be read by others."""
        found = self._find(name)
        if found is None:
            return None
        self.hide(found.value)
        return found.value

    def origin(self, name: str) -> Origin | None:
        """Where `get` takes the value from; None: not set."""
        found = self._find(name)
        return found.origin if found else None

    def put(self, name: str, value: str) -> None:
        """Store a value, in the keyring if there is one, else in secrets.json (0600), whole or not at all.

        For a rotating token the value is its environment seed's successor, and wins until that seed is changed.
        """
        if not _NAME.fullmatch(name) or not value or "\0" in value:
            raise UsageError(f"{name} cannot be stored", why="a name is A-Z, 0-9 and _; a value is not empty")
        self.hide(value)
        given = self._given(name)
        seed = _hash(given.value) if given and name.endswith(ROTATING) else ""
        entry = {"value": value, "seed": seed}
        # A value in the file is newer than the keyring's: the keyring was out of reach when it was stored.
        self._change_file(name, None if self._keyring_set(name, json.dumps(entry)) else entry)

    def remove(self, name: str) -> bool:
        """Forget what was stored; False if nothing was. Environment and .env are the person's own."""
        stored = self._stored(name) is not None
        if stored:
            self._change_file(name, None)
            self._keyring_remove(name)
        return stored

    def redact(self, text: str) -> str:
        """The text without any value of ours, and without what looks like a token."""
        if self._redactor is None:
            self._redactor = Redactor([*self._all_values(), *self._hidden])
        return self._redactor.redact(text)

    def hide(self, value: str) -> None:
        """Redact this value too (a setting that holds a token)."""
        if self._redactor is None:
            self._hidden.add(value)
        else:
            self._redactor.learn(value)

    def _find(self, name: str) -> Stored | None:
        given = self._given(name)
        if given is None:
            return self._stored(name)
        if name.endswith(ROTATING):
            stored = self._stored(name)
            if stored and stored.seed == _hash(given.value):
                return stored
        return given

    def _given(self, name: str) -> Stored | None:
        """What the person set from outside."""
        if value := self._environ.get(name, "").strip():
            return Stored(value, "", "environment")
        value = self._env_file().get(name, "")
        return Stored(value, "", ".env") if value else None

    def _stored(self, name: str) -> Stored | None:
        entry = self._file().get(name)
        if entry is not None:
            return Stored(entry["value"], entry.get("seed", ""), "secrets.json")
        text = self._keyring_get(name)
        if not text:
            return None
        try:
            entry = json.loads(text)
            return Stored(entry["value"], entry["seed"], "keyring")
        except (ValueError, KeyError, TypeError):
            return Stored(text, "", "keyring")  # put there by hand

    def _all_values(self) -> list[str]:
        """Every value there is to hide. A file that may not be used is read all the same: its values are secrets."""
        values = [self._environ.get(name, "").strip() for name in KNOWN]
        values += [entry["value"] for entry in _entries(_text(self._home.secrets_file)).values()]
        in_env_file = _lines(_text(self._home.env_file)).items()
        values += [value for name, value in in_env_file if name in KNOWN or is_secret_name(name)]
        for name in KNOWN:
            stored = self._keyring_get(name)
            if stored:
                values.append(stored)
                try:
                    values.append(json.loads(stored)["value"])
                except (ValueError, KeyError, TypeError):
                    continue
        return values

    def _env_file(self) -> dict[str, str]:
        return _lines(_private_text(self._home.env_file))

    def _file(self) -> dict[str, Any]:
        text = _private_text(self._home.secrets_file)
        entries = _entries(text)
        if text and not entries and text.strip() != "{}":
            raise StoreError(
                "secrets.json is damaged", why="it is not what trendctl writes", next="remove it, then set them again"
            )
        return entries

    def _change_file(self, name: str, entry: Mapping[str, str] | None) -> None:
        from filelock import FileLock

        if entry is None and name not in self._file():
            return
        try:
            with FileLock(self._home.root / "secrets.lock", mode=0o600):
                entries = self._file()
                entries.pop(name, None)
                if entry is not None:
                    entries[name] = dict(entry)
                text = json.dumps(entries, indent=1, sort_keys=True, ensure_ascii=False)
                write_private(self._home.secrets_file, text.encode())
        except OSError as fault:
            raise StoreError(
                "The secret could not be stored", why=str(fault), next="check the folder `trendctl config path` prints"
            ) from fault

    @property
    def _service(self) -> str:
        """Of the keyring: another home (the demo's, a test's) has other secrets."""
        return f"trendctl:{self._home.root}"

    def _keyring_get(self, name: str) -> str | None:
        keyring = _keyring()
        if keyring is None:
            return None
        try:
            found = keyring.get_password(self._service, name)
            return str(found) if found else None
        except Exception:  # noqa: BLE001 - backends raise what they like; a locked keyring holds nothing for us
            return None

    def _keyring_set(self, name: str, text: str) -> bool:
        keyring = _keyring()
        if keyring is None:
            return False
        try:
            keyring.set_password(self._service, name, text)
            return bool(keyring.get_password(self._service, name) == text)
        except Exception:  # noqa: BLE001 - backends raise what they like; then the file takes it
            return False

    def _keyring_remove(self, name: str) -> None:
        keyring = _keyring()
        if keyring is None or not self._keyring_get(name):
            return
        try:
            keyring.delete_password(self._service, name)
        except Exception as fault:  # backends raise what they like; the person must know that it is still there
            raise StoreError(f"{name} is still in the keyring", why=str(fault), next="remove it there") from fault


def check_known(name: str) -> str:
    """The name, if it is one that trendctl uses. Raises UsageError with the nearest."""
    from trendctl.registry import nearest

    if name in KNOWN:
        return name
    raise UsageError(f"There is no secret {name!r}", why=nearest(name.upper(), KNOWN), next="trendctl secrets list")


def _keyring() -> Any:
    """The optional package, if it is installed and has a real backend."""
    try:
        keyring: Any = importlib.import_module("keyring")
        return keyring if keyring.get_keyring().priority > 0 else None
    except Exception:  # noqa: BLE001 - not installed, or its backend cannot start (no D-Bus session): the file serves
        return None


def _private_text(path: Path) -> str:
    """The file's text, "" where it is not there. Raises AccessError where others may read it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return ""
    if mode & 0o077 and os.name != "nt":  # on Windows modes say nothing
        raise AccessError(
            f"{path.name} is not used", why=f"others can read it (mode {mode & 0o777:04o})", next=f"chmod 600 {path}"
        )
    return _text(path)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _lines(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match:
            found[match[1]] = _unquoted(match[2])
    return found


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return re.split(r"\s+#", text, maxsplit=1)[0]


def _entries(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
        return {n: e for n, e in found.items() if isinstance(e["value"], str)}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
