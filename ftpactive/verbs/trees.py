"""
Work on many files at once, a little at a time, so that everybody else gets
their turn.
"""

from __future__ import annotations

from contextlib import aclosing

from ftpactive.core.errors import (
    AlreadyExists,
    BadArgument,
    DirectoryNotEmpty,
    FileUnavailable,
    IsADirectory,
    LocalError,
)
from ftpactive.core.path import Path, toText
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.transfer import Part
from ftpactive.verbs.walking import DEEPEST, TREE, Walk

_CHUNK = 256 * 1024


async def copyInto(c: Conversation, old: Path, sink: ISink) -> None:
    """
    Write all that a file holds now to a sink.
    """
    source = await c.storage.openForReading(old, 0)
    try:
        # By another name it may be the very file that is written to, which
        # would have no end.
        part = source if source.size is None else Part(source, source.size)
        while data := await part.read(_CHUNK):
            await sink.write(data)
            await c.breathe()
    finally:
        source.close()


async def append(c: Conversation, olds: list[Path], new: Path, mode: WriteMode) -> None:
    """
    Write files one behind the other to another one.  Where that fails, the
    other one is what a cut upload would have left.
    """
    sink = await c.storage.openForWriting(new, 0, mode)
    try:
        for old in olds:
            await copyInto(c, old, sink)
    except BaseException as reason:
        await sink.discard(reason)
        raise
    await sink.commit()


async def copyTree(c: Conversation, old: Path, new: Path) -> None:
    """
    Copy a file, or a folder with all that is in it, links as what they lead
    to.

    @raise BadArgument: (501) a link leads back to a folder above, or to the
        copy.
    @raise LocalError: (451) it is too deep, or has too many folders: links to
        each other make many of few.
    """
    await _copy(c, Walk(c, TREE), old, new, ())


async def _copy(c: Conversation, walk: Walk, old: Path, new: Path, above: tuple[str, ...]) -> None:
    """
    @param above: what is C{unique} of the folders above, of the old ones and
        the new ones.
    """
    facts = await c.storage.stat(old)
    if facts.unique and facts.unique in (*above, await unique(c, new)):
        raise BadArgument(f"{toText(old)} leads back to the copy, or to a folder above it")
    if not facts.isDirectory:
        await append(c, [old], new, WriteMode.REPLACE)
        return
    if len(above) > 2 * DEEPEST:
        raise LocalError(f"{toText(old)} is too deep")
    await _makeUnlessThere(c, new)
    above = (*above, facts.unique, await unique(c, new))
    for name in await _names(walk, old):
        await _copy(c, walk, (*old, name), (*new, name), above)
        await c.breathe()


async def unique(c: Conversation, path: Path) -> str:
    """
    Give what is the same for the same file; nothing when it is not there, or
    the storage cannot tell.
    """
    try:
        return (await c.storage.stat(path)).unique
    except FileUnavailable:
        return ""


async def removeTree(c: Conversation, path: Path) -> None:
    """
    Remove a folder with all that is in it.  A link in it is removed, not
    what it leads to; nor is one taken for a folder.
    """
    folders, emptied = [path], set[Path]()
    while folders:
        folder = folders[-1]
        # To remove it comes first, and tells a folder from a link to one.
        try:
            await c.storage.removeDirectory(folder)
        except DirectoryNotEmpty:
            if folder in emptied:
                # Something is in it that is not listed, or has come meanwhile.
                raise
            emptied.add(folder)
            folders += await _removeFiles(c, folder)
        else:
            folders.pop()
        await c.breathe()


async def _removeFiles(c: Conversation, folder: Path) -> list[Path]:
    """
    Remove all that is in a folder but folders.

    @return: the folders.
    """
    folders = []
    for name in await _names(Walk(c, 1), folder):
        try:
            await c.storage.remove((*folder, name))
        except IsADirectory:
            folders.append((*folder, name))
        await c.breathe()
    return folders


async def makeAll(c: Conversation, path: Path) -> None:
    """
    Make a folder, and those above it that are missing.

    @raise AlreadyExists: (550) it is there.
    """
    for end in range(1, len(path)):
        await _makeUnlessThere(c, path[:end])
        await c.breathe()
    await c.storage.makeDirectory(path)


async def _makeUnlessThere(c: Conversation, path: Path) -> None:
    try:
        await c.storage.makeDirectory(path)
    except AlreadyExists:
        if not (await c.storage.stat(path)).isDirectory:
            raise


async def _names(walk: Walk, path: Path) -> list[str]:
    async with aclosing(walk.list(path)) as batches:
        return [name async for batch in batches for name, _ in batch]
