"""
Reading a folder on disk.
"""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from heapq import merge
from itertools import chain, islice
from time import monotonic
from typing import Any, Generic, TypeVar

from ftpactive.core.errors import NotFound
from ftpactive.core.facts import Common, Facts, Kind, Row, rowOf
from ftpactive.core.path import Path
from ftpactive.storage.blocking import Calls, closedOnError
from ftpactive.storage.hidden import isHidden, mayHide
from ftpactive.storage.jail import Jail, decodeName
from ftpactive.storage.sight import Sight
from ftpactive.storage.walk import Place

#: How many names are looked up at a time: a few milliseconds' work, beside which
#: it costs nothing to have a thread do it.
BATCH = 2048

#: How many names are read and sorted at a time: a few milliseconds' work.
_RUN = 8192

#: How many names are brought into one order at once, in about a millisecond;
#: those of larger folders are as they are needed, which costs more in all.
_AT_ONCE = 2 * _RUN

#: Seconds after which names that have been looked up are given.
_PATIENCE = 0.01

#: How many kinds of files are remembered of one folder.
_MOST = 1024

#: How many names are looked up without a look at the clock.
_STRIDE = 64

#: There is something of that name, and nothing can be known about it: a mount
#: whose server is gone, a folder that may be read and not passed through.
UNKNOWN = Facts(Kind.OTHER, size=0, modified=0.0, mode=0)

_READ = os.O_RDONLY | os.O_DIRECTORY


T = TypeVar("T")


