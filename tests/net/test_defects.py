"""
What other servers got wrong with sockets and logins, and what happens here.

Each test plays a client of the whole service; only the reactor is played.
"""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.error import ConnectionAborted, ConnectionLost, ConnectionRefusedError
from twisted.internet.tcp import makeBinding

from ftpactive.core.address import Address
from ftpactive.core.settings import Settings
from tests.net.pending import pending
from tests.net.played import Server, lose

#: A port of the client, as PORT writes it.
PORT = "PORT 192,0,2,7,78,52"
FROM_CLIENT = Address("192.0.2.7", 50001)


class TestActive:
    """
    The server connects to the client.
    """

    def test_sourceOfTheConnection(self) -> None:
        """
        A server that connects from any port is stopped by the firewalls of
        its clients; ours comes from the address that was called, from the
        port below the control port, which connections share.
        """
        server = Server({"a": b"1"})
        server.client(local=Address("192.0.2.1", 2121)).hears(PORT, "RETR a")
        ((_, _, _, _, binding),) = server.reactor.tcpClients
        assert binding == makeBinding("192.0.2.1", 2120, reuseAddress=True, reusePort=True)

    def test_portOnlyRecords(self) -> None:
        """
        A server that connects as soon as PORT comes holds back its answer,
        and answers PORT with 425, which the RFC does not allow.
        """
        server = Server({"a": b"1"})
        client = server.client().hears(PORT)
        assert client.codes() == [200]
        assert server.reactor.tcpClients == []
        client.hears("RETR a")
        server.reactor.connectors[-1].fail(ConnectionRefusedError())
        assert client.codes() == [425]

    @pytest.mark.parametrize("target", ["192,0,2,66,78,52", "127,0,0,1,78,52"])
    def test_onlyToTheClient(self, target: str) -> None:
        """
        A server that connects anywhere can be sent against others, or into
        its own network (bounce attack).
        """
        server = Server({"a": b"1"})
        client = server.client().hears(f"PORT {target}")
        assert client.codes() == [504]
        # Nor does a transfer go there: it goes to the client itself.
        client.hears("RETR a")
        assert [host for host, *_ in server.reactor.tcpClients] == ["192.0.2.7"]

    def test_triesNoLongerThanItTells(self) -> None:
        """
        A connector that outlives the answer of 425 would connect to a client
        that listens for somebody else by then.
        """
        server = Server({"a": b"1"}, Settings(connectTimeout=10))
        client = server.client().hears(PORT, "RETR a")
        client.hears("ABOR")
        server.reactor.advance(0)
        assert client.codes() == [200, 426, 226]
        assert [each.isStopped for each in server.reactor.connectors] == [True]


class TestPassive:
    """
    The client connects to the server.
    """

    def test_strangerGetsNothing(self) -> None:
        """
        A server that takes whoever comes first gives files to thieves.
        """
        server = Server({"a": b"1"})
        client = server.client().hears("PASV", "RETR a")
        port = server.reactor.ports[0]
        assert port.accept(Address("192.0.2.66", 50001)) is None
        transport = port.accept(FROM_CLIENT)
        assert transport.value() == b"1"
        lose(transport)
        assert client.codes() == [227, 150, 226]

    def test_listensWhereItWasCalled(self) -> None:
        """
        A server with several addresses must not open ports on all of them.
        """
        server = Server()
        server.client(local=Address("192.0.2.3", 21)).hears("PASV")
        assert server.reactor.ports[0].address.host == "192.0.2.3"

    def test_announcesAnotherAddress(self) -> None:
        """
        Behind NAT the address that was called is of no use to the client.
        """
        server = Server(settings=Settings(passiveAddress="203.0.113.5"))
        (reply,) = server.client().hears("PASV").replies()
        assert "(203,0,113,5," in reply

    def test_noDeadlock(self) -> None:
        """
        A server that waits for the connection before it reads the next
        command waits for ever, as some clients send the command first.
        """
        server = Server({"a": b"1"})
        client = server.client().hears("PASV", "NOOP", "RETR a")
        assert client.codes() == [227, 200, 150]
        lose(server.reactor.ports[0].accept(FROM_CLIENT))
        assert client.codes() == [226]

    def test_nothingUnasked(self) -> None:
        """
        When nobody connects, no reply is sent that no command asked for: all
        that come after would be taken for answers to other commands.
        """
        server = Server({"a": b"1"}, Settings(passiveTimeout=10))
        client = server.client().hears("PASV")
        server.reactor.advance(60)
        assert client.codes() == [227]
        client.hears("RETR a", "NOOP")
        server.reactor.advance(10)
        assert client.codes() == [150, 425, 200]

    def test_portIsClosedAfterTheConnection(self) -> None:
        """
        A port that stays open is a port less for everybody else.
        """
        server = Server()
        server.client().hears("PASV")
        server.reactor.ports[0].accept(FROM_CLIENT)
        assert not server.reactor.ports[0].isOpen

    @pytest.mark.parametrize("command", ["PASV", "EPSV", PORT])
    def test_newPlanDropsTheOldConnection(self, command: str) -> None:
        """
        A client that changes its mind leaves no connection open.
        """
        server = Server()
        client = server.client().hears("PASV")
        transport = server.reactor.ports[0].accept(FROM_CLIENT)
        client.hears(command)
        assert transport.disconnected

    def test_controlConnectionLost(self) -> None:
        """
        A transfer ends with its control connection, rather than sending
        megabytes to nobody.
        """
        server = Server({"a": b"1"})
        client = server.client().hears("PASV", "RETR a")
        transport = server.reactor.ports[0].accept(FROM_CLIENT)
        lose(client.transport, ConnectionLost())
        assert transport.disconnected

    def test_controlConnectionLostBeforeTheData(self) -> None:
        """
        And a port at which nobody will arrive is closed.
        """
        server = Server({"a": b"1"})
        client = server.client().hears("PASV", "RETR a")
        lose(client.transport)
        assert not server.reactor.ports[0].isOpen
        assert pending(server.reactor) == []


