"""
A socket that the reactor watches for a pump.
"""

from __future__ import annotations

from collections.abc import Callable
from socket import socket

from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IReactorFDSet, IReadWriteDescriptor
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.net.counts import unconfirmed
from ftpactive.net.pump import Owner, Pump


def _nothing() -> bool:
    """
    Be done: there is nothing to move.
    """
    return True


@implementer(IReadWriteDescriptor)
class Watched(Pump):
    """
    Is watched in the place of the transport, which is paused: they have one descriptor.
    """

    _isOver = _isReading = _isWriting = False
    _step: Callable[[], bool] = staticmethod(_nothing)
    _held = 0

    def __init__(self, owner: Owner, reactor: IReactorFDSet, end: socket) -> None:
        """
        @param end: the transport's.
        """
        self.owner = owner
        self.reactor = reactor
        self._socket = end

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
        raise NotImplementedError

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

    def lost(self) -> None:
        """
        See L{Pump.lost}.
        """
        if not self._isOver:
            self._stop()
        if self._step is not _nothing:
            self._step = _nothing
        super().lost()

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

    def _note(self) -> None:
        # How many bytes the kernel has for the client.
        if not self._isOver:
            self._held = unconfirmed(self._socket)
