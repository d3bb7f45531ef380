"""
A storage that holds so much and no more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from zope.interface import alsoProvides, implementer

from ftpactive.abilities import ILinks, IModes, IQuota, ISpace, ITimes
from ftpactive.core.account import Quota, Usage
from ftpactive.core.closing import closing
from ftpactive.core.errors import FileBusy, FileUnavailable, NotFound
from ftpactive.core.facts import Entry, Facts
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage
from ftpactive.storage.books import NOTHING, Books, exceeded
from ftpactive.storage.ledger import Ledger
from ftpactive.storage.passing import HARMLESS, PassingStorage
from ftpactive.storage.quotasink import QuotaSink

Batches = AsyncIterator[list[Entry]]


class Quotas:
    """
    The quotas of all users of a service.
    """

    def __init__(self, ledger: Ledger, turn: Callable[[], Awaitable[object]]) -> None:
        """
        @param turn: gives what fires when everybody else had a turn: to count a
            big tree takes a while.
        """
        self._ledger = ledger
        self._turn = turn
        self._books: dict[str, Books] = {}

    def over(self, storage: IStorage, name: str, quota: Quota) -> IStorage:
        """
        Hold a user's storage to a quota, if there is one.

        @param name: whose it is; storages of the same name count as one.
        """
        if quota == Quota():
            return storage
        books = self._books.setdefault(name, Books(self._ledger, name))
        return QuotaStorage(storage, books, quota, self._turn)


@implementer(IStorage, IQuota, ISpace)
class QuotaStorage(PassingStorage):
    """
    Shows another storage, and refuses what would make it hold too much.

    What is there is counted at the first use by walking through it; from then
    on, each change is added.
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
        await self._ready()
        return self._books.usage

    async def recount(self) -> Usage:
        """
        Count it again.  See L{IQuota}.

        @raise FileBusy: (450) uploads are under way.
        """
        if self._books.isBusy:
            raise FileBusy("Uploads are under way, try again later")
        await self._books.count(self._count)
        return self._books.usage

    async def _ready(self) -> None:
        # Once for each login: who has doubts makes the next one count.
        await self._books.counting()
        if self._isCounted:
            return
        self._isCounted = True
        if not self._books.isCounted and not self._books.isBusy:
            await self._books.count(self._count)

    async def _count(self) -> Usage:
        size = files = 0
        folders: list[Path] = [()]
        while folders:
            folder = folders.pop()
            try:
                async with closing(self._storage.list(folder)) as batches:
                    async for batch in batches:
                        files += len(batch)
                        size += sum(facts.size for _, facts in batch if _isPlain(facts))
                        folders += [(*folder, name) for name, facts in batch if _isFolder(facts)]
                        await self._turn()
            except FileUnavailable:
                # It has gone meanwhile, or nobody may look into it.
                continue
        return Usage(size, files)

    async def _usageOf(self, path: Path) -> Usage:
        """
        Tell what is counted for a name.
        """
        known = self._books.find(path)
        if known is not None:
            return known.usage
        try:
            facts = await self._storage.stat(path)
        except NotFound:
            return NOTHING
        return Usage(facts.size if _isPlain(facts) else 0, 1)

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
        await self._ready()
        before = await self._usageOf(path)
        freed = max(0, before.size - offset) if mode is WriteMode.REPLACE else 0
        isNew = not before.files
        self._books.begin(self._quota, freed=freed, isNew=isNew)
        try:
            sink = await self._storage.openForWriting(path, offset, mode)
        except BaseException:
            self._books.cancel(isNew=isNew)
            raise
        entry = self._books.hold(path, before)
        return QuotaSink(
            sink, self._books, entry, quota=self._quota, freed=freed, isNew=isNew, ask=self._ask
        )

    async def _ask(self, path: Path) -> Usage:
        try:
            facts = await self._storage.stat(path)
        except FileUnavailable:
            return NOTHING
        return Usage(facts.size if _isPlain(facts) else 0, 1)

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
        await self._ready()
        if not self._books.charge(self._quota, files=1):
            raise exceeded(self._books.usage, self._quota)
        try:
            await make(*arguments)
        except BaseException:
            self._books.add(NOTHING, Usage(files=1))
            raise

    async def remove(self, path: Path) -> None:
        """
        Remove a file.
        """
        await self._ready()
        before = await self._usageOf(path)
        await self._storage.remove(path)
        self._books.removed(path, before)

    async def removeDirectory(self, path: Path) -> None:
        """
        Remove an empty folder.
        """
        await self._ready()
        await self._storage.removeDirectory(path)
        self._books.add(NOTHING, Usage(files=1))

    async def rename(self, old: Path, new: Path) -> None:
        """
        Give a file or folder another name; what was in its way counts no more.
        """
        await self._ready()
        isSame = old == new or await self._isSame(old, new)
        moved, replaced = await self._usageOf(old), await self._usageOf(new)
        await self._storage.rename(old, new)
        if not isSame:
            self._books.moved(old, new, moved=moved, replaced=replaced)

    async def _isSame(self, old: Path, new: Path) -> bool:
        try:
            unique = (await self._storage.stat(old)).unique
            return bool(unique) and unique == (await self._storage.stat(new)).unique
        except FileUnavailable:
            return False

    async def setMode(self, path: Path, mode: int) -> None:
        """
        Set the permission bits.  See L{IModes}.
        """
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
        await self._ready()
        left = [await ISpace(self._storage).available(path)] if self._tellsSpace else []
        if self._quota.size is not None:
            left.append(max(0, self._quota.size - self._books.usage.size))
        return min(left, default=_ENDLESS)

    @property
    def _tellsSpace(self) -> bool:
        return ISpace.providedBy(self._storage)


#: Where nobody knows: more than there can be.
_ENDLESS = 2**63 - 1


def _isPlain(facts: Facts) -> bool:
    return not facts.isLink and not facts.isDirectory


def _isFolder(facts: Facts) -> bool:
    return not facts.isLink and facts.isDirectory
