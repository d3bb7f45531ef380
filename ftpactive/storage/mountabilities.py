"""
What storages that are mounted in one tree can do, each in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zope.interface import Interface, alsoProvides

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
)
from ftpactive.core.account import Held, Usage
from ftpactive.core.errors import AlreadyExists, NotImplementedHere, PermissionDenied
from ftpactive.core.path import Path, toText
from ftpactive.interfaces import IStorage
from ftpactive.storage.measure import Measure
from ftpactive.storage.mountpoints import MountPoints

#: What is provided when one of the storages provides it.
_ABILITIES = (IBirthTimes, IHoldings, ILines, ILinkBounds, ILinks, IModes, ISpace, ITimes)


class MountedAbilities:
    """
    Passes each wish on to the storage that it is about.  Where that one cannot
    do it, the answer is 502.
    """

    def __init__(self, storages: Mapping[Path, IStorage]) -> None:
        """
        @param storages: where they are mounted; one of them at C{()}.
        """
        self._storages = dict(storages)
        self._points = MountPoints(self._storages)
        each = self._storages.values()
        alsoProvides(self, *(a for a in _ABILITIES if any(a.providedBy(s) for s in each)))
        if len(self._storages) > 1:
            self.boundLinks(_anywhere)

    def close(self) -> None:
        """
        Let go of what the storages hold.
        """
        for storage in self._storages.values():
            close = getattr(storage, "close", None)
            if close is not None:
                close()

    def _found(self, path: Path) -> tuple[IStorage, Path]:
        mount = self._points.of(path)
        return self._storages[mount], path[len(mount) :]

    def _able(self, path: Path, interface: type[Interface]) -> tuple[Any, Path]:
        storage, rest = self._found(path)
        if not interface.providedBy(storage):
            raise NotImplementedHere(f"The storage at {toText(path)} cannot do that")
        return storage, rest

    def _all(self, interface: type[Interface]) -> Iterator[Any]:
        return (each for each in self._storages.values() if interface.providedBy(each))

    async def setMode(self, path: Path, mode: int) -> None:
        """
        Set the permission bits.  See L{IModes}.
        """
        storage, rest = self._able(path, IModes)
        await storage.setMode(rest, mode)

    async def setModified(self, path: Path, seconds: float) -> None:
        """
        Set the time of the last change.  See L{ITimes}.
        """
        storage, rest = self._able(path, ITimes)
        await storage.setModified(rest, seconds)

    async def makeLink(self, path: Path, target: Path) -> None:
        """
        Make a link.  See L{ILinks}.

        @raise PermissionDenied: (550) or it would lead to another storage.
        """
        if self._points.stays(path):
            raise AlreadyExists()
        storage, rest = self._able(path, ILinks)
        if self._points.of(path) != self._points.of(target):
            raise PermissionDenied(f"{toText(target)} is in another storage: no link leads there")
        await storage.makeLink(rest, self._found(target)[1])

    async def available(self, path: Path) -> int:
        """
        Tell how many bytes can still be written to a folder.  See L{ISpace}.
        """
        storage, rest = self._able(path, ISpace)
        if path not in self._points and self._points.stays(path):
            rest = ()
        available: int = await storage.available(rest)
        return available

    async def realPath(self, path: Path, isFollowed: bool) -> Path:
        """
        Give the path without links.  See L{IHoldings}.
        """
        storage, rest = self._found(path)
        mount = path[: len(path) - len(rest)]
        if not rest:
            return path
        return (*mount, *await Measure(storage).path(rest, isFollowed=isFollowed))

    async def held(self, path: Path) -> Held:
        """
        Tell what there is at a name.  See L{IHoldings}.
        """
        storage, rest = self._found(path)
        return await Measure(storage).held(rest)

    async def hiddenIn(self, path: Path) -> Usage:
        """
        Tell what is out of sight in a folder.  See L{IHoldings}.
        """
        storage, rest = self._found(path)
        return await Measure(storage).hiddenIn(rest)

    def boundLinks(self, mayLead: MayLead) -> None:
        """
        Follow links only where the answer is yes, and not to what is hidden
        by a mount.  See L{ILinkBounds}.
        """
        for mount, storage in self._storages.items():
            if ILinkBounds.providedBy(storage):
                storage.boundLinks(self._bounds(mount, mayLead))

    def _bounds(self, mount: Path, mayLead: MayLead) -> MayLead:
        def mayLeadThere(path: Path, real: Path) -> bool:
            seen = (*mount, *real)
            return self._points.of(seen) == mount and mayLead((*mount, *path), seen)

        return mayLeadThere

    @property
    def umask(self) -> int:
        """
        Give the bits that new files and folders do not have.  See L{IModes}.
        """
        bits: int = next(self._all(IModes)).umask
        return bits

    @umask.setter
    def umask(self, bits: int) -> None:
        for storage in self._all(IModes):
            storage.umask = bits

    @property
    def tellsCreated(self) -> bool:
        """
        Do facts hold C{created}?  See L{IBirthTimes}.
        """
        return bool(next(self._all(IBirthTimes)).tellsCreated)

    @tellsCreated.setter
    def tellsCreated(self, isWanted: bool) -> None:
        for storage in self._all(IBirthTimes):
            storage.tellsCreated = isWanted


def _anywhere(path: Path, real: Path) -> bool:
    return True
