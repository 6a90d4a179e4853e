"""The talk of `local`: folders in the outbox, each moved into place whole."""

import hashlib
import json
import os
import shutil
from pathlib import Path

from trendctl.ports import Answer, Wire
from trendctl.posting.images import path_of
from trendctl.posting.platforms.local.pack import MANIFEST


class Outbox:
    """Answers like a platform: 201 made, 200 there already or found, 404 not there, 409 another pack is there,
    422 an image is not as approved, 507 the disk said no before anything was in place."""

    def __init__(self, folder: Path, images: Path) -> None:
        self.folder = folder
        self.images = images

    def send(self, wire: Wire) -> Answer:
        """One folder act. A name outside the outbox is refused."""
        name = wire.url.removeprefix("outbox:/")
        if not name or name != Path(name).name or name.startswith("."):
            return Answer(422, error="not a folder name")
        target = self.folder / name
        if wire.method == "READ":
            return self._read(target)
        try:
            return self._write(wire, target) if wire.method != "END" else self._end(target)
        except OSError as fault:
            return Answer(507, error=f"the outbox cannot be written: {fault.strerror or fault}")

    def _read(self, target: Path) -> Answer:
        try:
            body = (target / MANIFEST).read_bytes()
        except FileNotFoundError:
            return Answer(404, error="no such pack")
        except OSError as fault:
            return Answer(500, error=str(fault))
        return Answer(200, {"location": (target / "preview.html").resolve().as_uri()}, body)

    def _write(self, wire: Wire, target: Path) -> Answer:
        self._finish_swap(target)
        there = self._read(target)
        if there.status == 200 and there.body == _manifest(wire.body):
            return Answer(200)
        if there.status == 200 and wire.method == "CREATE":
            return Answer(409, error="another pack of this SKU is in the outbox")
        if there.status == 404 and wire.method == "REPLACE":
            return Answer(404, error="the pack is not in the outbox")
        part = self.folder / f".{target.name}.part"
        shutil.rmtree(part, ignore_errors=True)
        try:
            problem = self._fill(part, json.loads(wire.body))
            if problem:
                return Answer(422, error=problem)
            self._swap(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return Answer(201)

    def _fill(self, part: Path, pack: dict[str, object]) -> str:
        (part / "images").mkdir(parents=True, mode=0o700)
        files = pack["files"]
        images = pack["images"]
        assert isinstance(files, dict)  # our own manifest, rendered a moment ago
        assert isinstance(images, list)
        for name, text in files.items():
            _put(part / name, text.encode())
        for image in images:
            data = path_of(self.images, image["sha256"], image["mime"]).read_bytes()
            if hashlib.sha256(data).hexdigest() != image["sha256"]:
                return f"{image['name']} is not as approved"
            _put(part / image["name"], data)
        _put(part / MANIFEST, _manifest(json.dumps(pack).encode()))
        return ""

    def _swap(self, part: Path, target: Path) -> None:
        old = self.folder / f".{target.name}.old"
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            os.rename(target, old)
        os.rename(part, target)
        shutil.rmtree(old, ignore_errors=True)

    def _finish_swap(self, target: Path) -> None:
        """A crash between the two renames of a swap left the old pack aside: put it back first."""
        old = self.folder / f".{target.name}.old"
        if old.exists() and not target.exists():
            os.rename(old, target)

    def _end(self, target: Path) -> Answer:
        if not target.exists():
            return Answer(200)
        for n in range(1, 10_000):
            ended = self.folder / "ended" / f"{target.name}-{n}"
            if not ended.exists():
                ended.parent.mkdir(exist_ok=True, mode=0o700)
                os.rename(target, ended)
                return Answer(200)
        return Answer(507, error="the folder of ended packs is full")


def _manifest(body: bytes) -> bytes:
    """The manifest as kept in the pack: hashes instead of whole files."""
    pack = json.loads(body)
    files = {n: hashlib.sha256(t.encode()).hexdigest() for n, t in pack["files"].items()}
    return (json.dumps({**pack, "files": files}, indent=2, sort_keys=True) + "\n").encode()


def _put(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
