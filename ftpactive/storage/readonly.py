"""
A storage that nobody can change.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache

from zope.interface import implementer

from ftpactive.abilities import ILines, Write
from ftpactive.core.closing import closing
from ftpactive.core.errors import PermissionDenied
from ftpactive.core.facts import Common, Entry, Facts, changed
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage
from ftpactive.storage.passing import HARMLESS, PassingStorage

Batches = AsyncIterator[list[Entry]]

_READING = frozenset("elr")


@implementer(IStorage)
class ReadOnlyStorage(PassingStorage):
    """
    Shows another storage, and refuses whatever would change it.
    """

    def __init__(self, storage: IStorage) -> None:
        super().__init__(storage, HARMLESS)

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


def _refusal() -> PermissionDenied:
    return PermissionDenied("This server is read-only")


def _reduced(facts: Facts) -> Facts:
    return facts._replace(perm=_readingOnly(facts.perm))


def _reducedCommon(common: Common) -> Common:
    return common._replace(perm=_readingOnly(common.perm))


@lru_cache(maxsize=64)
def _readingOnly(perm: str) -> str:
    return "".join(letter for letter in perm if letter in _READING)
