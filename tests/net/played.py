"""
A service whose reactor is played: the real protocols on transports of strings.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import (
    CannotListenError,
    ConnectionDone,
    NotConnectingError,
    UserError,
)
from twisted.internet.interfaces import IReactorTCP, IReactorTime
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer_only

from ftpactive import FTPFactory, Settings
from ftpactive.auth.realm import StorageRealm
from ftpactive.core.address import Address
from ftpactive.core.protection import Protection
from ftpactive.storage.memory import MemoryStorage
from ftpactive.testing.conversation import CLIENT, SERVER, EventList

#: The first port that a played reactor gives when any will do.
ANY_PORT = 40000


def endOf(address: Address) -> IPv4Address | IPv6Address:
    """
    Write an address as Twisted does.
    """
    kind = IPv6Address if ":" in address.host else IPv4Address
    return kind("TCP", *address)


def result(done: Deferred[Any]) -> Any:
    """
    Give how something came out that is done.
    """
    outcomes: list[Any] = []
    done.addBoth(outcomes.append)
    assert outcomes, "it is not done"
    if isinstance(outcomes[0], Failure):
        outcomes[0].raiseException()
    return outcomes[0]


class PlayedTransport(StringTransport):
    """
    A transport that knows whose it is.
    """

    protocol: Any

    def loseWriteConnection(self) -> None:
        """
        Say no more; what was said has left at once.
        """
        self.protocol.writeConnectionLost()


class PlayedPort:
    """
    A listening port.

    @ivar isOpen: does it still listen?
    @ivar closing: fired by the test when the port is free, where C{isSlow}.
    """

    def __init__(self, factory: Any, address: Address, isSlow: bool) -> None:
        self.factory = factory
        self.address = address
        self.isOpen = True
        self.closing: Deferred[None] | None = Deferred() if isSlow else None

    def getHost(self) -> IPv4Address | IPv6Address:
        """
        Give where it listens.
        """
        return endOf(self.address)

    def stopListening(self) -> Deferred[None] | None:
        """
        Close it; at once, or when C{closing} fires.
        """
        self.isOpen = False
        return self.closing

    def accept(self, client: Address = CLIENT) -> Any:
        """
        Let somebody connect.

        @return: the server's end; L{None} when they were turned away.
        """
        assert self.isOpen, "nobody listens here"
        return joined(self.factory.buildProtocol(endOf(client)), self.address, client)


class PlayedConnector:
    """
    An attempt to connect.

    @ivar isOver: has it come out?
    @ivar isStopped: was it given up?
    """

    def __init__(self, factory: Any) -> None:
        self.factory = factory
        self.isOver = self.isStopped = False

    def stopConnecting(self) -> None:
        """
        Give up, as the real one does.
        """
        if self.isOver:
            raise NotConnectingError
        self.isStopped = True
        self.fail(UserError())

    def fail(self, error: Exception) -> None:
        """
        Let it fail.
        """
        self.isOver = True
        self.factory.clientConnectionFailed(self, Failure(error))


@implementer_only(IReactorTCP, IReactorTime)
class PlayedReactor(MemoryReactorClock):
    """
    A reactor whose connections come about when the test says so.  It knows no
    descriptors, so that every connection is made and moved by it.

    @ivar taken: ports that cannot be listened on.
    @ivar reason: why not.
    @ivar isSlow: does closing a port take until the test says so?
    @ivar ports: those that were listened on, in order.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.taken: set[int] = set()
        self.reason = OSError(98, "Address already in use")
        self.isSlow = False
        self.ports: list[PlayedPort] = []

    def listenTCP(
        self, port: int, factory: Any, backlog: int = 50, interface: str = ""
    ) -> PlayedPort:
        """
        Listen, unless the port is taken.
        """
        if port in self.taken:
            raise CannotListenError(interface, port, self.reason)
        address = Address(interface, port or ANY_PORT + len(self.ports))
        self.ports.append(PlayedPort(factory, address, self.isSlow))
        return self.ports[-1]

    def connectTCP(
        self, host: str, port: int, factory: Any, timeout: float = 30, bindAddress: Any = None
    ) -> PlayedConnector:
        """
        Begin to connect.
        """
        attempt: Any = (host, port, factory, timeout, bindAddress)
        self.tcpClients.append(attempt)
        self.connectors.append(PlayedConnector(factory))
        factory.startedConnecting(self.connectors[-1])
        return self.connectors[-1]  # type: ignore[no-any-return]

    def sources(self) -> list[Address]:
        """
        Give our ends of the connections that were tried, in order; each may
        share its port with others.
        """
        bindings: list[Any] = [binding for *_, binding in self.tcpClients]
        assert all(binding._reuseAddress and binding._reusePort for binding in bindings)
        return [Address(binding._address, binding._port) for binding in bindings]

    def connect(self) -> Any:
        """
        Let the last attempt succeed.

        @return: the server's end; L{None} when nobody wanted it.
        """
        host, port, factory, _, _ = self.tcpClients[-1]
        there = Address(host, port)
        self.connectors[-1].isOver = True
        return joined(factory.buildProtocol(endOf(there)), SERVER, there)