class TestUpload:
    """
    The client sends a file.
    """

    def begin(self, **options: Any) -> tuple[Any, Any, Server]:
        """
        Begin an upload.

        @return: the client, its data connection, the server.
        """
        server = Server(**options)
        client = server.client().hears("PASV", "STOR a")
        transport = server.reactor.ports[0].accept(FROM_CLIENT)
        assert client.codes() == [227, 150]
        return client, transport, server

    def test_cutIsNotComplete(self) -> None:
        """
        A server that answers 226 to an upload that was cut makes the client
        delete the only whole copy.
        """
        client, transport, _ = self.begin()
        transport.protocol.dataReceived(b"half of")
        lose(transport, ConnectionLost())
        assert client.codes() == [426]

    def test_fullDisk(self) -> None:
        """
        452 says what is wrong, and data that still arrives does no harm.
        """
        client, transport, _ = self.begin(capacity=3)
        transport.protocol.dataReceived(b"12345")
        assert client.codes() == [452]
        assert transport.disconnected
        transport.protocol.dataReceived(b"67890")
        lose(transport, ConnectionAborted())
        assert client.hears("NOOP").codes() == [200]

    def test_dataBeforeTheCommand(self) -> None:
        """
        Who buffers what comes before STOR can be filled up by anybody; here
        it is not read, so that the client's own kernel holds it.
        """
        server = Server()
        client = server.client().hears("PASV")
        transport = server.reactor.ports[0].accept(FROM_CLIENT)
        assert transport.producerState == "paused"
        client.hears("STOR a")
        assert transport.producerState == "producing"
        lose(transport)

    def test_stoppedClient(self) -> None:
        """
        A transfer on which nothing moves does not hold its session for ever.
        """
        client, transport, server = self.begin(settings=Settings(stallTimeout=90))
        server.reactor.advance(90)
        assert transport.disconnected
        lose(transport, ConnectionAborted())
        (reply,) = client.replies()
        assert reply == "426 Nothing moved on the data connection for 90 seconds"


class TestLogin:
    """
    Who is in, and until when.
    """

    @pytest.mark.parametrize("way", ["QUIT", "REIN", "USER bob", "lost", "idle", "stop"])
    def test_logoutRuns(self, way: str) -> None:
        """
        An avatar is told that its user has left, exactly once, however the
        session ends.
        """
        server = Server(settings=Settings(idleTimeout=20))
        client = server.client()
        if way == "idle":
            server.reactor.advance(20)
        elif way == "stop":
            server.factory.end(3)
        elif way != "lost":
            client.hears(way)
        assert server.logouts == (0 if way == "lost" else 1)
        lose(client.transport)
        assert server.logouts == 1

    def test_guessing(self) -> None:
        """
        Guessing passwords takes time, and a session allows a few only.
        """
        server = Server(settings=Settings(loginFailures=3, loginDelay=1))
        client = server.client(login=False)
        client.replies()
        for expected in (530, 530, 421):
            client.hears("USER alice", "PASS wrong", "NOOP")
            assert client.codes() == [331]
            server.reactor.advance(1)
            assert client.codes()[0] == expected
        assert client.transport.disconnecting

    def test_shutdownEndsSessions(self) -> None:
        """
        A factory that does not know its sessions cannot end them.
        """
        server = Server()
        client = server.client()
        server.factory.end(3)
        assert client.codes() == [421]

    def test_wordsAreForPeople(self) -> None:
        """
        An error names what the client named, not a list of Python.
        """
        (reply,) = Server().client().hears("CWD nope").replies()
        assert reply.startswith("550 ")
        assert "[" not in reply
