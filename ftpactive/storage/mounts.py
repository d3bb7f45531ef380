"""
Several storages in one tree.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping

from zope.interface import implementer

from ftpactive.abilities import ILines, Write, WriteNames
from ftpactive.core.closing import closing
from ftpactive.core.errors import (
    AlreadyExists,
    FileUnavailable,
    IsADirectory,
    PermissionDenied,
)
from ftpactive.core.facts import Entry, Facts, Kind, rowOf
from ftpactive.core.path import Path, toText
from ftpactive.core.rules import onlyLetters
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage
from ftpactive.storage.mountabilities import MountedAbilities
from ftpactive.storage.mountpoints import Merge

Entries = list[Entry]
Batches = AsyncIterator[Entries]

#: A mount point, or a folder on the way to one, is neither removed nor renamed.
_STAYING = "acelmprw"


@implementer(IStorage)
class MountedStorage(MountedAbilities):
    """
    Shows storages at the paths where they are mounted; what would be there
    otherwise is hidden by them.  Folders on the way to a mount point are there
    even if no storage has them.

    It can do what one of its storages can; where another one is, that is
    answered with 502.  Nothing is moved or linked from one to another.
    """

    def __init__(self, storages: Mapping[Path, IStorage]) -> None:
        """
        @param storages: where they are mounted; one of them at C{()}.
        """
        super().__init__(storages)
        self._began = time.time()

    async def stat(self, path: Path) -> Facts:
        """
        Tell what is known of a path.
        """
        storage, rest = self._found(path)
        if not self._points.stays(path):
            return await storage.stat(rest)
        if path in self._points:
            facts = await storage.stat(rest)
        else:
            facts = await self._onTheWay(storage, rest)
        return facts._replace(perm=onlyLetters(facts.perm, _STAYING))

    async def _onTheWay(self, storage: IStorage, rest: Path) -> Facts:
        try:
            facts = await storage.stat(rest)
        except FileUnavailable:
            facts = None
        if facts is None or not facts.isDirectory:
            return Facts(Kind.DIRECTORY, 0, self._began, mode=0o755, links=2, perm="el")
        return facts

    async def list(self, path: Path) -> Batches:
        """
        Give what is in a folder.
        """
        storage, rest = self._found(path)
        names = self._points.namesIn(path)
        if not names:
            async with closing(storage.list(rest)) as batches:
                async for batch in batches:
                    yield batch
            return
        ours = Merge([(name, await self._quietly((*path, name))) for name in names])
        try:
            async with closing(storage.list(rest)) as batches:
                async for batch in batches:
                    yield [*ours.into(batch)]
        except FileUnavailable:
            # The storage need not have a folder that only leads to others.
            if path in self._points:
                raise
        yield [*ours.rest()]

    def lines(self, path: Path, write: Write) -> AsyncIterator[bytes]:
        """
        Give lines of what is in a folder.  See L{ILines}.
        """
        storage, rest = self._found(path)
        if self._isWhole(path, storage):
            return ILines(storage).lines(rest, write)
        return _written(self.list(path), lambda batch: write(map(rowOf, batch)))

    def names(self, path: Path, write: WriteNames) -> AsyncIterator[bytes]:
        """
        Give lines of the names in a folder.  See L{ILines}.
        """
        storage, rest = self._found(path)
        if self._isWhole(path, storage):
            return ILines(storage).names(rest, write)
        return _written(self.list(path), lambda batch: write([name for name, _ in batch]))

    def _isWhole(self, path: Path, storage: IStorage) -> bool:
        # Can the storage itself write all that is to be seen there?
        return ILines.providedBy(storage) and not self._points.namesIn(path)

    async def _quietly(self, path: Path) -> Facts | None:
        try:
            return await self.stat(path)
        except FileUnavailable:
            return None

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Open a file to be sent.
        """
        self._demandNoMount(path)
        storage, rest = self._found(path)
        return await storage.openForReading(rest, offset)

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Open a file to receive an upload.
        """
        self._demandNoMount(path)
        storage, rest = self._found(path)
        return await storage.openForWriting(rest, offset, mode)

    def _demandNoMount(self, path: Path) -> None:
        if self._points.stays(path):
            raise IsADirectory()

    async def makeDirectory(self, path: Path) -> None:
        """
        Make one folder.
        """
        if self._points.stays(path):
            raise AlreadyExists()
        storage, rest = self._found(path)
        await storage.makeDirectory(rest)

    async def remove(self, path: Path) -> None:
        """
        Remove a file.
        """
        self._demandNoMount(path)
        storage, rest = self._found(path)
        await storage.remove(rest)

    async def removeDirectory(self, path: Path) -> None:
        """
        Remove an empty folder.
        """
        self._demandNotStaying(path)
        storage, rest = self._found(path)
        await storage.removeDirectory(rest)

    def _demandNotStaying(self, path: Path) -> None:
        if self._points.stays(path):
            raise PermissionDenied(f"{toText(path)} is a mount point, or leads to one")

    async def rename(self, old: Path, new: Path) -> None:
        """
        Give a file or folder another name.

        @raise PermissionDenied: (550) or it would move to another storage.
        """
        self._demandNotStaying(old)
        self._demandNotStaying(new)
        self._demandOneStorage(old, new)
        storage, oldRest = self._found(old)
        await storage.rename(oldRest, self._found(new)[1])

    def _demandOneStorage(self, old: Path, new: Path) -> None:
        if self._points.of(old) != self._points.of(new):
            raise PermissionDenied(
                f"{toText(old)} and {toText(new)} are in different storages: copy it instead"
            )


async def _written(batches: Batches, write: Callable[[Entries], bytes]) -> AsyncIterator[bytes]:
    async with closing(batches) as found:
        async for batch in found:
            yield write(batch)
