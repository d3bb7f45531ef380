"""
Moving bytes through a transport that shows no socket, or under TLS has none.
"""

from __future__ import annotations

from collections import deque

from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol
from zope.interface import implementer

from ftpactive.net.pump import Owner, Pump
from ftpactive.net.reactors import Transport

#: Received bytes that wait for a slow sink, before the client has to wait.
_WAITING = 256 * 1024


class TransportPump(Pump):
    """
    Everything passes through the transport, which pushes what it has read and
    keeps what cannot leave yet.
    """

    _isOver = False

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self._received: deque[bytes] = deque()
        self._receivedBytes = 0

    def begin(self, *, isSending: bool) -> None:
        """
        Read from now on.  While we send that is for nobody: to close a socket
        that has not been read empty cuts off what is on its way to the client.
        """
        super().begin(isSending=isSending)
        self.owner.transport.resumeProducing()

    def write(self, data: bytes) -> None:
        """
        See L{Pump.write}.
        """
        self.owner.transport.write(data)

    def read(self) -> bytes | None:
        """
        See L{Pump.read}.
        """
        if not self._received:
            return b"" if self.hasAll else None
        data = self._received.popleft()
        isLess = self._receivedBytes > _WAITING >= self._receivedBytes - len(data)
        if isLess and not self._isOver:
            self.owner.transport.resumeProducing()
        self._receivedBytes -= len(data)
        return data

    def received(self, data: bytes) -> None:
        """
        See L{Pump.received}.
        """
        if self.isSending:
            return
        self._received.append(data)
        self._receivedBytes += len(data)
        owner = self.owner
        owner.wake()
        if self._receivedBytes > _WAITING and not owner.isEnded:
            owner.transport.pauseProducing()

    def lost(self) -> None:
        """
        See L{Pump.lost}.
        """
        self._isOver = True
        super().lost()

    def finish(self) -> None:
        """
        See L{Pump.finish}; the channel closes when it is told that our side
        is.  The client is read on until then.
        """
        self.owner.transport.unregisterProducer()
        self.owner.transport.loseWriteConnection()

    def close(self) -> None:
        """
        See L{Pump.close}.
        """
        self.owner.transport.loseConnection()

    def abort(self) -> None:
        """
        See L{Pump.abort}.
        """
        self.owner.transport.abortConnection()


@implementer(IPushProducer, IHalfCloseableProtocol)
class Pushed(Protocol):
    """
    The protocol whose transport does that.

    @ivar pump: moves the bytes.
    """

    transport: Transport
    pump: Pump

    def wake(self) -> bool:
        """
        See L{Owner.wake}.
        """
        raise NotImplementedError

    def dataReceived(self, data: bytes) -> None:
        """
        Keep what came until the sink takes it.
        """
        self.pump.received(data)

    def pauseProducing(self) -> None:
        """
        The client does not keep up.
        """
        self.pump.isBlocked = True
        if self.pump.isSending:
            # Not even what is dropped: TLS may answer it.
            self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """
        All that was written has been sent.
        """
        wasBlocked, self.pump.isBlocked = self.pump.isBlocked, False
        if wasBlocked and self.pump.isSending:
            self.transport.resumeProducing()
        self.wake()

    def stopProducing(self) -> None:
        """
        Nobody is there any more; C{connectionLost} says so too.
        """

    def readConnectionLost(self) -> None:
        """
        The client will say nothing more: the clean end of an upload.  In a
        download it may listen still.
        """
        if not self.pump.isSending:
            self.pump.hasAll = True
            self.wake()

    def writeConnectionLost(self) -> None:
        """
        All has been handed to the kernel.  We do not wait for the client to
        close: it may wait for 226 first.
        """
        assert self.transport is not None, "it is what tells"
        self.transport.loseConnection()
