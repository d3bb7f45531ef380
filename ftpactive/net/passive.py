"""
Passive mode: the client connects to us, on a port that we announced.

The port is open on the address that the client called, for one connection
from the client's own address, or another that the policy allows (a server, for
transfers from server to server), until that has come.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from itertools import chain
from time import monotonic
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IListeningPort,
    IReactorFDSet,
    IReactorTime,
)
from twisted.internet.protocol import ServerFactory
from twisted.logger import Logger
from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData, TransferAborted
from ftpactive.core.events import Outcome
from ftpactive.interfaces import IDataPlan
from ftpactive.net.channel import DataChannel, MakeChannel
from ftpactive.net.deadlines import Deadline, deadlines
from ftpactive.net.ends import fromTransport
from ftpactive.net.happening import Happening
from ftpactive.net.passiveport import DataPort
from ftpactive.net.ports import candidates
from ftpactive.net.reasons import TellAttempt

_log = Logger()

#: One of ours, or where the reactor watches no descriptors one of its own.
Port = DataPort | IListeningPort

#: What the kernel says of a port that somebody else has, or that is not for us.
_TAKEN = frozenset({errno.EADDRINUSE, errno.EACCES, errno.EPERM})

_OTHER = "The server cannot listen for a data connection now, see its log; try again later"

#: Seconds after which somebody looks at who has connected, should no transfer
#: have come before: strangers are not to fill the port's queue.
_UNSEEN = 1.0


def listen(reactor: Any, plan: PassivePlan, host: str, ports: range) -> Port:
    """
    Listen on a free port of a range.

    @param reactor: one for TCP.
    @raise CannotOpenData: (425) none is free, or it is no port that is missing.
    """
    isOurs = IReactorFDSet.providedBy(reactor)
    left = candidates(ports) if isOurs or ports else iter((0,))
    for port in left:
        try:
            if isOurs:
                return DataPort(reactor, plan, host, chain((port,), left))
            found: IListeningPort = reactor.listenTCP(port, plan, backlog=5, interface=host)
            return found
        except (CannotListenError, OSError) as error:
            _refuseOthers(host, error)
    raise CannotOpenData("No port is free for a passive data connection, try again later")


def _refuseOthers(host: str, error: CannotListenError | OSError) -> None:
    # Somebody else's port is no reason to give up.
    reason = error.socketError if isinstance(error, CannotListenError) else error
    if isinstance(reason, OSError) and reason.errno not in _TAKEN:
        _log.warn("Cannot listen on {host}: {error}", host=host, error=str(reason))
        raise CannotOpenData(_OTHER) from error


@implementer(IDataPlan)
class PassivePlan(ServerFactory):
    """
    A port that waits for the client, whichever comes first: its connection
    or the transfer that wants it.
    """

    isLasting = False
    isPassive = True
    noisy = False
    address = Address("", 0)
    _expiry: IDelayedCall | Deadline | None = None
    _port: Port | None = None
    _channel: DataChannel | None = None
    _isConnected = False
    _isOver = False
    _waiting: Deferred[None] | None = None

    def __init__(
        self,
        reactor: IReactorTime,
        peer: Address,
        *,
        mayConnect: Callable[[Address], bool],
        timeout: float,
        lifetime: float,
        makeChannel: MakeChannel,
        tell: TellAttempt,
    ) -> None:
        """
        @param peer: the client.
        @param mayConnect: is somebody the client, or as good?
        @param timeout: for the client to connect, seconds after L{open}.
        @param lifetime: for L{open} to be called, seconds: nobody shall hold a
            port for ever.
        """
        self._reactor = reactor
        self._peer = peer
        self._mayConnect = mayConnect
        self._timeout = timeout
        self._lifetime = lifetime
        self._makeChannel = makeChannel
        self._tell = tell
        self._began = monotonic()
        #: The port is free again.
        self.released = Happening()

    def listening(self, port: Port) -> None:
        """
        The port is open.
        """
        self._port = port
        if isinstance(port, DataPort):
            self.address = port.address
        else:
            self.address = fromTransport(port.getHost())
        self._expiry = deadlines(self._reactor, _UNSEEN).begin(self._watch)

    def _watch(self) -> None:
        left = max(0, self._lifetime - _UNSEEN)
        self._expiry = self._reactor.callLater(left, self._drop)
        if isinstance(self._port, DataPort):
            self._port.watch()

    def buildProtocol(self, addr: IAddress | None) -> DataChannel | None:
        """
        Somebody connects, by a port of the reactor's.
        """
        return self.admit(fromTransport(addr))

    def admit(self, client: Address) -> DataChannel | None:
        """
        Somebody connects: the client, or one who may in its place, or one who
        must be turned away.
        """
        if not self._mayConnect(client):
            reason = f"only {self._peer.host} may connect here"
            self._tell("passive", self.address, client, self._elapsed(), Outcome.STRANGER, reason)
            return None
        if self._channel is not None or self._port is None:
            # One has come, perhaps in the same turn of the reactor.
            return None
        self._channel = self._makeChannel(lambda: self._connected(client))
        return self._channel

    def _connected(self, client: Address) -> None:
        self._isConnected = True
        self._tell("passive", self.address, client, self._elapsed(), Outcome.CONNECTED, "")
        self._close()
        self._wake(None)

    async def open(self) -> DataChannel:
        """
        Wait for the client.  See L{IDataPlan.open}.
        """
        if self._port is None and not self._isConnected:
            raise CannotOpenData(
                f"No transfer came within {self._lifetime:g} seconds, so port"
                f" {self.address.port} was closed: say PASV or EPSV again"
            )
        _cancel(self._expiry)
        if isinstance(self._port, DataPort):
            self._port.look()
        if not self._isConnected:
            if isinstance(self._port, DataPort):
                self._port.watch()
            self._waiting = Deferred()
            timer = self._reactor.callLater(self._timeout, self._timedOut)
            try:
                await self._waiting
            finally:
                _cancel(timer)
        assert self._channel is not None, "what wakes us sets it, or fails"
        channel, self._channel = self._channel, None
        self._isOver = True
        return channel

    def _timedOut(self) -> None:
        reason = f"You did not connect to port {self.address.port} within {self._timeout:g} seconds"
        self._tell("passive", self.address, self._peer, self._elapsed(), Outcome.TIMED_OUT, reason)
        self._close()
        self._wake(CannotOpenData(reason))

    def abandon(self) -> None:
        """
        Close the port.  See L{IDataPlan.abandon}.
        """
        if not self._isOver:
            _cancel(self._expiry)
            self._drop()
            self._wake(TransferAborted("Aborted while waiting for the data connection"))

    def _drop(self) -> None:
        self._close()
        channel, self._channel = self._channel, None
        if channel is not None and self._isConnected:
            channel.abort()
        self._isConnected = False

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
                self.released.happen()
            else:
                stopped.addBoth(lambda result: self.released.happen())

    def _elapsed(self) -> float:
        return monotonic() - self._began


def _cancel(timer: IDelayedCall | Deadline | None) -> None:
    if timer is not None and timer.active():
        timer.cancel()
