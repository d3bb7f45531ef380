"""
Where users live.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.cred.checkers import ANONYMOUS
from twisted.cred.error import LoginDenied
from twisted.cred.portal import IRealm
from zope.interface import Interface, implementer

from ftpactive.interfaces import IStorage


@implementer(IRealm)
class StorageRealm:
    """
    Gives every user a storage of their own, and guests one for guests.
    """

    def __init__(
        self,
        forUser: Callable[[str], IStorage],
        forGuest: Callable[[], IStorage] | None = None,
    ) -> None:
        """
        @param forUser: makes the storage of a user, given the name that the
            checker gave.
        @param forGuest: makes that of anonymous users; without it they are
            denied.
        """
        self._forUser = forUser
        self._forGuest = forGuest

    def requestAvatar(
        self, avatarId: Any, mind: object, *interfaces: type[Interface]
    ) -> tuple[type[Interface], IStorage, Callable[[], Any]]:
        """
        See C{IRealm.requestAvatar}.
        """
        if IStorage not in interfaces:
            raise NotImplementedError("This realm gives IStorage only")
        storage = self._storage(avatarId)
        return IStorage, storage, getattr(storage, "close", _nothing)

    def _storage(self, avatarId: Any) -> IStorage:
        if avatarId is ANONYMOUS:
            if self._forGuest is None:
                raise LoginDenied
            return self._forGuest()
        name = (
            avatarId.decode("utf-8", "surrogateescape") if isinstance(avatarId, bytes) else avatarId
        )
        return self._forUser(name)


def _nothing() -> None:
    pass
