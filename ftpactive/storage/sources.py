"""
A file on disk being sent.
"""

from __future__ import annotations

import os
import stat

from zope.interface import implementer

from ftpactive.core.errors import BadRestart, FileUnavailable, IsADirectory
from ftpactive.core.path import Path
from ftpactive.interfaces import ISource
from ftpactive.storage.blocking import NOT_PLAIN, closedOnError, inline
from ftpactive.storage.jail import Jail

# Without O_NONBLOCK, opening a pipe that nobody writes to would hang us.
_READ = os.O_RDONLY | os.O_NONBLOCK


@implementer(ISource)
class FileSource:
    """
    A regular file, from where its descriptor stands.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
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
        return await inline(os.read, self._descriptor, count)

    def close(self) -> None:
        """
        Close the file.
        """
        os.close(self._descriptor)


def openSource(jail: Jail, path: Path, offset: int) -> FileSource:
    """
    Open a file to be sent: see L{IStorage.openForReading}.

    @raise OSError: it cannot be opened.
    """
    with closedOnError(jail.open(path, _READ)) as descriptor:
        size = regular(descriptor).st_size
        if offset:
            if offset > size:
                raise BadRestart()
            os.lseek(descriptor, offset, os.SEEK_SET)
        return FileSource(descriptor, size - offset)


def regular(descriptor: int) -> os.stat_result:
    """
    Give the status of an open file, after making sure that it is a plain one.

    @raise IsADirectory: (550) it is a folder.
    @raise FileUnavailable: (550) it is a device, a socket, a pipe.
    """
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectory()
    if not stat.S_ISREG(status.st_mode):
        raise FileUnavailable(NOT_PLAIN)
    return status
