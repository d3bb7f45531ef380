"""
A data channel on a played transport, and what is sent and received with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpactive.core.codec import IDENTITY, Chain, Marker, Piece, Step
from ftpactive.interfaces import ISink, ISource
from ftpactive.net.channel import DataChannel
from ftpactive.testing.conversation import CLIENT, SERVER
from tests.net.played import joined

STALL = 60
WAITING = 256 * 1024
#: After how many bytes of files others have their turn.
TURN = 1024 * 1024


@implementer(ISource)
class Pieces:
    """
    A source that gives what it is told to: bytes, what they will be, an error.
    """

    size: int | None = None

    def __init__(self, *pieces: bytes | Deferred[bytes] | Exception) -> None:
        self.left = list(pieces)

    async def read(self, count: int) -> bytes:
        """
        Give the next piece.
        """
        piece = self.left.pop(0) if self.left else b""
        if isinstance(piece, Exception):
            raise piece
        return await piece if isinstance(piece, Deferred) else piece

    def fileno(self) -> None:
        """
        There is none.
        """

    def close(self) -> None:
        """
        Nothing to let go of.
        """


@implementer(ISink)
class Store:
    """
    A sink that keeps what it is given, when it may.
    """

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.pause: Deferred[None] | None = None
        self.error: Exception | None = None

    async def write(self, data: bytes) -> None:
        """
        Take bytes, or wait, or fail.
        """
        if self.pause is not None:
            await self.pause
        if self.error is not None:
            raise self.error
        self.written.append(data)

    def fileno(self) -> None:
        """
        There is none.
        """

    async def commit(self) -> None:
        """
        Not the channel's business.
        """
        raise AssertionError

    async def discard(self, reason: BaseException) -> None:
        """
        Not the channel's business.
        """
        raise AssertionError


class Doubler(Step):
    """
    A codec that changes every byte and has a last word.
    """

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """
        Say everything twice.
        """
        return (data * 2,)

    def finish(self) -> tuple[bytes, ...]:
        """
        Give the last word.
        """
        return (b".",)


class Ending(Step):
    """
    A codec to which a full stop is the end of the file, and a colon a marker.
    """

    def feed(self, data: bytes) -> Iterator[Piece]:
        """
        Look for either.
        """
        self.isComplete = data.endswith(b".")
        yield data
        if b":" in data:
            yield Marker("here")


class Nothing(Step):
    """
    A codec to which all is alike.
    """

    def feed(self, data: bytes) -> tuple[bytes, ...]:
        """
        Say nothing.
        """
        return ()


class Bomb(Step):
    """
    A codec to which every chunk stands for much.
    """

    def feed(self, data: bytes) -> Iterator[Piece]:
        """
        Say much.
        """
        for _ in range(2):
            yield b"0" * TURN


class Line:
    """
    A channel that is connected.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.connected = 0
        self.marks: list[tuple[str, int]] = []
        self.channel = DataChannel(self.clock, STALL, self._connect)
        transport = joined(self.channel, SERVER, CLIENT)
        assert transport is not None
        self.transport: Any = transport

    def _connect(self) -> None:
        self.connected += 1

    def send(self, *pieces: bytes | Deferred[bytes] | Exception, codec: Chain = IDENTITY) -> Any:
        """
        Begin to send.
        """
        return Deferred.fromCoroutine(self.channel.send(Pieces(*pieces), codec))

    def receive(self, sink: Store, codec: Chain = IDENTITY) -> Any:
        """
        Begin to receive.
        """
        return Deferred.fromCoroutine(self.channel.receive(sink, codec, self._mark))

    def _mark(self, text: str, size: int) -> None:
        self.marks.append((text, size))
