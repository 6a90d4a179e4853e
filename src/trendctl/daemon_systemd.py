"""The service manager's side: sd_notify in a few lines, the user unit, and the lines for cron."""

import os
import shlex
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from trendctl.home import Home

NAME = "trendctl.service"
WATCHDOG_SECONDS = 300
RESTART_SECONDS = 300
START_SECONDS = 600  # what stops the start is healed and watched first
STOP_SECONDS = 600  # an analysis in hand is finished


def tell(environ: Mapping[str, str], *words: str) -> bool:
    """Send READY=1, STATUS=..., WATCHDOG=1 and the like to systemd; False where nobody asked for it."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.sendto("\n".join(words).encode(), address)
    except OSError:
        return False
    return True


def watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    """Between two signs of life: half of what systemd allows; None: it does not watch this process."""
    usec, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not usec.isdigit() or (pid and pid != str(os.getpid())):
        return None
    return int(usec) / 2_000_000


def command() -> list[str]:
    """How this very installation is started, with whole paths."""
    beside = Path(sys.executable).with_name("trendctl")
    found = str(beside) if beside.exists() else shutil.which("trendctl")
    return [found] if found else [sys.executable, "-m", "trendctl.cli.main"]


def unit(home: Home, environ: Mapping[str, str]) -> str:
    """A hardened systemd user unit: only the home can be written, no new privileges, ordinary system calls.

    Left out is what needs capabilities that a user's manager has not (PrivateDevices, ProtectKernelModules,
    CapabilityBoundingSet): the service would end with 218/CAPABILITIES.
    """
    lines = [
        "[Unit]",
        "Description=trendctl: hourly scan, health, backups",
        "Documentation=https://github.com/trendctl/trendctl",
        "After=network-online.target",
        "StartLimitIntervalSec=0",  # what stopped it (a full disk, a typo) may end hours later: it is tried for ever
        "",
        "[Service]",
        "Type=notify",
        f"ExecStart={' '.join(_quoted(word).replace('$', '$$') for word in [*command(), 'daemon'])}",
        "ExecReload=/bin/kill -HUP $MAINPID",
        *_environment(home, environ),
        "Restart=on-failure",
        f"RestartSec={RESTART_SECONDS}",
        f"TimeoutStartSec={START_SECONDS}",
        f"WatchdogSec={WATCHDOG_SECONDS}",
        f"TimeoutStopSec={STOP_SECONDS}",
        "KillSignal=SIGTERM",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=read-only",
        *(f"ReadWritePaths={_quoted(str(folder))}" for folder in _folders(home)),
        "PrivateUsers=yes",  # what lets a user's own manager make the rest of this sandbox
        *(() if _under_tmp(home) else ("PrivateTmp=yes",)),  # it would hide such a home
        "ProtectKernelTunables=yes",
        "ProtectControlGroups=yes",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "LockPersonality=yes",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
        "",
        "[Install]",
        "WantedBy=default.target",
        "",
    ]
    return "\n".join(lines)


def cron(home: Home, environ: Mapping[str, str]) -> str:
    """Lines for `crontab -e`: the same schedule without a daemon, and a word by mail when scans stay away."""
    words = shlex.join(command()).replace("%", r"\%")  # cron takes a bare % for a line's end
    set_home = _told_home(home, environ)
    prefix = f"TRENDCTL_HOME={shlex.quote(set_home)} ".replace("%", r"\%") if set_home else ""
    return (
        f"*/5 * * * * {prefix}{words} daemon --once >/dev/null\n"
        f"30 * * * * {prefix}{words} health --max-age 130 >/dev/null\n"
    )


def unit_path(environ: Mapping[str, str]) -> Path:
    """Where the user's own units lie."""
    config = environ.get("XDG_CONFIG_HOME", "") or str(Path.home() / ".config")
    return Path(config) / "systemd" / "user" / NAME


def _folders(home: Home) -> tuple[Path, ...]:
    return (home.root,) if home.config.parent == home.root else (home.root, home.config.parent)


def _under_tmp(home: Home) -> bool:
    return any(folder.is_relative_to(tmp) for folder in _folders(home) for tmp in ("/tmp", "/var/tmp"))


def _told_home(home: Home, environ: Mapping[str, str]) -> str:
    return str(home.root) if environ.get("TRENDCTL_HOME", "").strip() else ""


def _environment(home: Home, environ: Mapping[str, str]) -> list[str]:
    told = _told_home(home, environ)
    return [f"Environment={_quoted(f'TRENDCTL_HOME={told}')}"] if told else []


def _quoted(word: str) -> str:
    r"""As a unit file wants it: % and \ doubled, quoted where there is a space or a quote."""
    escaped = word.replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"')
    return f'"{escaped}"' if any(c in word for c in " \t'\"\\;") else escaped
