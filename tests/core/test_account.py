"""
Tests for L{ftpactive.core.account}.
"""

from __future__ import annotations

from ftpactive.core.account import Account, Mount, alike


def test_alike() -> None:
    """
    Users differ in their name only, and each is made once.
    """
    named = alike(Account("", mounts=(Mount((), "/srv"),), umask=0o27))
    assert named("bob") == Account("bob", mounts=(Mount((), "/srv"),), umask=0o27)
    assert named("bob") is named("bob")
    assert named("eve").name == "eve"
