"""
Work on many files at once, a little at a time, so that everybody else gets
their turn.
"""

from __future__ import annotations

from ftpactive.core.errors import AlreadyExists, FileUnavailable, LocalError, PermissionDenied
from ftpactive.core.path import Path
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, IStorage
from ftpactive.verbs.conversation import Conversation

_CHUNK = 256 * 1024

#: How deep a tree is followed; a link could make it endless.
_DEEPEST = 64


async def copyInto(c: Conversation, old: Path, sink: ISink) -> None:
    """
    Write all of a file to a sink.
    """
    source = await c.storage.openForReading(old, 0)
    try:
        while data := await source.read(_CHUNK):
            await sink.write(data)
            await c.breathe()
    finally:
        source.close()


async def append(c: Conversation, olds: list[Path], new: Path, mode: WriteMode) -> None:
    """
    Write files one behind the other to another one, which is whole or not
    there.
    """
    sink = await c.storage.openForWriting(new, 0, mode)
    try:
        for old in olds:
            await copyInto(c, old, sink)
    except BaseException as reason:
        await sink.discard(reason)
        raise
    await sink.commit()


async def copyTree(c: Conversation, old: Path, new: Path, depth: int = 0) -> None:
    """
    Copy a file, or a folder with all that is in it.
    """
    if depth > _DEEPEST:
        raise LocalError("Too deep: does a link lead back to a folder above?")
    if not (await c.storage.stat(old)).isDirectory:
        await append(c, [old], new, WriteMode.REPLACE)
        return
    await _makeUnlessThere(c.storage, new)
    for name in await _names(c, old):
        await copyTree(c, (*old, name), (*new, name), depth + 1)
        await c.breathe()


async def removeTree(c: Conversation, path: Path) -> None:
    """
    Remove a folder with all that is in it.  A link in it is removed, not
    what it leads to.
    """
    if not path:
        raise PermissionDenied("The root cannot be removed")
    for name in await _names(c, path):
        await _removeAny(c, (*path, name))
        await c.breathe()
    await c.storage.removeDirectory(path)


async def _removeAny(c: Conversation, path: Path) -> None:
    # To remove it as a file comes first: a link to a folder is not a folder
    # to look into.
    try:
        await c.storage.remove(path)
    except FileUnavailable:
        await removeTree(c, path)


async def makeAll(storage: IStorage, path: Path) -> None:
    """
    Make a folder, and those above it that are missing.

    @raise AlreadyExists: (550) it is there.
    """
    for end in range(1, len(path)):
        await _makeUnlessThere(storage, path[:end])
    await storage.makeDirectory(path)


async def _makeUnlessThere(storage: IStorage, path: Path) -> None:
    try:
        await storage.makeDirectory(path)
    except AlreadyExists:
        if not (await storage.stat(path)).isDirectory:
            raise


async def _names(c: Conversation, path: Path) -> list[str]:
    return [name async for batch in c.storage.list(path) for name, _ in batch]
