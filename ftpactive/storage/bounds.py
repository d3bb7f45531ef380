"""
A jail whose links may be followed or not, by where they lead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from ftpactive.abilities import MayLead
from ftpactive.core.errors import PermissionDenied
from ftpactive.core.path import Path
from ftpactive.storage.jail import Jail, decodeName
from ftpactive.storage.walk import HERE, Place


class BoundedJail(Jail):
    """
    Looks paths up in another jail, whose root it shares.  What is found by
    way of a link is given only where that is allowed; it is asked about the
    folders that the walk went through, so that a link that is swapped
    meanwhile changes nothing.

    @ivar mayLead: the question; L{None} as long as all links are followed.
    """

    def __init__(self, jail: Jail | Callable[[], Jail]) -> None:
        """
        @param jail: may be what gives one, for few sessions look anything up.
        """
        self._found = jail
        self.mayLead: MayLead | None = None

    @cached_property
    def inner(self) -> Jail:
        """
        Give the other jail.
        """
        return self._found if isinstance(self._found, Jail) else self._found()

    @property
    def disk(self) -> int | None:
        """
        Give the number of the device that the root is on, if it was opened.
        """
        return self.inner.disk

    @property
    def isMemory(self) -> bool:
        """
        See L{Jail}.
        """
        return self.inner.isMemory

    @property
    def isCurrent(self) -> bool:
        """
        Is the root still the folder that its path leads to?
        """
        return self.inner.isCurrent

    def close(self) -> None:
        """
        Close the root, also for others who share it.
        """
        self.inner.close()

    @property
    def isInUse(self) -> bool:
        """
        Has anything been looked up yet?
        """
        return "inner" in self.__dict__

    def letGo(self) -> None:
        """
        Forget the other jail, unless that is ours alone, until something is
        looked up again: the last of those who share it closes its root.
        """
        if not isinstance(self._found, Jail):
            self.__dict__.pop("inner", None)

    def openKnown(self, path: Path, flags: int) -> int:
        """
        See L{Jail.openKnown}: it goes through no link.
        """
        return self.inner.openKnown(path, flags)

    def parent(self, path: Path) -> Place:
        """
        See L{Jail.parent}.
        """
        # There is no link on the way to a name in the root.
        if self.mayLead is None or len(path) < 2:
            return self.inner.parent(path)
        return self.location(path)[0]

    def location(self, path: Path) -> tuple[Place, list[bytes]]:
        """
        See L{Jail.location}.
        """
        place, names = self.inner.location(path)
        # To change a name is to change the folder that it is in.
        folder = tuple(map(decodeName, names))
        self._checked(place, path[:-1], folder)
        return self._checked(place, path, (*folder, *path[-1:])), names

    def target(self, path: Path) -> Place:
        """
        See L{Jail.target}.
        """
        if self.mayLead is None:
            return self.inner.target(path)
        return self.destination(path)[0]

    def destination(self, path: Path) -> tuple[Place, list[bytes]]:
        """
        See L{Jail.destination}.
        """
        place, names = self.inner.destination(path)
        last = () if place.name == HERE else (decodeName(place.name),)
        return self._checked(place, path, (*map(decodeName, names), *last)), names

    def _checked(self, place: Place, path: Path, real: Path) -> Place:
        if self.mayLead is None or real == path or self.mayLead(path, real):
            return place
        with place:
            raise PermissionDenied("A link may not be followed to there")
