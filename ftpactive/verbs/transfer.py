"""
Files through a data connection: RETR STOR APPE STOU, and ABOR.

RFC 959 section 4.1.3.
"""

from __future__ import annotations

import secrets

from ftpactive.core.errors import AlreadyExists, BadArgument, BadName
from ftpactive.core.path import Path, toText
from ftpactive.core.reply import Reply
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import Needs, verb

_TRANSFER = Needs.LOGIN | Needs.DATA

#: How often STOU looks for a free name; a collision of its random names is
#: already less likely than a fault in memory.
_TRIES = 10


@verb("RETR", "path", rfc="959 4.1.3", needs=_TRANSFER, replies=(226, 554))
async def retrieve(c: Conversation, path: Path) -> Reply:
    """
    Send a file to the client.
    """
    begin, end = c.session.carried.restart, c.session.carried.rangeEnd
    source = await c.storage.openForReading(path, begin)
    try:
        opening = _opening(c, path, _size(c, source))
        wanted = source if end is None else Part(source, end - begin)
        async with c.dataConnection("RETR", toText(path), opening) as channel:
            await channel.send(wanted, c.session.encoder(begin))
    finally:
        source.close()
    return Reply(226, "Transfer complete")


class Part:
    """
    The first bytes of a source, as a source; closing it is left to its owner.
    """

    def __init__(self, source: ISource, count: int) -> None:
        self._source = source
        self._left = count if source.size is None else min(count, source.size)
        self.size = self._left

    def fileno(self) -> None:
        """
        A descriptor would not tell where to end.
        """

    async def read(self, count: int) -> bytes:
        """
        Give up to C{count} bytes.
        """
        data = await self._source.read(min(count, self._left)) if self._left else b""
        self._left -= len(data)
        return data

    def close(self) -> None:
        """
        Nothing is held.
        """


def _size(c: Conversation, source: ISource) -> str:
    """
    Tell the size of the whole file, from which clients reckon how much is
    still to come; where bytes are converted there is none to tell.
    """
    if source.size is None or not c.session.representation.keepsOffsets:
        return ""
    return f" ({source.size + c.session.carried.restart} bytes)"


@verb("STOR", "path", rfc="959 4.1.3", needs=_TRANSFER, replies=(110, 226, 452, 502, 552, 554))
async def store(c: Conversation, path: Path) -> Reply:
    """
    Receive a file from the client, in the place of one of the same name.
    """
    if c.session.carried.rangeEnd is not None:
        raise BadArgument("RANG is for RETR and HASH: an upload has no end in the file")
    sink = await c.storage.openForWriting(path, c.session.carried.restart, WriteMode.REPLACE)
    await _receive(c, "STOR", path, sink, _opening(c, path))
    return Reply(226, "Transfer complete")


@verb("APPE", "path", rfc="959 4.1.3", needs=_TRANSFER, replies=(110, 226, 452, 502, 552))
async def append(c: Conversation, path: Path) -> Reply:
    """
    Receive bytes from the client and put them behind those of the file.
    """
    if c.session.carried.restart:
        raise BadArgument("APPE goes behind the last byte: do not send REST before it")
    sink = await c.storage.openForWriting(path, 0, WriteMode.APPEND)
    await _receive(c, "APPE", path, sink, _opening(c, path))
    return Reply(226, "Transfer complete")


@verb("STOU", "[path]", rfc="959 4.1.3", needs=_TRANSFER, replies=(110, 226, 452, 502, 552))
async def storeUnique(c: Conversation, path: Path) -> Reply:
    """
    Receive a file under a name that nobody has yet.
    """
    chosen, sink = await _openUnique(c, path)
    name = chosen[-1]
    # RFC 1123 section 4.1.2.9 fixes the form of this line.
    await _receive(c, "STOU", chosen, sink, f"FILE: {name}")
    return Reply(226, f"Transfer complete (unique name {name})")


async def _openUnique(c: Conversation, path: Path) -> tuple[Path, ISink]:
    if path in (c.session.cwd, ()):
        # No argument, or a folder that cannot be a file: a name of our own making.
        path = (*path, f"upload.{secrets.token_hex(4)}")
    folder, name = path[:-1], path[-1]
    for _ in range(_TRIES):
        try:
            return path, await c.storage.openForWriting(path, 0, WriteMode.CREATE)
        except AlreadyExists:
            path = (*folder, f"{name}.{secrets.token_hex(4)}")
    raise BadName("No free name found")


async def _receive(c: Conversation, verb: str, path: Path, sink: ISink, opening: str) -> None:
    """
    Fill a sink from the data connection.  It is committed only after the
    client has closed cleanly, and discarded whatever else happens.
    """
    begin = c.session.carried.restart

    def mark(text: str, size: int) -> None:
        # RFC 959 section 3.5: the client learns which REST goes on from there.
        c.send(Reply(110, f"MARK {text} = {begin + size}"))

    try:
        async with c.dataConnection(verb, toText(path), opening) as channel:
            await channel.receive(sink, c.session.decoder(), mark)
    except BaseException as reason:
        await sink.discard(reason)
        raise
    await sink.commit()


def _opening(c: Conversation, path: Path, size: str = "") -> str:
    kind = c.session.representation.name
    return f"Opening {kind} mode data connection for {toText(path)}{size}"


@verb("ABOR", rfc="959 4.1.3", replies=(226,))
async def abort(c: Conversation) -> Reply:
    """
    Cut the transfer that runs.

    Its turn comes when the transfer before it has been answered 426: the
    control channel saw it coming and had it cut.
    """
    c.arrange(None)
    return Reply(226, "ABOR command successful, no transfer in progress")
