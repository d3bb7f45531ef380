"""
What is in a folder: LIST NLST MLSD through a data connection, MLST through
the control connection.

RFC 959 section 4.1.3, RFC 3659 section 7.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

from ftpactive.abilities import IBirthTimes
from ftpactive.core.errors import BadArgument, FTPError
from ftpactive.core.listing import FACTS, factsLines, factsText
from ftpactive.core.lsoptions import parseOptions
from ftpactive.core.path import Path, resolve, toText
from ftpactive.core.reply import Reply
from ftpactive.verbs.ability import can
from ftpactive.verbs.browse import Chunks, browse
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.dataconnection import DataConnection
from ftpactive.verbs.table import Needs, verb
from ftpactive.verbs.walking import Walk

_TRANSFER = Needs.LOGIN | Needs.DATA


#: Bytes of lines that are sent at a time, where there are so many.
_PIECE = 64 * 1024


class Lines:
    """
    Lines as an C{ISource}: nothing is held but a few of them.
    """

    size = None

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._first = b""
        self._error: FTPError | None = None

    async def prepare(self) -> Lines:
        """
        Take the first lines, so that a folder that cannot be listed is known
        before the data connection is opened.
        """
        async for chunk in self._chunks:
            if chunk:
                self._first = chunk
                break
        return self

    def fileno(self) -> None:
        """
        There is no descriptor.
        """

    async def read(self, count: int) -> bytes:
        """
        Give the next lines, whatever C{count} is.
        """
        pieces, size = [self._first], len(self._first)
        self._first = b""
        try:
            while size < _PIECE and (chunk := await anext(self._chunks, None)) is not None:
                pieces.append(chunk)
                size += len(chunk)
        except FTPError as error:
            # What came before it is sent before it is told.
            self._error = error
        if size or self._error is None:
            return b"".join(pieces)
        raise self._error

    def close(self) -> None:
        """
        Nothing is open.
        """


@verb("LIST", "[options path]", rfc="959 4.1.3", needs=_TRANSFER, replies=(226, 450))
async def listFolder(c: Conversation, argument: str) -> Reply:
    """
    List a folder or a file, for a person to read.
    """
    return await _list(c, "LIST", argument, isLong=True)


@verb("NLST", "[options path]", rfc="959 4.1.3", needs=_TRANSFER, replies=(226, 450))
async def listNames(c: Conversation, argument: str) -> Reply:
    """
    List the names in a folder, for a program to use.

    They can be sent back as they are (RFC 1123 section 4.1.3), so that names
    of another folder than the current one carry the path that was asked for.
    """
    return await _list(c, "NLST", argument, isLong=False)


async def _list(c: Conversation, name: str, argument: str, *, isLong: bool) -> Reply:
    options, asked = parseOptions(argument, isLong=isLong)
    chunks = browse(c, asked, options)
    return await _send(c, name, resolve(c.session.cwd, asked), chunks)


@verb("MLSD", "[path]", rfc="3659 7", needs=_TRANSFER, replies=(226, 450))
async def listMachine(c: Conversation, path: Path) -> Reply:
    """
    List a folder with exact facts, for a program to read.
    """
    if not (await c.storage.stat(path)).isDirectory:
        raise BadArgument("MLSD lists folders only: use MLST")
    return await _send(c, "MLSD", path, _factsOf(c, path))


def _wanted(c: Conversation) -> frozenset[str]:
    """
    Give the facts to tell, and let the storage know in time.
    """
    if can(c, IBirthTimes):
        c.storage.tellsCreated = "create" in c.session.facts  # type: ignore[attr-defined]
    return c.session.facts


def _factsOf(c: Conversation, path: Path) -> Chunks:
    return Walk(c, 1).lines(path, partial(factsLines, selected=_wanted(c)))


async def _send(c: Conversation, name: str, path: Path, chunks: Chunks) -> Reply:
    # A listing that is cut would keep its folder open otherwise.
    async with aclosing(chunks):
        lines = await Lines(chunks).prepare()
        opening = f"Opening data connection for the listing of {toText(path)}"
        with DataConnection(c, name, toText(path), opening) as connection:
            channel = await connection.open()
            await channel.send(lines, c.session.lineEncoder())
    return Reply(226, "Listing complete")


def _features(c: Conversation) -> str:
    """
    Give the line of FEAT: the facts in use are marked, RFC 3659 section 7.8.
    """
    return "MLST " + "".join(f"{fact}{'*' * (fact in c.session.facts)};" for fact in FACTS)


@verb(
    "MLST",
    "[path]",
    rfc="3659 7",
    needs=Needs.LOGIN,
    feature=_features,
    isTransparent=True,
    replies=(250,),
)
async def listOne(c: Conversation, path: Path) -> Reply:
    """
    Tell the exact facts of one file or folder.
    """
    wanted = _wanted(c)
    # One space before it, RFC 3659 section 7.2.
    line = f" {factsText(toText(path), await c.storage.stat(path), wanted)}"
    return Reply(250, f"Listing {toText(path)}", (line,))
