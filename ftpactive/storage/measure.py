"""
What the names of a storage hold, looked up and not remembered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ftpactive.abilities import IHoldings
from ftpactive.core.account import Held, Usage
from ftpactive.core.closing import closing
from ftpactive.core.errors import FileUnavailable, FTPError, NotADirectory, NotFound
from ftpactive.core.facts import Entry, Facts
from ftpactive.core.path import Path
from ftpactive.interfaces import IStorage
from ftpactive.storage.lookup import UNKNOWN

NOTHING = Usage()


class Measure:
    """
    Looks at names of a storage.  Paths are real ones, see L{path}, so that one
    thing has one path, however many links lead to it.
    """

    def __init__(self, storage: IStorage) -> None:
        self._storage = storage

    async def path(self, path: Path, *, isFollowed: bool = False) -> Path:
        """
        Give the path without links of what has a path.

        @param isFollowed: if that is a link, of what it leads to.
        """
        if not IHoldings.providedBy(self._storage):
            return path
        return await IHoldings(self._storage).realPath(path, isFollowed)

    async def held(self, path: Path) -> Held:
        """
        Tell what there is at a name.
        """
        if IHoldings.providedBy(self._storage):
            return await IHoldings(self._storage).held(path)
        try:
            return Held(_sum([("", await self._storage.stat(path))]))
        except (NotFound, NotADirectory):
            return Held()

    async def now(self, path: Path) -> Usage | None:
        """
        Tell what there is at a name after something was done to it.

        @return: L{None} when that cannot be found out.
        """
        try:
            return (await self.held(path)).usage
        except FTPError:
            return None

    async def hiddenIn(self, folder: Path) -> Usage:
        """
        Tell what is hidden in a folder; nothing of one into which nobody may
        look.
        """
        if not IHoldings.providedBy(self._storage):
            return NOTHING
        try:
            return await IHoldings(self._storage).hiddenIn(folder)
        except FileUnavailable:
            return NOTHING

    async def all(self, turn: Callable[[], Awaitable[object]]) -> tuple[Usage, bool]:
        """
        Tell what there is in all folders.

        @param turn: gives what fires when everybody else had a turn.
        @return: the second part: was everything seen?
        """
        usage, isAll = NOTHING, True
        folders: list[Path] = [()]
        while folders:
            folder = folders.pop()
            try:
                async with closing(self._storage.list(folder)) as batches:
                    async for batch in batches:
                        usage += _sum(batch)
                        folders += [(*folder, name) for name, facts in batch if _isFolder(facts)]
                        isAll = isAll and all(facts != UNKNOWN for _, facts in batch)
                        await turn()
            except NotFound:
                # It has gone meanwhile.
                continue
            except FileUnavailable:
                isAll = False
                continue
            usage += await self.hiddenIn(folder)
        return usage, isAll


def _sum(batch: list[Entry]) -> Usage:
    return Usage(sum(facts.size for _, facts in batch if _isPlain(facts)), len(batch))


def _isPlain(facts: Facts) -> bool:
    return not facts.isLink and not facts.isDirectory


def _isFolder(facts: Facts) -> bool:
    return not facts.isLink and facts.isDirectory
