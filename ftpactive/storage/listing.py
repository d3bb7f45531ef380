"""
Reading a folder on disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from time import monotonic

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

#: How many names are read and sorted at a time: a few milliseconds' work.
_RUN = 4096

#: Seconds after which names that have been looked up are given.
_PATIENCE = 0.01

#: There is something of that name, and nothing can be known about it: a mount
#: whose server is gone, a folder that may be read and not passed through.
UNKNOWN = Facts(Kind.OTHER, size=0, modified=0.0, mode=0)

_READ = os.O_RDONLY | os.O_DIRECTORY


class OpenFolder:
    """
    A folder whose names can be read, and whose entries can be looked up.  All
    names are held, since only so can they be sorted; bytes are the smallest
    form of them.  Uploads that are not whole yet are left out.

    @ivar descriptor: the folder itself.
    @ivar hidden: the names of what was left out, at most L{BATCH} of them.
    """

    def __init__(self, jail: Jail, sight: Sight, path: Path) -> None:
        """
        @raise OSError: it cannot be read.
        """
        self._sight = sight
        self._path = path
        self.hidden: list[bytes] = []
        self.descriptor = jail.open(path, _READ)
        with closedOnError(self.descriptor):
            self._status = os.fstat(self.descriptor)
            #: Users' numbers to what isMovable says of their files here.
            self._movable: dict[int, bool] = {}

    def batches(self) -> Iterator[list[bytes]]:
        """
        Give the names, L{BATCH} at a time.  Before the first one there are
        empty batches when all have yet to be read and there are many: a chance
        to do something else.

        @raise OSError: it cannot be read.
        @raise NotFound: (550) it is the root, and was removed meanwhile.
        """
        runs: list[list[bytes]] = []
        for run in self._runs():
            runs.append(run)
            if len(run) == _RUN:
                yield []
        # A removed folder can still be read, as an empty one; only the root
        # can have been removed after it was found.
        if not runs and not self._path and self._status.st_nlink == 0:
            raise NotFound()
        names = merge(*runs)
        while batch := list(islice(names, BATCH)):
            yield batch

    def _runs(self) -> Iterator[list[bytes]]:
        """
        Give all names in sorted parts.
        """
        with os.scandir(self.descriptor) as entries:
            while part := list(islice(entries, _RUN)):
                # Of a descriptor, the os module gives names as text only;
                # fsencode gives back the very bytes, whatever the locale.
                names = [os.fsencode(entry.name) for entry in part]
                hidden = [name for name in names if isHidden(name)]
                self.hidden += hidden[: BATCH - len(self.hidden)]
                yield sorted(set(names).difference(hidden) if hidden else names)

    def entries(self, names: list[bytes]) -> Iterator[list[Entry]]:
        """
        Look some names up, in several parts where that takes long.  One that
        has vanished is left out.
        """
        entries: list[Entry] = []
        end = monotonic() + _PATIENCE
        for name in names:
            if monotonic() > end:
                yield entries
                entries, end = [], monotonic() + _PATIENCE
            text = decodeName(name)
            try:
                entries.append((text, self._facts(name, text)))
            except FileNotFoundError:
                continue
            except OSError:
                entries.append((text, UNKNOWN))
        yield entries

    def close(self) -> None:
        """
        Close the folder.
        """
        os.close(self.descriptor)

    def _facts(self, name: bytes, text: str) -> Facts:
        status = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        isMovable = self._movable.get(status.st_uid)
        if isMovable is None:
            # All files of one owner are alike in this.
            isMovable = self._sight.viewpoint.isMovable(status, self._status)
            self._movable[status.st_uid] = isMovable
        if stat.S_ISLNK(status.st_mode) or self._sight.tellsCreated:
            place = Place(self.descriptor, name, isOwned=False)
            return self._sight.factsAt(place, (*self._path, text), status, isMovable)
        return self._sight.viewpoint.facts(status, isMovable)
