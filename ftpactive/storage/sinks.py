"""
Files on disk being received, under their own names or beside the file that
they replace.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from fcntl import LOCK_EX

from zope.interface import implementer

from ftpactive.abilities import IDirectSink
from ftpactive.core.errors import FileBusy, FTPError
from ftpactive.interfaces import ISink
from ftpactive.storage.blocking import Calls, meaningOf
from ftpactive.storage.collecting import Collected
from ftpactive.storage.durable import Durability
from ftpactive.storage.known import takesFile
from ftpactive.storage.locks import lock
from ftpactive.storage.opened import Opened
from ftpactive.storage.splicing import spliced

#: More pieces than these cost less in one.
_MANY = 16


@implementer(ISink, IDirectSink)
class FileSink:
    """
    Writes to a file that is there already, behind its end; what came stays,
    however the upload ends.
    """

    #: See L{IDirectSink}.
    isDirect = True
    _collected: Collected | None = None

    def __init__(self, file: Opened, durability: Durability, calls: Calls, offset: int = 0) -> None:
        """
        @param file: it stands at the offset, and is closed with the sink.
        @param calls: runs what may wait for the disk.
        @param offset: where the first byte goes.
        """
        self._file = file
        self._durability = durability
        self._calls = calls
        self._offset = offset
        if calls.threads is not None:
            self.isDirect = False
            self._collected = Collected(calls, calls.threads, self._store)

    def fileno(self) -> int:
        """
        Give the descriptor.
        """
        return self._file.descriptor

    async def prepare(self) -> None:
        """
        Do what takes longer than opening, before the first byte comes.
        """

    async def write(self, data: bytes) -> None:
        """
        Write all of C{data}; or keep it until there is more, which is written
        in a thread then.
        """
        if self._collected is None:
            await self._calls(self._store, [data])
        else:
            await self._collected.add(data)

    def writeNow(self, data: bytes | memoryview) -> None:
        """
        See L{IDirectSink.writeNow}.
        """
        try:
            self._put(data)
        except OSError as error:
            raise meaningOf(error) from error

    def takeNow(self, pipe: int, count: int) -> None:
        """
        See L{IDirectSink.takeNow}.
        """
        try:
            self._putFrom(pipe, count)
        except OSError as error:
            raise meaningOf(error) from error

    async def commit(self) -> None:
        """
        Close the file.  Network file systems tell only now when they could
        not store it.

        @raise FileBusy: (450) somebody has removed or replaced it meanwhile:
            what came is nowhere.
        """
        rest: list[bytes] = []
        if self._collected is not None:
            try:
                rest = await self._collected.rest()
            except BaseException as error:
                await self.discard(error)
                raise
        if self._calls.isAtOnce and self._freesLittle():
            try:
                self._commit(rest)
            except OSError as error:
                raise meaningOf(error) from error
        else:
            # Memory, too, is freed page by page.
            await self._calls.long(self._commit, rest)

    def _freesLittle(self) -> bool:
        # Of what is replaced, where all is in memory.
        return True

    async def discard(self, reason: BaseException) -> int | None:
        """
        Close the file.  That this fails would only hide the reason.
        """
        rest: list[bytes] = []
        if self._collected is not None:
            with suppress(FTPError):
                rest = await self._collected.rest()
        with suppress(FTPError):
            return await self._calls.long(self._discard, rest)
        return None

    def _store(self, pieces: Sequence[bytes]) -> None:
        if len(pieces) > _MANY:
            pieces = [b"".join(pieces)]
        for piece in pieces:
            self._put(piece)

    def _put(self, data: bytes | memoryview) -> None:
        # Near the end of a disk or a quota, the kernel takes less at a time than
        # it is given.
        written = os.write(self._file.descriptor, data)
        while written < len(data):
            data = memoryview(data)[written:]
            written = os.write(self._file.descriptor, data)

    def _putFrom(self, pipe: int, count: int) -> None:
        left = spliced(pipe, self._file.descriptor, count)
        while left:
            data = os.read(pipe, left)
            self._put(data)
            left -= len(data)

    def _commit(self, rest: list[bytes]) -> None:
        try:
            if rest:
                self._storeRest(rest)
            self._finish()
            self._durability.names(self._file.folder)
        finally:
            self._file.close()

    def _storeRest(self, rest: list[bytes]) -> None:
        # When it has no room, that is the end of the upload, as it would have
        # been before.
        try:
            self._store(rest)
        except OSError:
            with suppress(OSError):
                self._undo()
            raise

    def _discard(self, rest: list[bytes]) -> int | None:
        with self._file:
            with suppress(OSError):
                self._store(rest)
            return self._undo()

    def _finish(self) -> None:
        # All that has to be so before the names are put on the disk.
        descriptor = self._file.descriptor
        self._durability.data(descriptor)
        names = os.fstat(descriptor).st_nlink
        self._file.closeFile()
        if not names:
            raise FileBusy("Somebody else removed or replaced the file meanwhile")

    def _undo(self) -> int | None:
        # Gives how many bytes the client can go on from.
        return self._position() if self._hasCome() else None

    def _position(self) -> int:
        return os.lseek(self._file.descriptor, 0, os.SEEK_CUR)

    def _hasCome(self) -> bool:
        # Who writes to the descriptor instead moves it, and is not seen.
        return self._position() > self._offset


class NewSink(FileSink):
    """
    Writes to a file that was made for the upload, and is removed again when
    nothing came.
    """

    def _undo(self) -> int | None:
        with suppress(OSError):
            self._removeEmpty()
        return super()._undo()

    def _removeEmpty(self) -> None:
        if os.fstat(self._file.descriptor).st_size:
            return
        if lock(self._file.descriptor, LOCK_EX) and self._file.isNamed:
            # Without the lock, somebody is about to append: see holdWhileEmpty.
            self._file.unlink()


class OverwritingSink(FileSink):
    """
    Writes over what a file holds from an offset on.  What is left of that is
    cut off behind the first bytes that come, or in the end if none come.
    """

    _isCut = False

    def _put(self, data: bytes | memoryview) -> None:
        super()._put(data)
        if data:
            # Not later: should the server die in between, the file's size
            # tells the client truly where to go on.
            self._cut()

    def _putFrom(self, pipe: int, count: int) -> None:
        super()._putFrom(pipe, count)
        self._cut()

    def _finish(self) -> None:
        self._cut()
        super()._finish()

    def _undo(self) -> int | None:
        if self._hasCome():
            self._cut()
        return super()._undo()

    def _cut(self) -> None:
        if not self._isCut:
            os.ftruncate(self._file.descriptor, self._position())
            self._isCut = True


class ReplacingSink(FileSink):
    """
    Writes to a hidden file beside the one that it takes the place of in the
    end.
    """

    def __init__(self, file: Opened, durability: Durability, calls: Calls, name: bytes) -> None:
        """
        @param file: the hidden file.
        @param name: the name that it gets.
        """
        super().__init__(file, durability, calls)
        self._name = name

    def _freesLittle(self) -> bool:
        return takesFile(self._file.folder, self._name)

    def _finish(self) -> None:
        try:
            super()._finish()
            self._file.rename(self._name)
        except (OSError, FileBusy):
            self._undo()
            raise

    def _undo(self) -> int | None:
        with suppress(OSError):
            self._file.unlink()
        return None
