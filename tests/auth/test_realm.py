"""
Tests for L{ftpactive.auth.realm}.
"""

from __future__ import annotations

from typing import cast

import pytest
from twisted.cred.checkers import ANONYMOUS
from twisted.cred.error import LoginDenied
from twisted.cred.portal import IRealm
from twisted.protocols.ftp import IFTPShell
from zope.interface.verify import verifyObject

from ftpactive.auth.realm import StorageRealm
from ftpactive.interfaces import IStorage
from ftpactive.storage.memory import MemoryStorage


class Homes:
    """
    Makes storages, and knows for whom.
    """

    def __init__(self) -> None:
        self.made: list[str] = []

    def forUser(self, name: str) -> IStorage:
        """
        Make a user's.
        """
        self.made.append(name)
        return cast(IStorage, MemoryStorage())

    def forGuest(self) -> IStorage:
        """
        Make that of guests.
        """
        return self.forUser("(guest)")


class TestStorageRealm:
    """
    L{StorageRealm} gives every user a storage of their own.
    """

    def test_interface(self) -> None:
        """
        It is a realm as any other.
        """
        assert verifyObject(IRealm, StorageRealm(Homes().forUser))

    @pytest.mark.parametrize(
        ("avatarId", "name"),
        [("alice", "alice"), (b"alice", "alice"), ("äl", "äl"), ("äl".encode(), "äl")],
    )
    def test_user(self, avatarId: str | bytes, name: str) -> None:
        """
        Some checkers give C{str}, some C{bytes}.
        """
        homes = Homes()
        interface, storage, logout = StorageRealm(homes.forUser).requestAvatar(
            avatarId, None, IStorage, IFTPShell
        )
        assert interface is IStorage
        assert IStorage.providedBy(storage)
        assert homes.made == [name]
        assert logout() is None

    def test_bytesThatAreNotUTF8(self) -> None:
        """
        They survive as names of files do.
        """
        homes = Homes()
        StorageRealm(homes.forUser).requestAvatar(b"\xff", None, IStorage)
        assert homes.made == ["\udcff"]

    def test_guest(self) -> None:
        """
        Guests have a storage of their own.
        """
        homes = Homes()
        StorageRealm(homes.forUser, homes.forGuest).requestAvatar(ANONYMOUS, None, IStorage)
        assert homes.made == ["(guest)"]

    def test_noGuests(self) -> None:
        """
        Or are denied.
        """
        with pytest.raises(LoginDenied):
            StorageRealm(Homes().forUser).requestAvatar(ANONYMOUS, None, IStorage)

    def test_logoutClosesTheStorage(self) -> None:
        """
        If it has something to close.
        """
        closed: list[int] = []

        def make(name: str) -> IStorage:
            storage = MemoryStorage()
            storage.close = lambda: closed.append(1)  # type: ignore[attr-defined]
            return cast(IStorage, storage)

        _, _, logout = StorageRealm(make).requestAvatar("alice", None, IStorage)
        assert closed == []
        logout()
        assert closed == [1]

    def test_otherInterfaces(self) -> None:
        """
        What cred asks of a realm that is asked for something else.
        """
        with pytest.raises(NotImplementedError):
            StorageRealm(Homes().forUser).requestAvatar("alice", None, IFTPShell)
