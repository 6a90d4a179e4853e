"""Chromium without a window, driven over its debugging pipe: what it logs, asks the network for, and draws."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--remote-debugging-pipe",
)  # fmt: skip

# Chromium reads commands from handle 3 and answers on 4.
_PLUG = (
    "import os, sys; a, b = (os.dup(os.dup(os.dup(int(n)))) for n in sys.argv[1:3]);"
    "os.dup2(a, 3); os.dup2(b, 4); os.execv(sys.argv[3], sys.argv[3:])"
)


class Chromium:
    """One page. `events`: everything that the browser told, in order."""

    def __init__(self, say: Any, hear: Any) -> None:
        self._say = say
        self._hear = hear
        self._number = 0
        self._session = ""
        self._rest = b""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for part in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{part}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command; its result. Events that come before it are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._say.write(json.dumps(message).encode() + b"\0")
        self._say.flush()
        while True:
            told = self._read()
            if told.get("id") == self._number:
                assert "error" not in told, told
                return dict(told["result"])
            self.events.append(told)

    def wait(self, method: str) -> None:
        """Until that event came."""
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self._read())

    def open(self, path: Path, *, width: int, dark: bool, media: str = "screen") -> None:
        """Show a local file at that width; `media` may be print."""
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.call("Page.navigate", url=path.as_uri())
        self.wait("Page.loadEventFired")

    def value(self, script: str) -> Any:
        """What a script of the test's (the page has none) sees."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def requests(self) -> list[str]:
        """Every address that was asked for."""
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """What stands on the console: errors, refused styles and loads."""
        said = [e["params"] for e in self.events if e.get("method") in ("Log.entryAdded", "Runtime.consoleAPICalled")]
        return [json.dumps(one) for one in said]

    def picture(self) -> bytes:
        """The whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        made = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(made["data"])

    def pdf(self) -> bytes:
        """The page as it prints, on A4."""
        return base64.b64decode(self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            block = self._hear.read1(1 << 20)
            assert block, "the browser went away"
            self._rest += block
        data, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(data))


@contextmanager
def chromium(folder: Path, flags: Sequence[str] = FLAGS) -> Iterator[Chromium]:
    """A browser with a profile of its own in `folder`; gone at the end."""
    down_read, down_write = os.pipe()
    up_read, up_write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", _PLUG, str(down_read), str(up_write), PROGRAM, *flags, f"--user-data-dir={folder}"],
        pass_fds=(down_read, up_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    os.close(down_read)
    os.close(up_write)
    try:
        with os.fdopen(down_write, "wb") as say, os.fdopen(up_read, "rb") as hear:
            yield Chromium(say, hear)
    finally:
        process.terminate()
        process.wait(20)
