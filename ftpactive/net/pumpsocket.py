"""
Moving bytes by the socket itself: C{sendfile}, C{send} and C{recv}, at once
where the kernel takes or has them, else when the reactor says so.
"""

from __future__ import annotations

from collections.abc import Callable
from socket import socket
from typing import TypeVar

from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IReactorFDSet, IReadWriteDescriptor
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.net.counts import arrived, unconfirmed
from ftpactive.net.pump import Owner, Pump

#: Bytes after which everybody else has a turn: as many as the kernel takes of
#: one connection, in general, and a millisecond or two.
SHARE = 4 * 1024 * 1024

#: What has come, or how much.
Come = TypeVar("Come")

#: What is read of the client at a time where it is dropped.
_DROPPED = 64 * 1024


def _nothing() -> bool:
    """
    Be done: there is nothing to move.
    """
    return True


@implementer(IReadWriteDescriptor)
class SocketPump(Pump):
    """
    Drives the socket of a transport that is paused, so that the reactor watches
    either of them and never both: they have one descriptor.  The transport
    stays the owner, and closes it.
    """

    sendsFiles = True
    piece = 256 * 1024
    # Of all connections: it is only filled and emptied in one go.  Memory of
    # that size, asked for anew, the kernel has to clear each time.
    buffer = memoryview(bytearray(piece))
    _isOver = _isReading = _isWriting = False
    _step: Callable[[], bool] = staticmethod(_nothing)
    _rest = memoryview(b"")
    _file = -1
    _left = 0
    _held = 0

    def __init__(self, owner: Owner, reactor: IReactorFDSet, end: socket) -> None:
        """
        @param end: the transport's.
        """
        self.owner = owner
        self.reactor = reactor
        self._socket = end

    # What a transfer asks.

    def write(self, data: bytes) -> None:
        """
        See L{Pump.write}.
        """
        self._rest = memoryview(data)
        self._push(self._pushBytes)

    def sendFile(self, descriptor: int, count: int) -> None:
        """
        See L{Pump.sendFile}.
        """
        self._file, self._left = descriptor, count
        self._push(self._pushFile)

    def read(self) -> bytes | memoryview | None:
        """
        See L{Pump.read}.
        """
        data = self.come(self.take)
        return data if self.isLending or data is None else bytes(data)

    def come(self, receive: Callable[[], Come]) -> Come | None:
        """
        Take in what has come.

        @param receive: does so, or raises C{OSError} as L{take}; gives nothing at the end.
        @return: L{None} when there is nothing yet, and when the connection is gone.
        """
        if self._isOver:
            return None
        try:
            come = receive()
        except OSError as error:
            if not isinstance(error, BlockingIOError):
                self._break()
            self.watch(reading=True, writing=False)
            return None
        self.hasAll = not come
        return come

    def tellsAgain(self) -> bool:
        """
        See L{Pump.tellsAgain}.
        """
        self.watch(reading=True, writing=False)
        return True

    def finish(self) -> None:
        """
        See L{Pump.finish}.
        """
        if not self._isOver and arrived(self._socket):
            # To close a socket that has not been read empty cuts off what is on
            # its way to the client.
            self._drop(SHARE)
        self.shut()

    def close(self) -> None:
        """
        See L{Pump.close}.
        """
        self.shut()

    def abort(self) -> None:
        """
        See L{Pump.abort}.
        """
        self._stop()
        self.owner.transport.abortConnection()

    def isDraining(self) -> bool:
        """
        See L{Pump.isDraining}.
        """
        before = self._held
        self._note()
        return self._held < before

    def _note(self) -> None:
        # How many bytes the kernel has for the client.
        if not self._isOver:
            self._held = unconfirmed(self._socket)

    def lost(self) -> None:
        """
        See L{Pump.lost}.
        """
        if not self._isOver:
            self._stop()
        if self._step is not _nothing:
            self._step = _nothing
        super().lost()

    # What stands between the bytes and the socket.

    def take(self) -> bytes | memoryview:
        """
        Give what has come, nothing at its end; it holds until the next time.

        @raise BlockingIOError: there is nothing yet.
        @raise OSError: the connection is broken.
        """
        return self.buffer[: self._socket.recv_into(self.buffer)]

    # How it moves.

    def _push(self, step: Callable[[], bool]) -> None:
        """
        Do something until it is done.

        @param step: does some of it, and tells whether that was all.
        """
        self._step = step
        self.isBlocked = self._isOver or not step()
        if self.isBlocked:
            self.watch(reading=not self.hasAll, writing=True)
            self._note()

    def _pushBytes(self) -> bool:
        try:
            self._rest = self._rest[self._socket.send(self._rest) :]
        except BlockingIOError:
            return False
        except OSError:
            self._break()
            return False
        self.owner.moved(0)
        return not self._rest

    def _pushFile(self) -> bool:
        raise NotImplementedError

    def _drop(self, most: int) -> None:
        """
        Read what nobody wants, in a download.
        """
        try:
            while most > 0 and not self.hasAll:
                data = self._socket.recv(_DROPPED)
                # It may listen still, though it says no more.
                self.hasAll = not data
                most -= len(data)
        except BlockingIOError:
            pass
        except OSError:
            self._break()

    # The reactor's side.

    def watch(self, *, reading: bool, writing: bool) -> None:
        """
        Be told by the reactor when bytes have come or can go.
        """
        if self._isOver:
            return
        if reading is not self._isReading:
            self._isReading = reading
            (self.reactor.addReader if reading else self.reactor.removeReader)(self)
        if writing is not self._isWriting:
            self._isWriting = writing
            (self.reactor.addWriter if writing else self.reactor.removeWriter)(self)

    def doRead(self) -> None:
        """
        Something has come.
        """
        if self._isOver:
            return
        if self.isSending:
            self._drop(SHARE)
            isWanted = not self.hasAll
        else:
            isWanted = self.owner.wake()
        if not isWanted:
            self.watch(reading=False, writing=self._isWriting)

    def doWrite(self) -> None:
        """
        Something can go.
        """
        if self._isOver:
            return
        if self._step():
            self.isBlocked = False
            if not self._isOver:
                self.owner.wake()
        if self.isBlocked:
            self._note()
        else:
            self.watch(reading=self._isReading, writing=False)

    def connectionLost(self, reason: Failure) -> None:
        """
        The reactor has found it broken, or stops.
        """
        self._break()

    def fileno(self) -> int:
        """
        See L{IReadWriteDescriptor}.
        """
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """
        See L{IReadWriteDescriptor}.
        """
        return "data"

    def _stop(self) -> None:
        # The reactor must forget us before the descriptor means something else.
        if self._isReading or self._isWriting:
            self.watch(reading=False, writing=False)
        self._isOver = True

    def shut(self) -> None:
        """
        Close in good order.
        """
        if not self._isOver:
            self._stop()
            # Its transport would do so later, and tell people who do not want to know.
            self._socket.close()
            self.owner.connectionLost(connectionDone)

    def _break(self) -> None:
        if not self._isOver:
            self._stop()
            self.owner.transport.connectionLost(Failure(ConnectionLost()))
