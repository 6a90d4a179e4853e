"""Where an installation lies, and that importing the light modules stays light."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from trendctl.errors import StoreError
from trendctl.home import Home, write_private

HEAVY = ("pydantic", "sqlmodel", "sqlalchemy", "httpx", "pandas", "numpy", "praw", "openai", "anthropic", "PIL",
         "apscheduler", "typer", "rich", "tomlkit", "platformdirs")  # fmt: skip


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_trendctl_home_holds_everything(tmp_path: Path) -> None:
    home = Home.find({"TRENDCTL_HOME": str(tmp_path / "here")})
    paths = (home.config, home.database, home.journal, home.backups, home.logs, home.cache, home.overlays, home.outbox,
             home.images, home.env_file, home.secrets_file, home.lock)  # fmt: skip
    assert {path.parent for path in paths} == {tmp_path / "here"}
    assert len(set(paths)) == len(paths)
    assert (home.config.name, home.database.name, home.env_file.name) == ("config.toml", "trendctl.db", ".env")


@pytest.mark.parametrize("empty", [{}, {"TRENDCTL_HOME": ""}, {"TRENDCTL_HOME": "  "}])
def test_without_it_the_platform_decides(
    empty: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda app, author: tmp_path / "data" / app)
    monkeypatch.setattr(platformdirs, "user_config_path", lambda app, author: tmp_path / "config" / app)
    home = Home.find(empty)
    assert home.config == tmp_path / "config" / "trendctl" / "config.toml"
    assert home.database == tmp_path / "data" / "trendctl" / "trendctl.db"
    home.make()
    assert home.config.parent.is_dir()


def test_a_relative_home_and_a_tilde_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Home.find({"TRENDCTL_HOME": "mine"}).root == tmp_path / "mine"
    assert Home.find({"TRENDCTL_HOME": "~/mine"}).root == Path.home() / "mine"


def test_make_creates_private_folders_and_may_be_repeated(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / "home")
    home.make()
    home.make()
    for folder in (
        home.root,
        home.journal,
        home.backups,
        home.logs,
        home.cache,
        home.overlays,
        home.outbox,
        home.images,
    ):
        assert mode(folder) == 0o700, folder


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o755)
    (tmp_path / "mine").chmod(0o755)
    Home(tmp_path / "mine").make()
    assert mode(tmp_path / "mine") == 0o755


def test_a_home_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="TRENDCTL_HOME"):
        Home(tmp_path / "file" / "home").make()


def test_a_private_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, b"newer")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_home_registry_config_and_secrets_import_nothing_heavy(fresh_python: Callable[..., str]) -> None:
    out = fresh_python(
        "import sys, trendctl.home, trendctl.registry, trendctl.config, trendctl.secrets, trendctl.log\n"
        "trendctl.home.Home.find({'TRENDCTL_HOME': '/nowhere'})\n"
        "trendctl.registry.names('sources')\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert out.strip() == "[]"
