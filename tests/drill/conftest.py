"""Here the database's file itself is looked at, so each connection is opened anew."""

import pytest


@pytest.fixture(autouse=True)
def _anew(new_connections: None) -> None:
    pass
