"""Items into products: what the person said, then what matches, then what may become a product of its own."""

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from trendctl.errors import UsageError
from trendctl.store import products as rows
from trendctl.store.engine import Store
from trendctl.store.products import NewProduct, PendingItem
from trendctl.store.writers import Role
from trendctl.trends import matching
from trendctl.wording import product_title

CANDIDATES = 16  # products compared with one title: those that share most keys
_BATCH = 1_000  # items compared at once: bounds the memory; what a batch creates, the next ones match
CONFIDENT = 0.9  # chance of being sellable at which a trend feed alone may name a product
AGREED = 0.5  # share of the threshold that suffices where a second source agrees: people and matches stay out


keys = lru_cache(maxsize=1 << 14)(matching.keys)  # looked up twice a title, once of it while sources are waited for


@dataclass(frozen=True, slots=True)
class Grouping:
    """What decides. `creators`: sources that may create products; `sellable` gives a title's chance, `uid` new ids."""

    creators: Collection[str]
    sellable: Callable[[str], float]
    threshold: float
    uid: Callable[[], str]
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    watch: Sequence[str] = ()


@dataclass(slots=True)
class Grouped:
    """Products made and products that got or saw an item."""

    new: list[int] = field(default_factory=list)
    updated: set[int] = field(default_factory=set)


def group_items(db: sqlite3.Connection, ids: Sequence[int], grouping: Grouping, now: int) -> Grouped:
    """Give the items that have none a product, where they may have one, within the caller's transaction.

    An item that finds none stays as it is and is looked at again whenever its source names it. Sources that may
    create come first, alike titles together, whatever the order in which the sources answered.
    """
    pending = [item for item in rows.pending_items(db, ids) if not _excluded(item, grouping)]
    said = rows.links(db, (item.id for item in pending))
    free = _honoured(db, pending, said)
    free.sort(key=lambda i: (i.source not in grouping.creators, min(keys(called(i.title)), default=0), i.id))
    done = Grouped()
    for start in range(0, len(free), _BATCH):
        batch = sorted(free[start : start + _BATCH], key=lambda item: item.id)
        left = _matched(db, batch, said)
        done.new += _created(db, left, grouping, now)
    done.updated = rows.touch(db, ids, now) - set(done.new)
    return done


def foresee(titles: Iterable[str], sellable: Callable[[str], float]) -> None:
    """Work out what is known of titles alone, while sources are waited for; both functions remember."""
    for title in titles:
        keys(called(title))
        sellable(title)


def _honoured(
    db: sqlite3.Connection, pending: Sequence[PendingItem], said: dict[int, list[tuple[int, bool]]]
) -> list[PendingItem]:
    """Put the items that a person has placed; the others."""
    placed = {item: product for item, words in said.items() for product, together in words if together}
    rows.assign(db, placed.items())
    return [item for item in pending if item.id not in placed]


def _matched(
    db: sqlite3.Connection, items: Sequence[PendingItem], said: dict[int, list[tuple[int, bool]]]
) -> list[PendingItem]:
    """Put the items that match a known product; the others."""
    if not items:
        return []
    shortlists = [_shortlist(db, keys(called(item.title))) for item in items]
    known = rows.titles(db, {product for shortlist in shortlists for product in shortlist})
    candidates = []
    for item, shortlist in zip(items, shortlists, strict=True):
        parted = {product for product, together in said.get(item.id, ()) if not together}
        candidates.append([(p, known[p][1]) for p in shortlist if p in known and known[p][0] not in parted])
    found = matching.best_matches([called(item.title) for item in items], candidates)
    pairs = [(item, known[match[0]][0]) for item, match in zip(items, found, strict=True) if match]
    rows.assign(db, ((item.id, product) for item, product in pairs))
    rows.add_keys(db, {(key, product) for item, product in pairs for key in keys(called(item.title))})
    return [item for item, match in zip(items, found, strict=True) if match is None]


def _shortlist(db: sqlite3.Connection, keys: Iterable[int]) -> list[int]:
    shared: Counter[int] = Counter()
    for key in keys:
        shared.update(rows.products_by_key(db, key))
    return [product for product, _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))[:CANDIDATES]]


def _created(db: sqlite3.Connection, items: Sequence[PendingItem], grouping: Grouping, now: int) -> list[int]:
    """Make products of the items that may become one, each group of alike titles one product."""
    items = [item for item in items if _included(item, grouping)]
    clusters: dict[int, list[PendingItem]] = {}
    for item, label in zip(items, matching.group([called(item.title) for item in items]) if items else (), strict=True):
        clusters.setdefault(label, []).append(item)
    chosen = [(made, members) for members in clusters.values() if (made := _product(members, grouping))]
    ids = rows.create_products(db, [made for made, _ in chosen], now)
    pairs = [(item, number) for number, (_, members) in zip(ids, chosen, strict=True) for item in members]
    rows.assign(db, ((item.id, number) for item, number in pairs))
    rows.add_keys(db, {(key, number) for item, number in pairs for key in keys(called(item.title))})
    return ids


