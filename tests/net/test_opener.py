"""
Tests for L{ftpactive.net.opener}.
"""

from __future__ import annotations

import errno
from ipaddress import ip_network
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectBindError, ConnectionRefusedError
from twisted.internet.tcp import makeBinding
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.core.codec import IDENTITY
from ftpactive.core.errors import CannotOpenData
from ftpactive.core.events import Outcome
from ftpactive.core.policy import TargetPolicy
from ftpactive.core.settings import AUTO, Settings
from ftpactive.interfaces import IDataOpener
from ftpactive.net.opener import DataOpener, dataPort
from ftpactive.testing.conversation import CLIENT, SERVER
from tests.net.played import Client, PlayedReactor, Server, result

TARGET = Address(CLIENT.host, 20020)
PORT = "PORT 192,0,2,7,78,52"


class Opener:
    """
    A data opener and what it tells.
    """

    def __init__(self, settings: Settings | None = None, local: Address = SERVER) -> None:
        self.reactor = cast(Any, PlayedReactor())
        self.told: list[tuple[str, str, str, Outcome, str]] = []
        self.opener = DataOpener(
            self.reactor, settings or Settings(), lambda: local, CLIENT, self._tell
        )

    def _tell(
        self,
        mode: str,
        source: Address,
        target: Address,
        seconds: float,
        outcome: Outcome,
        error: str,
    ) -> None:
        self.told.append((mode, str(source), str(target), outcome, error))

    def passive(self, targets: TargetPolicy | None = None) -> Deferred[Any]:
        """
        Begin to listen.
        """
        return Deferred.fromCoroutine(self.opener.passive(targets or TargetPolicy()))


def test_ownEndIsAskedForOnce() -> None:
    """
    Our end of the control connection is found when something needs it: most
    systems must be asked, and many sessions never transfer.
    """
    asked: list[Address] = []

    def findLocal() -> Address:
        asked.append(SERVER)
        return SERVER

    opener = DataOpener(cast(Any, PlayedReactor()), Settings(), findLocal, CLIENT, cast(Any, None))
    assert asked == []
    assert [opener.local, opener.local] == [SERVER, SERVER]
    assert asked == [SERVER]


class TestDataPort:
    """
    L{dataPort} says where active connections come from.
    """

    @pytest.mark.parametrize(
        ("choice", "controlPort", "expected"),
        [(AUTO, 21, 20), (AUTO, 2121, 2120), (20, 2121, 20), (0, 2121, 0), (AUTO, 1, 0)],
    )
    def test_choices(self, choice: int | str, controlPort: int, expected: int) -> None:
        """
        The control port minus one unless another is chosen; 0 is any.
        """
        assert dataPort(choice, controlPort) == expected


class TestActive:
    """
    L{DataOpener.active} plans to connect.
    """

    def test_interface(self) -> None:
        """
        It is a data opener, and knows both ends of the control connection.
        """
        opener = Opener().opener
        assert verifyObject(IDataOpener, opener)
        assert (opener.local, opener.peer) == (SERVER, CLIENT)

    @pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
    def test_fromTheAddressThatWasCalled(self, host: str) -> None:
        """
        A server may have many addresses; clients and firewalls expect this one.
        """
        arranged = Opener(Settings(connectTimeout=7), Address(host, 2121))
        opening = Deferred.fromCoroutine(arranged.opener.active(TARGET).open())
        ((_, _, _, _, binding),) = arranged.reactor.tcpClients
        assert binding == makeBinding(host, 2120, reuseAddress=True, reusePort=True)
        arranged.reactor.advance(7)
        with pytest.raises(CannotOpenData, match="within 7 seconds"):
            result(opening)

    def test_successIsTold(self) -> None:
        """
        With both ends.
        """
        arranged = Opener()
        done = Deferred.fromCoroutine(arranged.opener.active(TARGET).open())
        arranged.reactor.connect()
        result(done)
        assert arranged.told == [
            ("active", "192.0.2.1:20", "192.0.2.7:20020", Outcome.CONNECTED, "")
        ]

    def test_failureIsTold(self) -> None:
        """
        With the reason.
        """
        arranged = Opener()
        done = Deferred.fromCoroutine(arranged.opener.active(TARGET).open())
        arranged.reactor.connectors[-1].fail(ConnectionRefusedError())
        with pytest.raises(CannotOpenData) as raised:
            result(done)
        words = str(raised.value)
        assert arranged.told == [
            ("active", "192.0.2.1:20", "192.0.2.7:20020", Outcome.REFUSED, words)
        ]

    def test_retries(self) -> None:
        """
        With the delays of the settings, and then from the spare ports, all on
        the address that was called.
        """
        settings = Settings(dataPort=20, retryDelays=(3, 5), spareDataPorts=(2020, 2021))
        arranged = Opener(settings)
        Deferred.fromCoroutine(arranged.opener.active(TARGET).open())
        for delay in (3, 5, 0, 0):
            arranged.reactor.connectors[-1].fail(ConnectBindError(errno.EADDRINUSE))
            arranged.reactor.advance(delay)
        assert arranged.reactor.sources() == [
            Address("192.0.2.1", port) for port in (20, 20, 20, 2020, 2021)
        ]

    def test_channelStalls(self) -> None:
        """
        The channel has the stall timeout of the settings.
        """
        arranged = Opener(Settings(stallTimeout=5))
        done = Deferred.fromCoroutine(arranged.opener.active(TARGET).open())
        transport = arranged.reactor.connect()
        sink: Any = None
        receiving = Deferred.fromCoroutine(result(done).receive(sink, IDENTITY, None))
        arranged.reactor.advance(5)
        assert transport.disconnected
        assert not receiving.called


