"""
A storage in a dict: for tests, examples and first steps.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from zope.interface import implementer

from ftpactive.abilities import IModes, ISpace, ITimes
from ftpactive.core.errors import (
    AlreadyExists,
    BadName,
    BadRestart,
    DirectoryNotEmpty,
    IsADirectory,
    NotADirectory,
    NotFound,
    PermissionDenied,
)
from ftpactive.core.facts import Entry, Facts, Kind
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource, IStorage
from ftpactive.storage.memoryfiles import (
    FILE_MODE,
    Contents,
    MemorySink,
    MemorySource,
    NewMemorySink,
    OverwritingMemorySink,
    ReplacingMemorySink,
    Room,
)

#: Names to contents: L{bytes} for a file, a dict of the same form for a folder.
Tree = dict[str, Any]

Batches = AsyncIterator[list[Entry]]


@dataclass
class _Marks:
    """
    What is known of a folder; a dict has no room for it.

    @ivar folder: held so that no other dict gets its number.
    """

    folder: Tree
    modified: float
    mode: int = 0o755


@implementer(IStorage, IModes, ITimes, ISpace)
class MemoryStorage:
    """
    Files in a dict, which may be looked at and changed at any time::

        MemoryStorage({"a.txt": b"hello", "folder": {"b": b""}})

    Storages that are given the same dict show the same files.  Permission
    bits are kept and shown; they forbid nothing.

    @ivar umask: see L{IModes}.
    """

    def __init__(self, tree: Tree | None = None, *, capacity: int | None = None) -> None:
        """
        @param tree: the dict itself, not a copy of it, is what is stored in.
        @param capacity: how many bytes all files may have together; an
            upload that passes it fails with L{NoSpace}.
        """
        self.tree: Tree = {} if tree is None else tree
        self._room = Room(self.tree, capacity)
        self._began = time.time()
        self._marks: dict[int, _Marks] = {}
        self.umask = 0o022

    async def stat(self, path: Path) -> Facts:
        """
        Tell what is known of a path.
        """
        return self._facts(path, self._node(path))

    async def list(self, path: Path) -> Batches:
        """
        Give what is in a folder.
        """
        folder = _folder(self._node(path))
        names = sorted(folder, key=lambda name: name.encode("utf-8", "surrogateescape"))
        entries = [(name, self._facts((*path, name), folder[name])) for name in names]
        if entries:
            yield entries

    async def openForReading(self, path: Path, offset: int) -> ISource:
        """
        Open a file to be sent.
        """
        contents = _file(self._node(path))
        if offset > len(contents):
            raise BadRestart()
        return MemorySource(contents, offset)

    async def openForWriting(self, path: Path, offset: int, mode: WriteMode) -> ISink:
        """
        Open a file to receive an upload.
        """
        if not path:
            raise IsADirectory()
        folder, name = self._parent(path), path[-1]
        if name not in folder:
            if offset:
                raise BadRestart()
            new = folder[name] = Contents(mode=0o666 & ~self.umask)
            return NewMemorySink(new, self._room, folder, name)
        if mode is WriteMode.CREATE:
            raise AlreadyExists()
        old = self._contents(folder, name)
        if offset > len(old):
            raise BadRestart()
        if mode is WriteMode.APPEND:
            return MemorySink(old, self._room)
        if offset:
            return OverwritingMemorySink(old, self._room, offset)
        return ReplacingMemorySink(Contents(mode=old.mode), self._room, folder, name)

    async def makeDirectory(self, path: Path) -> None:
        """
        Make one folder.
        """
        if not path or path[-1] in self._parent(path):
            raise AlreadyExists()
        folder: Tree = {}
        self._parent(path)[path[-1]] = folder
        self._marks[id(folder)] = _Marks(folder, time.time(), 0o777 & ~self.umask)

    async def remove(self, path: Path) -> None:
        """
        Remove a file.
        """
        _file(self._node(path))
        del self._parent(path)[path[-1]]

    async def removeDirectory(self, path: Path) -> None:
        """
        Remove an empty folder.
        """
        if not path:
            raise PermissionDenied()
        folder = _folder(self._node(path))
        if folder:
            raise DirectoryNotEmpty()
        self._marks.pop(id(folder), None)
        del self._parent(path)[path[-1]]

    async def rename(self, old: Path, new: Path) -> None:
        """
        Give a file or folder another name.
        """
        if not old or not new:
            raise PermissionDenied()
        node, folder = self._node(old), self._parent(new)
        if old == new:
            return
        inTheWay = folder.get(new[-1])
        if isinstance(inTheWay, dict) or (inTheWay is not None and isinstance(node, dict)):
            raise AlreadyExists()
        if new[: len(old)] == old:
            # A folder cannot go into itself; on a disk this is EINVAL.
            raise BadName()
        del self._parent(old)[old[-1]]
        folder[new[-1]] = node

    async def setMode(self, path: Path, mode: int) -> None:
        """
        Set the permission bits.
        """
        self._marked(path).mode = mode

    async def setModified(self, path: Path, seconds: float) -> None:
        """
        Set the time of the last change.
        """
        self._marked(path).modified = seconds

    async def available(self, path: Path) -> int:
        """
        Tell how many more bytes fit; without a capacity, more than there can
        be.
        """
        _folder(self._node(path))
        return self._room.left()

    def _node(self, path: Path) -> Any:
        node: Any = self.tree
        for name in path:
            folder = _folder(node)
            if name not in folder:
                raise NotFound()
            node = folder[name]
        return node

    def _parent(self, path: Path) -> Tree:
        return _folder(self._node(path[:-1]))

    def _contents(self, folder: Tree, name: str) -> Contents:
        # Bytes that somebody put in the dict cannot be written to.
        node = _file(folder[name])
        if isinstance(node, Contents):
            return node
        contents = folder[name] = Contents(node, modified=self._began)
        return contents

    def _marked(self, path: Path) -> _Marks | Contents:
        node = self._node(path)
        if isinstance(node, dict):
            return self._marks.setdefault(id(node), _Marks(node, self._began))
        return self._contents(self._parent(path), path[-1])

    def _facts(self, path: Path, node: Any) -> Facts:
        if not isinstance(node, dict):
            isMarked = isinstance(node, Contents)
            mode, modified = (node.mode, node.modified) if isMarked else (FILE_MODE, self._began)
            return Facts(Kind.FILE, len(node), modified, mode, perm="adfrw")
        marks = self._marks.get(id(node)) or _Marks(node, self._began)
        perm = "cdeflmp" if path else "celmp"
        return Facts(Kind.DIRECTORY, 0, marks.modified, marks.mode, links=2, perm=perm)


def _folder(node: Any) -> Tree:
    if not isinstance(node, dict):
        raise NotADirectory()
    return node


def _file(node: Any) -> bytes:
    if isinstance(node, dict):
        raise IsADirectory()
    contents: bytes = node
    return contents
