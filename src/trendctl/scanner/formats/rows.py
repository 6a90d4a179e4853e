"""One entry of an answer, read by the names of a field map, and the records made of entries."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from trendctl.ports import Ask, Json, Parsed, Reading, Record
from trendctl.scanner.formats import numbers, text, times

MAX_ROWS: Final = 2_000  # of one answer; a longer list is cut and the rest counted as rejected


class Row(ABC):
    """An entry whose values are asked for by the names of the source's field map."""

    @abstractmethod
    def raw(self, name: str) -> Json:
        """The value behind `name`; None if the entry has none or the map does not know the name."""

    @abstractmethod
    def text(self, name: str, limit: int = text.TITLE_LIMIT) -> str:
        """Clean text, "" if there is none."""

    def ident(self, name: str) -> str:
        """An identifier, "" if there is none."""
        return text.ident(self.raw(name))

    def url(self, name: str, base: str = "") -> str:
        """An absolute http(s) address, "" if there is none."""
        return text.web_url(self.raw(name), base)

    def count(self, name: str) -> float | None:
        """A number of zero or more."""
        return numbers.count(self.raw(name))

    def number(self, name: str) -> float | None:
        """A number, which may be negative."""
        return numbers.number(self.raw(name))

    def rank(self, name: str) -> int | None:
        """A place in a chart, 1 = first."""
        found = numbers.whole(self.raw(name))
        return found if found is not None and found >= 1 else None

    def time(self, name: str) -> datetime | None:
        """A time in UTC."""
        return times.moment(self.raw(name))


@dataclass(frozen=True, slots=True)
class Price:
    """A price in minor units of an ISO 4217 currency."""

    minor: int
    currency: str


def price(value: object, currency: object) -> Price | None:
    """A price in major units as Price; None if value or currency is not usable."""
    amount = numbers.minor(value, currency)
    return Price(amount, str(currency).upper()) if amount is not None else None


R = TypeVar("R", bound=Row)


def collect(rows: Iterable[R], build: Callable[[R, int], Record | None]) -> Parsed:
    """The records of `rows`, in order, each external id once. `build` gets the 1-based place in the list.

    A repeated id takes no place of its own (some lists show one thing three times); an unusable row does.
    """
    records: dict[str, Record] = {}
    rejected = 0
    for index, row in enumerate(rows):
        record = build(row, len(records) + rejected + 1) if index < MAX_ROWS else None
        if record is None:
            rejected += 1
        else:
            records.setdefault(record.external_id, record)
    return Parsed(records=tuple(records.values()), rejected=rejected)


def item(
    row: Row,
    readings: tuple[Reading, ...] = (),
    *,
    external_id: str | None = None,
    title: str | None = None,
    url: str | None = None,
    image_url: str | None = None,
    category: str | None = None,
    base: str = "",
    event: bool = False,
    event_at: datetime | None = None,
) -> Record | None:
    """The Record of a row by the usual names id, title, url, category, image, brand; None without id or title."""
    found_id = row.ident("id") if external_id is None else external_id
    found_title = row.text("title") if title is None else title
    if not found_id or not found_title:
        return None
    return Record(
        external_id=found_id,
        title=found_title,
        url=row.url("url", base) if url is None else url,
        category=row.text("category", 100) if category is None else category,
        image_url=row.url("image", base) if image_url is None else image_url,
        brand=row.text("brand", 100),
        event=event,
        event_at=event_at,
        readings=readings,
    )


def levels(
    rank: int | None = None,
    *,
    at: datetime | None = None,
    period: int = 0,
    cost: Price | None = None,
    **values: float | None,
) -> tuple[Reading, ...]:
    """Readings of the values that are there; `rank` becomes `position`. `cost` rides on the first reading.

    With a price alone, `listed` 1 carries it.
    """
    if cost is not None and rank is None and all(value is None for value in values.values()):
        values = {"listed": 1.0}
    amount, currency = (cost.minor, cost.currency) if cost else (None, None)
    made: list[Reading] = []
    for metric, value in (("position", rank), *values.items()):
        if value is None:
            continue
        paid = (None, None) if made else (amount, currency)
        if metric == "position":
            made.append(Reading(metric, None, int(value), at, period, *paid))
        else:
            made.append(Reading(metric, float(value), None, at, period, *paid))
    return tuple(made)


def series(ask: Ask, readings: Iterable[Reading]) -> Parsed:
    """The one record of a measured term; nothing when there are no readings."""
    kept = tuple(readings)
    term = ask.term or ""
    if not kept or not term:
        return Parsed()
    return Parsed(records=(Record(external_id=f"q:{term}|{ask.geo}", title=term, readings=kept),))