class TestSources:
    """
    A service has one factory on any number of listeners; each session knows
    by its own control connection where its data comes from.
    """

    def test_eachListenerItsOwnPort(self) -> None:
        """
        The data port is the control port minus one for each of them at once.
        """
        server = Server({"a": b"1"})
        for port in (21, 990, 2121):
            server.client(local=Address("192.0.2.1", port)).hears(PORT, "RETR a")
        assert server.reactor.sources() == [("192.0.2.1", port) for port in (20, 989, 2120)]

    def test_oneFixedPort(self) -> None:
        """
        A number holds for all of them.
        """
        server = Server({"a": b"1"}, Settings(dataPort=20))
        for port in (21, 990):
            server.client(local=Address("192.0.2.1", port)).hears(PORT, "RETR a")
        assert server.reactor.sources() == [("192.0.2.1", 20)] * 2

    def test_severalAddresses(self) -> None:
        """
        Each client is connected to from the address that it called.
        """
        server = Server({"a": b"1"})
        for host in ("192.0.2.1", "192.0.2.3"):
            server.client(local=Address(host, 21)).hears(PORT, "RETR a")
        assert server.reactor.sources() == [("192.0.2.1", 20), ("192.0.2.3", 20)]

    def test_dualStack(self) -> None:
        """
        A listener on C{::} has clients of both protocols; IPv4 inside IPv6 is
        answered from a socket of IPv4.
        """
        server = Server({"a": b"1"})
        for local, peer, command in (
            ("::ffff:192.0.2.1", "::ffff:192.0.2.7", PORT),
            ("2001:db8::1", "2001:db8::7", "EPRT |2|2001:db8::7|20020|"),
        ):
            client = Client(server.factory, Address(local, 21), Address(peer, 50000))
            client.hears("USER alice", "PASS secret", command, "RETR a")
        assert server.reactor.sources() == [("192.0.2.1", 20), ("2001:db8::1", 20)]
        targets = [(host, port) for host, port, *_ in server.reactor.tcpClients]
        assert targets == [("192.0.2.7", 20020), ("2001:db8::7", 20020)]

    def test_linkLocal(self) -> None:
        """
        Both ends keep the zone, without which they mean nothing.
        """
        server = Server({"a": b"1"})
        local, peer = Address("fe80::1%eth0", 21), Address("fe80::7%eth0", 50000)
        client = Client(server.factory, local, peer)
        client.hears("USER alice", "PASS secret", "EPRT |2|fe80::7|20020|", "RETR a")
        assert server.reactor.sources() == [("fe80::1%eth0", 20)]
        assert server.reactor.tcpClients[0][:2] == ("fe80::7%eth0", 20020)


class TestPassive:
    """
    L{DataOpener.passive} listens for the client.
    """

    def test_onTheAddressThatWasCalled(self) -> None:
        """
        On a port of the range, and nowhere else.
        """
        arranged = Opener(Settings(passivePorts=range(5000, 5001)))
        plan = result(arranged.passive())
        assert plan.address == arranged.reactor.ports[0].address == Address(SERVER.host, 5000)

    def test_connectionIsTold(self) -> None:
        """
        With both ends.
        """
        arranged = Opener(Settings(passivePorts=range(5000, 5001)))
        result(arranged.passive())
        arranged.reactor.ports[0].accept()
        assert arranged.told == [
            ("passive", "192.0.2.1:5000", "192.0.2.7:50000", Outcome.CONNECTED, "")
        ]

    def test_serverOfTheNetworks(self) -> None:
        """
        Who may connect is for the policy that it is given, not for that of
        the service: a user may have another one.
        """
        friends = TargetPolicy(networks=(ip_network("198.51.100.0/24"),))
        friend = Address("198.51.100.4", 20)
        arranged = Opener(Settings(targets=friends, passivePorts=range(5000, 5001)))
        plan = result(arranged.passive())
        assert arranged.reactor.ports[0].accept(friend) is None
        plan.abandon()
        result(arranged.passive(friends))
        assert arranged.reactor.ports[1].accept(friend) is not None

    def test_strangerIsTold(self) -> None:
        """
        With the stranger's own address.
        """
        arranged = Opener(Settings(passivePorts=range(5000, 5001)))
        result(arranged.passive())
        assert arranged.reactor.ports[0].accept(Address("192.0.2.66", 1234)) is None
        words = "only 192.0.2.7 may connect here"
        assert arranged.told == [
            ("passive", "192.0.2.1:5000", "192.0.2.66:1234", Outcome.STRANGER, words)
        ]

    def test_waitsForItsOwnOldPort(self) -> None:
        """
        A range may have a single port, which is being closed still.
        """
        arranged = Opener(Settings(passivePorts=range(5000, 5001)))
        arranged.reactor.isSlow = True
        result(arranged.passive()).abandon()
        done = arranged.passive()
        assert len(arranged.reactor.ports) == 1
        closing = arranged.reactor.ports[0].closing
        assert closing is not None
        closing.callback(None)
        assert result(done).address.port == 5000

    def test_triesAgainAfterNoPortWasFree(self) -> None:
        """
        425 is about this moment only.
        """
        arranged = Opener(Settings(passivePorts=range(5000, 5001)))
        result(arranged.passive()).abandon()
        arranged.reactor.taken = {5000}
        for _ in range(2):
            with pytest.raises(CannotOpenData):
                result(arranged.passive())
        arranged.reactor.taken = set()
        assert result(arranged.passive()).address.port == 5000
