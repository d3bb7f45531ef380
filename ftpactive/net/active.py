"""
Active mode: the server connects to the client, from the data port.

Any number of connections share the data port: the kernel tells them apart by
all four of local address, local port, remote address and remote port, as long
as every socket on the port sets SO_REUSEADDR before it binds.  See
C{docs/active-mode.md}.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from time import monotonic

from twisted.internet.defer import Deferred
from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    ConnectionRefusedError,
    NoRouteError,
    TCPTimedOutError,
    TimeoutError,
    UserError,
)
from twisted.internet.interfaces import IAddress, IConnector, IReactorTCP
from twisted.internet.protocol import ClientFactory
from twisted.internet.tcp import makeBinding
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData, FTPError, TransferAborted
from ftpactive.interfaces import IDataPlan
from ftpactive.net.channel import DataChannel, MakeChannel

#: Told when an attempt ended: (seconds, why it failed).
Outcome = Callable[[float, str], None]


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
        reactor: IReactorTCP,
        address: Address,
        source: Address,
        *,
        timeout: float,
        makeChannel: MakeChannel,
        tell: Outcome,
    ) -> None:
        """
        @param address: where to connect.
        @param source: from where; port 0 for any.
        @param timeout: for the client to answer, seconds.
        """
        self.address = address
        self._source = source
        self._reactor = reactor
        self._timeout = timeout
        self._makeChannel = makeChannel
        self._tell = tell
        self._connector: IConnector | None = None

    async def open(self) -> DataChannel:
        """
        Connect.  See L{IDataPlan.open}.
        """
        began = monotonic()
        try:
            channel = await self._connect()
        except FTPError as error:
            self._tell(monotonic() - began, str(error))
            raise
        finally:
            self._connector = None
        self._tell(monotonic() - began, "")
        return channel

    async def _connect(self) -> DataChannel:
        factory = _OneConnection(self._makeChannel)
        self._connector = self._reactor.connectTCP(
            self.address.host,
            self.address.port,
            factory,
            timeout=self._timeout,
            bindAddress=makeBinding(  # type: ignore[arg-type]
                self._source.host, self._source.port, reuseAddress=True
            ),
        )
        factory.outcome.addErrback(self._refuse)
        await factory.outcome
        return factory.channel

    def abandon(self) -> None:
        """
        Stop connecting.  See L{IDataPlan.abandon}.
        """
        if self._connector is not None:
            self._connector.stopConnecting()

    def _refuse(self, failure: Failure) -> None:
        raise self._meaning(failure)

    def _meaning(self, failure: Failure) -> FTPError:
        """
        Say in words what the kernel said in numbers.
        """
        # Not a subclass: Twisted's timeout is one of them.
        if failure.type is UserError:
            return TransferAborted("Aborted while the data connection was being opened")
        error = failure.value
        number = error.osError if isinstance(error, ConnectError) else 0
        if failure.check(ConnectBindError):
            reason = _BIND.get(number, f"cannot use {self._source}: {error}")
        elif number == errno.EADDRNOTAVAIL:
            reason = "the last connection to this very port has not been forgotten yet, use another"
        elif failure.check(ConnectionRefusedError):
            reason = "connection refused: nobody listens there, or a firewall rejects it"
        elif failure.check(TCPTimedOutError, TimeoutError):
            reason = f"no answer within {self._timeout:g} seconds: a firewall may drop it"
        elif failure.check(NoRouteError) or number == errno.EHOSTUNREACH:
            reason = "no route to this address"
        else:
            reason = failure.getErrorMessage()
        return CannotOpenData(f"Can't connect to {self.address} from {self._source}: {reason}")


#: What bind() says of the data port.
_BIND = {
    errno.EADDRINUSE: "a listener occupies the data port",
    errno.EADDRNOTAVAIL: "this address is no longer on the server",
    errno.EACCES: "the server may not use this port (CAP_NET_BIND_SERVICE)",
}


class _OneConnection(ClientFactory):
    """
    Makes one channel and says how its connection came out.
    """

    noisy = False

    def __init__(self, makeChannel: MakeChannel) -> None:
        #: Fires with L{None} once connected, or fails.
        self.outcome: Deferred[None] = Deferred()
        self.channel = makeChannel(lambda: self.outcome.callback(None))

    def buildProtocol(self, addr: IAddress | None) -> DataChannel:
        """
        There is only one.
        """
        return self.channel

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        """
        It will not be used.
        """
        self.outcome.errback(reason)
