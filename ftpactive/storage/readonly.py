"""
A storage that nobody can change.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache

from zope.interface import alsoProvides, implementer

from ftpactive.abilities import (
    IBirthTimes,
    ILines,
    ILinkBounds,
    IPreferences,
    ISpace,
    MayLead,
    Write,
    WriteNames,
)
from ftpactive.core.closing import closing
from ftpactive.core.errors import PermissionDenied
from ftpactive.core.facts import Common, Entry, Facts, changed
from ftpactive.core.path import Path
from ftpactive.core.settings import Settings
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage

Batches = AsyncIterator[list[Entry]]

_READING = frozenset("elr")

#: Of what a storage may be able to do beyond L{IStorage}, that which changes
#: nothing.
_ABILITIES = (IBirthTimes, ILines, ILinkBounds, IPreferences, ISpace)


@implementer(IStorage)
class ReadOnlyStorage:
    """
    Shows another storage, and refuses whatever would change it.  It provides
    L{IBirthTimes}, L{ILines}, L{ILinkBounds}, L{IPreferences} and L{ISpace}
    when the other one does.
    """

    def __init__(self, storage: IStorage) -> None:
        self._storage = storage
        alsoProvides(self, *(each for each in _ABILITIES if each.providedBy(storage)))

    @property
    def tellsCreated(self) -> bool:
        """
        Do facts hold C{created}?  See L{IBirthTimes}.
        """
        return bool(IBirthTimes(self._storage).tellsCreated)

    @tellsCreated.setter
    def tellsCreated(self, isWanted: bool) -> None:
        IBirthTimes(self._storage).tellsCreated = isWanted

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

    async def stat(self, path: Path) -> Facts:
        """
        Tell what is known of a path.
        """
        return _reduced(await self._storage.stat(path))

    async def list(self, path: Path) -> Batches:
        """
        Give what is in a folder.
        """
        async with closing(self._storage.list(path)) as batches:
            async for batch in batches:
                yield [(name, _reduced(facts)) for name, facts in batch]

    def lines(self, path: Path, write: Write) -> AsyncIterator[bytes]:
        """
        Give lines of what is in a folder.
        """
        return ILines(self._storage).lines(path, lambda rows: write(changed(rows, _reducedCommon)))

    def names(self, path: Path, write: WriteNames) -> AsyncIterator[bytes]:
        """
        Give lines of the names in a folder.
        """
        return ILines(self._storage).names(path, write)

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Open a file to be sent.
        """
        return await self._storage.openForReading(path, offset)

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Refuse.
        """
        raise _refusal()

    async def makeDirectory(self, path: Path) -> None:
        """
        Refuse.
        """
        raise _refusal()

    async def remove(self, path: Path) -> None:
        """
        Refuse.
        """
        raise _refusal()

    async def removeDirectory(self, path: Path) -> None:
        """
        Refuse.
        """
        raise _refusal()

    async def rename(self, old: Path, new: Path) -> None:
        """
        Refuse.
        """
        raise _refusal()

    async def available(self, path: Path) -> int:
        """
        Tell how many bytes could still be written.  See L{ISpace}.
        """
        return await ISpace(self._storage).available(path)


def _refusal() -> PermissionDenied:
    return PermissionDenied("This server is read-only")


def _reduced(facts: Facts) -> Facts:
    return facts._replace(perm=_readingOnly(facts.perm))


def _reducedCommon(common: Common) -> Common:
    return common._replace(perm=_readingOnly(common.perm))


@lru_cache(maxsize=64)
def _readingOnly(perm: str) -> str:
    return "".join(letter for letter in perm if letter in _READING)
