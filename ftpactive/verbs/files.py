"""
The tree of files: CWD CDUP PWD MKD RMD DELE RNFR RNTO SIZE MDTM.

RFC 959 section 4.1.3, RFC 1123 section 4.1.3.1 (the X forms), RFC 3659.
"""

from __future__ import annotations

from ftpactive.abilities import ITimes
from ftpactive.core.codec import Chain, onlyBytes
from ftpactive.core.errors import BadName, BadSequence, FileUnavailable, NotADirectory, NotFound
from ftpactive.core.facts import Facts, Kind
from ftpactive.core.listing import isTimeVal, parseTimeVal, timeVal
from ftpactive.core.path import Path, quote, resolve, toText
from ftpactive.core.reply import Reply
from ftpactive.core.session import Carry
from ftpactive.verbs.ability import ability
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import Needs, verb

#: What is read and counted before others get their turn.
_CHUNK = 256 * 1024


@verb("CWD", "path", rfc="959 4.1.1", needs=Needs.LOGIN, also=("XCWD",), replies=(250,))
async def changeDirectory(c: Conversation, path: Path) -> Reply:
    """
    Change the current folder.
    """
    return await _change(c, path)


@verb("CDUP", rfc="959 4.1.1", needs=Needs.LOGIN, also=("XCUP",), replies=(250, 550))
async def changeUp(c: Conversation) -> Reply:
    """
    Change to the folder above.
    """
    return await _change(c, c.session.cwd[:-1])


async def _change(c: Conversation, path: Path) -> Reply:
    facts = await c.storage.stat(path)
    if not facts.isDirectory:
        raise NotADirectory
    c.session.cwd = path
    return Reply(250, f"Current directory is {toText(path)}")


@verb("PWD", rfc="959 4.1.3", needs=Needs.LOGIN, also=("XPWD",), isTransparent=True, replies=(257,))
async def printDirectory(c: Conversation) -> Reply:
    """
    Tell the current folder.
    """
    return Reply(257, f"{quote(toText(c.session.cwd))} is the current directory")


@verb("MKD", "path", rfc="959 4.1.3", needs=Needs.LOGIN, also=("XMKD",), replies=(257, 502))
async def makeDirectory(c: Conversation, path: Path) -> Reply:
    """
    Make a folder.
    """
    await c.storage.makeDirectory(path)
    return Reply(257, f"{quote(toText(path))} created")


@verb("RMD", "path", rfc="959 4.1.3", needs=Needs.LOGIN, also=("XRMD",), replies=(250, 502))
async def removeDirectory(c: Conversation, path: Path) -> Reply:
    """
    Remove an empty folder.
    """
    await c.storage.removeDirectory(path)
    return Reply(250, "Directory removed")


@verb("DELE", "path", rfc="959 4.1.3", needs=Needs.LOGIN, replies=(250, 450, 502))
async def delete(c: Conversation, path: Path) -> Reply:
    """
    Delete a file.
    """
    await c.storage.remove(path)
    return Reply(250, "File deleted")


@verb("RNFR", "path", rfc="959 4.1.3", needs=Needs.LOGIN, replies=(350, 450))
async def renameFrom(c: Conversation, path: Path) -> Reply:
    """
    Name the file or folder that RNTO shall rename.
    """
    await c.storage.stat(path)
    c.session.carry = Carry(renameFrom=path)
    return Reply(350, "File exists, send RNTO with its new name")


@verb("RNTO", "path", rfc="959 4.1.3", needs=Needs.LOGIN, replies=(250, 502, 503, 553))
async def renameTo(c: Conversation, path: Path) -> Reply:
    """
    Give the new name of what RNFR named.
    """
    old = c.session.carried.renameFrom
    if old is None:
        raise BadSequence("Send RNFR right before RNTO")
    await c.storage.rename(old, path)
    return Reply(250, f"Renamed to {toText(path)}")


@verb(
    "SIZE",
    "path",
    rfc="3659 4",
    needs=Needs.LOGIN,
    feature="SIZE",
    isTransparent=True,
    replies=(213,),
)
async def size(c: Conversation, path: Path) -> Reply:
    """
    Tell how many bytes RETR would send.
    """
    facts = await _file(c, path)
    if c.session.representation.keepsOffsets:
        return Reply(213, str(facts.size))
    if facts.size > c.settings.asciiSizeLimit:
        raise FileUnavailable("Too large to tell its size in TYPE A: send TYPE I first")
    return Reply(213, str(await _convertedSize(c, path)))


async def _convertedSize(c: Conversation, path: Path) -> int:
    encoder = Chain(*(make() for make in c.session.representation.encoders))
    source = await c.storage.openForReading(path, 0)
    total = 0
    try:
        while data := await source.read(_CHUNK):
            total += sum(map(len, onlyBytes(encoder.feed(data))))
            await c.breathe()
    finally:
        source.close()
    return total + sum(map(len, onlyBytes(encoder.finish())))


@verb(
    "MDTM",
    "[time] path",
    rfc="3659 3",
    needs=Needs.LOGIN,
    feature="MDTM",
    isTransparent=True,
    replies=(213, 502),
)
async def modificationTime(c: Conversation, argument: str) -> Reply:
    """
    Tell when a file was last changed, in UTC; older clients set the time so.
    """
    path = resolve(c.session.cwd, argument)
    when, _, asked = argument.partition(" ")
    try:
        facts = await _file(c, path)
    except (NotFound, BadName):
        # A file whose name looks like that goes first.  With a time before it,
        # a name may be too long for any.
        if not (asked and isTimeVal(when)):
            raise
        await ability(c, ITimes).setModified(resolve(c.session.cwd, asked), parseTimeVal(when))
        return Reply(213, f"Modify={timeVal(parseTimeVal(when))}; {asked}")
    return Reply(213, timeVal(facts.modified))


async def _file(c: Conversation, path: Path) -> Facts:
    facts = await c.storage.stat(path)
    if facts.kind is not Kind.FILE:
        raise FileUnavailable("Not a plain file")
    return facts
