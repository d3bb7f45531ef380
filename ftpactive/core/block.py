"""
MODE B: blocks with a header each, and restart markers between them.

RFC 959 section 3.4.2: a header is a descriptor and a count of two bytes; the
block with C{EOF} is the last of the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ftpactive.core.codec import Marker, Piece, Step
from ftpactive.core.errors import TransferAborted

#: Descriptor codes, RFC 959 section 3.4.2; any of them may be added up.
_EOR, _EOF, _ERRORS, _MARKER = 128, 64, 32, 16
_KNOWN = _EOR | _EOF | _ERRORS | _MARKER

#: The most that a count of two bytes can tell.
_LONGEST = 0xFFFF

#: The longest marker that is taken, bytes: a 110 reply will repeat it.
_LONGEST_MARKER = 64

_HEADER = struct.Struct("!BH")

#: How often a sent file has a restart marker, bytes of the file.
INTERVAL = 1024 * 1024


class BlockEncoder(Step):
    """
    Puts what is sent into blocks.  A marker is the decimal offset in the file
    of the byte behind it, which is what C{REST} takes.
    """

    takesMarkers = True

    def feed(self, data: Piece) -> Iterator[bytes]:
        """
        Give the blocks of a chunk, or of a marker.
        """
        if isinstance(data, Marker):
            text = data.text.encode("ascii")
            yield _HEADER.pack(_MARKER, len(text)) + text
            return
        for begin in range(0, len(data), _LONGEST):
            block = data[begin : begin + _LONGEST]
            yield _HEADER.pack(0, len(block)) + block

    def finish(self) -> Iterator[bytes]:
        """
        Give the block that ends the file; it is empty.
        """
        yield _HEADER.pack(_EOF, 0)


class BlockDecoder(Step):
    """
    Takes the data and the markers out of blocks, wherever the stream is cut.

    @ivar isComplete: the last block of the file has come; the client may
        leave the connection open.
    """

    def __init__(self) -> None:
        self.isComplete = False
        self._header = b""
        self._descriptor = 0
        self._left = 0
        self._marker = b""

    def feed(self, data: bytes) -> Iterator[Piece]:
        """
        Give what a chunk holds.

        @raise TransferAborted: (426) something comes behind the last block,
            or the client marks its data as suspect, or what should be a header
            or a marker is none.
        """
        view = memoryview(data)
        while view:
            if self.isComplete:
                raise TransferAborted("There is data behind the last block")
            view = self._readHeader(view) if not self._left else view
            body, view = bytes(view[: self._left]), view[self._left :]
            self._left -= len(body)
            yield from self._body(body)

    def _readHeader(self, view: memoryview) -> memoryview:
        missing = _HEADER.size - len(self._header)
        self._header += bytes(view[:missing])
        if len(self._header) == _HEADER.size:
            self._descriptor, self._left = _HEADER.unpack(self._header)
            if self._descriptor & ~_KNOWN:
                raise TransferAborted("There is no block header where one must be")
            if self._descriptor & _ERRORS:
                raise TransferAborted("The client marked the data as suspect")
            if self._descriptor & _MARKER and self._left > _LONGEST_MARKER:
                raise TransferAborted("A restart marker is too long")
        return view[missing:]

    def _body(self, body: bytes) -> Iterator[Piece]:
        if len(self._header) < _HEADER.size:
            return
        if self._descriptor & _MARKER:
            self._marker += body
        elif body:
            yield body
        if self._left:
            return
        self._header = b""
        if self._descriptor & _MARKER:
            text, self._marker = self._marker, b""
            yield Marker(_markerText(text))
        if self._descriptor & _EOF:
            self.isComplete = True

    def finish(self) -> tuple[bytes, ...]:
        """
        The client closed.

        @raise TransferAborted: (426) before the last block.
        """
        if not self.isComplete:
            raise TransferAborted("The data connection was closed before the last block")
        return ()


def _markerText(text: bytes) -> str:
    # RFC 959 section 3.5 wants printable characters, and a 110 reply will
    # show them on one line.
    if text and text.isascii() and text.decode("ascii").isprintable() and b" " not in text:
        return text.decode("ascii")
    raise TransferAborted("A restart marker is not printable text")