class OpenFolder(Generic[T]):
    """
    A folder whose names can be read, and whose entries can be looked up.  All
    names are held, since only so can they be sorted; bytes are the smallest
    form of them.  Uploads that are not whole yet are left out.

    It gives batches, which are what is made of a few entries while they are
    looked up.

    @ivar descriptor: the folder itself.
    @ivar hidden: the names of what was left out, at most L{BATCH} of them.
    @ivar first: the first batch, if there is one.
    @ivar isRead: is it known that no other batch comes?
    """

    def __init__(
        self,
        jail: Jail,
        sight: Sight,
        path: Path,
        make: Callable[[Iterator[Row]], T],
        removeOld: Callable[[OpenFolder[Any]], None] | None = None,
    ) -> None:
        """
        @param make: makes a batch of entries; what it makes of none is empty.
        @param removeOld: does something about C{hidden} in the end.
        @raise OSError: it cannot be read.
        @raise NotFound: (550) it is the root, and was removed meanwhile.
        """
        self._make = make
        self._removeOld = removeOld
        self._left = 0
        self._isThrough = False
        self.isRead = False
        self._sight = sight
        self._path = path
        self.hidden: list[bytes] = []
        self.descriptor = jail.open(path, _READ)
        with closedOnError(self.descriptor):
            self._status = os.fstat(self.descriptor)
            #: What files have in common by mode, device, and owners' numbers.
            self._known: dict[tuple[int, int, int, int], Common] = {}
            self._batches = self._looked()
            self.first = self.next()

    def next(self) -> T | None:
        """
        Look up the next entries; an empty batch is a chance to do something
        else.

        @return: L{None} in the end.
        """
        return next(self._batches, None)

    def _looked(self) -> Generator[T, None, None]:
        for names in self._names():
            if not names:
                yield self._make(iter(()))
            for batch in self._made(names) if names else ():
                if not self._left:
                    # There may be a thread to go to for what comes next: it is
                    # done with this one.
                    self._end()
                if batch:
                    yield batch
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
        # What is in order in parts is sorted in no time.
        isSmall = self._left <= _AT_ONCE
        names = iter(sorted(chain(*runs))) if isSmall else merge(*runs)
        while batch := list(islice(names, BATCH)):
            yield batch

    def _runs(self) -> Iterator[list[bytes]]:
        """
        Give all names in sorted parts.
        """
        with os.scandir(self.descriptor) as entries:
            while part := [entry.name for entry in islice(entries, _RUN)]:
                # Of a descriptor, the os module gives names as text only;
                # fsencode gives back the very bytes, whatever the locale.  One
                # call does for all of them, as a slash is in no name.
                part.sort()
                together = os.fsencode("/".join(part))
                names = together.split(b"/")
                if mayHide(together):
                    hidden = [name for name in names if isHidden(name)]
                    self.hidden += hidden[: BATCH - len(self.hidden)]
                    names = [*set(names).difference(hidden)]
                # Text is sorted faster than bytes, and bytes that are in order
                # already in no time; nearly always they are.
                names.sort()
                yield names

    def _made(self, names: list[bytes]) -> Iterator[T]:
        # In several parts where that takes long.
        texts = decodeName(b"/".join(names)).split("/")
        pending = (
            (names[begin : begin + _STRIDE], texts[begin : begin + _STRIDE])
            for begin in range(0, len(names), _STRIDE)
        )
        self._isThrough = False
        while not self._isThrough:
            batch = self._make(chain.from_iterable(self._strides(pending)))
            if self._isThrough:
                self._left -= len(names)
            yield batch

    def _strides(self, pending: Iterator[tuple[list[bytes], list[str]]]) -> Iterator[list[Row]]:
        end = monotonic() + _PATIENCE
        ask, folder = os.lstat, self.descriptor
        for names, texts in pending:
            # First all that is the kernel's, then all that is ours: the processor
            # has to begin anew each time that it changes from one to the other.
            try:
                statuses = [ask(name, dir_fd=folder) for name in names]
            except OSError:
                each = zip(names, texts, strict=True)
                yield [row for name, text in each for row in self._alone(name, text)]
            else:
                yield self._together(names, texts, statuses)
            if monotonic() > end:
                return
        self._isThrough = True

    def _together(
        self, names: list[bytes], texts: list[str], statuses: list[os.stat_result]
    ) -> list[Row]:
        # What is done here is done for each of thousands, and most are like the
        # one before.
        rows: list[Row] = []
        add = rows.append
        common: Common | None = None
        lastMode = lastDevice = lastUid = lastGid = -1
        for name, text, status in zip(names, texts, statuses, strict=True):
            mode, inode, device, links, uid, gid, size = status[:7]
            if mode != lastMode or uid != lastUid or gid != lastGid or device != lastDevice:
                lastMode, lastUid, lastGid, lastDevice = mode, uid, gid, device
                common = self._common(status)
            if common is None:
                rows += self._alone(name, text, status)
            else:
                add((text, common, size, status.st_mtime, links, inode))
        return rows

    def _common(self, status: os.stat_result) -> Common | None:
        """
        Tell what a file has in common with others; L{None} if a closer look at
        it is needed.
        """
        mode, _, device, _, uid, gid = status[:6]
        if stat.S_ISLNK(mode) or self._sight.tellsCreated:
            return None
        common = self._known.get((mode, device, uid, gid))
        if common is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            common = self._sight.viewpoint.common(status, self._isMovable(status))
            self._known[mode, device, uid, gid] = common
        return common

    def _alone(self, name: bytes, text: str, status: os.stat_result | None = None) -> list[Row]:
        """
        Look at one name, whatever it is.  One that has vanished is left out.

        @param status: of itself, if that is known.
        """
        place = Place(self.descriptor, name, isOwned=False)
        try:
            status = status or place.status()
            facts = self._sight.factsAt(place, (*self._path, text), status, self._isMovable(status))
        except FileNotFoundError:
            return []
        except OSError:
            facts = UNKNOWN
        return [rowOf((text, facts))]

    def _isMovable(self, status: os.stat_result) -> bool:
        return self._sight.viewpoint.isMovable(status, self._status)

    def close(self) -> None:
        """
        Close the folder.
        """
        # It holds all names, and us as we hold it: they would stay in memory
        # until Python looks for such circles.
        self._batches.close()
        os.close(self.descriptor)


async def batchesOf(calls: Calls, opening: Callable[[], OpenFolder[T]]) -> AsyncGenerator[T, None]:
    """
    Open a folder, and give its batches.

    @param calls: runs what may have to wait for the disk.
    """
    folder = await calls(opening)
    try:
        batch = folder.first
        while batch is not None:
            yield batch
            batch = None if folder.isRead else await calls(folder.next)
    finally:
        folder.close()
