"""
Tests for L{ftpactive.net.opener}.
"""

from __future__ import annotations

from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.tcp import makeBinding
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.core.codec import IDENTITY
from ftpactive.core.errors import CannotOpenData
from ftpactive.core.settings import AUTO, Settings
from ftpactive.interfaces import IDataOpener
from ftpactive.net.opener import DataOpener, dataPort
from ftpactive.testing.conversation import CLIENT, SERVER
from tests.net.played import PlayedReactor, result

TARGET = Address(CLIENT.host, 20020)


class Opener:
    """
    A data opener and what it tells.
    """

    def __init__(self, settings: Settings | None = None, local: Address = SERVER) -> None:
        self.reactor = cast(Any, PlayedReactor())
        self.told: list[tuple[str, str, str, str]] = []
        self.opener = DataOpener(self.reactor, settings or Settings(), local, CLIENT, self._tell)

    def _tell(self, mode: str, source: str, target: str, seconds: float, error: str) -> None:
        self.told.append((mode, source, target, error))

    def passive(self) -> Deferred[Any]:
        """
        Begin to listen.
        """
        return Deferred.fromCoroutine(self.opener.passive())


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
        Deferred.fromCoroutine(arranged.opener.active(TARGET).open())
        ((_, _, _, timeout, binding),) = arranged.reactor.tcpClients
        assert binding == makeBinding(host, 2120, reuseAddress=True)
        assert timeout == 7

    def test_successIsTold(self) -> None:
        """
        With both ends.
        """
        arranged = Opener()
        done = Deferred.fromCoroutine(arranged.opener.active(TARGET).open())
        arranged.reactor.connect()
        result(done)
        assert arranged.told == [("active", "192.0.2.1:20", "192.0.2.7:20020", "")]

    def test_failureIsTold(self) -> None:
        """
        With the reason.
        """
        arranged = Opener()
        done = Deferred.fromCoroutine(arranged.opener.active(TARGET).open())
        arranged.reactor.connectors[-1].fail(ConnectionRefusedError())
        with pytest.raises(CannotOpenData) as raised:
            result(done)
        assert arranged.told == [("active", "192.0.2.1:20", "192.0.2.7:20020", str(raised.value))]

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
        assert arranged.told == [("passive", "192.0.2.1:5000", "192.0.2.7:50000", "")]

    def test_strangerIsTold(self) -> None:
        """
        With the stranger's own address.
        """
        arranged = Opener(Settings(passivePorts=range(5000, 5001)))
        result(arranged.passive())
        assert arranged.reactor.ports[0].accept(Address("192.0.2.66", 1234)) is None
        assert arranged.told == [
            ("passive", "192.0.2.1:5000", "192.0.2.66:1234", "only 192.0.2.7 may connect here")
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
