"""
Which uploads rules permit.
"""

from __future__ import annotations

import secrets

from ftpactive.core.account import Permission
from ftpactive.core.errors import (
    AlreadyExists,
    BadName,
    IsADirectory,
    NotFound,
    PermissionDenied,
)
from ftpactive.core.path import Path
from ftpactive.core.rules import Rules
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, IStorage

#: How often a drop box looks for a free name, and how long, in bytes, a name
#: may be so that another one can be made of it.
_TRIES, _LONGEST = 10, 240


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
        if Permission.WRITE not in self._rules.at(path):
            size = await self._size(path)
            if offset < size:
                raise PermissionDenied(f"What is there must stay: REST {size} goes on behind it")
        return await self._storage.openForWriting(path, offset, WriteMode.REPLACE)

    async def _size(self, path: Path) -> int:
        try:
            return (await self._storage.stat(path)).size
        except NotFound:
            raise PermissionDenied() from None

    async def _drop(self, path: Path) -> ISink:
        self._rules.demand(path, Permission.DROP)
        if not path:
            raise IsADirectory()
        chosen = path
        for _ in range(_TRIES):
            try:
                return await self._storage.openForWriting(chosen, 0, WriteMode.CREATE)
            except AlreadyExists:
                chosen = (*path[:-1], _another(path[-1]))
        raise BadName("No free name found")


def _another(name: str) -> str:
    # Cut as bytes are counted, so that it is not too long for any file.
    start = name.encode("utf-8", "surrogateescape")[:_LONGEST]
    return f"{start.decode('utf-8', 'surrogateescape')}.{secrets.token_hex(4)}"
