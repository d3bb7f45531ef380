"""
A file that notes how it is let go of.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource
from ftpactive.storage.memory import MemoryStorage


@implementer(ISource, ISink)
class Watched:
    """
    A file that notes how it is let go of.

    @ivar ends: the calls that ended it.
    @ivar fault: what C{read}, C{write} and C{commit} raise, if anything.
    """

    size = None

    def __init__(self) -> None:
        self.ends: list[str] = []
        self.fault: dict[str, Exception] = {}

    def fileno(self) -> None:
        """
        There is no descriptor.
        """

    async def read(self, count: int) -> bytes:
        """
        Give nothing.
        """
        self._fail("read")
        return b""

    async def write(self, data: bytes) -> None:
        """
        Take it.
        """
        self._fail("write")

    def close(self) -> None:
        """
        A source ends.
        """
        self.ends.append("close")

    async def commit(self) -> None:
        """
        A sink ends well.
        """
        self.ends.append("commit")
        self._fail("commit")

    async def discard(self, reason: BaseException) -> None:
        """
        A sink does not.
        """
        self.ends.append(f"discard {type(reason).__name__}")

    def _fail(self, name: str) -> None:
        if name in self.fault:
            raise self.fault[name]


class WatchedStorage(MemoryStorage):
    """
    A storage whose one file is watched.

    @ivar opening: what opening it waits for.
    @ivar opened: how uploads were begun.
    """

    def __init__(self) -> None:
        super().__init__({"a": b""})
        self.file = Watched()
        self.opening: Deferred[None] | None = None
        self.opened: list[tuple[Path, int, WriteMode]] = []

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Give the file.
        """
        await self._open()
        return self.file

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Give the file.
        """
        await self._open()
        self.opened.append((path, offset, mode))
        return self.file

    async def _open(self) -> None:
        if self.opening is not None:
            await self.opening
