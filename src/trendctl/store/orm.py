"""SQLModel sessions over our own connections: same pragmas, same guard, BEGIN IMMEDIATE."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

from trendctl.store.writers import Role

if TYPE_CHECKING:
    from trendctl.store.engine import Store


def engine_for(store: "Store", role: Role) -> Engine:
    """An engine whose every connection is `store.connect(role)` and whose transactions begin IMMEDIATE."""
    engine = create_engine("sqlite://", creator=lambda: store.connect(role), poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # Deferred BEGIN would fail with "locked" at once when another process commits between our read and write.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
