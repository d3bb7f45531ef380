"""
Tests for L{ftpactive.net.active}.
"""

from __future__ import annotations

import errno
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    ConnectionRefusedError,
    NoRouteError,
    TCPTimedOutError,
    TimeoutError,
)
from twisted.internet.tcp import makeBinding
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData, TransferAborted
from ftpactive.interfaces import IDataPlan
from ftpactive.net.active import ActivePlan
from ftpactive.net.channel import DataChannel
from tests.net.played import PlayedReactor, lose, result

CLIENT = Address("192.0.2.7", 20020)
SOURCE = Address("192.0.2.1", 20)


class Plan:
    """
    An active plan, and what it tells.
    """

    def __init__(self) -> None:
        self.reactor = cast(Any, PlayedReactor())
        self.told: list[str] = []
        self.plan = ActivePlan(
            self.reactor,
            CLIENT,
            SOURCE,
            timeout=30,
            makeChannel=lambda connected: DataChannel(self.reactor, 60, connected),
            tell=self._tell,
        )

    def _tell(self, seconds: float, error: str) -> None:
        assert 0 <= seconds < 60
        self.told.append(error)

    def open(self) -> Deferred[Any]:
        """
        Begin to open it.
        """
        return Deferred.fromCoroutine(self.plan.open())


@pytest.fixture
def active() -> Plan:
    """
    A plan that nobody has opened.
    """
    return Plan()


class TestActivePlan:
    """
    L{ActivePlan} connects when a transfer wants it to, and not before.
    """

    def test_interface(self, active: Plan) -> None:
        """
        It is a plan that may be used again.
        """
        assert verifyObject(IDataPlan, active.plan)
        assert (active.plan.isLasting, active.plan.isPassive) == (True, False)
        assert active.plan.address == CLIENT

    def test_planningConnectsNothing(self, active: Plan) -> None:
        """
        RFC 959 section 3.2: the transfer command opens the connection.
        """
        assert active.reactor.tcpClients == []

    def test_connectsFromTheDataPort(self, active: Plan) -> None:
        """
        From our address and port, which other connections may share.
        """
        active.open()
        ((host, port, _, timeout, binding),) = active.reactor.tcpClients
        assert (host, port, timeout) == ("192.0.2.7", 20020, 30)
        assert binding == makeBinding("192.0.2.1", 20, reuseAddress=True)

    def test_givesTheChannel(self, active: Plan) -> None:
        """
        When it is connected, and not before.
        """
        done = active.open()
        assert not done.called
        transport = active.reactor.connect()
        assert result(done) is transport.protocol
        assert active.told == [""]

    def test_againForTheNextTransfer(self, active: Plan) -> None:
        """
        RFC 959 section 4.1.2: what PORT said holds until it is changed.
        """
        channels = set()
        for _ in range(2):
            done = active.open()
            lose(active.reactor.connect())
            channels.add(result(done))
        assert len(channels) == len(active.reactor.tcpClients) == 2


#: What the reactor says, and what the client is told.
FAILURES = [
    (ConnectionRefusedError(errno.ECONNREFUSED), "connection refused: nobody listens there"),
    (TimeoutError(), "no answer within 30 seconds"),
    (TCPTimedOutError(errno.ETIMEDOUT), "no answer within 30 seconds"),
    (NoRouteError(errno.ENETUNREACH), "no route to this address"),
    (ConnectError(errno.EHOSTUNREACH), "no route to this address"),
    (ConnectError(errno.EADDRNOTAVAIL), "the last connection to this very port"),
    (ConnectError(errno.EIO, "some fault"), "some fault"),
    (ConnectBindError(errno.EADDRINUSE), "a listener occupies the data port"),
    (ConnectBindError(errno.EADDRNOTAVAIL), "this address is no longer on the server"),
    (ConnectBindError(errno.EACCES), "CAP_NET_BIND_SERVICE"),
    (ConnectBindError(errno.EIO, "other fault"), "cannot use 192.0.2.1:20: .*other fault"),
    (OSError("odd fault"), "odd fault"),
]


class TestFailing:
    """
    A connection that does not come about is 425, with the reason in words.
    """

    @pytest.mark.parametrize(("error", "words"), FAILURES)
    def test_isSaid(self, active: Plan, error: Exception, words: str) -> None:
        """
        Each kind of failure has its own words, between which two ends it was.
        """
        done = active.open()
        active.reactor.connectors[-1].fail(error)
        with pytest.raises(CannotOpenData, match=words) as raised:
            result(done)
        assert str(raised.value).startswith("Can't connect to 192.0.2.7:20020 from 192.0.2.1:20: ")
        assert active.told == [str(raised.value)]

    def test_nextTryMaySucceed(self, active: Plan) -> None:
        """
        The client may begin to listen and try again.
        """
        done = active.open()
        active.reactor.connectors[-1].fail(ConnectionRefusedError(errno.ECONNREFUSED))
        with pytest.raises(CannotOpenData):
            result(done)
        done = active.open()
        active.reactor.connect()
        assert isinstance(result(done), DataChannel)


class TestAbandon:
    """
    L{ActivePlan.abandon} stops what is under way.
    """

    def test_whileConnecting(self, active: Plan) -> None:
        """
        The attempt ends at once: 426.
        """
        done = active.open()
        active.plan.abandon()
        with pytest.raises(TransferAborted, match="being opened"):
            result(done)
        assert len(active.told) == 1

    def test_twice(self, active: Plan) -> None:
        """
        The second time there is nothing to stop.
        """
        done = active.open()
        active.plan.abandon()
        active.plan.abandon()
        with pytest.raises(TransferAborted):
            result(done)

    def test_beforeItWasOpened(self, active: Plan) -> None:
        """
        Nothing is under way.
        """
        active.plan.abandon()
        assert active.told == []

    def test_afterItWasOpened(self, active: Plan) -> None:
        """
        The connection belongs to the transfer now.
        """
        done = active.open()
        transport = active.reactor.connect()
        active.plan.abandon()
        assert result(done) is transport.protocol
        assert not transport.disconnected
