"""
A storage that stands before another one, and passes on what it can do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any

from zope.interface import Interface, providedBy
from zope.interface.declarations import Provides

from ftpactive.abilities import (
    IBirthTimes,
    ILines,
    ILinkBounds,
    IModes,
    IPreferences,
    IQuota,
    ISpace,
    MayLead,
    Write,
    WriteNames,
)
from ftpactive.core.account import Quota, Usage
from ftpactive.core.path import Path
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IStorage

#: What a storage may be able to do that changes no file.
HARMLESS = (IBirthTimes, ILines, ILinkBounds, IPreferences, IQuota, ISpace)


@lru_cache(maxsize=64)
def _declared(kind: Any, provided: Any, abilities: tuple[type[Interface], ...]) -> Any:
    """
    Give what C{alsoProvides} would make.  It would forget it with the last
    session, and work it out anew, as slowly as all else in a login.
    """
    return Provides(kind, *(each for each in abilities if provided.isOrExtends(each)))


class PassingStorage:
    """
    Passes on abilities of another storage; it is for its subclasses to say
    what becomes of files.
    """

    def __init__(self, storage: IStorage, abilities: tuple[type[Interface], ...]) -> None:
        """
        @param abilities: those to be passed on, if the other storage has them.
        """
        self._storage = storage
        kind: Any = type(self)
        self.__provides__ = _declared(kind, providedBy(storage), abilities)

    def close(self) -> None:
        """
        Let go of what the other one holds.
        """
        getattr(self._storage, "close", _nothing)()

    @property
    def tellsCreated(self) -> bool:
        """
        Do facts hold C{created}?  See L{IBirthTimes}.
        """
        return bool(IBirthTimes(self._storage).tellsCreated)

    @tellsCreated.setter
    def tellsCreated(self, isWanted: bool) -> None:
        IBirthTimes(self._storage).tellsCreated = isWanted

    @property
    def umask(self) -> int:
        """
        Give the bits that new files do not have.  See L{IModes}.
        """
        bits: int = IModes(self._storage).umask
        return bits

    @umask.setter
    def umask(self, bits: int) -> None:
        IModes(self._storage).umask = bits

    @property
    def quota(self) -> Quota:
        """
        Give the quota.  See L{IQuota}.
        """
        quota: Quota = IQuota(self._storage).quota
        return quota

    def lines(self, path: Path, write: Write) -> AsyncIterator[bytes]:
        """
        Give lines of what is in a folder.  See L{ILines}.
        """
        return ILines(self._storage).lines(path, write)

    def names(self, path: Path, write: WriteNames) -> AsyncIterator[bytes]:
        """
        Give lines of the names in a folder.  See L{ILines}.
        """
        return ILines(self._storage).names(path, write)

    async def usage(self) -> Usage:
        """
        Tell how much is stored.  See L{IQuota}.
        """
        return await IQuota(self._storage).usage()

    async def recount(self) -> Usage:
        """
        Count it again.  See L{IQuota}.
        """
        return await IQuota(self._storage).recount()

    def boundLinks(self, mayLead: MayLead) -> None:
        """
        Follow links only where the answer is yes.  See L{ILinkBounds}.
        """
        ILinkBounds(self._storage).boundLinks(mayLead)

    def settings(self, usual: Settings) -> Settings:
        """
        Give the user's settings.  See L{IPreferences}.
        """
        return IPreferences(self._storage).settings(usual)

    async def available(self, path: Path) -> int:
        """
        Tell how many bytes can still be written.  See L{ISpace}.
        """
        return await ISpace(self._storage).available(path)


def _nothing() -> None:
    pass
