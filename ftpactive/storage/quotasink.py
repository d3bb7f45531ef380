"""
A file being received within a quota.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from zope.interface import implementer

from ftpactive.core.account import Quota, Usage
from ftpactive.core.path import Path
from ftpactive.interfaces import ISink
from ftpactive.storage.books import NOTHING, Books
from ftpactive.storage.underway import Open


@implementer(ISink)
class QuotaSink:
    """
    Takes as much as the quota has room for; what it took is charged while it
    comes, so that several uploads together do not pass it either.
    """

    def __init__(
        self,
        sink: ISink,
        books: Books,
        upload: Open,
        *,
        quota: Quota,
        freed: int,
        isNew: bool,
        ask: Callable[[Path], Awaitable[Usage | None]],
    ) -> None:
        """
        @param freed: how many bytes take the place of others.
        @param isNew: was the name free?
        @param ask: tells what is there, L{None} where that cannot be found out.
        """
        self._sink = sink
        self._books = books
        self._upload = upload
        self._quota = quota
        self._free = self._freed = freed
        self._isNew = isNew
        self._ask = ask
        self._written = 0
        self._granted = 0

    def fileno(self) -> None:
        """
        Who wrote to a descriptor would not be counted.
        """

    async def write(self, data: bytes) -> None:
        """
        Take the next bytes.

        @raise ExceededAllocation: (552) there is no room for them.
        """
        needed = self._written + len(data) - self._free - self._granted
        if needed > 0:
            self._granted += self._books.grant(self._quota, needed)
        await self._sink.write(data)
        self._written += len(data)

    async def commit(self) -> None:
        """
        The client closed cleanly: the file is whole.
        """
        try:
            await self._sink.commit()
        finally:
            await self._end()

    async def discard(self, reason: BaseException) -> int | None:
        """
        The upload was cut; what is kept of it counts.
        """
        try:
            return await self._sink.discard(reason)
        finally:
            await self._end()

    async def _end(self) -> None:
        async with self._books.alone:
            upload = self._books.look(self._upload)
            after = await self._ask(upload.path)
            if after == NOTHING and self._written and not upload.isRemoved:
                # It has another name by now, that somebody else gave it.
                after = None
            reserved = Usage(self._granted, int(self._isNew))
            self._books.end(upload, after, reserved=reserved, freed=self._freed)
