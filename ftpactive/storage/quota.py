"""
A storage that holds so much and no more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from zope.interface import alsoProvides, implementer

from ftpactive.abilities import ILinks, IModes, IQuota, ISpace, ITimes
from ftpactive.core.account import Held, Quota, Usage
from ftpactive.core.closing import closing
from ftpactive.core.errors import FileBusy
from ftpactive.core.facts import Entry, Facts
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage
from ftpactive.storage.books import Books, Change, exceeded
from ftpactive.storage.measure import Measure
from ftpactive.storage.passing import HARMLESS, PassingStorage
from ftpactive.storage.quotasink import QuotaSink
from ftpactive.storage.underway import Open

Batches = AsyncIterator[list[Entry]]


@implementer(IStorage, IQuota, ISpace)
class QuotaStorage(PassingStorage):
    """
    Shows another storage, and refuses what would make it hold too much.

    What is there is counted at the first use by walking through it; from then
    on, each name that is changed is looked at before and after.
    """

    def __init__(
        self,
        storage: IStorage,
        books: Books,
        quota: Quota,
        turn: Callable[[], Awaitable[object]],
    ) -> None:
        super().__init__(storage, (*HARMLESS, IModes, ITimes))
        if ILinks.providedBy(storage):
            alsoProvides(self, ILinks)
        self._books = books
        self._quota = quota
        self._turn = turn
        self._measure = Measure(storage)
        self._isCounted = False

    @property
    def quota(self) -> Quota:
        """
        Give the quota.  See L{IQuota}.
        """
        return self._quota

    async def usage(self) -> Usage:
        """
        Tell how much is stored.  See L{IQuota}.
        """
        async with self._alone():
            return self._books.usage

    async def recount(self) -> Usage:
        """
        Count it again.  See L{IQuota}.

        @raise FileBusy: (450) uploads are under way.
        """
        async with self._books.alone:
            if self._books.isBusy:
                raise FileBusy("Uploads are under way, try again later")
            await self._count()
            return self._books.usage

    async def _count(self) -> None:
        usage, isAll = await self._measure.all(self._turn)
        self._books.counted(usage, isAll=isAll)
        self._isCounted = True

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """
        Keep others from changing names, and what is there on the books.
        """
        async with self._books.alone:
            # Once for each login: who has doubts makes the next one count.
            if not self._isCounted:
                if self._books.isCounted:
                    self._isCounted = True
                elif not self._books.isBusy:
                    await self._count()
            yield

    @asynccontextmanager
    async def _changing(self, *paths: Path) -> AsyncIterator[list[Path]]:
        """
        Write down what becomes of names, whether it succeeds or not; give their
        real paths.
        """
        async with self._alone():
            places = [await self._measure.path(each) for each in paths]
            before = {place: await self._onBooks(place) for place in places}
            try:
                yield places
            finally:
                self._books.changed(
                    [
                        Change(place, usage, await self._measure.now(place))
                        for place, usage in before.items()
                    ]
                )

    async def _onBooks(self, place: Path) -> Usage:
        known = self._books.find(place)
        return (await self._measure.held(place)).usage if known is None else known.usage

    async def stat(self, path: Path) -> Facts:
        """
        Tell what is known of a path.
        """
        return await self._storage.stat(path)

    async def list(self, path: Path) -> Batches:
        """
        Give what is in a folder.
        """
        async with closing(self._storage.list(path)) as batches:
            async for batch in batches:
                yield batch

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Open a file to be sent.
        """
        return await self._storage.openForReading(path, offset)

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Open a file to receive an upload.

        @raise ExceededAllocation: (552) the quota is used up.
        """
        async with self._alone():
            isFollowed = mode is not WriteMode.CREATE
            place = await self._measure.path(path, isFollowed=isFollowed)
            known = self._books.find(place)
            held = await self._measure.held(place) if known is None else Held(known.usage)
            # Of several uploads in place of one file, one may be for nothing.
            isFree = mode is WriteMode.REPLACE and known is None
            freed = max(0, held.largest - offset) if isFree else 0
            isNew = not held.usage.files
            upload = self._books.begin(self._quota, place, held.usage, freed=freed, isNew=isNew)
            try:
                sink = await self._storage.openForWriting(path, offset, mode)
            except BaseException:
                await self._fail(upload, isNew=isNew)
                raise
        return QuotaSink(
            sink,
            self._books,
            upload,
            quota=self._quota,
            freed=freed,
            isNew=isNew,
            ask=self._measure.now,
        )

    async def _fail(self, upload: Open, *, isNew: bool) -> None:
        if self._books.isShared(upload):
            self._books.leave(upload, isNew=isNew)
        else:
            # What was kept of an earlier one may be gone.
            after = await self._measure.now(upload.path)
            self._books.end(upload, after, reserved=Usage(files=int(isNew)))

    async def makeDirectory(self, path: Path) -> None:
        """
        Make one folder.
        """
        await self._adding(self._storage.makeDirectory, path)

    async def makeLink(self, path: Path, target: Path) -> None:
        """
        Make a link.  See L{ILinks}.
        """
        await self._adding(ILinks(self._storage).makeLink, path, target)

    async def _adding(self, make: Callable[..., Awaitable[None]], *arguments: Path) -> None:
        async with self._changing(arguments[0]):
            one = Usage(files=1)
            if not self._books.charge(self._quota, files=one.files):
                raise exceeded(self._books.usage, self._quota)
            try:
                await make(*arguments)
            finally:
                # It is found there.
                self._books.add(Usage() - one)

    async def remove(self, path: Path) -> None:
        """
        Remove a file.
        """
        async with self._changing(path):
            await self._storage.remove(path)

    async def removeDirectory(self, path: Path) -> None:
        """
        Remove an empty folder, and with it what is hidden in it.

        @raise FileBusy: (450) there are uploads into it.
        """
        async with self._changing(path) as [place]:
            if self._books.isUsed(place):
                raise FileBusy("Uploads into this folder are under way")
            hidden = await self._measure.hiddenIn(place)
            try:
                await self._storage.removeDirectory(path)
            finally:
                self._books.add(await self._measure.hiddenIn(place) - hidden)

    async def rename(self, old: Path, new: Path) -> None:
        """
        Give a file or folder another name; what was in its way counts no more.
        """
        async with self._changing(old, new) as [source, goal]:
            await self._storage.rename(old, new)
            if source != goal:
                self._books.moved(source, goal)

    async def setMode(self, path: Path, mode: int) -> None:
        """
        Set the permission bits.  See L{IModes}.
        """
        # Not while somebody looks into a folder that may not be looked into then.
        async with self._alone():
            await IModes(self._storage).setMode(path, mode)

    async def setModified(self, path: Path, seconds: float) -> None:
        """
        Set the time of the last change.  See L{ITimes}.
        """
        await ITimes(self._storage).setModified(path, seconds)

    async def available(self, path: Path) -> int:
        """
        Tell how many bytes can still be written.  See L{ISpace}.
        """
        async with self._alone():
            left = [await ISpace(self._storage).available(path)] if self._tellsSpace else []
            if self._quota.size is not None:
                left.append(max(0, self._quota.size - self._books.usage.size))
        return min(left, default=_ENDLESS)

    @property
    def _tellsSpace(self) -> bool:
        return ISpace.providedBy(self._storage)


#: Where nobody knows: more than there can be.
_ENDLESS = 2**63 - 1
