"""
A directory tree of this machine.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import TypeVar

from zope.interface import implementer

from ftpactive.abilities import (
    IBirthTimes,
    IHoldings,
    ILines,
    ILinkBounds,
    ILinks,
    IModes,
    ISpace,
    ITimes,
    MayLead,
    Write,
    WriteNames,
)
from ftpactive.core.account import Held, Usage
from ftpactive.core.errors import NotFound
from ftpactive.core.facts import Entry, Facts, Row, named
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage
from ftpactive.storage.blocking import systemErrors
from ftpactive.storage.listing import Each, Look, OpenFolder, batchesOf
from ftpactive.storage.localparts import LocalParts
from ftpactive.storage.lookup import Lookup
from ftpactive.storage.modes import changeMode
from ftpactive.storage.sources import knownSource, openSource
from ftpactive.storage.walk import FOLDER

T = TypeVar("T")


@implementer(IStorage, IModes, ITimes, IBirthTimes, ILines, ILinks, ILinkBounds, ISpace, IHoldings)
class LocalStorage(LocalParts):
    """
    A folder and what is below it, with no way out.

    Symbolic links work as long as they lead to something inside.  What this
    process may do is up to the operating system; only plain files are sent
    and received.

    What is known to be in memory is looked up and read at once.  Everything
    else may have to wait for the disk, and runs where C{aside} says; without
    it, on the calling thread.
    """

    def close(self) -> None:
        """
        Let go of the root, when what is under way has ended.  Files that are
        open stay open.
        """
        if self._jail.isInUse:
            self._calls.afterwards(self._jail.close if self._ownsJail else self._letGo)

    def _letGo(self) -> None:
        # Not with the session, of which Python may find late that nobody needs it.
        self.__dict__.pop("_root", None)
        self._jail.letGo()

    def boundLinks(self, mayLead: MayLead) -> None:
        """
        Follow links only where the answer is yes.
        """
        self._jail.mayLead = mayLead

    @property
    def umask(self) -> int:
        """
        Give the bits that new files and folders do not have: those of this
        process, as long as no others are chosen.
        """
        return self._umask.bits

    @umask.setter
    def umask(self, bits: int) -> None:
        self._umask.bits = bits

    @property
    def tellsCreated(self) -> bool:
        """
        Do facts hold C{created}?  Where the system does not know, it is
        L{None} all the same.
        """
        return self._sight.tellsCreated

    @tellsCreated.setter
    def tellsCreated(self, isWanted: bool) -> None:
        self._sight.tellsCreated = isWanted

    async def stat(self, path: Path) -> Facts:
        """
        Tell what is known of a path; of an upload that was cut, what came, to
        who began it.
        """
        facts = self._sight.knownFacts(path)
        if facts is not None:
            return facts
        try:
            return await self._calls(self._sight.facts, path)
        except NotFound:
            if self._partials is None:
                raise
            return await self._calls(self._partials.facts, path)

    def list(self, path: Path) -> AsyncIterator[list[Entry]]:
        """
        Give what is in a folder.
        """
        return self._batches(path, self._lookup(path, isExact=True), _entries)

    def lines(self, path: Path, write: Write) -> AsyncIterator[bytes]:
        """
        Give lines of what is in a folder.
        """
        look = self._lookup(path, isExact=False)
        return self._batches(path, look, partial(_together, write))

    def names(self, path: Path, write: WriteNames) -> AsyncIterator[bytes]:
        """
        Give lines of the names in a folder.
        """
        return self._batches(path, _unseen, partial(_together, write))

    def _lookup(self, path: Path, *, isExact: bool) -> Callable[[int, int], Look[Row]]:
        return lambda folder, most: Lookup(self._sight, path, folder, most, isExact=isExact).rows

    def _batches(
        self,
        path: Path,
        look: Callable[[int, int], Look[Each]],
        make: Callable[[Iterator[Iterable[Each]]], T],
    ) -> AsyncIterator[T]:
        removeOld = None if self._partials is None else self._partials.removeOld
        return batchesOf(self._calls, lambda: OpenFolder(self._jail, path, look, make, removeOld))

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Open a file to be sent.
        """
        source = knownSource(self._root, path, offset, self._calls)
        if source is not None:
            return source
        try:
            return await self._calls(openSource, self._jail, path, offset, self._calls)
        except NotFound:
            if self._partials is not None:
                await self._calls(self._partials.refuseReading, path)
            raise

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Open a file to receive an upload.

        An existing file that is replaced from its start keeps its contents
        until C{commit}, its permission bits, and its owner if we may set it:
        the upload goes to a hidden file beside it, which L{list} leaves out.
        Where its folder takes no new file, it is emptied when the first byte
        comes, and a cut upload has destroyed it.

        With C{UploadPolicy.atomic}, every upload goes to a hidden file, and
        what came of a cut one stays there, for the same user to go on with.
        """
        if offset == 0 and mode is not WriteMode.APPEND:
            place = self._root.inMemory(path)
            if place is not None:
                with systemErrors, place:
                    known = self._uploadsInMemory.openInMemory(place, mode)
                if known is not None:
                    return known
        sink = await self._calls(self._uploads.open, path, offset, mode)
        await sink.prepare()
        return sink

    async def makeDirectory(self, path: Path) -> None:
        """
        Make one folder.
        """
        await self._calls(self._changes.makeFolder, path)

    async def remove(self, path: Path) -> None:
        """
        Remove a file.
        """
        await self._calls(self._changes.remove, path)

    async def removeDirectory(self, path: Path) -> None:
        """
        Remove an empty folder.  Uploads in it that were cut, or left by a
        server that died, do not count; they go with it.
        """
        await self._calls(self._changes.removeFolder, path)

    async def rename(self, old: Path, new: Path) -> None:
        """
        Give a file or folder another name.
        """
        await self._calls(self._changes.rename, old, new)

    async def setMode(self, path: Path, mode: int) -> None:
        """
        Set the permission bits; of what a link leads to, as long as that is
        inside.

        @raise PermissionDenied: (550) a plain file would get the set-uid or
            set-gid bit.
        """
        await self._calls(self._setMode, path, mode)

    async def setModified(self, path: Path, seconds: float) -> None:
        """
        Set the time of the last change; likewise.
        """
        await self._calls(self._setModified, path, seconds)

    async def makeLink(self, path: Path, target: Path) -> None:
        """
        Make a link.  What it says is the way from its own folder.
        """
        await self._calls(self._changes.link, path, target)

    async def available(self, path: Path) -> int:
        """
        Tell how many bytes can still be written to a folder.
        """
        return await self._calls(self._available, path)

    async def realPath(self, path: Path, isFollowed: bool) -> Path:
        """
        Give the path without links of what has a path.
        """
        return await self._calls(self._holdings.realPath, path, isFollowed)

    async def held(self, path: Path) -> Held:
        """
        Tell what there is at a name, hidden or not.
        """
        return await self._calls(self._holdings.held, path)

    async def hiddenIn(self, path: Path) -> Usage:
        """
        Tell what is hidden in a folder.
        """
        return await self._calls(self._holdings.hiddenIn, path)

    def _setMode(self, path: Path, mode: int) -> None:
        with self._jail.target(path) as place:
            changeMode(place, mode)

    def _setModified(self, path: Path, seconds: float) -> None:
        with self._jail.target(path) as place:
            # Should it become a link meanwhile, the link itself is changed.
            times = (place.status().st_atime_ns, round(seconds * 1_000_000_000))
            os.utime(place.name, ns=times, dir_fd=place.descriptor, follow_symlinks=False)

    def _available(self, path: Path) -> int:
        descriptor = self._jail.open(path, FOLDER)
        try:
            system = os.fstatvfs(descriptor)
        finally:
            os.close(descriptor)
        return system.f_bavail * system.f_frsize


def _unseen(folder: int, most: int) -> Look[str]:
    return lambda names, texts: texts


def _entries(few: Iterator[Iterable[Row]]) -> list[Entry]:
    return named(chain.from_iterable(few))


def _together(write: Callable[[Iterable[Each]], bytes], few: Iterator[Iterable[Each]]) -> bytes:
    # What is written of a few is in the processor's caches still when it is
    # put together.
    return b"".join(map(write, few))
