"""
Any avatar of a realm for Twisted's own FTP server, as a storage.

Importing this module registers the adapter: C{IStorage(avatar)} works.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from twisted.protocols.ftp import IFTPShell
from twisted.python.components import registerAdapter
from zope.interface import implementer

from ftpactive.core.errors import (
    AlreadyExists,
    BadRestart,
    FTPError,
    NotADirectory,
    NotFound,
    NotImplementedHere,
    PermissionDenied,
)
from ftpactive.core.facts import Entry, Facts
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage
from ftpactive.storage.shellerrors import asked
from ftpactive.storage.shellfacts import KEYS, nameOf, readFacts
from ftpactive.storage.shellfiles import ShellSink, ShellSource

Entries = list[Entry]
Batches = AsyncIterator[Entries]

_BATCH = 256


@implementer(IStorage)
class ShellStorage:
    """
    Speaks to an L{IFTPShell}.

    A shell knows whole files only.  So a restarted download reads what it
    leaves out, an upload can neither be continued nor appended, a file that
    is replaced is gone when the upload begins (unless the shell takes care of
    that), and the shell is not told that an upload was cut; but a new file of
    which nothing came is removed.
    """

    def __init__(self, shell: IFTPShell) -> None:
        self._shell: Any = shell

    async def stat(self, path: Path) -> Facts:
        """
        Tell what is known of a path.
        """
        return readFacts(await asked(self._shell.stat, list(path), KEYS), isRoot=not path)

    async def list(self, path: Path) -> Batches:
        """
        Give what is in a folder.
        """
        # Of a file, a shell lists the file itself.
        await self._requireFolder(path)
        entries = await self._entries(path)
        entries.sort(key=lambda entry: entry[0].encode("utf-8", "surrogateescape"))
        for start in range(0, len(entries), _BATCH):
            yield entries[start : start + _BATCH]

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Open a file to be sent.
        """
        left = await self._size(path, offset)
        source = ShellSource(await asked(self._shell.openForReading, list(path)), left)
        try:
            await source.skip(offset)
        except BaseException:
            source.close()
            raise
        return source

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Open a file to receive an upload.

        @raise NotImplementedHere: (502) it should be continued or appended.
        """
        if mode is WriteMode.APPEND or offset:
            raise NotImplementedHere("Uploads here must begin at the start of the file")
        isNew = await self._isFree(path)
        if mode is WriteMode.CREATE and not isNew:
            raise AlreadyExists()
        file = await asked(self._shell.openForWriting, list(path))
        return ShellSink(
            file, await asked(file.receive), partial(self._removeEmpty, path) if isNew else None
        )

    async def makeDirectory(self, path: Path) -> None:
        """
        Make one folder.
        """
        # Twisted's own shell would make all the folders on the way, too.
        if path:
            await self._requireFolder(path[:-1])
        await asked(self._shell.makeDirectory, list(path))

    async def remove(self, path: Path) -> None:
        """
        Remove a file.
        """
        await asked(self._shell.removeFile, list(path))

    async def removeDirectory(self, path: Path) -> None:
        """
        Remove an empty folder.
        """
        # Twisted's own shell would do it.
        if not path:
            raise PermissionDenied()
        await asked(self._shell.removeDirectory, list(path))

    async def rename(self, old: Path, new: Path) -> None:
        """
        Give a file or folder another name.
        """
        if not old or not new:
            raise PermissionDenied()
        moved, inTheWay = await self.stat(old), await self._find(new)
        if inTheWay and old != new and (moved.isDirectory or inTheWay.isDirectory):
            raise AlreadyExists()
        await asked(self._shell.rename, list(old), list(new))

    async def _isFree(self, path: Path) -> bool:
        try:
            return await self._find(path) is None
        except (FTPError, NotImplementedError):
            # A shell may take uploads and tell nothing about them.
            return False

    async def _removeEmpty(self, path: Path) -> None:
        # Somebody else may have put a file there meanwhile.
        if (await self.stat(path)).size == 0:
            await self.remove(path)

    async def _find(self, path: Path) -> Facts | None:
        try:
            return await self.stat(path)
        except NotFound:
            return None

    async def _size(self, path: Path, offset: int) -> int | None:
        try:
            size = (await self.stat(path)).size
        except FTPError:
            # It may still be open to reading.
            return None
        if offset > size:
            raise BadRestart()
        return size - offset

    async def _requireFolder(self, path: Path) -> None:
        if not (await self.stat(path)).isDirectory:
            raise NotADirectory()

    async def _entries(self, path: Path) -> Entries:
        try:
            found = await asked(self._shell.list, list(path), KEYS)
        except FTPError:
            # In Twisted's own shell, one dangling link makes all of it fail.
            return await self._entriesOneByOne(path)
        return [(nameOf(name), readFacts(values)) for name, values in found]

    async def _entriesOneByOne(self, path: Path) -> Entries:
        entries = []
        for raw, _ in await asked(self._shell.list, list(path), ()):
            name = nameOf(raw)
            facts = await self._find((*path, name))
            if facts is not None:
                entries.append((name, facts))
        return entries


registerAdapter(ShellStorage, IFTPShell, IStorage)
