"""
MODE Z: the transfer as one zlib stream, draft-preston-ftpext-deflate.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ftpactive.core.codec import Step
from ftpactive.core.errors import TransferAborted

#: What C{OPTS MODE Z LEVEL} may choose, and what it is otherwise.
LEVELS = range(10)
DEFAULT_LEVEL = 6

#: How much one step of inflating may give, however well it was compressed: a
#: few bytes can stand for gigabytes.
_PIECE = 256 * 1024


class Deflater(Step):
    """
    Compresses what is sent.
    """

    def __init__(self, level: int = DEFAULT_LEVEL) -> None:
        self._stream = zlib.compressobj(level)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """
        Compress a chunk; what the stream keeps back comes later.
        """
        yield self._stream.compress(data)

    def finish(self) -> Iterator[bytes]:
        """
        End the stream.
        """
        yield self._stream.flush()


class Inflater(Step):
    """
    Expands what was received, in pieces of bounded size.
    """

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """
        Expand a chunk.

        @raise TransferAborted: (426) it is not a zlib stream, or goes on
            after its end.
        """
        while data and not self._stream.eof:
            try:
                yield self._stream.decompress(data, _PIECE)
            except zlib.error:
                raise TransferAborted("The compressed data is damaged") from None
            data = self._stream.unconsumed_tail
        if data or self._stream.unused_data:
            raise TransferAborted("There is data behind the end of the compressed stream")

    def finish(self) -> tuple[bytes, ...]:
        """
        The client closed.

        @raise TransferAborted: (426) the stream has not ended: the upload
            was cut, however cleanly the connection was closed.
        """
        if not self._stream.eof:
            raise TransferAborted("The compressed data ended early")
        return ()
