"""
One open data connection, and how a file's bytes pass through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.abilities import IDirectSink, IPreparedSource
from ftpactive.core.codec import Chain, Marker, Piece, onlyBytes
from ftpactive.core.errors import FTPError, LocalError, TransferAborted
from ftpactive.interfaces import IDataChannel, ISink, ISource, Mark
from ftpactive.net.pausing import UNLIMITED, Patience, Pausing, chunkOf, partsOf
from ftpactive.net.pump import Pump
from ftpactive.net.pumps import makePump
from ftpactive.net.pumptransport import Pushed
from ftpactive.net.reactors import Transport

#: So much of a file is asked for at a time, where it is sent by the kernel.
_PREPARED = 16 * 1024 * 1024

#: Makes a channel; its argument is called when the channel is connected.
MakeChannel = Callable[[Callable[[], object]], "DataChannel"]


@implementer(IDataChannel)
class DataChannel(Pushed):
    """
    The protocol of a data connection: what a transfer does.  How its bytes
    move is known to a L{Pump}.

    Nothing is read before a transfer wants it: what a client sends too early
    stays in the kernel, which makes the client wait.

    @ivar isEnded: is the connection gone?
    @ivar why: why it was aborted; empty when it was not.
    @ivar pump: moves the bytes.
    """

    transport: Transport
    pump: Pump
    transferred = 0
    pace = UNLIMITED
    why = ""
    isEnded = False
    _end: FTPError | None = None

    def __init__(
        self, reactor: IReactorTime, stallTimeout: float, connected: Callable[[], object]
    ) -> None:
        """
        @param stallTimeout: seconds without a byte after which it is cut.
        @param connected: called when there is a connection.
        """
        self._connected = connected
        self._reactor = reactor
        self._stallTimeout = stallTimeout
        self._pausing = Pausing()

    def connectionMade(self) -> None:
        """
        Hold back what the client sends.
        """
        self.transport.pauseProducing()
        self._patience = Patience(self._reactor, self._stallTimeout, self._stalled)
        self.pump = makePump(self, self._reactor)
        self._connected()

    async def send(self, source: ISource, codec: Chain) -> int:
        """
        See L{IDataChannel.send}.
        """
        pump = self.pump
        if not self.isEnded:
            pump.begin(isSending=True)
        # Some files do not tell their size, and say that it is none.
        if codec or not (source.size and pump.sendsFiles) or not await self._sendFile(source):
            await self._sendPieces(source, codec)
        if not self.isEnded:
            # Whatever the client says is read and dropped until all has left.
            pump.finish()
        while not self.isEnded:
            await self._patience.change()
        self._raiseEnd()
        return self.transferred

    async def _sendFile(self, source: ISource) -> bool:
        """
        Have the kernel send a file.

        @return: is all of it sent?  If not, it is to be read from there on.
        """
        size, descriptor = source.size, source.fileno()
        if self.isEnded or size is None or descriptor is None:
            return False
        pace = self.pace.download
        prepared: Any = source if IPreparedSource.providedBy(source) else None
        while left := size - self.transferred:
            count = min(left, _PREPARED) if pace is None else chunkOf(pace, left)
            if pace is not None:
                await self._pausing.take(pace, count)
            if prepared is not None and not prepared.isPrepared(count):
                await prepared.prepare(count)
            if not self.isEnded:
                self.pump.sendFile(descriptor, count)
            if size == self.transferred:
                break
            isWaiting = self.pump.isBlocked or self.isEnded
            if isWaiting:
                await self._sent()
            if size - self.transferred > left - count:
                return False
            # Who waited has let others have their turn.
            if not isWaiting and self._patience.isLong(count):
                await self._share()
        return True

    async def _sendPieces(self, source: ISource, codec: Chain) -> None:
        self._patience.begin()
        pace = self.pace.download
        while data := await source.read(chunkOf(pace, self.pump.piece)):
            # A listing comes in the pieces that it is made in.
            for part in partsOf(data, pace):
                await self._sendPart(part, codec)
        if source.size is not None and self.transferred < source.size:
            raise LocalError("The file became shorter while it was sent")
        for piece in onlyBytes(codec.finish()):
            await self._write(piece)

    async def _sendPart(self, data: bytes, codec: Chain) -> None:
        await self._pausing.take(self.pace.download, len(data))
        for piece in onlyBytes(codec.feed(data)):
            await self._write(piece)
        self.transferred += len(data)
        if self._patience.isLong(len(data)):
            await self._share()

    async def receive(self, sink: ISink, codec: Chain, mark: Mark) -> int:
        """
        See L{IDataChannel.receive}.
        """
        if not self.isEnded:
            self.pump.begin(isSending=False)
        direct: Any = sink if IDirectSink.providedBy(sink) else None
        if direct is not None and direct.isDirect and not codec and self.pace.upload is None:
            await self._pour(direct)
        else:
            while not codec.isComplete and (data := await self._read()):
                await self._store(sink, codec.feed(data), mark)
            await self._store(sink, codec.finish(), mark)
        if not self.isEnded:
            # The stream told its own end, the client need not.
            self.pump.close()
        return self.transferred

    async def _pour(self, sink: IDirectSink) -> None:
        pump, patience = self.pump, self._patience
        while (count := pump.pour(sink)) or (count is None and not self.isEnded):
            if count is not None:
                self.moved(count)
                # Everybody else is to have a turn now and then.
                if not patience.isLong(count):
                    continue
                if not pump.tellsAgain():
                    await self._share()
                    continue
            await patience.change()
        self._raiseEnd()

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
            self.moved(0)
            if self.why:
                self._raiseEnd()
        await sink.write(data)
        self.transferred += len(data)
        if self._patience.isLong(len(data)):
            await self._share()

    async def _share(self) -> None:
        await self._patience.share()
        self._raiseEnd()

    async def _write(self, data: bytes) -> None:
        if data and not self.isEnded:
            self.pump.write(data)
        await self._sent()

    async def _sent(self) -> None:
        while self.pump.isBlocked and not self.isEnded:
            await self._patience.change()
        self.moved(0)
        if self.isEnded:
            self._raiseEnd()
            raise TransferAborted("The client closed the data connection early")

    async def _read(self) -> bytes:
        while (data := self.pump.read()) is None and not self.isEnded:
            await self._patience.change()
        if not data:
            self._raiseEnd()
            return b""
        self._patience.moved()
        return data

    def _raiseEnd(self) -> None:
        if self._end is not None:
            raise self._end

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The connection ended, cleanly or not.
        """
        pump = self.pump
        self.isEnded = True
        pump.lost()
        if self.why or not (pump.hasAll or isinstance(reason.value, ConnectionDone)):
            self._end = TransferAborted(self.why or "The data connection broke; transfer aborted")
        if pump.isSending or self.why:
            self._pausing.end()
        # Those who hold on to us are let go: else all of it would stay until the
        # garbage is collected, hundreds of transfers later.
        self._patience.end()
        del self.transport

    def cutShort(self, why: str) -> None:
        """
        The client has closed without saying that this is all; in a download it
        has nothing to say.
        """
        if not self.pump.isSending:
            self.abort(why)

    def abort(self, why: str = "Transfer aborted") -> None:
        """
        See L{IDataChannel.abort}.

        @param why: what 426 shall say.
        """
        if not self.isEnded:
            self.why = self.why or why
            self.pump.abort()
        elif self._pausing.isOn:
            # All has come, and waits to be stored at its pace.
            self.why = why
            self._end = TransferAborted(why)
            self._pausing.end()

    def wake(self) -> bool:
        """
        See L{Owner.wake}.
        """
        return self._patience.wake()

    def moved(self, count: int) -> None:
        """
        See L{Owner.moved}.
        """
        self.transferred += count
        self._patience.moved()

    def _stalled(self) -> bool:
        # That it is we who wait is no fault of the client's.
        if self._pausing.isOn or self.pump.isDraining():
            return False
        self.abort(f"Nothing moved on the data connection for {self._patience.timeout:g} seconds")
        return True
