"""What tests may not do, each as a patch that raises and remembers the attempt."""

import ipaddress
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs
import pytest

LONGEST_SLEEP = 0.05
_CREDENTIAL = ("_KEY", "_TOKEN", "_SECRET", "_API_SECRET", "_APP_ID", "_CERT_ID", "_DEV_ID", "_SELLER_ID",
               "_CLIENT_ID", "_CREATORS_ID", "_ASSOCIATE_TAG")  # fmt: skip
_PROXY = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings and no credentials from outside; every home below `tmp_path`."""
    for name in list(os.environ):
        upper = name.upper()
        if upper.startswith("TRENDCTL_") or upper.endswith(_CREDENTIAL) or upper in _PROXY or upper == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # or every process of a test compiles the program anew
    user = tmp_path / "user"
    for name, below in {
        "HOME": "", "USERPROFILE": "", "XDG_CONFIG_HOME": ".config", "XDG_DATA_HOME": ".local/share",
        "XDG_CACHE_HOME": ".cache", "XDG_STATE_HOME": ".local/state", "XDG_RUNTIME_DIR": ".run",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(user / below))
    monkeypatch.setenv("TRENDCTL_HOME", str(tmp_path / "home"))


def forbid_platform_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real default home is not even asked for."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        pytest.fail("a test asked for the real home; give it a Home or TRENDCTL_HOME")

    for name in dir(platformdirs):
        if name.startswith(("user_", "site_")):
            monkeypatch.setattr(platformdirs, name, refuse)


def forbid_network(monkeypatch: pytest.MonkeyPatch, tried: list[str]) -> None:
    """Only this machine: connections, datagrams and name look-ups to anything else fail."""

    def guarded(original: Callable[..., Any], address_at: int) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            address = args[address_at] if len(args) > address_at else next(iter(kwargs.values()))
            if not is_local(address):
                tried.append(f"network: {address}")
                pytest.fail(f"a test tried to reach {address}; only 127.0.0.1 is allowed")
            return original(*args, **kwargs)

        return call

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guarded(getattr(socket.socket, name), 1))
    monkeypatch.setattr(socket.socket, "sendto", guarded(socket.socket.sendto, -1))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "create_connection"):
        monkeypatch.setattr(socket, name, guarded(getattr(socket, name), 0))


def forbid_sleep(monkeypatch: pytest.MonkeyPatch, tried: list[str]) -> None:
    """Waiting is done on the fake clock."""
    original = time.sleep

    def sleep(seconds: float) -> None:
        if seconds > LONGEST_SLEEP:
            tried.append(f"sleep: {seconds} s")
            pytest.fail(f"a test slept {seconds} s; use the clock fixture, or ask for real_sleep")
        original(seconds)

    monkeypatch.setattr(time, "sleep", sleep)


def is_local(address: Any) -> bool:
    """Loopback, "any" for binding, a Unix socket's path, or no host at all."""
    if isinstance(address, str | bytes | None) and not isinstance(address, tuple):
        host = address.decode() if isinstance(address, bytes) else address
    else:
        host = address[0]
    if host in (None, "", "localhost") or (isinstance(host, str) and host.startswith(("/", "\0"))):
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False