def joined(protocol: Any, local: Address, peer: Address) -> Any:
    """
    Give a protocol a connection, unless there is no protocol.

    @return: the transport; its C{protocol} is the protocol.
    """
    if protocol is None:
        return None
    transport = PlayedTransport(endOf(local), endOf(peer))  # type: ignore[no-untyped-call]
    transport.protocol = protocol
    protocol.makeConnection(transport)
    return transport


def lose(transport: PlayedTransport, error: Exception | None = None) -> None:
    """
    Let a connection end: cleanly, unless an error is given.
    """
    transport.connected = False
    transport.protocol.connectionLost(Failure(error or ConnectionDone()))


class Client:
    """
    A client at the other end of a control connection.
    """

    def __init__(self, factory: FTPFactory, local: Address = SERVER, peer: Address = CLIENT):
        transport = joined(factory.buildProtocol(endOf(peer)), local, peer)
        assert transport is not None
        self.transport: Any = transport
        self.protocol: Any = transport.protocol

    def hears(self, *lines: str) -> Client:
        """
        Send commands.
        """
        for line in lines:
            # TLS takes the protocol's place.
            self.transport.protocol.dataReceived(line.encode() + b"\r\n")
        return self

    def codes(self) -> list[int]:
        """
        Give the codes of the replies since the last call; each is one line.
        """
        return [int(line[:3]) for line in self.replies()]

    def replies(self) -> list[str]:
        """
        Give the lines since the last call.
        """
        lines: list[str] = self.transport.value().decode().splitlines()
        self.transport.clear()
        return lines


class Server:
    """
    A whole service in which alice, whose password is secret, has a memory
    storage.

    @ivar reactor: makes its data connections.
    @ivar logouts: how many logins have ended.
    """

    def __init__(
        self,
        tree: dict[str, Any] | None = None,
        settings: Settings | None = None,
        *,
        capacity: int | None = None,
        reactor: Any = None,
        tls: Protection | None = None,
        events: Any = None,
        host: Settings | None = None,
    ) -> None:
        """
        @param tree: what alice's storage holds.
        @param capacity: how many bytes it may hold.
        @param reactor: a real one, where sockets are needed.
        @param events: hears what happens; by default all of it is kept.
        @param host: the settings of C{b.example}, with it a virtual host.
        """
        self.tree = tree if tree is not None else {}
        self.logouts = 0
        # Of either kind: both have all that is needed.
        self.reactor = cast(Any, PlayedReactor() if reactor is None else reactor)
        self.events = EventList() if events is None else events
        checker = InMemoryUsernamePasswordDatabaseDontUse()
        checker.addUser("alice", "secret")  # type: ignore[arg-type]
        realm = StorageRealm(lambda name: self._storage(capacity))
        portal = Portal(realm, [checker])
        self.factory = FTPFactory(
            portal,
            self.reactor,
            settings or Settings(),
            self.events,
            hosts={} if host is None else {"b.example": (portal, host)},
            tls=tls,
        )

    def _storage(self, capacity: int | None) -> MemoryStorage:
        storage = MemoryStorage(self.tree, capacity=capacity)
        storage.close = self._logout  # type: ignore[attr-defined]
        return storage

    def _logout(self) -> None:
        self.logouts += 1

    def client(self, *, login: bool = True, local: Address = SERVER) -> Client:
        """
        Let a client connect.

        @param login: is alice logged in already, and what was said so far
            forgotten?
        """
        client = Client(self.factory, local)
        if login:
            client.hears("USER alice", "PASS secret", "TYPE I").replies()
        return client
