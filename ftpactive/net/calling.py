"""
One call of a client: a connection is asked of the reactor, and comes about at once
where the client is near.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import Any, cast

from twisted.internet.error import NotConnectingError, TimeoutError, getConnectError
from twisted.internet.interfaces import IAddress, IConnector, IDelayedCall, IReactorTime
from twisted.internet.protocol import ClientFactory
from twisted.internet.tcp import Client
from twisted.python.failure import Failure

from ftpactive.net.channel import DataChannel, MakeChannel
from ftpactive.net.deadlines import Deadline, deadlines
from ftpactive.net.happening import Happening
from ftpactive.net.reactors import nothing
from ftpactive.net.reasons import CONNECTED, UNDER_WAY


class Calling(ClientFactory):
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
        stopConnecting(connector)

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


def stopConnecting(connector: IConnector) -> None:
    """
    Give up a connection, unless it has come out by itself by now.
    """
    with suppress(NotConnectingError):
        connector.stopConnecting()
