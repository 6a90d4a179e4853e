"""A shop that sells by bulk file, for the tests of it."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selling import AnySeat, Crash, Shop, picture
from trendctl import registry
from trendctl.approval import images, supply
from trendctl.ports import Answer, Talk, Wire
from trendctl.posting import bulk, confirming, drafting
from trendctl.posting.bulk_folder import BulkFolder
from trendctl.posting.bulk_forms import FORMS
from trendctl.posting.confirming import Word
from trendctl.store import reviews
from trendctl.store.writers import Role

URL = "https://example.org/lantern.jpg"
LIVE = Word(uploaded=True, number="110022", url="https://example.org/itm/110022")


class FileShop(Shop):
    """A shop that sells by file; `cut` names an act of the folder at which the process dies."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.accounts = {self.name: drafting.Account(policies=bulk.WAY)}
        self.seat = AnySeat()
        self.folder = BulkFolder(self.home.outbox / "upload" / self.name, FORMS[self.name])
        self.cut = ""

    @contextmanager
    def _talk(self, name: str) -> Iterator[Talk]:
        yield self

    def send(self, wire: Wire) -> Answer:
        answer = self.folder.send(wire)
        if wire.method == self.cut:
            self.cut = ""
            raise Crash
        return answer

    def ready(self) -> int:
        """A product with all that every form needs."""
        number = self.stock()
        told = {"gtin": "4006381333931", "link": "https://example.org/lantern"}
        supply.tell(self.approving, number, told, {"material": "steel"}, "USD")
        images.add(self.approving, self.home.images, number, picture(self.root / "x.jpg", "red"), "own", URL)
        category = {"category": {"id": "16034", "path": "Camping"}}
        with self.store.write(Role.APPROVAL) as db:
            reviews.save_edit(db, number, self.name, "default", category, int(self.clock.now().timestamp()))
        self.draft(number)
        return number

    def rows(self) -> list[dict[str, str]]:
        """The file as a spreadsheet reads it."""
        if not self.folder.file.is_file():
            return []
        form = FORMS[self.name]
        return list(csv.DictReader(io.StringIO(self.folder.file.read_text()), delimiter="\t" if form.tabs else ","))

    def waiting(self) -> str:
        return confirming.waiting(self.posting)[0].id

    def say(self, word: Word) -> str:
        return confirming.confirm(self.posting, self.waiting(), word, "test").state


def shop_of(tmp_path: Path, name: str = "ebay") -> FileShop:
    return FileShop(tmp_path, bulk.Filed(registry.load("platforms", name)))
