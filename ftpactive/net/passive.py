"""
Passive mode: the client connects to us, on a port that we announced.

The port is open on the address that the client called, for one connection
from the client's own address, until that has come.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from time import monotonic

from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IListeningPort,
    IReactorTCP,
    IReactorTime,
)
from twisted.internet.protocol import ServerFactory
from zope.interface import implementer

from ftpactive.core.address import Address, sameHost
from ftpactive.core.errors import CannotOpenData, TransferAborted
from ftpactive.interfaces import IDataPlan
from ftpactive.net.channel import DataChannel, MakeChannel
from ftpactive.net.ends import fromTransport

#: Told when an attempt ended: (the client's end, seconds, why it failed).
Outcome = Callable[[Address, float, str], None]


def candidates(ports: range) -> Iterable[int]:
    """
    Give the ports of a range, each once, from a random one on: a port that
    was just used comes last, and the next one cannot be foreseen.
    """
    if not ports:
        return (0,)
    begin = random.randrange(len(ports))
    return (*ports[begin:], *ports[:begin])


def listen(reactor: IReactorTCP, factory: ServerFactory, host: str, ports: range) -> IListeningPort:
    """
    Listen on a free port of a range.

    @raise CannotOpenData: (425) none is free.
    """
    for port in candidates(ports):
        try:
            return reactor.listenTCP(port, factory, backlog=5, interface=host)
        except CannotListenError:
            continue
    raise CannotOpenData("No port is free for a passive data connection, try again later")


@implementer(IDataPlan)
class PassivePlan(ServerFactory):
    """
    A port that waits for the client, whichever comes first: its connection
    or the transfer that wants it.
    """

    isLasting = False
    isPassive = True
    noisy = False

    def __init__(
        self,
        reactor: IReactorTime,
        peer: Address,
        *,
        timeout: float,
        makeChannel: MakeChannel,
        tell: Outcome,
    ) -> None:
        """
        @param peer: who may connect, from any port.
        @param timeout: for the client to connect, seconds after L{open}.
        """
        self.address = Address("", 0)
        self._reactor = reactor
        self._peer = peer
        self._timeout = timeout
        self._makeChannel = makeChannel
        self._tell = tell
        self._began = monotonic()
        self._port: IListeningPort | None = None
        self._channel: DataChannel | None = None
        self._isConnected = False
        self._waiting: Deferred[None] | None = None
        #: Fires when the port is free again.
        self.released: Deferred[None] = Deferred()

    def listening(self, port: IListeningPort) -> None:
        """
        The port is open.
        """
        self._port = port
        self.address = fromTransport(port.getHost())

    def buildProtocol(self, addr: IAddress | None) -> DataChannel | None:
        """
        Somebody connects: the client, or one who must be turned away.
        """
        client = fromTransport(addr)
        if not sameHost(client.host, self._peer.host):
            self._tell(client, self._elapsed(), f"only {self._peer.host} may connect here")
            return None
        if self._channel is not None:
            return None
        self._channel = self._makeChannel(self._connected)
        return self._channel

    def _connected(self) -> None:
        self._isConnected = True
        self._tell(self._peer, self._elapsed(), "")
        self._close()
        self._wake(None)

    async def open(self) -> DataChannel:
        """
        Wait for the client.  See L{IDataPlan.open}.
        """
        if not self._isConnected:
            self._waiting = Deferred()
            timer = self._reactor.callLater(self._timeout, self._timedOut)
            try:
                await self._waiting
            finally:
                _cancel(timer)
        assert self._channel is not None, "what wakes us sets it, or fails"
        channel, self._channel = self._channel, None
        return channel

    def _timedOut(self) -> None:
        reason = f"You did not connect to port {self.address.port} within {self._timeout:g} seconds"
        self._tell(self._peer, self._elapsed(), reason)
        self._close()
        self._wake(CannotOpenData(reason))

    def abandon(self) -> None:
        """
        Close the port.  See L{IDataPlan.abandon}.
        """
        self._close()
        if self._channel is not None and self._isConnected:
            self._channel.abort()
        self._wake(TransferAborted("Aborted while waiting for the data connection"))

    def _wake(self, error: Exception | None) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        if error is None:
            waiting.callback(None)
        else:
            waiting.errback(error)

    def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            stopped = port.stopListening()
            if stopped is None:
                self.released.callback(None)
            else:
                stopped.addBoth(lambda result: self.released.callback(None))

    def _elapsed(self) -> float:
        return monotonic() - self._began


def _cancel(timer: IDelayedCall) -> None:
    if timer.active():
        timer.cancel()
