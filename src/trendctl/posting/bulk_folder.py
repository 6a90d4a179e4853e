"""The talk of bulk files: a row for each approval in the outbox, and the one file of those that wait for upload."""

import json
import os
from pathlib import Path

from trendctl.home import write_private
from trendctl.ports import Answer, Wire
from trendctl.posting.bulk_forms import Form, sheet


class BulkFolder:
    """`outbox/upload/PLATFORM/`: `waiting/` and `done/` hold a JSON file a row; beside them the file to upload, made
    anew from what waits whenever that changes. Answers: 201 written, 200 there already or found, 404 not there,
    507 the disk said no before anything was in place."""

    def __init__(self, folder: Path, form: Form) -> None:
        self.folder = folder
        self.form = form

    @property
    def file(self) -> Path:
        """What the seller uploads."""
        return self.folder / self.form.file

    def send(self, wire: Wire) -> Answer:
        """One act on one row. A name outside the folder is refused."""
        name = wire.url.removeprefix("bulk:/")
        if not name or name != Path(name).name or name.startswith("."):
            return Answer(422, error="not a file name")
        try:
            if wire.method == "READ":
                return self._read(name)
            if wire.method in ("DONE", "DROP"):
                return self._taken_out(name, kept=wire.method == "DONE")
            return self._write(name, wire.body)
        except OSError as fault:
            return Answer(507, error=f"the upload folder cannot be written: {fault.strerror or fault}")

    def rows(self) -> list[Path]:
        """What waits, oldest first."""
        found = (self.folder / "waiting").glob("*.json")
        return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def _read(self, name: str) -> Answer:
        for place in ("waiting", "done"):
            path = self.folder / place / name
            if path.is_file():
                where = self.file if place == "waiting" else path
                return Answer(200, {"place": place, "location": where.resolve().as_uri()}, path.read_bytes())
        return Answer(404, error="no such row")

    def _write(self, name: str, body: bytes) -> Answer:
        there = (self.folder / "waiting" / name).is_file()
        for place in ("waiting", "done"):
            (self.folder / place).mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self.folder / "waiting" / name, body)
        self._assemble()
        return Answer(200 if there else 201)

    def _taken_out(self, name: str, *, kept: bool) -> Answer:
        """The row leaves the file first: a crash then asks the seller again, and never offers a row twice."""
        waiting = self.folder / "waiting" / name
        if waiting.is_file() and kept:
            os.replace(waiting, self.folder / "done" / name)
        waiting.unlink(missing_ok=True)
        self._assemble()
        return Answer(200)

    def _assemble(self) -> None:
        rows = [json.loads(path.read_bytes())["row"] for path in self.rows()]
        if rows:
            write_private(self.file, sheet(rows, tabs=self.form.tabs).encode())
        else:
            self.file.unlink(missing_ok=True)
