"""
Tests for L{ftpactive.net.passiveport}, on loopback.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReadDescriptor
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.core.codec import IDENTITY
from ftpactive.core.errors import CannotOpenData, TransferAborted
from ftpactive.net.channel import DataChannel
from ftpactive.net.passive import PassivePlan, listen
from ftpactive.net.passiveport import DataPort
from tests.net.channels import Pieces
from tests.net.played import result
from tests.net.selecting import Selecting


class Plan:
    """
    A passive plan that listens on a real port.

    @ivar admits: may the next one connect?
    """

    def __init__(self, host: str) -> None:
        self.admits = True
        reactor: Any = Selecting()
        self.reactor = reactor
        self.plan = PassivePlan(
            self.reactor,
            Address(host, 1),
            mayConnect=lambda client: self.admits,
            timeout=30,
            lifetime=300,
            makeChannel=lambda connected: DataChannel(self.reactor, 60, connected),
            tell=lambda *told: None,
        )
        self.port: Any = listen(self.reactor, self.plan, host, range(0))
        self.plan.listening(self.port)
        self.port.watch()
        self.clients: list[socket.socket] = []

    def connect(self) -> socket.socket:
        """
        Let somebody connect, and the reactor turn.
        """
        client = socket.create_connection(self.plan.address, timeout=5)
        self.clients.append(client)
        self.reactor.turn()
        return client

    def close(self) -> None:
        """
        Let go of everything.
        """
        self.plan.abandon()
        self.reactor.turn()
        for each in self.clients:
            each.close()


@pytest.fixture
def make() -> Iterator[Callable[[str], Plan]]:
    """
    Makes plans.
    """
    plans: list[Plan] = []

    def make(host: str = "127.0.0.1") -> Plan:
        plans.append(Plan(host))
        return plans[-1]

    yield make
    for each in plans:
        each.close()


class TestDataPort:
    """
    L{DataPort} lets one client in.
    """

    @pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
    def test_connection(self, make: Callable[[str], Plan], host: str) -> None:
        """
        It is the channel's, and the port is closed when it is there.
        """
        plan = make(host)
        assert plan.plan.address.host == host
        client = plan.connect()
        assert plan.reactor.readers == set()
        channel = result(Deferred.fromCoroutine(plan.plan.open()))
        done = Deferred.fromCoroutine(channel.send(Pieces(b"hello"), IDENTITY))
        assert (result(done), client.recv(10), client.recv(10)) == (5, b"hello", b"")

    def test_notWatched(self, make: Callable[[], Plan]) -> None:
        """
        Who connects before the transfer begins wakes nobody, and is there at
        once when it does.
        """
        plan = make()
        plan.reactor.removeReader(plan.port)
        plan.connect()
        assert not plan.plan._isConnected
        channel = result(Deferred.fromCoroutine(plan.plan.open()))
        assert not plan.reactor.readers and not channel.isEnded
        channel.abort()
        plan.reactor.turn()

    def test_stranger(self, make: Callable[[], Plan]) -> None:
        """
        Is turned away, and the client still awaited.
        """
        plan = make()
        plan.admits = False
        assert plan.connect().recv(10) == b""
        plan.admits = True
        plan.connect()
        assert not plan.reactor.readers

    def test_abort(self, make: Callable[[], Plan]) -> None:
        """
        The client sees a reset, and the transfer hears of it in the next turn.
        """
        plan = make()
        client = plan.connect()
        channel = result(Deferred.fromCoroutine(plan.plan.open()))
        for _ in range(2):
            channel.abort()
        assert not channel.isEnded
        plan.reactor.turn()
        with pytest.raises(ConnectionResetError):
            client.recv(10)
        with pytest.raises(TransferAborted):
            result(Deferred.fromCoroutine(channel.send(Pieces(b"1"), IDENTITY)))

    def test_taken(self, make: Callable[[], Plan]) -> None:
        """
        The next port is tried; if there is none, that is told.
        """
        port = make().plan.address.port
        plan = make()
        with pytest.raises(CannotOpenData, match="No port is free"):
            listen(plan.reactor, plan.plan, "127.0.0.1", range(port, port + 1))

    @pytest.mark.parametrize("isFree", [True, False])
    def test_oneIsFree(self, make: Callable[[], Plan], isFree: bool) -> None:
        """
        It is found behind those that are taken, by one socket; and where none
        is, one that the kernel chooses.
        """
        taken = [make().plan.address.port for _ in range(3)]
        with socket.create_server(("127.0.0.1", 0)) as trial:
            free = trial.getsockname()[1]
        reactor, nobody = cast(Any, None), cast(Any, None)
        ports = iter([*taken, free, taken[0]] if isFree else [*taken, 0])
        port = DataPort(reactor, nobody, "127.0.0.1", ports)
        try:
            assert port.address.port not in taken
            assert not isFree or (port.address.port, next(ports)) == (free, taken[0])
            socket.create_connection(port.address).close()
        finally:
            port._socket.close()

    def test_closed(self, make: Callable[[], Plan]) -> None:
        """
        Nobody can connect any more, and the port is free at once.
        """
        plan = make()
        assert verifyObject(IReadDescriptor, plan.port)
        plan.plan.abandon()
        assert plan.plan.released.isOver
        assert not plan.reactor.readers
        plan.port.stopListening()
        with pytest.raises(ConnectionRefusedError):
            plan.connect()

    def test_reactorStops(self, make: Callable[[], Plan]) -> None:
        """
        It is closed then.
        """
        plan = make()
        plan.port.connectionLost(None)
        assert plan.port.fileno() == -1

    @pytest.mark.parametrize(
        ("number", "isWatched"), [(errno.ECONNABORTED, True), (errno.EMFILE, False)]
    )
    def test_cannotAccept(
        self,
        make: Callable[[], Plan],
        monkeypatch: pytest.MonkeyPatch,
        number: int,
        isWatched: bool,
    ) -> None:
        """
        A client that has left again is not the last; without descriptors the
        reactor shall not ask again and again, but after a second.
        """

        def accept(end: socket.socket) -> None:
            raise OSError(number, "no")

        plan = make()
        with monkeypatch.context() as patch:
            patch.setattr(socket.socket, "accept", accept)
            plan.connect()
        assert bool(plan.reactor.readers) is isWatched
        plan.reactor.advance(1)
        plan.reactor.turn()
        channel = result(Deferred.fromCoroutine(plan.plan.open()))
        channel.abort()
        plan.reactor.turn()
        assert channel.isEnded
