"""
Which uploads rules permit.
"""

from __future__ import annotations

import secrets

from zope.interface import implementer

from ftpactive.core.account import Permission
from ftpactive.core.errors import (
    AlreadyExists,
    BadName,
    BadRestart,
    FileUnavailable,
    IsADirectory,
    NotFound,
    PermissionDenied,
)
from ftpactive.core.facts import Kind
from ftpactive.core.path import Path
from ftpactive.core.rules import Rules
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, IStorage

#: How often a drop box looks for a free name, and how long, in bytes, a name
#: may be so that another one can be made of it.
_TRIES, _LONGEST = 10, 240

#: Who may do both can go on with a cut upload from any byte on.
_ANYWHERE = frozenset({Permission.WRITE, Permission.APPEND})


class PermittedUploads:
    """
    Opens files of another storage to receive uploads, as rules permit.
    """

    def __init__(self, storage: IStorage, rules: Rules) -> None:
        self._storage = storage
        self._rules = rules

    async def open(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Begin an upload: see L{IStorage.openForWriting}.

        @raise PermissionDenied: (550) the rules forbid it.
        """
        sink = await self._open(path, offset, mode)
        return sink if self._rules.at(path) >= _ANYWHERE else FinalSink(sink)

    async def _open(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        if mode is WriteMode.APPEND:
            return await self._append(path)
        if offset:
            return await self._continue(path, offset)
        if Permission.WRITE in self._rules.at(path):
            return await self._storage.openForWriting(path, 0, mode)
        return await self._drop(path)

    async def _append(self, path: Path) -> ISink:
        permitted = self._rules.at(path)
        if Permission.APPEND not in permitted:
            return await self._appendToNothing(path)
        if Permission.WRITE not in permitted:
            await self._size(path)
        return await self._storage.openForWriting(path, 0, WriteMode.APPEND)

    async def _appendToNothing(self, path: Path) -> ISink:
        # A file that is not there is made by APPE.
        self._rules.demand(path, Permission.WRITE)
        try:
            return await self._storage.openForWriting(path, 0, WriteMode.CREATE)
        except AlreadyExists:
            raise PermissionDenied() from None

    async def _continue(self, path: Path, offset: int) -> ISink:
        self._rules.demand(path, Permission.APPEND)
        if Permission.WRITE in self._rules.at(path):
            return await self._storage.openForWriting(path, offset, WriteMode.REPLACE)
        size = await self._size(path)
        if offset < size:
            raise PermissionDenied(f"What is there must stay: REST {size} goes on behind it")
        if offset > size:
            raise BadRestart()
        # What others append before the first byte comes must stay, too.
        return await self._storage.openForWriting(path, 0, WriteMode.APPEND)

    async def _size(self, path: Path) -> int:
        try:
            facts = await self._storage.stat(path)
        except NotFound:
            raise PermissionDenied() from None
        if facts.kind is Kind.LINK:
            # To append by way of it would make the file that it leads to.
            raise PermissionDenied()
        return facts.size

    async def _drop(self, path: Path) -> ISink:
        # A name that is taken becomes another one in the same folder.
        self._rules.demandInFolder(path, Permission.DROP)
        if not path:
            raise IsADirectory()
        try:
            return await self._dropUnseen(path)
        except FileUnavailable:
            # Why it cannot be would tell what is there.
            raise PermissionDenied() from None

    async def _dropUnseen(self, path: Path) -> ISink:
        chosen = path
        for _ in range(_TRIES):
            try:
                return await self._storage.openForWriting(chosen, 0, WriteMode.CREATE)
            except AlreadyExists:
                chosen = (*path[:-1], _another(path[-1]))
        raise BadName("No free name found")


@implementer(ISink)
class FinalSink:
    """
    Passes an upload on that its user may not go on with from just anywhere: it
    promises nothing when it was cut.
    """

    def __init__(self, sink: ISink) -> None:
        self._sink = sink

    def fileno(self) -> int | None:
        """
        Give the descriptor, if there is one.
        """
        return self._sink.fileno()

    async def write(self, data: bytes) -> None:
        """
        Take the next bytes.
        """
        await self._sink.write(data)

    async def commit(self) -> None:
        """
        The client closed cleanly: the file is whole.
        """
        await self._sink.commit()

    async def discard(self, reason: BaseException) -> None:
        """
        The upload was cut.
        """
        await self._sink.discard(reason)


def _another(name: str) -> str:
    # Cut as bytes are counted, so that it is not too long for any file.
    start = name.encode("utf-8", "surrogateescape")[:_LONGEST]
    return f"{start.decode('utf-8', 'surrogateescape')}.{secrets.token_hex(4)}"
