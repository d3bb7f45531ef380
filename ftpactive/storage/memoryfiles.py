"""
Files of a L{MemoryStorage} being sent and received.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from zope.interface import implementer

from ftpactive.core.errors import FileBusy, IsADirectory, NoSpace
from ftpactive.interfaces import ISink, ISource

#: The permission bits of a file about which nobody said anything.
FILE_MODE = 0o644


class Contents(bytearray):
    """
    The contents of a file that was uploaded; equal to the L{bytes} of it.

    @ivar mode: the permission bits.
    @ivar modified: when it was last written to, in seconds since the epoch.
    @ivar writers: how many uploads to it are under way.
    """

    def __init__(
        self, data: bytes = b"", *, mode: int = FILE_MODE, modified: float | None = None
    ) -> None:
        super().__init__(data)
        self.mode = mode
        self.modified = time.time() if modified is None else modified
        self.writers = 0


class Room:
    """
    How much fits in a tree.
    """

    def __init__(self, tree: dict[str, Any], capacity: int | None) -> None:
        self._tree = tree
        self._capacity = capacity

    def left(self) -> int:
        """
        Tell how many more bytes fit.
        """
        if self._capacity is None:
            return sys.maxsize
        return max(0, self._capacity - _total(self._tree))

    def holds(self, contents: Any) -> bool:
        """
        Has a file still a name?
        """
        return _holds(self._tree, contents)

    def require(self, count: int) -> None:
        """
        Make sure that so many more bytes fit.

        @raise NoSpace: (452) they don't.
        """
        if count > 0 and count > self.left():
            raise NoSpace()


def _total(node: Any) -> int:
    if isinstance(node, dict):
        return sum(map(_total, node.values()))
    return len(node)


def _holds(node: Any, contents: Any) -> bool:
    if isinstance(node, dict):
        return any(_holds(each, contents) for each in node.values())
    return node is contents


@implementer(ISource)
class MemorySource:
    """
    Bytes in memory, from an offset on.
    """

    def __init__(self, contents: bytes, offset: int) -> None:
        self._contents = contents
        self._position = offset
        self.size: int | None = len(contents) - offset

    def fileno(self) -> None:
        """
        There is no descriptor.
        """

    async def read(self, count: int) -> bytes:
        """
        Give the next bytes.
        """
        data = bytes(self._contents[self._position : self._position + count])
        self._position += len(data)
        return data

    def close(self) -> None:
        """
        Nothing is held.
        """


@implementer(ISink)
class MemorySink:
    """
    Takes bytes behind what a file holds.
    """

    def __init__(self, contents: Contents, room: Room) -> None:
        """
        @param contents: what is written to; it is in the tree.
        """
        self._contents = contents
        self._room = room
        contents.writers += 1

    def fileno(self) -> None:
        """
        There is no descriptor.
        """

    async def write(self, data: bytes) -> None:
        """
        Take the next bytes.
        """
        if data:
            self._room.require(len(data))
            self._contents += data
            self._contents.modified = time.time()

    async def commit(self) -> None:
        """
        The file is whole.

        @raise FileBusy: (450) somebody has removed or replaced it meanwhile.
        """
        self._contents.writers -= 1
        if not self._room.holds(self._contents):
            raise FileBusy("Somebody else removed or replaced the file meanwhile")

    async def discard(self, reason: BaseException) -> None:
        """
        Leave everything as it is.
        """
        self._contents.writers -= 1


class NewMemorySink(MemorySink):
    """
    Takes the bytes of a file that was made for them, and is removed again
    when none came.
    """

    def __init__(self, contents: Contents, room: Room, folder: dict[str, Any], name: str) -> None:
        super().__init__(contents, room)
        self._folder = folder
        self._name = name

    async def discard(self, reason: BaseException) -> None:
        """
        Remove the file if it is as it was made, and nobody else writes to it.
        """
        await super().discard(reason)
        isUntouched = not self._contents and not self._contents.writers
        if isUntouched and self._folder.get(self._name) is self._contents:
            del self._folder[self._name]


class OverwritingMemorySink(MemorySink):
    """
    Takes bytes in the place of those that a file holds from an offset on;
    they are there until the first byte comes.
    """

    def __init__(self, contents: Contents, room: Room, offset: int) -> None:
        super().__init__(contents, room)
        self._position = offset
        self._isCut = False

    async def write(self, data: bytes) -> None:
        """
        Take the next bytes.
        """
        if data:
            end = self._position + len(data)
            self._room.require(end - len(self._contents))
            self._contents[self._position : end] = data
            self._contents.modified = time.time()
            self._position = end
            self._cut()

    async def commit(self) -> None:
        """
        The file ends where the upload ended.
        """
        self._cut()
        await super().commit()

    def _cut(self) -> None:
        if not self._isCut:
            del self._contents[self._position :]
            self._isCut = True


class ReplacingMemorySink(MemorySink):
    """
    Takes the bytes of a file that replaces another one in the end.
    """

    def __init__(self, contents: Contents, room: Room, folder: dict[str, Any], name: str) -> None:
        """
        @param contents: not in the tree yet.
        @param folder: where they go.
        @param name: the name that they get.
        """
        super().__init__(contents, room)
        self._folder = folder
        self._name = name

    async def write(self, data: bytes) -> None:
        """
        Take the next bytes.
        """
        # Until the end both files need room; the tree holds only the old one.
        self._room.require(len(self._contents) + len(data))
        await super().write(data)

    async def commit(self) -> None:
        """
        The file is whole: it takes its place.
        """
        self._contents.writers -= 1
        if isinstance(self._folder.get(self._name), dict):
            raise IsADirectory()
        self._folder[self._name] = self._contents
