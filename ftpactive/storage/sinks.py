"""
Files on disk being received.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from zope.interface import implementer

from ftpactive.core.errors import FileBusy
from ftpactive.interfaces import ISink
from ftpactive.storage.blocking import inline


@implementer(ISink)
class FileSink:
    """
    Writes to a file that is there already, behind its end; what came stays,
    however the upload ends.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """
        Give the descriptor.
        """
        return self._descriptor

    async def write(self, data: bytes) -> None:
        """
        Write all of C{data}.
        """
        await inline(writeAll, self._descriptor, data)

    async def commit(self) -> None:
        """
        Close the file.  Network file systems tell only now when they could
        not store it.

        @raise FileBusy: (450) somebody has removed or replaced it meanwhile:
            what came is nowhere.
        """
        await inline(self._commit)

    async def discard(self, reason: BaseException) -> None:
        """
        Close the file.  That this fails would only hide the reason.
        """
        with suppress(OSError):
            self._discard()

    def _commit(self) -> None:
        try:
            names = os.fstat(self._descriptor).st_nlink
        finally:
            os.close(self._descriptor)
        if not names:
            raise FileBusy("Somebody else removed or replaced the file meanwhile")

    def _discard(self) -> None:
        os.close(self._descriptor)


class NewSink(FileSink):
    """
    Writes to a file that was made for the upload, and is removed again when
    nothing came.
    """

    def __init__(self, descriptor: int, folder: int, name: bytes) -> None:
        """
        @param folder: the folder of the file, which is closed with the sink.
        @param name: the file's name.
        """
        super().__init__(descriptor)
        self._folder = folder
        self._name = name

    def _commit(self) -> None:
        os.close(self._folder)
        super()._commit()

    def _discard(self) -> None:
        try:
            with suppress(OSError):
                self._removeEmpty()
        finally:
            os.close(self._folder)
            super()._discard()

    def _removeEmpty(self) -> None:
        mine = os.fstat(self._descriptor)
        if mine.st_size:
            return
        if not _lock(self._descriptor, fcntl.LOCK_EX):
            # Somebody is about to append to it: see holdWhileEmpty.
            return
        named = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        if os.path.samestat(mine, named):
            os.unlink(self._name, dir_fd=self._folder)


class OverwritingSink(FileSink):
    """
    Writes over what a file holds from an offset on.  What is left of that is
    cut off behind the first bytes that come, or in the end if none come.
    """

    def __init__(self, descriptor: int, offset: int) -> None:
        """
        @param descriptor: the file, which stands at the offset.
        """
        super().__init__(descriptor)
        self._offset = offset
        self._isCut = False

    async def write(self, data: bytes) -> None:
        """
        Write all of C{data}.
        """
        await super().write(data)
        if data and not self._isCut:
            # Not later: should the server die in between, the file's size
            # tells the client truly where to go on.
            await inline(self._cut)

    def _commit(self) -> None:
        try:
            self._cut()
        except OSError:
            os.close(self._descriptor)
            raise
        super()._commit()

    def _discard(self) -> None:
        try:
            if self._position() > self._offset:
                self._cut()
        finally:
            super()._discard()

    def _cut(self) -> None:
        # Who writes to the descriptor instead has moved it, and was not seen.
        if not self._isCut:
            os.ftruncate(self._descriptor, self._position())
            self._isCut = True

    def _position(self) -> int:
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)


class ReplacingSink(FileSink):
    """
    Writes to a hidden file beside the one that it takes the place of in the
    end.
    """

    def __init__(self, descriptor: int, folder: int, *, hidden: bytes, name: bytes) -> None:
        """
        @param descriptor: the hidden file.
        @param folder: the folder of both, which is closed with the sink.
        @param hidden: the hidden file's name.
        @param name: the name that it gets.
        """
        super().__init__(descriptor)
        self._folder = folder
        self._hidden = hidden
        self._name = name

    def _commit(self) -> None:
        try:
            super()._commit()
            folder = self._folder
            os.rename(self._hidden, self._name, src_dir_fd=folder, dst_dir_fd=folder)
        except (OSError, FileBusy):
            self._forget()
            raise
        os.close(self._folder)

    def _discard(self) -> None:
        with suppress(OSError):
            super()._discard()
        self._forget()

    def _forget(self) -> None:
        with suppress(OSError):
            os.unlink(self._hidden, dir_fd=self._folder)
        os.close(self._folder)


def holdWhileEmpty(descriptor: int, size: int) -> None:
    """
    Keep an empty file from being removed by a L{NewSink} to which nothing
    came, because somebody else is about to append to it.

    @param size: its size.
    """
    if size == 0:
        _lock(descriptor, fcntl.LOCK_SH)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network file systems have no locks; then there is only luck.
        pass
    return True


def writeAll(descriptor: int, data: bytes) -> None:
    """
    Write all of C{data}: near the end of a disk or a quota, the kernel takes
    less at a time than it is given.

    @raise OSError: what did not fit is not written.
    """
    written = os.write(descriptor, data)
    if written < len(data):
        rest = memoryview(data)[written:]
        while rest:
            rest = rest[os.write(descriptor, rest) :]
