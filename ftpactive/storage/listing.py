"""
Reading a folder on disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator, Iterator
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
    @ivar first: the first batch of entries, if there is one.
    @ivar isRead: is it known that no other batch comes?
    """

    def __init__(
        self,
        jail: Jail,
        sight: Sight,
        path: Path,
        removeOld: Callable[[OpenFolder], None] | None = None,
    ) -> None:
        """
        @param removeOld: does something about C{hidden} in the end.
        @raise OSError: it cannot be read.
        @raise NotFound: (550) it is the root, and was removed meanwhile.
        """
        self._removeOld = removeOld
        self._left = 0
        self.isRead = False
        self._sight = sight
        self._path = path
        self.hidden: list[bytes] = []
        self.descriptor = jail.open(path, _READ)
        with closedOnError(self.descriptor):
            self._status = os.fstat(self.descriptor)
            #: Users' numbers to what isMovable says of their files here.
            self._movable: dict[int, bool] = {}
            self._batches = self._looked()
            self.first = self.next()

    def next(self) -> list[Entry] | None:
        """
        Look up the next entries; an empty batch is a chance to do something
        else.

        @return: L{None} in the end.
        """
        return next(self._batches, None)

    def _looked(self) -> Generator[list[Entry], None, None]:
        for names in self._names():
            if not names:
                yield []
            for entries in self._entries(names) if names else ():
                if not self._left:
                    # There may be a thread to go to for what comes next: it is
                    # done with this one.
                    self._end()
                if entries:
                    yield entries
        self._end()

    def _end(self) -> None:
        if not self.isRead:
            self.isRead = True
            if self._removeOld is not None:
                self._removeOld(self)

    def _names(self) -> Iterator[list[bytes]]:
        # L{BATCH} at a time.  Before the first ones there are empty batches when
        # all have yet to be read and there are many.
        runs: list[list[bytes]] = []
        for run in self._runs():
            runs.append(run)
            if len(run) == _RUN:
                yield []
        # A removed folder can still be read, as an empty one; only the root
        # can have been removed after it was found.
        if not runs and not self._path and self._status.st_nlink == 0:
            raise NotFound()
        self._left = sum(map(len, runs))
        names = merge(*runs) if len(runs) != 1 else iter(runs[0])
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

    def _entries(self, names: list[bytes]) -> Iterator[list[Entry]]:
        # In several parts where that takes long.  A name that has vanished is
        # left out.
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
        self._left -= len(names)
        yield entries

    def close(self) -> None:
        """
        Close the folder.
        """
        # It holds all names, and us as we hold it: they would stay in memory
        # until Python looks for such circles.
        self._batches.close()
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
