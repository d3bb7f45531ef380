"""
Files through a data connection: RETR STOR APPE STOU, and ABOR.

RFC 959 section 4.1.3.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from zope.interface import implementer

from ftpactive.core.errors import (
    AlreadyExists,
    BadArgument,
    BadName,
    BadRestart,
    NotFound,
    TransferAborted,
)
from ftpactive.core.path import Path, toText
from ftpactive.core.reply import Reply
from ftpactive.core.writemode import WriteMode
from ftpactive.interfaces import ISink, ISource
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.dataconnection import DataConnection
from ftpactive.verbs.table import Needs, verb

_TRANSFER = Needs.LOGIN | Needs.DATA

_COMPLETE = Reply(226, "Transfer complete")

#: How often STOU looks for a free name; a collision of its random names is
#: already less likely than a fault in memory.
_TRIES = 10

#: How many restart markers an upload may have in any case, and how many bytes
#: of data allow one more.
_MARKS, _MARK_EVERY = 1000, 4096


@verb("RETR", "path", rfc="959 4.1.3", needs=_TRANSFER, replies=(226, 450, 554))
async def retrieve(c: Conversation, path: Path) -> Reply:
    """
    Send a file to the client.
    """
    begin, end = _offset(c), c.session.carried.rangeEnd
    source = await c.storage.openForReading(path, begin)
    try:
        wanted = source if end is None else Part(source, end - begin)
        name = toText(path)
        opening = _opening(c, name, _size(c, wanted))
        with DataConnection(c, "RETR", name, opening) as connection:
            channel = await connection.open()
            await channel.send(wanted, c.session.encoder(begin))
    finally:
        source.close()
    return _COMPLETE


def _offset(c: Conversation) -> int:
    """
    Give the offset that REST or RANG named.

    @raise BadRestart: (554) TYPE has come since, and made it meaningless.
    """
    if c.session.carried.restart and not c.session.representation.keepsOffsets:
        raise BadRestart("REST and RANG count the bytes of TYPE I")
    return c.session.carried.restart


@implementer(ISource)
class Part:
    """
    The first bytes of a source, as a source; closing it is left to its owner.
    """

    def __init__(self, source: ISource, count: int) -> None:
        self._source = source
        self._left = count if source.size is None else min(count, source.size)
        self.size = None if source.size is None else self._left

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


def _size(c: Conversation, wanted: ISource) -> str:
    """
    Tell the size of the whole file, from which clients reckon how much is
    still to come after REST; after RANG, that of the part.  Where bytes are
    converted there is none to tell.
    """
    if wanted.size is None or not c.session.representation.keepsOffsets:
        return ""
    before = c.session.carried.restart if c.session.carried.rangeEnd is None else 0
    return f" ({wanted.size + before} bytes)"


@verb("STOR", "path", rfc="959 4.1.3", needs=_TRANSFER, replies=(110, 226, 450, 452, 552, 553, 554))
async def store(c: Conversation, path: Path) -> Reply:
    """
    Receive a file from the client, in the place of one of the same name.
    """
    begin = _offset(c)
    if c.session.carried.rangeEnd is not None:
        raise BadArgument("RANG is for RETR and HASH: an upload has no end in the file")
    sink = await c.storage.openForWriting(path, begin, WriteMode.REPLACE)
    name = toText(path)
    await _receive(c, "STOR", name, Upload(c.send, sink, begin), _opening(c, name))
    return _COMPLETE


@verb(
    "APPE",
    "path",
    rfc="959 4.1.3",
    needs=_TRANSFER,
    replies=(110, 226, 450, 452, 502, 552, 553),
)
async def append(c: Conversation, path: Path) -> Reply:
    """
    Receive bytes from the client and put them behind those of the file.
    """
    _refuseOffset(c, "APPE goes behind the last byte")
    begin = await _sizeOf(c, path)
    sink = await c.storage.openForWriting(path, 0, WriteMode.APPEND)
    name = toText(path)
    await _receive(c, "APPE", name, Upload(c.send, sink, begin), _opening(c, name))
    return _COMPLETE


@verb("STOU", "[path]", rfc="959 4.1.3", needs=_TRANSFER, replies=(110, 226, 450, 452, 552, 553))
async def storeUnique(c: Conversation, path: Path) -> Reply:
    """
    Receive a file under a name that nobody has yet.
    """
    _refuseOffset(c, "STOU makes a new file")
    chosen, sink = await _openUnique(c, path)
    name = chosen[-1]
    # RFC 1123 section 4.1.2.9 fixes the form of this line.
    await _receive(c, "STOU", toText(chosen), Upload(c.send, sink, 0), f"FILE: {name}")
    return Reply(226, f"Transfer complete (unique name {name})")


def _refuseOffset(c: Conversation, why: str) -> None:
    if c.session.carried.restart or c.session.carried.rangeEnd is not None:
        raise BadArgument(f"{why}: do not send REST or RANG before it")


async def _sizeOf(c: Conversation, path: Path) -> int:
    try:
        return (await c.storage.stat(path)).size
    except NotFound:
        return 0


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


@dataclass(slots=True)
class Upload:
    """
    A file that is being received.

    @ivar send: sends a preliminary reply.
    @ivar begin: where in the file the first byte goes.
    @ivar marks: how many restart markers have come.
    @ivar isWhole: has all of it come?
    """

    send: Callable[[Reply], None]
    sink: ISink
    begin: int
    marks: int = 0
    isWhole: bool = False

    def mark(self, text: str, size: int) -> None:
        """
        Answer a marker, RFC 959 section 3.5: the client learns which REST
        goes on from there.

        @param size: how many bytes have come before it.
        @raise TransferAborted: (426) there are so many that the replies would
            be more than the data: a client that does not read them could fill
            our memory.
        """
        self.marks += 1
        if self.marks > _MARKS + size // _MARK_EVERY:
            raise TransferAborted("There are too many restart markers")
        self.send(Reply(110, f"MARK {text} = {self.begin + size}"))


async def _receive(c: Conversation, verb: str, name: str, upload: Upload, opening: str) -> None:
    """
    Fill a sink from the data connection.  It is committed only after the
    client has closed cleanly, and discarded whatever else happens.
    """

    try:
        with DataConnection(c, verb, name, opening, isUpload=True) as connection:
            channel = await connection.open()
            await channel.receive(upload.sink, c.session.decoder(), upload.mark)
            # Within the transfer: one that cannot be completed is told as failed.
            upload.isWhole = True
            await upload.sink.commit()
    except BaseException as reason:
        kept = None if upload.isWhole else await upload.sink.discard(reason)
        if kept and isinstance(reason, TransferAborted) and c.session.representation.keepsOffsets:
            words = f"{reason}; {kept} bytes are kept: REST {kept} and STOR go on from there"
            raise TransferAborted(words) from reason
        raise


def _opening(c: Conversation, name: str, size: str = "") -> str:
    return f"Opening {c.session.representation.name} mode data connection for {name}{size}"


@verb("ABOR", rfc="959 4.1.3", replies=(226,))
async def abort(c: Conversation) -> Reply:
    """
    Cut the transfer that runs.

    Its turn comes when the transfer before it has been answered 426: the
    control channel saw it coming and had it cut.
    """
    c.arrange(None)
    return Reply(226, "ABOR command successful, no transfer in progress")