def _product(members: Sequence[PendingItem], grouping: Grouping) -> NewProduct | None:
    """The product a group of items becomes; None where it may not become one."""
    chances = {item.id: grouping.sellable(item.title) for item in members}
    if not _allowed(members, chances, grouping):
        return None
    best = min(members, key=lambda i: (i.source not in grouping.creators, -chances[i.id], i.id))
    return NewProduct(
        grouping.uid(),
        called(best.title),
        next((item.brand for item in (best, *members) if item.brand), ""),
        best.category,
        max(chances.values()),
        min(item.first_seen_at for item in members),
    )


def _allowed(members: Sequence[PendingItem], chances: dict[int, float], grouping: Grouping) -> bool:
    if any(names(term, item.title) for term in grouping.watch for item in members):
        return True
    chance = max(chances.values())
    if any(item.source in grouping.creators and chances[item.id] >= grouping.threshold for item in members):
        return True
    agreed = len({item.source for item in members}) > 1 and chance >= AGREED * grouping.threshold
    return agreed or chance >= max(CONFIDENT, grouping.threshold)


@lru_cache(maxsize=4096)
def called(title: str) -> str:
    """What the product is called: the title without prices, promotions and shops; the title where nothing is left."""
    return product_title(title) or title


def names(term: str, *texts: str) -> bool:
    """Whether a text holds the term as whole words, in whatever case and width."""
    sought = _words(term)
    return bool(sought.strip()) and any(sought in _words(text) for text in texts)


def _words(text: str) -> str:
    return " " + " ".join(re.findall(r"\w+", matching.normalise(text))) + " "


def _excluded(item: PendingItem, grouping: Grouping) -> bool:
    return any(names(term, item.title, item.category) for term in grouping.exclude)


def _included(item: PendingItem, grouping: Grouping) -> bool:
    """The niches limit what becomes a product; a watched term is always wanted."""
    if not grouping.include:
        return True
    return any(names(term, item.title, item.category) for term in (*grouping.include, *grouping.watch))


def product_for(db: sqlite3.Connection, term: str, grouping: Grouping, now: int) -> tuple[int, bool]:
    """(product, whether it is new) of a watched term; made if there is none, whatever the filter thinks."""
    shortlist = _shortlist(db, keys(term))
    known = rows.titles(db, shortlist)
    match = matching.best_match(term, [(p, known[p][1]) for p in shortlist])
    if match:
        return known[match[0]][0], False
    new = NewProduct(grouping.uid(), term, "", "", grouping.sellable(term), now)
    number = rows.create_products(db, [new], now)[0]
    rows.add_keys(db, ((key, number) for key in keys(term)))
    return number, True


# ---------------------------------------------------------------- the person's word


def merge(store: Store, product: int, into: int, now: datetime) -> int:
    """Make one product of two, for good: future scans honour it. How many items moved. UsageError if it cannot be."""
    with store.write(Role.SCANNER) as db:
        for number in (product, into):
            row = rows.describe(db, number)
            if row is None or row["merged_into"] is not None:
                raise UsageError("There is no such product", next="trendctl products")
        if product == into:
            raise UsageError("A product cannot be merged with itself")
        return rows.merge_into(db, product, into, int(now.timestamp()))


def split(store: Store, product: int, items: Sequence[int], now: datetime, uid: Callable[[], str]) -> int:
    """Part items from a product into a new one, for good; the new product. UsageError if they are not its items."""
    at = int(now.timestamp())
    with store.write(Role.SCANNER) as db:
        own = {item[0]: item for item in rows.items_of(db, product)}
        strangers = [item for item in items if item not in own]
        if not items or strangers:
            raise UsageError("Those are not items of the product", why=", ".join(map(str, strangers)))
        if set(items) == set(own):
            raise UsageError("Nothing would be left of the product", next="name fewer of its items")
        title = called(own[min(items)][3])
        row = rows.describe(db, product) or {}
        made = NewProduct(uid(), title, "", str(row.get("category", "")), _number(row.get("sellable")), at)
        new = rows.create_products(db, [made], at)[0]
        rows.remember(db, [(item, product, False) for item in items] + [(item, new, True) for item in items], at)
        rows.assign(db, ((item, new) for item in items))
        rows.add_keys(db, {(key, new) for item in items for key in keys(called(own[item][3]))})
        return new


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
