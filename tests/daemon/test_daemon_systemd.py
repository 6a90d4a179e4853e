"""The user unit and the cron lines; what the service manager is told."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from trendctl.daemon_systemd import cron, tell, unit, unit_path, watchdog_seconds
from trendctl.home import Home

STRANGE = ["/data/trends", "/data/my trends/100%", '/data/a"b', "/tmp/trends"]


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    for number, root in enumerate(STRANGE[:2]):
        file = tmp_path / f"trendctl{number}.service"
        file.write_text(unit(Home(Path(root)), {"TRENDCTL_HOME": root}))
        environ = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)}
        done = subprocess.run(["systemd-analyze", "--user", "verify", str(file)], capture_output=True, text=True,
                              env=environ, timeout=60, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert file.name not in done.stderr


@pytest.mark.parametrize("root", STRANGE)
def test_the_unit_writes_only_to_the_home_and_names_it_for_any_path(root: str) -> None:
    lines = unit(Home(Path(root)), {"TRENDCTL_HOME": root}).splitlines()
    written = [line for line in lines if line.startswith("ReadWritePaths=")]
    assert len(written) == 1
    assert unquoted(written[0].split("=", 1)[1]) == root
    told = [line for line in lines if line.startswith("Environment=")]
    assert unquoted(told[0].split("=", 1)[1]) == f"TRENDCTL_HOME={root}"
    for needed in ("Type=notify", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077", "WatchdogSec=300"):
        assert needed in lines
    assert ("PrivateTmp=yes" in lines) is not root.startswith("/tmp")


def test_systemd_tries_to_start_it_for_ever_and_gives_the_start_time_to_heal() -> None:
    lines = unit(Home(Path("/data")), {}).splitlines()
    assert {"StartLimitIntervalSec=0", "RestartSec=300", "TimeoutStartSec=600"} <= set(lines)
    assert not [line for line in lines if line.startswith("StartLimitBurst")]


def unquoted(word: str) -> str:
    """What systemd makes of it."""
    if word.startswith('"'):
        word = word[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return word.replace("%%", "%")


def test_two_folders_of_the_operating_system_are_both_written_and_no_home_is_named(tmp_path: Path) -> None:
    text = unit(Home(tmp_path / "data", tmp_path / "config"), {})
    assert text.count("ReadWritePaths=") == 2
    assert "TRENDCTL_HOME" not in text


def test_cron_lines_run_the_schedule_and_look_after_it(tmp_path: Path) -> None:
    first, second = cron(Home(tmp_path / "a b%"), {"TRENDCTL_HOME": str(tmp_path / "a b%")}).splitlines()
    assert first.startswith("*/5 * * * * TRENDCTL_HOME='")
    assert "daemon --once" in first
    assert "health --max-age 130" in second
    assert "%" not in first.replace("\\%", "")


def test_the_unit_lies_where_systemd_looks(tmp_path: Path) -> None:
    assert unit_path({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "systemd" / "user" / "trendctl.service"


def test_the_service_manager_is_told_over_its_socket_and_silence_is_no_error(tmp_path: Path) -> None:
    assert tell({}, "READY=1") is False
    assert tell({"NOTIFY_SOCKET": str(tmp_path / "gone")}, "READY=1") is False
    path = f"/tmp/trendctl-{os.getpid()}.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        try:
            there.bind(path)
            assert tell({"NOTIFY_SOCKET": path}, "READY=1", "STATUS=well") is True
            assert there.recv(100) == b"READY=1\nSTATUS=well"
        finally:
            os.unlink(path)


def test_signs_of_life_come_at_half_the_allowed_time_and_only_from_the_watched_process() -> None:
    assert watchdog_seconds({"WATCHDOG_USEC": "20000000"}) == 10.0
    assert watchdog_seconds({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"}) is None
    assert watchdog_seconds({}) is None
