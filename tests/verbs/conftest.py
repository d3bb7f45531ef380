"""
What the tests of verbs share.
"""

from __future__ import annotations

import pytest

from ftpactive.testing.conversation import Conversation
from tests.verbs.watched import WatchedStorage


@pytest.fixture
def conversation() -> Conversation:
    """
    A conversation with alice, who has two files and a folder with one in it.
    """
    tree = {"a.txt": b"hello", "b.txt": b"0123456789", "sub": {"c.txt": b"below"}}
    return Conversation(tree)


@pytest.fixture
def watched() -> WatchedStorage:
    """
    A storage whose one file is watched.
    """
    return WatchedStorage()
