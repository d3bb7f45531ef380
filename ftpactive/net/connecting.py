"""
How a connection is made from a port of our choice: by ourselves, or where
that takes a privilege that we have shed, from a socket that the port broker
has bound.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IConnector
from twisted.internet.protocol import ClientFactory
from twisted.internet.tcp import makeBinding
from twisted.logger import Logger

from ftpactive.core.address import Address
from ftpactive.net.bound import BoundConnector
from ftpactive.net.broker import PortBroker, allowance, canShed, holdsCapability
from ftpactive.net.portchannel import Attached, PortChannel
from ftpactive.net.reactors import Reactor


class _Joined:
    """
    A broker that another process has started.
    """

    def __init__(self, channel: PortChannel) -> None:
        self._channel = channel
        self.bind = channel.bind

    def stop(self) -> Deferred[None]:
        """
        Ask it no more; it goes on.
        """
        self._channel.close()
        return succeed(None)


class Connecting:
    """
    Makes the active connections of a service.

    @ivar brokered: the ports for which the broker is asked.
    """

    _log = Logger(namespace="ftpactive")

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._broker: PortBroker | _Joined | None = None
        self.brokered: frozenset[int] = frozenset()

    def prepare(self, sources: Iterable[Address]) -> None:
        """
        Start a broker if one of the sources is a privileged port.  To be called
        while there are privileges.

        @param sources: for every listener its address, with each port that its
            data connections may come from.
        """
        allowed = allowance(sources)
        if not allowed or not canShed():
            return
        broker = PortBroker(cast(Any, self._reactor))
        try:
            broker.start(allowed)
        except OSError as error:
            self._log.warn("Warning: {words}", words=error.strerror)
            return
        self._broker, self.brokered = broker, frozenset(allowed)

    def attach(self) -> Attached | None:
        """
        Make a way for a worker to ask the broker that there is; L{detach}
        follows when the worker has ended.
        """
        return self._broker.attach() if isinstance(self._broker, PortBroker) else None

    def detach(self, number: int) -> None:
        """
        A worker has ended.
        """
        if isinstance(self._broker, PortBroker):
            self._broker.detach(number)

    def join(self, end: socket.socket, ports: Iterable[int]) -> None:
        """
        Ask the broker of another process.

        @param end: what L{attach} has given there.
        @param ports: its C{brokered}.
        """
        self._broker = _Joined(PortChannel(cast(Any, self._reactor), end))
        self.brokered = frozenset(ports)

    def settle(self) -> Deferred[None]:
        """
        End the broker if this process has kept its privileges after all.  To
        be called when it has shed what it sheds.
        """
        return self.stop() if holdsCapability() else succeed(None)

    def stop(self) -> Deferred[None]:
        """
        End the broker, if there is one.
        """
        broker, self._broker, self.brokered = self._broker, None, frozenset()
        return broker.stop() if broker is not None else succeed(None)

    def connect(
        self, factory: ClientFactory, address: Address, source: Address, timeout: float
    ) -> IConnector:
        """
        Begin to connect.

        @param factory: stops it by itself when the time is over, if it is told
            by C{startedConnecting}.
        @param timeout: how long it takes at most otherwise, seconds.
        @return: what can stop it.
        """
        reactor: Any = self._reactor
        if self._broker is not None and source.port in self.brokered:
            bound = self._broker.bind(source)
            return cast(
                IConnector, BoundConnector(reactor, bound, address, factory, timeout=timeout)
            )
        connector: IConnector = reactor.connectTCP(
            address.host, address.port, factory, timeout=None, bindAddress=_binding(source)
        )
        return connector


# Few are asked for, and each of them for every transfer.
@lru_cache(maxsize=256)
def _binding(source: Address) -> object:
    # SO_REUSEPORT lets the kernel skip a look at every connection that the port
    # has, which SO_REUSEADDR alone would cost at each bind.
    binding: object = makeBinding(source.host, source.port, reuseAddress=True, reusePort=True)
    return binding
