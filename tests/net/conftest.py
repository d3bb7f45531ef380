"""
What the tests of sockets share.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.net.wire import Wire


@pytest.fixture
def wire() -> Iterator[Wire]:
    """
    A connection.
    """
    made = Wire()
    yield made
    made.socket.close()
    made.theirs.close()
