"""The mock servers made of the platforms' own OpenAPI documents, started by the script beside those documents."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PORTS = {"amazon": 14020, "ebay": 14021, "tiktok": 14022}


def address(name: str) -> str:
    """Where the mock of a platform answers."""
    return f"http://127.0.0.1:{PORTS[name]}"


@contextmanager
def mocked(shared: Path, name: str) -> Iterator[Path]:
    """The running mock's log. Installed once, in the system's temporary folder."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("the mock server needs node and npm")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORTS[name])) == 0:
            pytest.skip(f"port {PORTS[name]} is taken by another server")
    cache = Path(tempfile.gettempdir()) / f"trendctl-test-mocks-{name}"  # its own: tests run side by side
    (cache / f"{name}.log").unlink(missing_ok=True)
    command = [str(shared / "specs" / "start-mocks"), str(cache), name]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if made.returncode:
        pytest.skip(f"the mock server did not start: {made.stderr.strip()[-200:]}")
    try:
        yield cache / f"{name}.log"
    finally:
        subprocess.run(["kill", (cache / f"{name}.pid").read_text().strip()], check=False)
