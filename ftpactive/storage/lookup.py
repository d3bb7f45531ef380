"""
Looking up the names in a folder, many at a time.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from itertools import chain

from ftpactive.core.facts import Common, Facts, Kind, Row, rowOf
from ftpactive.core.path import Path
from ftpactive.storage.sight import Sight
from ftpactive.storage.statuses import Asking, Kin, Statuses, statusOf
from ftpactive.storage.viewpoint import Viewpoint
from ftpactive.storage.walk import Place

#: How many kinds of files are remembered of one folder.
_MOST = 1024

#: There is something of that name, and nothing can be known about it: a mount
#: whose server is gone, a folder that may be read and not passed through.
UNKNOWN = Facts(Kind.OTHER, size=0, modified=0.0, mode=0)


class Lookup:
    """
    Finds the rows for names in one folder.
    """

    def __init__(
        self, sight: Sight, path: Path, descriptor: int, most: int, *, isExact: bool
    ) -> None:
        """
        @param path: that of the folder.
        @param descriptor: of the folder.
        @param most: how many names are looked up at a time.
        @param isExact: are parts of seconds wanted?
        """
        self._sight = sight
        self._path = path
        self._descriptor = descriptor
        self._folder = os.fstat(descriptor)
        self._asking = Asking(descriptor, most, isExact=isExact)
        self._known = _Known(sight.viewpoint, self._folder)
        self._kins: tuple[object, object] = ((), ())
        self._commons: list[Common | None] = []
        self._arePlain = True

    def rows(self, names: list[bytes], texts: list[str]) -> Iterable[Row]:
        """
        Look names up.  Those that have vanished are left out.

        @param texts: the names as text.
        """
        statuses = None if self._sight.tellsCreated else self._asking.ask(names)
        if statuses is not None:
            return self._together(names, texts, statuses)
        each = zip(names, texts, strict=True)
        return [row for name, text in each for row in self._alone(name, text)]

    def _together(self, names: list[bytes], texts: list[str], statuses: Statuses) -> Iterable[Row]:
        # What is done here is done for each of thousands, and most are like the
        # one before: so nothing is, but what Python does by itself.
        owners, devices, *own = statuses
        if (owners, devices) != self._kins:
            self._kins = owners, devices
            self._commons = [*map(self._known.__getitem__, zip(owners, devices, strict=True))]
            self._arePlain = None not in self._commons
        if self._arePlain:
            return zip(texts, self._commons, *own, strict=True)
        return chain.from_iterable(
            self._alone(row[0], row[1]) if row[2] is None else (row[1:],)
            for row in zip(names, texts, self._commons, *own, strict=True)
        )

    def _alone(self, name: bytes, text: str) -> list[Row]:
        """
        Look at one name, whatever it is.  One that has vanished is left out.
        """
        place = Place(self._descriptor, name, isOwned=False)
        try:
            status = place.status()
            isMovable = self._sight.viewpoint.isMovable(status, self._folder)
            facts = self._sight.factsAt(place, (*self._path, text), status, isMovable)
        except FileNotFoundError:
            return []
        except OSError:
            facts = UNKNOWN
        return [rowOf((text, facts))]


class _Known(dict[Kin, Common | None]):
    """
    What files have in common, by their mode, owners and device; L{None} if a
    closer look at them is needed.
    """

    def __init__(self, viewpoint: Viewpoint, folder: os.stat_result) -> None:
        super().__init__()
        self._viewpoint = viewpoint
        self._folder = folder

    def __missing__(self, kin: Kin) -> Common | None:
        if len(self) >= _MOST:
            self.clear()
        status = statusOf(kin)
        common = None
        if not stat.S_ISLNK(status.st_mode):
            isMovable = self._viewpoint.isMovable(status, self._folder)
            common = self._viewpoint.common(status, isMovable)
        self[kin] = common
        return common
