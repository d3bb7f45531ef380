"""
How a file's bytes become a data connection's and back, a chunk at a time.

A codec is a chain of steps: ASCII line ends, compression, block headers.  Who
sends or receives asks only one question: is there anything to do at all?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marker:
    """
    A restart marker in a stream, RFC 959 section 3.5: not data, yet it has its
    place among it.

    @ivar text: printable, as its sender chose it.
    """

    text: str


#: What flows through a chain.
Piece = bytes | Marker


class Step:
    """
    One conversion, in one direction, for one transfer.

    @cvar takesMarkers: are markers for it?  Otherwise they pass it by.
    @ivar isComplete: has what it received told its own end?
    """

    takesMarkers = False
    isComplete = False

    def feed(self, data: bytes) -> Iterable[Piece]:
        """
        Convert the next chunk; what cannot be decided yet is kept back.  A
        step whose output may be much larger than its input gives it in pieces.
        """
        raise NotImplementedError

    def finish(self) -> Iterable[Piece]:
        """
        Give what was kept back; nothing comes after.
        """
        return ()


class Chain:
    """
    Steps one after the other; with none of them, bytes pass unchanged.
    """

    def __init__(self, *steps: Step) -> None:
        self._steps = steps

    def __bool__(self) -> bool:
        """
        Does it change anything?  When not, the kernel may copy the bytes.
        """
        return bool(self._steps)

    @property
    def isComplete(self) -> bool:
        """
        Has the stream told its own end, so that nothing more is waited for?
        """
        return any(step.isComplete for step in self._steps)

    def feed(self, data: bytes) -> Iterator[Piece]:
        """
        Send a chunk through every step.
        """
        return self._through(0, data)

    def finish(self) -> Iterator[Piece]:
        """
        End every step; what one gives at its end still passes the next ones.
        """
        for index, step in enumerate(self._steps):
            for piece in step.finish():
                yield from self._through(index + 1, piece)

    def _through(self, index: int, piece: Piece) -> Iterator[Piece]:
        if not piece:
            return
        if index == len(self._steps):
            yield piece
            return
        step = self._steps[index]
        if isinstance(piece, Marker) and not step.takesMarkers:
            yield from self._through(index + 1, piece)
            return
        for each in step.feed(piece):  # type: ignore[arg-type]
            yield from self._through(index + 1, each)


def onlyBytes(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """
    Leave out markers: for those to whom only data matters.
    """
    return (piece for piece in pieces if not isinstance(piece, Marker))


#: Bytes as they are: TYPE I, MODE S.
IDENTITY = Chain()
