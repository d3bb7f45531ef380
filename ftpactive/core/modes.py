"""
Transfer modes: what C{MODE} may choose, and the codecs that follow.

RFC 959 section 3.4, draft-preston-ftpext-deflate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ftpactive.core.block import INTERVAL, BlockDecoder, BlockEncoder
from ftpactive.core.codec import Marker, Piece, Step
from ftpactive.core.deflate import Deflater, Inflater


class Markers(Step):
    """
    Puts restart markers between the bytes of a file that is sent, before
    anything converts them: a marker tells the offset in the file.
    """

    def __init__(self, offset: int) -> None:
        """
        @param offset: where in the file the transfer begins.
        """
        self._offset = offset
        self._next = offset + INTERVAL

    def feed(self, data: bytes) -> Iterator[Piece]:
        """
        Give the chunk, and a marker wherever one is due.
        """
        while self._offset + len(data) >= self._next:
            head, data = data[: self._next - self._offset], data[self._next - self._offset :]
            yield head
            yield Marker(str(self._next))
            self._offset, self._next = self._next, self._next + INTERVAL
        self._offset += len(data)
        yield data


def _none(number: int) -> tuple[Step, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Mode:
    """
    One transfer mode.

    @ivar code: as C{MODE} writes it.
    @ivar first: makes what an upload or a download passes before anything
        else, given the offset in the file.
    @ivar encoders: makes what a download passes last, given the level.
    @ivar decoders: makes what an upload passes first.
    """

    code: str
    first: Callable[[int], tuple[Step, ...]] = _none
    encoders: Callable[[int], tuple[Step, ...]] = _none
    decoders: Callable[[], tuple[Step, ...]] = tuple


STREAM = Mode("S")
BLOCK = Mode(
    "B",
    first=lambda offset: (Markers(offset),),
    encoders=lambda level: (BlockEncoder(),),
    decoders=lambda: (BlockDecoder(),),
)
DEFLATE = Mode(
    "Z",
    encoders=lambda level: (Deflater(level),),
    decoders=lambda: (Inflater(),),
)

#: What MODE understands; C, compression by hand as of 1971, nobody has.
MODES = {mode.code: mode for mode in (STREAM, BLOCK, DEFLATE)}
