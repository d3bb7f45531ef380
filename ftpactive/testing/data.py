"""
Data connections that are played: no socket, no reactor.
"""

from __future__ import annotations

from collections.abc import Iterator

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.core.codec import Chain, Marker, Piece, onlyBytes
from ftpactive.core.errors import FTPError, LocalError, TransferAborted
from ftpactive.core.policy import TargetPolicy
from ftpactive.interfaces import IDataChannel, IDataOpener, IDataPlan, ISink, ISource, Mark
from ftpactive.logins import Pace

#: How much a played transfer moves at a time: little, so that tests of a few
#: bytes see borders between chunks.
_CHUNK = 5

#: No transfer takes more steps than about this, or tests of megabytes would
#: take minutes.
_STEPS = 2000


def _chunk(size: int) -> int:
    return max(_CHUNK, size // _STEPS)


@implementer(IDataChannel)
class PlayedChannel:
    """
    A data connection that keeps what it sends and receives what it is given.

    @ivar toReceive: what the client sends.
    @ivar cut: how the client ends an upload badly; L{None} for a clean end.
    """

    def __init__(self, toReceive: bytes, cut: FTPError | None, isHeld: bool) -> None:
        self.transferred = 0
        self.pace = Pace()
        # As bytes, each step would copy all that was sent before.
        self._sent = bytearray()
        self.toReceive = toReceive
        self.cut = cut
        self._held: Deferred[None] | None = Deferred() if isHeld else None

    @property
    def sent(self) -> bytes:
        """
        Give what the client got.
        """
        return bytes(self._sent)

    async def send(self, source: ISource, codec: Chain) -> int:
        """
        See L{IDataChannel.send}.
        """
        await self._hold()
        chunk = _chunk(source.size or 0)
        while data := await source.read(chunk):
            self._sent += b"".join(onlyBytes(codec.feed(data)))
            self.transferred += len(data)
        if source.size is not None and self.transferred < source.size:
            raise LocalError("The file became shorter while it was sent")
        self._sent += b"".join(onlyBytes(codec.finish()))
        return self.transferred

    async def receive(self, sink: ISink, codec: Chain, mark: Mark) -> int:
        """
        See L{IDataChannel.receive}.
        """
        await self._hold()
        step = _chunk(len(self.toReceive))
        for begin in range(0, len(self.toReceive), step):
            if codec.isComplete:
                break
            chunk = self.toReceive[begin : begin + step]
            await self._store(sink, codec.feed(chunk), mark)
        # A stream that told its own end need not be closed by the client.
        if self.cut is not None and not codec.isComplete:
            raise self.cut
        await self._store(sink, codec.finish(), mark)
        return self.transferred

    async def _store(self, sink: ISink, pieces: Iterator[Piece], mark: Mark) -> None:
        for piece in pieces:
            if isinstance(piece, Marker):
                mark(piece.text, self.transferred)
            else:
                await sink.write(piece)
                self.transferred += len(piece)

    async def _hold(self) -> None:
        if self._held is not None:
            await self._held

    def release(self) -> None:
        """
        Let a held transfer go on.
        """
        held, self._held = self._held, None
        if held is not None:
            held.callback(None)

    def abort(self) -> None:
        """
        See L{IDataChannel.abort}.
        """
        held, self._held = self._held, None
        if held is not None:
            held.errback(TransferAborted())


@implementer(IDataOpener)
class PlayedOpener:
    """
    Arranges data connections that are played, and is their plan as well.

    @ivar planned: where C{active} was to connect to, in order; L{None} stands
        for C{passive}.
    @ivar targets: who may connect to the last passive port, beside the client.
    @ivar failure: why the next connections cannot be opened, if so.
    @ivar isHeld: do transfers wait until they are released?
    @ivar opensLate: does C{open} wait for L{connect}?
    @ivar channels: those that were opened.
    """

    def __init__(self, local: Address, peer: Address) -> None:
        self.local = local
        self.peer = peer
        self.planned: list[Address | None] = []
        self.targets = TargetPolicy()
        self.failure: FTPError | None = None
        self.isHeld = False
        self.opensLate = False
        self.toReceive = b""
        self.cut: FTPError | None = None
        self.channels: list[PlayedChannel] = []
        self.abandoned = 0
        self.opening: Deferred[None] | None = None

    def active(self, address: Address) -> IDataPlan:
        """
        See L{IDataOpener.active}.
        """
        self.planned.append(address)
        return PlayedPlan(self, address, isPassive=False)

    async def passive(self, targets: TargetPolicy) -> IDataPlan:
        """
        See L{IDataOpener.passive}.
        """
        if self.failure is not None:
            raise self.failure
        self.planned.append(None)
        self.targets = targets
        return PlayedPlan(self, Address(self.local.host, 20020), isPassive=True)

    async def open(self) -> PlayedChannel:
        """
        Give a channel, or fail.
        """
        if self.opensLate:
            self.opening = Deferred()
            await self.opening
        if self.failure is not None:
            raise self.failure
        self.channels.append(PlayedChannel(self.toReceive, self.cut, self.isHeld))
        return self.channels[-1]

    def connect(self) -> None:
        """
        Let a late opening succeed.
        """
        opening, self.opening = self.opening, None
        assert opening is not None, "nothing is being opened"
        opening.callback(None)

    def abandon(self) -> None:
        """
        A plan is not needed any more.
        """
        self.abandoned += 1
        opening, self.opening = self.opening, None
        if opening is not None:
            opening.errback(TransferAborted())


@implementer(IDataPlan)
class PlayedPlan:
    """
    A plan whose connection is played.
    """

    def __init__(self, opener: PlayedOpener, address: Address, *, isPassive: bool) -> None:
        self.address = address
        self.isPassive = isPassive
        self.isLasting = not isPassive
        self._opener = opener

    async def open(self) -> PlayedChannel:
        """
        See L{IDataPlan.open}.
        """
        return await self._opener.open()

    def abandon(self) -> None:
        """
        See L{IDataPlan.abandon}.
        """
        self._opener.abandon()
