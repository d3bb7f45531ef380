"""
Active mode: the server connects to the client, from the data port.

Any number of connections share the data port: the kernel tells them apart by
all four of local address, local port, remote address and remote port, as long
as every socket on the port sets SO_REUSEADDR before it binds.  See
C{docs/active-mode.md}.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from time import monotonic
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.error import (
    NotConnectingError,
    TimeoutError,
    UserError,
    getConnectError,
)
from twisted.internet.interfaces import IAddress, IConnector, IDelayedCall, IReactorTime
from twisted.internet.protocol import ClientFactory
from twisted.internet.tcp import Client
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData, FTPError, TransferAborted
from ftpactive.core.events import Outcome
from ftpactive.interfaces import IDataPlan
from ftpactive.net.channel import DataChannel, MakeChannel
from ftpactive.net.connecting import Connecting
from ftpactive.net.deadlines import Deadline, deadlines
from ftpactive.net.happening import Happening
from ftpactive.net.reactors import Reactor, nothing
from ftpactive.net.reasons import CONNECTED, UNDER_WAY, TellAttempt, meaning

#: What may be over in a moment, or is different from another port.
_PASSING = (Outcome.PORT_BUSY, Outcome.ADDRESS_IN_USE)


@dataclass(frozen=True)
class Attempts:
    """
    How often and from where a connection is tried.

    @ivar sources: our ends: the data port, and those that take its place.
    @ivar delays: seconds before each further attempt from the first of them,
        if it failed for a reason that passes.  Where its port is 0, each
        attempt is from another one, which may do as well.
    @ivar timeout: for the client to answer, seconds.
    """

    sources: Sequence[Address]
    delays: Sequence[float]
    timeout: float

    @cached_property
    def schedule(self) -> list[tuple[Address, float]]:
        """
        Give each attempt's source, and the seconds before it.
        """
        first, *others = self.sources
        again = [(first, delay) for delay in self.delays]
        return [(first, 0.0), *again, *((other, 0.0) for other in others)]


@implementer(IDataPlan)
class ActivePlan:
    """
    A connection to the client that is made when a transfer wants it.

    RFC 959 section 4.1.2 lets what PORT said hold until it is changed, so
    one plan may be opened for several transfers, one after the other.
    """

    isLasting = True
    isPassive = False

    def __init__(
        self,
        reactor: Reactor,
        address: Address,
        attempts: Attempts,
        *,
        makeChannel: MakeChannel,
        tell: TellAttempt,
        connecting: Connecting | None = None,
    ) -> None:
        """
        @param address: where to connect.
        @param connecting: makes the connections; by default without a broker.
        """
        self._connecting = connecting or Connecting(reactor)
        self.address = address
        self._attempts = attempts
        self._reactor = reactor
        self._makeChannel = makeChannel
        self._tell = tell
        self._stop: Callable[[], object] | None = None

    async def open(self) -> DataChannel:
        """
        Connect, from the first source from which it works.  See
        L{IDataPlan.open}.
        """
        for source, delay in self._attempts.schedule:
            if delay:
                await self._pause(delay)
            began = monotonic()
            attempt = self._begin(source)
            if not attempt.end.isOver:
                await attempt.end.wait()
                self._stop = None
            failed = attempt.error
            if failed is None:
                self._tellOf(source, began, Outcome.CONNECTED, "")
                return attempt.channel
            outcome, error = self._reason(failed, source)
            self._tellOf(source, began, outcome, str(error))
            if outcome not in _PASSING:
                break
        raise error

    def _begin(self, source: Address) -> _OneConnection:
        timeout = self._attempts.timeout
        attempt = _OneConnection(self._makeChannel, self._reactor, timeout)
        try:
            connector = self._connecting.connect(attempt, self.address, source, timeout)
            if not attempt.end.isOver:
                self._stop = partial(self._giveUp, attempt, connector)
        except OSError as error:
            # A link-local address whose interface has gone away.
            attempt.fail(error)
        return attempt

    def _reason(self, failed: BaseException, source: Address) -> tuple[Outcome, FTPError]:
        outcome, words = meaning(failed, source, self._attempts.timeout)
        if outcome is Outcome.ABORTED:
            return outcome, TransferAborted(words)
        return outcome, CannotOpenData(f"Can't connect to {self.address} from {source}: {words}")

    def _tellOf(self, source: Address, began: float, outcome: Outcome, error: str) -> None:
        self._tell("active", source, self.address, monotonic() - began, outcome, error)

    def _giveUp(self, factory: _OneConnection, connector: IConnector) -> None:
        # The socket is closed in the next turn of the reactor.  In this one it may
        # have an event for it at hand still, which it would tell to whoever gets
        # the descriptor next.
        self._reactor.callLater(0, _stop, connector)
        factory.fail(UserError())

    async def _pause(self, delay: float) -> None:
        over: Deferred[None] = Deferred()
        timer: IDelayedCall = self._reactor.callLater(delay, over.callback, None)

        def stop() -> None:
            timer.cancel()
            over.errback(TransferAborted("Aborted while the data connection was being opened"))

        self._stop = stop
        try:
            await over
        finally:
            self._stop = None

    def abandon(self) -> None:
        """
        Stop connecting.  See L{IDataPlan.abandon}.
        """
        if self._stop is not None:
            self._stop()


class _OneConnection(ClientFactory):
    """
    Makes one channel and says how its connection came out, once.

    @ivar end: it has come out: connected, or not.
    @ivar error: what it failed with then; L{None} when it is connected.
    """

    noisy = False
    # There is nothing to begin, or to end.
    doStart = doStop = staticmethod(nothing)
    error: BaseException | None = None
    _expiry: Deadline | None = None
    _client: Client | None = None
    _connector: Any = None

    def __init__(self, makeChannel: MakeChannel, clock: IReactorTime, timeout: float) -> None:
        """
        @param timeout: for the client to answer, seconds; from when the reactor
            says that it has begun.
        """
        self.end = Happening()
        self.channel = makeChannel(self.end.happen)
        self._clock = clock
        self._timeout = timeout

    def startedConnecting(self, connector: IConnector) -> None:
        """
        Call the client now: the reactor would in its next turn.  A client that
        is near has answered before we ask, and nobody need wait for it.
        """
        client: Any = getattr(connector, "transport", None)
        self._connector = connector
        # Without a socket it could not be bound, as the reactor will say.
        if isinstance(client, Client) and hasattr(client, "socket"):
            self._call(client)
        if not self.end.isOver:
            expire = partial(self._expire, connector)
            self._expiry = deadlines(self._clock, self._timeout).begin(expire)

    def _call(self, client: Any) -> None:
        self._client = client
        planned = _planned(client)
        connect = client.socket.connect_ex
        connect(client.addr)
        # The second time, the kernel says what has come of it.
        number = connect(client.addr)
        if number in UNDER_WAY:
            return
        if number in CONNECTED:
            self._join(client)
        else:
            client.failIfNotConnected(getConnectError((number, os.strerror(number))))
        if planned is not None:
            planned.cancel()
        else:
            # The reactor would do it once more.
            client.doConnect = nothing

    def _join(self, client: Any) -> None:
        # What the client would do, but for asking once more how it came out, and
        # who is there and what to call it in the log: that is known.
        client.realAddress = client.addr
        client.protocol = self._connector.buildProtocol(None)
        client.connected = True
        client.logstr = "data"
        client.protocol.makeConnection(client)

    def _expire(self, connector: IConnector) -> None:
        self.fail(TimeoutError())
        _stop(connector)

    def buildProtocol(self, addr: IAddress | None) -> DataChannel | None:
        """
        There is only one, and none when it came too late.
        """
        if self.end.isOver:
            return None
        if self._expiry is not None:
            self._expiry.cancel()
        self._letGo()
        if self._client is not None:
            # The reactor does not watch it, and shall not: the channel drives the
            # socket.  To see to that again at every end would cost more.
            idle: Any = self._client
            idle.startReading = idle.stopReading = nothing
            self._client = None
        return self.channel

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """
        It will not be used.
        """
        self.fail(cast(BaseException, reason.value))
        self._letGo()

    def fail(self, error: BaseException) -> None:
        """
        It is not connected, and will not be; no matter if it has come out before.
        """
        if self._expiry is not None:
            self._expiry.cancel()
        if not self.end.isOver:
            self.error = error
            self.end.happen()

    def _letGo(self) -> None:
        # It would hold on to the connection, which holds on to it.
        if self._connector is not None:
            self._connector.transport = self._connector = None


def _planned(client: Any) -> IDelayedCall | None:
    # The reactor has it on its list to call the client in its next turn.  To ask
    # it for that list in public takes as long as the list is; where the private
    # name is missing, that call is left to find nothing to do.
    calls: Any = getattr(client.reactor, "_newTimedCalls", None)
    if calls and getattr(calls[-1], "func", None) == client.resolveAddress:
        return cast(IDelayedCall, calls[-1])
    return None


def _stop(connector: IConnector) -> None:
    # By now it may have come out by itself.
    with suppress(NotConnectingError):
        connector.stopConnecting()
