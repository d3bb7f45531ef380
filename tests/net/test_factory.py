"""
Tests for L{ftpactive.net.factory}.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.error import ConnectionAborted
from twisted.python.failure import Failure

from ftpactive.core.events import Connected
from tests.net.pending import pending
from tests.net.played import Server, lose, result


class TestBuildProtocol:
    """
    L{ControlFactory.buildProtocol} makes one conversation per connection.
    """

    def test_knowsThoseThatAreOpen(self) -> None:
        """
        From their connection to their loss.
        """
        server = Server()
        one, two = server.client(), server.client()
        assert server.factory.sessions == {one.protocol, two.protocol}
        lose(one.transport)
        assert server.factory.sessions == {two.protocol}

    def test_numbers(self) -> None:
        """
        No two sessions of a process have the same, so that logs can tell
        them apart.
        """
        servers = [Server(), Server()]
        for server in servers * 2:
            server.client()
        numbers = [
            event.session
            for server in servers
            for event in server.events.events
            if isinstance(event, Connected)
        ]
        assert len(set(numbers)) == 4

    def test_heldByNobody(self) -> None:
        """
        When it is over nothing is left of it, and no collector has to look.
        """
        server = Server()
        client = server.client()
        gone = weakref.ref(client.protocol)
        client.hears("QUIT")
        gc.disable()
        try:
            lose(client.transport)
            # As the real one does.
            client.transport.protocol = None
            del client
            assert gone() is None
        finally:
            gc.enable()

    def test_onlyTCP(self) -> None:
        """
        A client that has no IP address is turned away.
        """
        factory = Server().factory
        assert factory.buildProtocol(UNIXAddress("/run/ftp")) is None
        assert factory.buildProtocol(None) is None
        assert factory.buildProtocol(IPv4Address("TCP", "192.0.2.7", 1)) is not None


class TestEnd:
    """
    L{ControlFactory.end} says goodbye to all.
    """

    def test_nobodyThere(self) -> None:
        """
        Then it is done at once.
        """
        server = Server()
        assert result(server.factory.end(3)) is None
        assert pending(server.reactor) == []

    def test_everybodyHears421(self) -> None:
        """
        It is done when the last one is closed; nothing is left behind.
        """
        server = Server()
        clients = [server.client(), server.client(login=False)]
        clients[1].replies()
        done = server.factory.end(3)
        for client in clients:
            assert client.replies() == ["421 The service stops, goodbye"]
            assert client.transport.disconnecting
            assert not done.called
            lose(client.transport)
        assert result(done) is None
        assert server.logouts == 1
        assert pending(server.reactor) == []

    def test_patience(self) -> None:
        """
        What is being done may be finished, for so long; who does nothing is
        told at once.
        """
        server = Server()
        idle, busy, slow = clients = [server.client() for _ in range(3)]
        for each in (busy, slow):
            each.hears("PASV", "STOR new")
            each.replies()
        assert busy.protocol.isBusy
        done = server.factory.end(3, 10)
        assert idle.replies() == ["421 The service stops, goodbye"]
        assert busy.replies() == []
        busy.hears("ABOR")
        assert busy.replies()[-1] == "421 The service stops, goodbye"
        server.reactor.advance(10)
        assert slow.replies()[-1] == "421 The service stops, goodbye"
        for each in clients:
            lose(each.transport)
        assert result(done) is None
        assert pending(server.reactor) == []

    def test_whoDoesNotListenIsCutOff(self) -> None:
        """
        After the time that is given.
        """
        server = Server()
        clients = [server.client(), server.client()]
        done = server.factory.end(3)
        server.reactor.advance(3)
        for client in clients:
            assert client.transport.disconnected
            lose(client.transport, ConnectionAborted())
        assert result(done) is None

    def test_whoIsLeavingAnyway(self) -> None:
        """
        Hears no 421 after 221, and is waited for as well.
        """
        server = Server()
        client = server.client().hears("QUIT")
        done = server.factory.end(3)
        assert client.codes() == [221]
        assert not done.called
        lose(client.transport)
        assert result(done) is None

    def test_logoutRaises(self, loggedErrors: Callable[..., list[Failure]]) -> None:
        """
        One avatar that cannot be logged out does not keep the others from
        their goodbye.
        """
        server = Server()
        server._logout = lambda: 1 // 0  # type: ignore[method-assign, assignment]
        clients = [server.client() for _ in range(3)]
        done = server.factory.end(3)
        for client in clients:
            assert client.codes() == [421]
            lose(client.transport)
        assert result(done) is None
        assert len(loggedErrors(ZeroDivisionError)) == 3

    def test_nextTime(self) -> None:
        """
        A factory that has said goodbye can be used again.
        """
        server = Server()
        for _ in range(2):
            client = server.client()
            done = server.factory.end(3)
            lose(client.transport)
            assert result(done) is None
