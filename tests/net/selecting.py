"""
A data channel on a real socket, with a reactor that turns when the test says so.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted
from twisted.internet.interfaces import IReactorFDSet, ISystemHandle
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.net.channel import DataChannel
from tests.net.pending import pending

STALL = 60


@implementer(IReactorFDSet)
class Selecting(Clock):
    """
    A reactor that looks at its descriptors once in each turn.

    @ivar readers: who is to be told that bytes have come.
    @ivar writers: who is to be told that bytes can go.
    @ivar turns: how often it has turned.
    """

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()
        self.addReader = self.readers.add
        self.addWriter = self.writers.add
        self.removeReader = self.readers.discard
        self.removeWriter = self.writers.discard

    def getReaders(self) -> list[Any]:
        """
        Give who is to be told that bytes have come.
        """
        return list(self.readers)

    def getWriters(self) -> list[Any]:
        """
        Give who is to be told that bytes can go.
        """
        return list(self.writers)

    def removeAll(self) -> list[Any]:
        """
        Forget everybody.
        """
        forgotten = [*self.readers, *self.writers]
        self.readers.clear()
        self.writers.clear()
        return forgotten

    def turn(self) -> None:
        """
        Tell everybody who is ready.
        """
        self.turns += 1
        self.advance(0)
        readable, writable, _ = select.select(self.readers, self.writers, (), 0)
        for each in readable:
            if each in self.readers:
                each.doRead()
        for each in writable:
            if each in self.writers:
                each.doWrite()


@implementer(ISystemHandle)
class Holder:
    """
    The transport that owns the socket.

    @ivar isCut: was it closed with a reset?
    """

    def __init__(self, end: socket.socket, protocol: Any) -> None:
        self.end = end
        self.protocol = protocol
        self.isCut = False
        protocol.makeConnection(self)

    def getHandle(self) -> socket.socket:
        """
        Give the socket.
        """
        return self.end

    def pauseProducing(self) -> None:
        """
        It never reads.
        """

    def doRead(self) -> None:
        """
        It never does.
        """
        raise AssertionError("The channel drives the socket")

    doWrite = doRead

    def connectionLost(self, reason: Failure) -> None:
        """
        Close, as the reactor has it done.
        """
        self.end.close()
        self.protocol.connectionLost(reason)

    def abortConnection(self) -> None:
        """
        Cut it.
        """
        self.isCut = True
        self.connectionLost(Failure(ConnectionAborted()))


class Wire:
    """
    A channel whose client is a socket.

    @ivar client: the client's end; it does not block.
    """

    def __init__(self) -> None:
        self.reactor = Selecting()
        self.channel = DataChannel(self.reactor, STALL, lambda: None)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.client = socket.create_connection(listener.getsockname())
            end, _ = listener.accept()
        end.setblocking(False)
        self.client.setblocking(False)
        self.transport = Holder(end, self.channel)

    def turns(self, isOver: Callable[[], object]) -> None:
        """
        Turn until something is so.
        """
        for _ in range(5000):
            if isOver():
                return
            self.reactor.turn()
            select.select([*self.reactor.readers], [*self.reactor.writers], (), 0.002)
        raise AssertionError("It does not come about")

    def heard(self, done: Deferred[Any]) -> bytes:
        """
        Let the client read until a transfer is done and the connection has
        ended.
        """
        data = b""
        isOpen = True
        while isOpen or not done.called:
            try:
                piece = self.client.recv(1 << 20)
                isOpen = bool(piece)
                data += piece
            except BlockingIOError:
                select.select([self.client], (), (), 0.002)
            self.reactor.turn()
        return data

    def resets(self) -> None:
        """
        The client breaks the connection.
        """
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()

    def isWritable(self) -> bool:
        """
        Does the kernel take anything for the client?
        """
        return bool(select.select((), [self.transport.end], (), 0)[1])

    def held(self, end: socket.socket | None = None) -> int:
        """
        Give how many bytes the kernel has that the client's has not confirmed.

        @param end: the client's, for the other way round.
        """
        left = ioctl(end or self.transport.end, TIOCOUTQ, bytes(4))
        return int.from_bytes(left, sys.byteorder)

    def isQuiet(self) -> bool:
        """
        Is nothing watched, and nothing to come?
        """
        reactor = self.reactor
        return not (reactor.readers or reactor.writers or pending(reactor))

    def close(self) -> None:
        """
        Let go of both ends.
        """
        self.client.close()
        self.transport.end.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    """
    A channel on a socket.
    """
    wire = Wire()
    yield wire
    wire.close()
