"""
Checksums: HASH and RANG (draft-bryan-ftp-hash, draft-bryan-ftp-range), and the
older XCRC XMD5 XSHA XSHA1 XSHA256 XSHA512.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from typing import Protocol

from ftpactive.abilities import ISummed
from ftpactive.core.arguments import readNumber, splitName
from ftpactive.core.errors import BadArgument, BadName, BadParameter, FileUnavailable
from ftpactive.core.path import Path, resolve, toText
from ftpactive.core.reply import Reply
from ftpactive.core.session import NOTHING, Carry
from ftpactive.interfaces import ISource
from ftpactive.verbs.conversation import Conversation
from ftpactive.verbs.table import Needs, verb

#: What is read and summed before others get their turn.
_CHUNK = 256 * 1024


class Sum(Protocol):
    """
    A checksum in the making.
    """

    def update(self, data: bytes, /) -> object:
        """
        Take the next bytes.
        """

    def hexdigest(self) -> str:
        """
        Give the sum in hexadecimal.
        """


class _Crc32:
    def __init__(self) -> None:
        self._sum = 0

    def update(self, data: bytes, /) -> None:
        self._sum = zlib.crc32(data, self._sum)

    def hexdigest(self) -> str:
        return f"{self._sum:08x}"


ALGORITHMS: dict[str, Callable[[], Sum]] = {
    "CRC32": _Crc32,
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
    "SHA-1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA-256": hashlib.sha256,
    "SHA-512": hashlib.sha512,
}


async def summed(
    c: Conversation, path: Path, make: Callable[[], Sum], begin: int, end: int | None
) -> tuple[str, int, int]:
    """
    Sum a part of a file, a chunk at a time; everybody else gets a turn after
    each.

    @param end: the first byte that is left out; L{None} for the file's end.
    @return: the sum, and the first and the last byte's successor.
    @raise BadArgument: (501) the part does not lie within the file.
    """
    if end is not None and end < begin:
        raise BadArgument(f"A range cannot begin at {begin} and end at {end}")
    source = await c.storage.openForReading(path, begin)
    try:
        # The size is not known of every file, and it may change meanwhile.
        count = source.size if end is None else end - begin
        total, done = make(), 0
        while taken := await _take(source, total, None if count is None else count - done):
            done += taken
            if done == count:
                break
            await c.breathe()
    finally:
        source.close()
    if count is not None and done < count:
        raise BadArgument("The range does not lie within the file")
    return total.hexdigest(), begin, begin + done


async def _take(source: ISource, total: Sum, count: int | None) -> int:
    """
    Sum the next bytes of a file.

    @param count: at most so many, where that is known.
    @return: how many they were: 0 at the end.
    """
    if ISummed.providedBy(source):
        taken: int = await source.sum(total.update, count)
        return taken
    data = await source.read(_CHUNK if count is None else min(_CHUNK, count))
    total.update(data)
    return len(data)


def _hashFeature(c: Conversation) -> str:
    """
    Give the line of FEAT: the algorithm in use is marked.
    """
    return "HASH " + ";".join(
        f"{name}{'*' * (name == c.session.hashAlgorithm)}" for name in ALGORITHMS
    )


@verb(
    "HASH",
    "path",
    rfc="draft-bryan-ftp-hash",
    needs=Needs.LOGIN,
    feature=_hashFeature,
    replies=(213, 450, 554),
)
async def hashFile(c: Conversation, path: Path) -> Reply:
    """
    Tell the checksum of a file, or of the part that RANG chose.
    """
    algorithm = c.session.hashAlgorithm
    begin, end = c.session.carried.restart, c.session.carried.rangeEnd
    digest, first, behind = await summed(c, path, ALGORITHMS[algorithm], begin, end)
    return Reply(213, f"{algorithm} {first}-{max(first, behind - 1)} {digest} {toText(path)}")


@verb(
    "RANG",
    "first last",
    rfc="draft-bryan-ftp-range",
    needs=Needs.LOGIN,
    feature="RANG STREAM",
    isTransparent=True,
    replies=(350, 504),
)
async def byteRange(c: Conversation, argument: str) -> Reply:
    """
    Say which bytes, from the first to the last, the next RETR or HASH is about.
    """
    words = argument.split()
    if len(words) != 2:
        raise BadArgument("RANG takes two numbers: the first byte and the last")
    first, last = (readNumber("RANG", word) for word in words)
    if (first, last) == (1, 0):
        c.session.carry = NOTHING
        return Reply(350, "The whole file again")
    if last < first:
        raise BadArgument(f"RANG {first} {last} ends before it begins")
    if not c.session.representation.keepsOffsets:
        raise BadParameter("RANG needs TYPE I: in other types bytes of the file are not counted")
    c.session.carry = Carry(restart=first, rangeEnd=last + 1)
    return Reply(350, f"Restarting at {first}, ending with byte {last}: send RETR or HASH")


def _declare(name: str, algorithm: str) -> None:
    async def sumOldStyle(c: Conversation, argument: str) -> Reply:
        path, begin, end = await _readPart(c, name, argument)
        digest, _, _ = await summed(c, path, ALGORITHMS[algorithm], begin, end)
        return Reply(250, digest.upper())

    sumOldStyle.__doc__ = f"Tell the {algorithm} checksum of a file, or of a part of it."
    verb(
        name,
        "path [begin [end]]",
        rfc="no RFC, as ProFTPD has it",
        needs=Needs.LOGIN,
        feature=name,
        replies=(250, 450, 554),
    )(sumOldStyle)


for _name, _algorithm in (
    ("XCRC", "CRC32"),
    ("XMD5", "MD5"),
    ("XSHA", "SHA-1"),
    ("XSHA1", "SHA-1"),
    ("XSHA256", "SHA-256"),
    ("XSHA512", "SHA-512"),
):
    _declare(_name, _algorithm)


async def _readPart(c: Conversation, name: str, argument: str) -> tuple[Path, int, int | None]:
    """
    Read C{path}, C{path begin} or C{path begin end}.
    """
    asked, rest = await _splitThere(c, argument)
    numbers = [readNumber(name, word) for word in rest.replace(",", " ").split()]
    if len(numbers) > 2:
        raise BadArgument(f"{name} takes a path, and perhaps where to begin and to end")
    begin = numbers[0] if numbers else 0
    end = numbers[1] if len(numbers) == 2 else None
    return resolve(c.session.cwd, asked), begin, end


async def _splitThere(c: Conversation, argument: str) -> tuple[str, str]:
    """
    Tell the name from what follows.  One with spaces and digits in it stands
    in quotes; one that is there as it is written needs none.
    """
    for count in range(3):
        name, *numbers = argument.rsplit(" ", count)
        if await _isThere(c, name):
            return name, " ".join(numbers)
    return splitName(argument)


async def _isThere(c: Conversation, asked: str) -> bool:
    try:
        await c.storage.stat(resolve(c.session.cwd, asked))
    except (FileUnavailable, BadName):
        # With the numbers behind it, a name may be too long for any file.
        return False
    return True
