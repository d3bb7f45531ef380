"""
Reading a folder on disk.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from heapq import merge
from itertools import chain, islice
from time import monotonic
from typing import Any, Generic, TypeVar

from ftpactive.core.errors import NotFound
from ftpactive.core.path import Path
from ftpactive.storage.blocking import Calls, closedOnError
from ftpactive.storage.hidden import isHidden, mayHide
from ftpactive.storage.jail import Jail, decodeName

#: How many names are looked up at a time: a few milliseconds' work, beside which
#: it costs nothing to have a thread do it.
BATCH = 4096

#: How many names are read and sorted at a time: a few milliseconds' work.
_RUN = 8192

#: How many names are brought into one order at once, in about a millisecond;
#: those of larger folders are as they are needed, which costs more in all.
_AT_ONCE = 2 * _RUN

#: Seconds after which names that have been looked up are given.
_PATIENCE = 0.01

#: How many names are looked up without a look at the clock.
_STRIDE = 128

_READ = os.O_RDONLY | os.O_DIRECTORY


T = TypeVar("T")


#: What is found out about one name.
Each = TypeVar("Each")

#: Looks up some names, given as bytes and as text.
Look = Callable[[list[bytes], list[str]], Iterable[Each]]


class OpenFolder(Generic[T, Each]):
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
        path: Path,
        look: Callable[[int, int], Look[Each]],
        make: Callable[[Iterator[Iterable[Each]]], T],
        removeOld: Callable[[OpenFolder[Any, Any]], None] | None = None,
    ) -> None:
        """
        @param look: told the folder's descriptor, and how many names there may be
            at a time, gives what looks them up.
        @param make: makes a batch of entries, of which it is given a few at a
            time; what it makes of none is empty.
        @param removeOld: does something about C{hidden} in the end.
        @raise OSError: it cannot be read.
        @raise NotFound: (550) it is the root, and was removed meanwhile.
        """
        self._make = make
        self._removeOld = removeOld
        self._left = 0
        self._isThrough = False
        self.isRead = False
        self._path = path
        self.hidden: list[bytes] = []
        self.descriptor = jail.open(path, _READ)
        with closedOnError(self.descriptor):
            self._batches = self._looked(look)
            self.first = self.next()

    def next(self) -> T | None:
        """
        Look up the next entries; an empty batch is a chance to do something
        else.

        @return: L{None} in the end.
        """
        return next(self._batches, None)

    def _looked(self, look: Callable[[int, int], Look[Each]]) -> Generator[T, None, None]:
        rows: Look[Each] | None = None
        for names in self._names():
            if not names:
                yield self._make(iter(()))
                continue
            if rows is None:
                rows = look(self.descriptor, min(_STRIDE, len(names)))
            for batch in self._made(names, rows):
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
        if not runs and not self._path and os.fstat(self.descriptor).st_nlink == 0:
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

    def _made(self, names: list[bytes], look: Look[Each]) -> Iterator[T]:
        # In several parts where that takes long.
        pending = (names[begin : begin + _STRIDE] for begin in range(0, len(names), _STRIDE))
        self._isThrough = False
        while not self._isThrough:
            batch = self._make(self._strides(pending, look))
            if self._isThrough:
                self._left -= len(names)
            yield batch

    def _strides(
        self, pending: Iterator[list[bytes]], look: Look[Each]
    ) -> Iterator[Iterable[Each]]:
        end = monotonic() + _PATIENCE
        for names in pending:
            yield look(names, decodeName(b"/".join(names)).split("/"))
            if monotonic() > end:
                return
        self._isThrough = True

    def close(self) -> None:
        """
        Close the folder.
        """
        # It holds all names, and us as we hold it: they would stay in memory
        # until Python looks for such circles.
        self._batches.close()
        os.close(self.descriptor)


async def batchesOf(
    calls: Calls, opening: Callable[[], OpenFolder[T, Any]]
) -> AsyncGenerator[T, None]:
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
