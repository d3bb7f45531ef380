"""
A file on disk being sent.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpactive.abilities import IPreparedSource, ISummed
from ftpactive.core.errors import BadRestart, FileUnavailable, FTPError, IsADirectory
from ftpactive.core.path import Path
from ftpactive.interfaces import ISource
from ftpactive.storage.blocking import NOT_PLAIN, Run, inline
from ftpactive.storage.jail import Jail
from ftpactive.storage.pagecache import bringIn, isKnown, readAhead, readKnown

# Without O_NONBLOCK, opening a pipe that nobody writes to would hang us.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY

#: What is read and summed in one go.
_SUMMED = 1024 * 1024

#: So little is summed at once, if it is in memory.
_LITTLE = 64 * 1024


@implementer(ISource, IPreparedSource, ISummed)
class FileSource:
    """
    A regular file, from where its descriptor stands.
    """

    def __init__(
        self,
        descriptor: int,
        size: int,
        run: Run = inline,
        *,
        isKnown: bool = False,
        isMemory: bool = False,
    ) -> None:
        """
        @param run: runs what waits for the disk.
        @param isKnown: is it known that closing it waits for nobody?
        @param isMemory: is it known that nothing of it is on a disk?
        """
        self._descriptor = descriptor
        self._run = run
        self._isKnown = isKnown
        self._isMemory = isMemory
        self.size: int | None = size

    def fileno(self) -> int:
        """
        Give the descriptor.
        """
        return self._descriptor

    async def read(self, count: int) -> bytes:
        """
        Read up to C{count} bytes.
        """
        data = readKnown(self._descriptor, count, isKeeping=self._isKnown)
        if data is None:
            data = await self._run(readAhead, self._descriptor, count)
        return data

    def isPrepared(self, count: int) -> bool:
        """
        See L{IPreparedSource.isPrepared}.
        """
        if self._isMemory:
            return True
        return isKnown(self._descriptor, self._position, count, isKeeping=self._isKnown)

    async def prepare(self, count: int) -> None:
        """
        See L{IPreparedSource.prepare}.
        """
        await self._run(bringIn, self._descriptor, self._position, count)

    @property
    def _position(self) -> int:
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    async def sum(self, update: Callable[[bytes], object], count: int | None) -> int:
        """
        See L{ISummed.sum}.
        """
        wanted = _SUMMED if count is None else min(count, _SUMMED)
        data = readKnown(self._descriptor, min(wanted, _LITTLE), isKeeping=self._isKnown)
        if data is None or len(data) == _LITTLE < wanted:
            return await self._run(self._sum, update, data or b"", wanted)
        update(data)
        return len(data)

    def _sum(self, update: Callable[[bytes], object], begun: bytes, count: int) -> int:
        update(begun)
        data = readAhead(self._descriptor, count - len(begun))
        update(data)
        return len(begun) + len(data)

    def close(self) -> None:
        """
        Close the file; who serves it may have to be told, which nobody waits
        for.
        """
        if self._isKnown:
            os.close(self._descriptor)
        else:
            closing = Deferred.fromCoroutine(_closed(self._run, self._descriptor))
            closing.addErrback(lambda _: None)


async def _closed(run: Run, descriptor: int) -> None:
    await run(os.close, descriptor)


def knownSource(jail: Jail, path: Path, offset: int, run: Run) -> FileSource | None:
    """
    Open a file to be sent, if that waits for no disk: see L{openSource}.

    @return: L{None} if that cannot be said, whether there is such a file or not.
    """
    descriptor = jail.openKnown(path, _READ)
    if descriptor < 0:
        return None
    return _source(descriptor, offset, run, isKnown=True, isMemory=jail.isMemory)


def openSource(jail: Jail, path: Path, offset: int, run: Run = inline) -> FileSource:
    """
    Open a file to be sent: see L{IStorage.openForReading}.

    @param run: runs what waits for the disk when it is read.
    @raise OSError: it cannot be opened.
    """
    return _source(jail.open(path, _READ), offset, run, isKnown=False)


def _source(
    descriptor: int, offset: int, run: Run, *, isKnown: bool, isMemory: bool = False
) -> FileSource:
    try:
        size = regular(descriptor).st_size
        if offset:
            if offset > size:
                raise BadRestart()
            os.lseek(descriptor, offset, os.SEEK_SET)
    except (OSError, FTPError):
        os.close(descriptor)
        raise
    return FileSource(descriptor, size - offset, run, isKnown=isKnown, isMemory=isMemory)


def regular(descriptor: int) -> os.stat_result:
    """
    Give the status of an open file, after making sure that it is a plain one.

    @raise IsADirectory: (550) it is a folder.
    @raise FileUnavailable: (550) it is a device, a socket, a pipe.
    """
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise IsADirectory() if stat.S_ISDIR(status.st_mode) else FileUnavailable(NOT_PLAIN)
    return status
