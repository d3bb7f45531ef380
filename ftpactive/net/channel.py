"""
One open data connection, and how a file's bytes pass through it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IDelayedCall,
    IHalfCloseableProtocol,
    IPushProducer,
    IReactorTime,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.codec import Chain, Marker, Piece, onlyBytes
from ftpactive.core.errors import FTPError, LocalError, TransferAborted
from ftpactive.interfaces import IDataChannel, ISink, ISource, Mark
from ftpactive.net.pausing import UNLIMITED, Pausing, chunkOf, partsOf
from ftpactive.net.reactors import Transport

#: Makes a channel; its argument is called when the channel is connected.
MakeChannel = Callable[[Callable[[], object]], "DataChannel"]

#: Received bytes that wait for a slow sink, before the client has to wait.
_WAITING = 256 * 1024

#: Bytes of files after which everybody else has a turn, where the client does
#: not make us wait by itself: what compresses well is a few bytes to it.
_TURN = 1024 * 1024


@implementer(IDataChannel, IPushProducer, IHalfCloseableProtocol)
class DataChannel(Protocol):
    """
    The protocol of a data connection.

    Nothing is read before a transfer wants it: what a client sends too early
    stays in the kernel, which makes the client wait.

    @ivar isEnded: is the connection gone?
    @ivar why: why it was aborted; empty when it was not.
    """

    transport: Transport

    def __init__(
        self, reactor: IReactorTime, stallTimeout: float, connected: Callable[[], object]
    ) -> None:
        """
        @param stallTimeout: seconds without a byte after which it is cut.
        @param connected: called when there is a connection.
        """
        self._connected = connected
        self.transferred = 0
        self.pace = UNLIMITED
        self._pausing = Pausing()
        self._reactor = reactor
        self._stallTimeout = stallTimeout
        self._stallTimer: IDelayedCall | None = None
        self._received: deque[bytes] = deque()
        self._receivedBytes = 0
        self._isBlocked = False
        self._waiting: Deferred[None] | None = None
        self.why = ""
        self._end: FTPError | None = None
        self.isEnded = False
        self._isSending = False
        self._hasAll = False
        self._sinceTurn = 0

    def connectionMade(self) -> None:
        """
        Hold back what the client sends.
        """
        self.transport.pauseProducing()
        self.transport.registerProducer(self, True)
        self._connected()

    async def send(self, source: ISource, codec: Chain) -> int:
        """
        See L{IDataChannel.send}.
        """
        # Whatever the client says is read and dropped: to close a socket that
        # has not been read empty cuts off what is on its way to the client.
        self._isSending = True
        self._begin()
        while data := await source.read(chunkOf(self.pace.download)):
            await self._pausing.take(self.pace.download, len(data))
            for piece in onlyBytes(codec.feed(data)):
                await self._write(piece)
            self.transferred += len(data)
            await self._share(len(data))
        if source.size is not None and self.transferred < source.size:
            raise LocalError("The file became shorter while it was sent")
        for piece in onlyBytes(codec.finish()):
            await self._write(piece)
        self.transport.unregisterProducer()
        # And it is read on until all has left; see writeConnectionLost.
        self.transport.loseWriteConnection()
        while not self.isEnded:
            await self._progress()
        self._raiseEnd()
        return self.transferred

    async def receive(self, sink: ISink, codec: Chain, mark: Mark) -> int:
        """
        See L{IDataChannel.receive}.
        """
        self._begin()
        while not codec.isComplete and (data := await self._read()):
            await self._store(sink, codec.feed(data), mark)
        await self._store(sink, codec.finish(), mark)
        if not self.isEnded:
            # The stream told its own end, the client need not.
            self.transport.loseConnection()
        return self.transferred

    async def _store(self, sink: ISink, pieces: Iterator[Piece], mark: Mark) -> None:
        for piece in pieces:
            if isinstance(piece, Marker):
                mark(piece.text, self.transferred)
            else:
                for part in partsOf(piece, self.pace.upload):
                    await self._storePart(sink, part)

    async def _storePart(self, sink: ISink, data: bytes) -> None:
        if self.pace.upload is not None:
            await self._pausing.take(self.pace.upload, len(data))
            self._moved()
            if self.why:
                self._raiseEnd()
        await sink.write(data)
        self.transferred += len(data)
        await self._share(len(data))

    async def _share(self, count: int) -> None:
        """
        Let everybody else have a turn, now and then.

        @param count: bytes of the file since the last call.
        """
        self._sinceTurn += count
        if self._sinceTurn >= _TURN:
            self._sinceTurn = 0
            await deferLater(self._reactor, 0)
            self._raiseEnd()

    async def _write(self, data: bytes) -> None:
        if data and not self.isEnded:
            self.transport.write(data)
        while self._isBlocked and not self.isEnded:
            await self._progress()
        self._moved()
        if self.isEnded:
            self._raiseEnd()
            raise TransferAborted("The client closed the data connection early")

    async def _read(self) -> bytes:
        while not self._received and not self.isEnded and not self._hasAll:
            await self._progress()
        if not self._received:
            self._raiseEnd()
            return b""
        data = self._received.popleft()
        if self._receivedBytes > _WAITING >= self._receivedBytes - len(data):
            self.transport.resumeProducing()
        self._receivedBytes -= len(data)
        self._moved()
        return data

    def _progress(self) -> Deferred[None]:
        """
        Give what fires when anything has changed.
        """
        self._sinceTurn = 0
        self._waiting = Deferred()
        return self._waiting

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    def _raiseEnd(self) -> None:
        if self._end is not None:
            raise self._end

    def dataReceived(self, data: bytes) -> None:
        """
        Keep what came until the sink takes it.
        """
        if self._isSending:
            return
        self._received.append(data)
        self._receivedBytes += len(data)
        self._wake()
        if self._receivedBytes > _WAITING:
            self.transport.pauseProducing()

    def pauseProducing(self) -> None:
        """
        The client does not keep up.
        """
        self._isBlocked = True

    def resumeProducing(self) -> None:
        """
        All that was written has been sent.
        """
        self._isBlocked = False
        self._wake()

    def stopProducing(self) -> None:
        """
        Nobody is there any more; L{connectionLost} says so too.
        """

    def readConnectionLost(self) -> None:
        """
        The client will say nothing more: the clean end of an upload.  In a
        download it may listen still.
        """
        if not self._isSending:
            self._hasAll = True
            self._wake()

    def writeConnectionLost(self) -> None:
        """
        All has been handed to the kernel.  We do not wait for the client to
        close: it may wait for 226 first.
        """
        self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The connection ended, cleanly or not.
        """
        self.isEnded = True
        self._isBlocked = False
        if self.why or not (self._hasAll or reason.check(ConnectionDone)):
            self._end = TransferAborted(self.why or "The data connection broke; transfer aborted")
        if self._stallTimer is not None and self._stallTimer.active():
            self._stallTimer.cancel()
        if self._isSending or self.why:
            self._pausing.end()
        self._wake()

    def cutShort(self, why: str) -> None:
        """
        The client has closed without saying that this is all; in a download it
        has nothing to say.
        """
        if not self._isSending:
            self.abort(why)

    def abort(self, why: str = "Transfer aborted") -> None:
        """
        See L{IDataChannel.abort}.

        @param why: what 426 shall say.
        """
        if not self.isEnded:
            self.why = self.why or why
            self.transport.abortConnection()
        elif self._pausing.isOn:
            # All has come, and waits to be stored at its pace.
            self.why = why
            self._end = TransferAborted(why)
            self._pausing.end()

    def _begin(self) -> None:
        if not self.isEnded:
            self._stallTimer = self._reactor.callLater(self._stallTimeout, self._stalled)
            self.transport.resumeProducing()

    def _moved(self) -> None:
        if self._stallTimer is not None and self._stallTimer.active():
            self._stallTimer.reset(self._stallTimeout)

    def _stalled(self) -> None:
        if self._pausing.isOn:
            # It is not the client who lets us wait.
            self._stallTimer = self._reactor.callLater(self._stallTimeout, self._stalled)
            return
        self.abort(f"Nothing moved on the data connection for {self._stallTimeout:g} seconds")
