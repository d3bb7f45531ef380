"""
Reading a folder on disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from ftpactive.core.errors import NotFound
from ftpactive.core.facts import Entry, Facts, Kind
from ftpactive.core.path import Path
from ftpactive.storage.blocking import closedOnError
from ftpactive.storage.hidden import isHidden
from ftpactive.storage.jail import Jail, decodeName
from ftpactive.storage.sight import Sight
from ftpactive.storage.walk import Place

#: How many names are looked up at a time.
BATCH = 256

#: There is something of that name, and nothing can be known about it: a mount
#: whose server is gone, a folder that may be read and not passed through.
UNKNOWN = Facts(Kind.OTHER, size=0, modified=0.0, mode=0)

_READ = os.O_RDONLY | os.O_DIRECTORY


class OpenFolder:
    """
    A folder whose names are known, and whose entries can be looked up.  All
    names are read at once, since only so can they be sorted; bytes are the
    smallest form of them.  Uploads that are under way beside the files that
    they replace are left out.
    """

    def __init__(self, jail: Jail, sight: Sight, path: Path) -> None:
        """
        @raise OSError: it cannot be read.
        @raise NotFound: (550) it is the root, and was removed meanwhile.
        """
        self._sight = sight
        self._path = path
        self._descriptor = jail.open(path, _READ)
        with closedOnError(self._descriptor):
            self._status = os.fstat(self._descriptor)
            #: Users' numbers to what isMovable says of their files here.
            self._movable: dict[int, bool] = {}
            self._names = _sortedNames(self._descriptor)
            # A removed folder can still be read, as an empty one; only the
            # root can have been removed after it was found.
            if not path and not self._names and self._status.st_nlink == 0:
                raise NotFound()

    def batches(self) -> Iterator[list[bytes]]:
        """
        Give the names, L{BATCH} at a time.
        """
        for start in range(0, len(self._names), BATCH):
            yield self._names[start : start + BATCH]

    def entries(self, names: list[bytes]) -> list[Entry]:
        """
        Look some names up.  One that has vanished is left out.
        """
        entries = []
        for name in names:
            text = decodeName(name)
            try:
                entries.append((text, self._facts(name, text)))
            except FileNotFoundError:
                continue
            except OSError:
                entries.append((text, UNKNOWN))
        return entries

    def close(self) -> None:
        """
        Close the folder.
        """
        os.close(self._descriptor)

    def _facts(self, name: bytes, text: str) -> Facts:
        status = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        isMovable = self._movable.get(status.st_uid)
        if isMovable is None:
            # All files of one owner are alike in this.
            isMovable = self._sight.viewpoint.isMovable(status, self._status)
            self._movable[status.st_uid] = isMovable
        if stat.S_ISLNK(status.st_mode) or self._sight.tellsCreated:
            place = Place(self._descriptor, name, isOwned=False)
            return self._sight.factsAt(place, (*self._path, text), status, isMovable)
        return self._sight.viewpoint.facts(status, isMovable)


def _sortedNames(descriptor: int) -> list[bytes]:
    # Of a descriptor, the os module gives names as text only; fsencode gives
    # back the very bytes, whatever the locale.
    names = [os.fsencode(name) for name in os.listdir(descriptor)]
    names = [name for name in names if not isHidden(name)]
    names.sort()
    return names
