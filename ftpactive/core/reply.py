"""
Replies: a code and what it says to a person, RFC 959 section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

#: The byte that Telnet's commands begin with.  As a number: to look for bytes in
#: bytes, Python takes them for a number first, and fails, at great length.
_IAC = 0xFF

#: Characters of the replies that are the same again and again: what names a file,
#: an address or a port is longer.
SHORT = 40

#: How a name travels in a line: a line feed as NUL (the convention that names
#: with line feeds have had since wu-ftpd), and a carriage return followed by
#: NUL, RFC 2640 section 3.1.  Without it a file name could end a reply early
#: and write one of its own.
_LINE_SAFE = {ord("\n"): "\0", ord("\r"): "\r\0"}


class Reply(NamedTuple):
    """
    One reply to one command.

    @ivar code: three digits, 100-659.
    @ivar text: one line; a name in it may hold any character.
    @ivar lines: what stands between the first line and the last of a
        multi-line reply, such as the features after 211.
    @ivar last: the last line's text of a multi-line reply.
    """

    code: int
    text: str
    lines: tuple[str, ...] = ()
    last: str = "End"

    @property
    def isFinal(self) -> bool:
        """
        Does this end the command?  A code of 1xx promises another reply.
        """
        return self.code >= 200

    def encode(self) -> bytes:
        """
        Give the bytes for the control connection.

        A line between the first and the last that begins with a digit gets a
        space before it, so that none can be taken for the end (RFC 959
        section 4.2), and 0xFF is doubled for Telnet (RFC 854).  A name that
        is not UTF-8 leaves with the bytes that it has on disk.
        """
        code, text, lines, last = self
        if not lines:
            return _oneLine(code, text)
        return _doubled(
            b"%d-%s\r\n%s%d %s\r\n"
            % (code, encodeLine(text), b"".join(map(_innerLine, lines)), code, encodeLine(last))
        )


def _oneLine(code: int, text: str) -> bytes:
    if text.isascii() and text.isprintable():
        # Nearly all of them.
        return f"{code} {text}\r\n".encode()
    return _doubled(b"%d %s\r\n" % (code, encodeLine(text)))


#: Gives the bytes of a reply of one line that is shorter than L{SHORT}.
usual = lru_cache(maxsize=256)(_oneLine)


def _doubled(encoded: bytes) -> bytes:
    return encoded.replace(b"\xff", b"\xff\xff") if _IAC in encoded else encoded


def _innerLine(line: str) -> bytes:
    return b"%s%s\r\n" % (b" " if line[:1].isdigit() else b"", encodeLine(line))


def encodeLine(text: str) -> bytes:
    """
    Give the bytes of one line without its end: UTF-8, or the very bytes of a
    name that is not UTF-8; a line feed in a name as NUL, a carriage return as
    CR NUL.
    """
    if "\n" in text or "\r" in text:
        text = text.translate(_LINE_SAFE)
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # A surrogate that stands for no byte: no disk has such a name, yet
        # another storage may.
        return text.encode("utf-8", "replace")


def encodeLines(lines: Sequence[str]) -> bytes:
    """
    Give the bytes of many lines, each with its end: as L{encodeLine} of each of
    them, in one go where no name holds anything odd.
    """
    # To look for what is not there is faster by far than to count what is.
    together = "".join(lines)
    if "\n" not in together and "\r" not in together:
        with suppress(UnicodeEncodeError):
            return "\r\n".join([*lines, ""]).encode("utf-8", "surrogateescape")
    return b"".join([encodeLine(line) + b"\r\n" for line in lines])


def decodeLine(line: bytes) -> str:
    """
    The other way round from L{encodeLine}.
    """
    if 0 in line:
        line = line.replace(b"\r\0", b"\r").replace(b"\0", b"\n")
    return line.decode("utf-8", "surrogateescape")
