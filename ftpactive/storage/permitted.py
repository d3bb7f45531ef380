"""
A storage in which a user may do this here and that there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

from zope.interface import Interface, implementer

from ftpactive.abilities import ILinkBounds, ILinks, IModes, ITimes, MayLead, Write, WriteNames
from ftpactive.core.account import Permission, Rule
from ftpactive.core.closing import closing
from ftpactive.core.errors import (
    AlreadyExists,
    FileUnavailable,
    NotFound,
    PermissionDenied,
)
from ftpactive.core.facts import Common, Entry, Facts, Kind, Row, changed, named, rowOf
from ftpactive.core.path import Path
from ftpactive.core.rules import Rules, onlyLetters, rulesOf
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage
from ftpactive.storage.passing import HARMLESS, PassingStorage
from ftpactive.storage.permittedwriting import PermittedUploads

Batches = AsyncIterator[list[Entry]]
Rows = Iterable[Row]

#: All that the fact C{perm} may tell.
_EVERY = frozenset("acdeflmprw")

#: Whoever may do one of these learns in any case what is there.
_TELLING = frozenset(Permission) - {Permission.WRITE, Permission.FOLDER, Permission.DROP}


# Each login asks for those of its rules.
@lru_cache(maxsize=256)
def _abilities(rules: Rules, isBounded: bool) -> tuple[type[Interface], ...]:
    if not rules.permitAnywhere(Permission.WRITE):
        return HARMLESS
    writing = (*HARMLESS, IModes, ITimes)
    return (*writing, ILinks) if isBounded else writing


@implementer(IStorage)
class PermittedStorage(PassingStorage):
    """
    Shows another storage, and does what rules permit.  What they forbid fails
    in the same way whether there is something or not.

    A rule is about a path as it is named.  So that no link gets round it, the
    other storage is told which links to follow, see L{ILinkBounds}; one that
    cannot be told so can make none here.  WRITE replaces files, also by
    renaming another one.
    """

    def __init__(self, storage: IStorage, rules: Sequence[Rule]) -> None:
        """
        @param rules: without any, everything is permitted.
        """
        self._rules = rulesOf(tuple(rules))
        bounds: Any = storage if ILinkBounds.providedBy(storage) else None
        super().__init__(storage, _abilities(self._rules, bounds is not None))
        #: See L{ILinkBounds.boundLinks}.
        self.mayLead: MayLead = self._rules.mayLead
        if bounds is not None:
            bounds.boundLinks(self.mayLead)
        if self._rules.permitEverything:
            # Nothing is to be asked on the way of every file.
            own: Any = self
            own.openForReading = storage.openForReading
            own.openForWriting = storage.openForWriting
        else:
            self._uploads = PermittedUploads(storage, self._rules)

    async def stat(self, path: Path) -> Facts:
        """
        Tell what is known of a path.
        """
        if self._isTold(path):
            facts = await self._storage.stat(path)
        else:
            facts = await self._folderToPass(path)
        return _reduced(facts, self._rules.letters(path))

    async def list(self, path: Path) -> Batches:
        """
        Give what is in a folder.
        """
        self._rules.demand(path, Permission.LIST)
        show = self._show(path)
        async with closing(self._storage.list(path)) as batches:
            async for batch in batches:
                yield batch if show is None else named(show(map(rowOf, batch)))

    async def lines(self, path: Path, write: Write) -> AsyncIterator[bytes]:
        """
        Give lines of what is in a folder.
        """
        self._rules.demand(path, Permission.LIST)
        show = self._show(path)
        shown = write if show is None else lambda rows: write(show(rows))
        async with closing(super().lines(path, shown)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def names(self, path: Path, write: WriteNames) -> AsyncIterator[bytes]:
        """
        Give lines of the names in a folder.
        """
        self._rules.demand(path, Permission.LIST)
        if self._rules.special(path):
            # Whether a name is shown depends on what it stands for.
            found = self.lines(path, lambda rows: write([row[0] for row in rows]))
        else:
            found = super().names(path, write)
        async with closing(found) as chunks:
            async for chunk in chunks:
                yield chunk

    def _show(self, path: Path) -> Callable[[Rows], Rows] | None:
        """
        Give what makes the entries of a folder those that are shown; L{None}
        where that is all of them as they are.
        """
        special = self._rules.special(path)
        # All names of which no rule speaks are alike; no name is empty.
        usual = self._rules.letters((*path, ""))
        if special:
            return partial(self._chosen, path, usual, special)
        return None if _EVERY.issubset(usual) else partial(_allReduced, usual)

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Open a file to be sent.
        """
        self._rules.demand(path, Permission.READ)
        return await self._storage.openForReading(path, offset)

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Open a file to receive an upload.

        In a drop box it gets another name than was asked for when that is
        taken, and nobody is told.
        """
        return await self._uploads.open(path, offset, mode)

    async def makeDirectory(self, path: Path) -> None:
        """
        Make one folder.
        """
        self._rules.demand(path, Permission.FOLDER)
        await self._storage.makeDirectory(path)

    async def remove(self, path: Path) -> None:
        """
        Remove a file.
        """
        self._rules.demandInFolder(path, Permission.DELETE)
        await self._storage.remove(path)

    async def removeDirectory(self, path: Path) -> None:
        """
        Remove an empty folder.
        """
        self._rules.demandInFolder(path, Permission.DELETE)
        await self._storage.removeDirectory(path)

    async def rename(self, old: Path, new: Path) -> None:
        """
        Give a file or folder another name.  To where other rules hold, that
        is to copy and to remove it, and needs the permissions for these.

        @raise PermissionDenied: (550) or a rule speaks of something that would
            be moved.
        """
        self._rules.demandInFolder(old, Permission.RENAME)
        self._rules.demand(new, Permission.RENAME)
        if self._rules.isPinned(old) or self._rules.below(new):
            raise PermissionDenied(
                "It cannot be moved: there are rules about it, or about the goal"
            )
        if self._rules.at(old) != self._rules.at(new):
            await self._demandMove(old, new)
        elif Permission.WRITE not in self._rules.at(new):
            await self._demandNothingAt(new)
        await self._storage.rename(old, new)

    async def setMode(self, path: Path, mode: int) -> None:
        """
        Set the permission bits.  See L{IModes}.
        """
        self._rules.demand(path, Permission.WRITE)
        await IModes(self._storage).setMode(path, mode)

    async def setModified(self, path: Path, seconds: float) -> None:
        """
        Set the time of the last change.  See L{ITimes}.
        """
        self._rules.demand(path, Permission.WRITE)
        await ITimes(self._storage).setModified(path, seconds)

    async def makeLink(self, path: Path, target: Path) -> None:
        """
        Make a link.  See L{ILinks}.

        @raise PermissionDenied: (550) or it would not be followed.
        """
        self._rules.demand(path, Permission.WRITE)
        if not self._rules.mayLead(path, target):
            raise PermissionDenied("More is allowed at the link than at what it leads to")
        await ILinks(self._storage).makeLink(path, target)

    async def available(self, path: Path) -> int:
        """
        Tell how many bytes can still be written.  See L{ISpace}.
        """
        if not self._isTold(path):
            await self._folderToPass(path)
        return await super().available(path)

    def _isTold(self, path: Path) -> bool:
        return bool(self._rules.at(path) & _TELLING)

    async def _folderToPass(self, path: Path) -> Facts:
        """
        Tell of a drop box, and of the way to one, that they are there; of what
        is in it, nothing, but who may make folders may go into them.
        """
        if not (self._rules.isWay(path) or Permission.FOLDER in self._rules.at(path)):
            raise PermissionDenied()
        try:
            facts = await self._storage.stat(path)
        except FileUnavailable:
            raise PermissionDenied() from None
        if not facts.isDirectory:
            raise PermissionDenied()
        return facts

    def _chosen(self, path: Path, usual: str, special: frozenset[str], rows: Rows) -> Rows:
        for name, common, size, modified, links, number in rows:
            here = (*path, name)
            if name not in special:
                letters = usual
            elif self._isTold(here) or (common.kind is Kind.DIRECTORY and self._rules.isWay(here)):
                letters = self._rules.letters(here)
            else:
                continue
            yield name, _reducedCommon(letters, common), size, modified, links, number

    async def _demandMove(self, old: Path, new: Path) -> None:
        self._rules.demand(old, Permission.READ)
        self._rules.demandInFolder(old, Permission.DELETE)
        self._rules.demand(new, Permission.WRITE)
        if (await self._storage.stat(old)).isDirectory:
            self._rules.demand(old, Permission.LIST)
            self._rules.demand(new, Permission.FOLDER)

    async def _demandNothingAt(self, path: Path) -> None:
        with suppress(NotFound):
            await self._storage.stat(path)
            raise AlreadyExists()


def _reduced(facts: Facts, letters: str) -> Facts:
    perm = onlyLetters(facts.perm, letters)
    return facts if perm == facts.perm else facts._replace(perm=perm)


def _allReduced(letters: str, rows: Rows) -> Rows:
    return changed(rows, partial(_reducedCommon, letters))


def _reducedCommon(letters: str, common: Common) -> Common:
    perm = onlyLetters(common.perm, letters)
    return common if perm == common.perm else common._replace(perm=perm)
