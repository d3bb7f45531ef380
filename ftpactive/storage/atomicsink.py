"""
An upload that gets its name only when it is whole.
"""

from __future__ import annotations

import os
from contextlib import nullcontext, suppress
from dataclasses import dataclass

from ftpactive.core.errors import FileBusy, FTPError
from ftpactive.storage.abandoned import removeOld
from ftpactive.storage.blocking import Calls
from ftpactive.storage.copying import copyBeginning
from ftpactive.storage.durable import Durability
from ftpactive.storage.inheriting import inherit
from ftpactive.storage.known import takesFile
from ftpactive.storage.opened import Opened
from ftpactive.storage.sinks import FileSink

_MEANWHILE = "Somebody else changed the file meanwhile, nothing was appended"


@dataclass(frozen=True, slots=True)
class Goal:
    """
    What becomes of an upload.

    @ivar name: the name that it gets when it is whole.
    @ivar partial: the name under which its user finds it again when it was cut.
    @ivar keep: seconds for which uploads that were cut are kept.
    @ivar mustBeNew: may it replace nothing?
    """

    name: bytes
    partial: bytes
    keep: float
    mustBeNew: bool = False


@dataclass(frozen=True, slots=True)
class Base:
    """
    The whole file that an upload begins like.

    @ivar file: open for reading.
    @ivar status: as it was when the upload began.
    @ivar count: how many bytes of it the upload begins with.
    @ivar mustStay: may nobody change it before the upload is whole?
    """

    file: Opened
    status: os.stat_result
    count: int
    mustStay: bool

    @property
    def isAsItWas(self) -> bool:
        """
        Has the name still the same file, and the file the same contents?
        """
        now = os.fstat(self.file.descriptor)
        was = self.status
        isSame = (now.st_size, now.st_mtime_ns) == (was.st_size, was.st_mtime_ns)
        return isSame and self.file.isNamed


class AtomicSink(FileSink):
    """
    Writes to a hidden file, which nobody else holds, beside the name that it
    gets in the end.
    """

    def __init__(
        self,
        file: Opened,
        durability: Durability,
        calls: Calls,
        goal: Goal,
        *,
        offset: int = 0,
        isMade: bool = True,
        base: Base | None = None,
    ) -> None:
        """
        @param file: the hidden file.
        @param offset: how many bytes that it holds stay.
        @param isMade: was it made for this upload?  Then it goes when nothing
            comes.
        @param base: what has yet to be copied to it: see L{prepare}.
        """
        super().__init__(file, durability, calls, offset)
        self._goal = goal
        self._isMade = isMade
        self._base = base
        # To cut off nothing is not free: file systems take it for a sign that
        # the file is being replaced, and hurry to write what comes next.
        self._isCut = isMade

    async def prepare(self) -> None:
        """
        Copy what it begins with.  When that fails, it is discarded.

        @raise FileBusy: (450) that became shorter meanwhile.
        """
        if self._base is None:
            return
        descriptor = self._file.descriptor
        try:
            await self._calls(_empty, descriptor)
            source = self._base.file.descriptor
            await copyBeginning(source, descriptor, self._base.count, self._calls)
        except FTPError as error:
            await self.discard(error)
            raise

    def _put(self, data: bytes | memoryview) -> None:
        if data:
            # Before, not after: should the server die in between, bytes of
            # an earlier upload must not stand behind those of this one.
            self._cut()
        super()._put(data)

    def _putFrom(self, pipe: int, count: int) -> None:
        self._cut()
        super()._putFrom(pipe, count)

    def _commit(self, rest: list[bytes]) -> None:
        with self._base.file if self._base else nullcontext():
            super()._commit(rest)

    def _discard(self, rest: list[bytes]) -> int | None:
        # What came is kept, for its user to go on with; old ones in the same
        # folder are removed.
        with self._base.file if self._base else nullcontext():
            return super()._discard(rest)

    def _freesLittle(self) -> bool:
        return takesFile(self._file.folder, self._goal.name)

    def _finish(self) -> None:
        # It is closed, and with that free for others, only when it has its
        # name.  What network file systems tell when a file is closed, they
        # tell of a second descriptor, too.
        descriptor = self._file.descriptor
        try:
            self._cut()
            os.close(os.dup(descriptor))
            self._durability.data(descriptor)
            if self._base and self._base.mustStay and not self._base.isAsItWas:
                raise FileBusy(_MEANWHILE)
        except (OSError, FileBusy):
            self._forget()
            raise
        if not self._file.isNamed:
            raise FileBusy("Somebody else removed the file meanwhile")
        try:
            self._settle()
        except (OSError, FileBusy):
            # Nobody would find it again under the name that it may have.
            self._isKept()
            raise
        self._file.closeFile()

    def _settle(self) -> None:
        if not self._goal.mustBeNew:
            self._inherit()
            self._file.rename(self._goal.name)
            return
        try:
            self._file.link(self._goal.name)
        except FileExistsError:
            raise FileBusy("Somebody else made a file of that name meanwhile") from None
        self._file.unlink()

    def _inherit(self) -> None:
        with suppress(FileNotFoundError):
            old = os.stat(self._goal.name, dir_fd=self._file.folder, follow_symlinks=False)
            inherit(self._file.descriptor, old)

    def _undo(self) -> int | None:
        if not self._hasCome():
            if self._isMade:
                self._forget()
                return None
            return os.fstat(self._file.descriptor).st_size
        self._cut()
        return self._position() if self._isKept() else None

    def _isKept(self) -> bool:
        goal = self._goal
        removeOld(self._file.folder, goal.keep)
        if self._file.name == goal.partial:
            return True
        # Another upload of the same name had begun before; what is there of it
        # goes first.
        try:
            self._file.link(goal.partial)
        except OSError:
            return False
        finally:
            self._forget()
        return True

    def _cut(self) -> None:
        if not self._isCut:
            os.ftruncate(self._file.descriptor, self._position())
            self._isCut = True

    def _forget(self) -> None:
        with suppress(OSError):
            if self._file.isNamed:
                self._file.unlink()


def _empty(descriptor: int) -> None:
    if os.fstat(descriptor).st_size:
        os.ftruncate(descriptor, 0)
