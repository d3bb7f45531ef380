"""
Going through folders for a client: a bounded number of them, a little at a
time, and closed again however it ends.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

from ftpactive.abilities import ILines, Write, WriteNames
from ftpactive.core.closing import closing
from ftpactive.core.errors import FileUnavailable, LocalError
from ftpactive.core.facts import Entry, Facts, rowOf
from ftpactive.core.path import Path
from ftpactive.verbs.ability import can
from ftpactive.verbs.conversation import Conversation

T = TypeVar("T")

Batch = list[Entry]
Batches = AsyncGenerator[Batch, None]

#: How many folders one pattern may look into.
PATTERN = 10_000

#: How many a tree may have.
TREE = 100_000

#: How deep a tree is followed: a storage that does not tell a link from what
#: it leads to could make it endless.
DEEPEST = 64


class Walk:
    """
    What one command looks at.  Everybody else has a turn before each folder
    but the first, and after each batch of names; there it ends when the client
    has left, or has sent ABOR.
    """

    def __init__(self, c: Conversation, most: int) -> None:
        """
        @param most: how many folders it may look into.
        """
        self._c = c
        self._most = most
        self._looks = 0

    def list(self, path: Path) -> Batches:
        """
        Give what is in a folder: see L{IStorage.list}.  Close it with
        C{aclosing} where it may be left early.

        @raise LocalError: (451, at the first step) it is one folder too many.
        """
        return self._turns(self._c.storage.list(path))

    def lines(self, path: Path, write: Write) -> AsyncGenerator[bytes, None]:
        """
        Give lines of what is in a folder: as L{list}, but what a function
        makes of a few names at a time.
        """
        if can(self._c, ILines):
            return self._turns(ILines(self._c.storage).lines(path, write))
        return self._written(path, lambda batch: write(map(rowOf, batch)))

    def names(self, path: Path, write: WriteNames) -> AsyncGenerator[bytes, None]:
        """
        Give lines of the names in a folder: likewise.
        """
        if can(self._c, ILines):
            return self._turns(ILines(self._c.storage).names(path, write))
        return self._written(path, lambda batch: write([name for name, _ in batch]))

    async def _written(
        self, path: Path, write: Callable[[Batch], bytes]
    ) -> AsyncGenerator[bytes, None]:
        async with aclosing(self.list(path)) as batches:
            async for batch in batches:
                yield write(batch)

    async def _turns(self, found: AsyncIterator[T]) -> AsyncGenerator[T, None]:
        await self._look()
        async with closing(found) as batches:
            async for batch in batches:
                yield batch
                await self._c.breathe()

    async def stat(self, path: Path) -> Facts:
        """
        Tell what is known of a path, which counts as much as a folder.

        @raise LocalError: (451) likewise.
        """
        await self._look()
        return await self._c.storage.stat(path)

    async def _look(self) -> None:
        self._looks += 1
        if self._looks > self._most:
            raise LocalError(f"More than {self._most} folders to look into: ask for fewer")
        if self._looks > 1:
            await self._c.breathe()


async def quietly(found: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """
    Pass over what cannot be looked into: a pattern, or a tree, shows what
    there is.
    """
    try:
        async with aclosing(found):
            async for each in found:
                yield each
    except FileUnavailable:
        return
