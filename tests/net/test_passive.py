"""
Tests for L{ftpactive.net.passive}.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData, TransferAborted
from ftpactive.core.events import Outcome
from ftpactive.core.policy import TargetPolicy
from ftpactive.interfaces import IDataPlan
from ftpactive.net.channel import DataChannel
from ftpactive.net.passive import PassivePlan, listen
from tests.net.pending import pending
from tests.net.played import ANY_PORT, PlayedPort, PlayedReactor, result

PEER = Address("192.0.2.7", 50000)
FROM_PEER = Address("192.0.2.7", 50001)
STRANGER = Address("192.0.2.66", 50001)
HOST = "192.0.2.1"

#: The network of a server that may take part in transfers from server to server.
FRIENDS = (ip_network("198.51.100.0/24"),)


class Plan:
    """
    A passive plan that listens, and what it tells.
    """

    def __init__(self) -> None:
        self.reactor = PlayedReactor()
        self.told: list[tuple[Address, str]] = []
        self.outcomes: list[Outcome] = []
        self.plan = PassivePlan(
            self.reactor,
            PEER,
            mayConnect=lambda client: TargetPolicy(networks=FRIENDS).admits(client, PEER),
            timeout=30,
            lifetime=300,
            makeChannel=lambda connected: DataChannel(self.reactor, 60, connected),
            tell=self._tell,
        )
        listening: Any = listen(self.reactor, self.plan, HOST, range(0))
        self.port: PlayedPort = listening
        self.plan.listening(listening)

    def _tell(self, *told: Any) -> None:
        mode, source, client, seconds, outcome, error = told
        assert (mode, source) == ("passive", self.plan.address)
        assert 0 <= seconds < 60
        self.told.append((client, error))
        self.outcomes.append(outcome)

    def open(self) -> Deferred[Any]:
        """
        Begin to open it.
        """
        return Deferred.fromCoroutine(self.plan.open())


@pytest.fixture
def passive() -> Plan:
    """
    A plan whose port is open.
    """
    return Plan()


class TestListen:
    """
    L{listen} finds a free port of a range.
    """

    def test_onOneAddress(self) -> None:
        """
        Nobody else's addresses are listened on.
        """
        reactor = PlayedReactor()
        listen(reactor, Plan().plan, HOST, range(0))
        assert reactor.ports[0].address == Address(HOST, ANY_PORT)

    def test_skipsTakenPorts(self) -> None:
        """
        Any free port of the range will do.
        """
        reactor = PlayedReactor()
        reactor.taken = set(range(5000, 5009))
        listen(reactor, Plan().plan, HOST, range(5000, 5010))
        assert reactor.ports[0].address.port == 5009

    def test_noneIsFree(self) -> None:
        """
        425 says so.
        """
        reactor = PlayedReactor()
        reactor.taken = {5000, 5001}
        with pytest.raises(CannotOpenData, match="No port is free"):
            listen(reactor, Plan().plan, HOST, range(5000, 5002))

    def test_otherReasons(self, loggedLines: list[str]) -> None:
        """
        Where it is no port that is missing, another port is no help: the
        client is not told that it is, and the operator is told what it is.
        """
        reactor = PlayedReactor()
        reactor.taken, reactor.reason = {5000, 5001}, OSError(24, "Too many open files")
        with pytest.raises(CannotOpenData, match="see its log"):
            listen(reactor, Plan().plan, HOST, range(5000, 5002))
        assert [line for line in loggedLines if "Too many open files" in line] == [
            f"Cannot listen on {HOST}: [Errno 24] Too many open files"
        ]


class TestPassivePlan:
    """
    L{PassivePlan} brings together a transfer and the client's connection.
    """

    def test_interface(self, passive: Plan) -> None:
        """
        It is a plan for one transfer.
        """
        assert verifyObject(IDataPlan, passive.plan)
        assert (passive.plan.isLasting, passive.plan.isPassive) == (False, True)
        assert passive.plan.address == Address(HOST, ANY_PORT)

    @pytest.mark.parametrize("isConnected", [False, True])
    def test_noTransferComes(self, passive: Plan, isConnected: bool) -> None:
        """
        Nobody may hold a port, or a connection, for ever without using it.
        """
        transport = passive.port.accept(FROM_PEER) if isConnected else None
        passive.reactor.pump([1, 299])
        assert not passive.port.isOpen
        assert transport is None or transport.disconnected
        with pytest.raises(CannotOpenData, match="within 300 seconds"):
            result(passive.open())

    def test_transferComesInTime(self, passive: Plan) -> None:
        """
        From then on the client has the time that it always had.
        """
        passive.reactor.advance(299)
        done = passive.open()
        passive.reactor.advance(29)
        transport = passive.port.accept(FROM_PEER)
        assert result(done) is transport.protocol

    def test_clientFirst(self, passive: Plan) -> None:
        """
        A connection waits for the transfer.
        """
        transport = passive.port.accept(FROM_PEER)
        assert transport is not None
        assert result(passive.open()) is transport.protocol
        assert passive.told == [(FROM_PEER, "")]
        assert passive.outcomes == [Outcome.CONNECTED]

    def test_commandFirst(self, passive: Plan) -> None:
        """
        The transfer waits for a connection, and leaves no timer then.
        """
        done = passive.open()
        assert not done.called
        transport = passive.port.accept(FROM_PEER)
        assert transport is not None
        assert result(done) is transport.protocol
        assert pending(passive.reactor) == []

    def test_portIsClosedAtOnce(self, passive: Plan) -> None:
        """
        Whoever connected was the only one.
        """
        passive.port.accept(FROM_PEER)
        assert not passive.port.isOpen
        assert passive.plan.released.isOver

    def test_secondConnectionInTheSameTurn(self, passive: Plan) -> None:
        """
        A reactor may have accepted another one already.
        """
        factory = passive.port.factory
        first = passive.port.accept(FROM_PEER)
        assert first is not None
        assert factory.buildProtocol(first.getPeer()) is None
        assert result(passive.open()) is first.protocol

    def test_secondConnectionWhenTheFirstIsUsed(self, passive: Plan) -> None:
        """
        Nor is it let in when the transfer has taken the first: nobody would
        ever close it.
        """
        done = passive.open()
        factory = passive.port.factory
        first = passive.port.accept(FROM_PEER)
        assert result(done) is first.protocol
        assert factory.buildProtocol(first.getPeer()) is None

    def test_nobodyConnects(self, passive: Plan) -> None:
        """
        425 after a while, and the port is closed.
        """
        done = passive.open()
        passive.reactor.advance(30)
        with pytest.raises(CannotOpenData, match=f"port {ANY_PORT} within 30 seconds"):
            result(done)
        assert not passive.port.isOpen
        assert [error[:7] for _, error in passive.told] == ["You did"]
        assert passive.outcomes == [Outcome.TIMED_OUT]

    def test_timeBeginsWithTheTransfer(self, passive: Plan) -> None:
        """
        A port that no transfer wants yet makes no noise.
        """
        passive.reactor.advance(299)
        assert passive.port.isOpen
        assert passive.told == []

    def test_strangerIsTurnedAway(self, passive: Plan) -> None:
        """
        And the client can still come.
        """
        assert passive.port.accept(STRANGER) is None
        assert passive.told == [(STRANGER, "only 192.0.2.7 may connect here")]
        assert passive.outcomes == [Outcome.STRANGER]
        assert passive.port.accept(FROM_PEER) is not None

    def test_serverOfTheNetworks(self, passive: Plan) -> None:
        """
        A transfer from server to server: the other one comes, and is told.
        """
        server = Address("198.51.100.5", 20)
        transport = passive.port.accept(server)
        assert result(passive.open()) is transport.protocol
        assert passive.told == [(server, "")]

    def test_mappedAddressIsTheClient(self, passive: Plan) -> None:
        """
        IPv4 inside IPv6 is how a dual-stack listener writes it.
        """
        assert passive.port.accept(Address("::ffff:192.0.2.7", 50001)) is not None


class TestAbandon:
    """
    L{PassivePlan.abandon} closes what is open.
    """

    def test_beforeAnything(self, passive: Plan) -> None:
        """
        The port is closed, and no timer holds the plan any more.
        """
        passive.plan.abandon()
        assert not passive.port.isOpen
        assert passive.plan.released.isOver
        assert pending(passive.reactor) == []

    def test_afterALook(self, passive: Plan) -> None:
        """
        Nor does the timer of somebody who has waited for a while.
        """
        passive.reactor.advance(2)
        passive.plan.abandon()
        assert pending(passive.reactor) == []

    def test_whileWaitingForTheClient(self, passive: Plan) -> None:
        """
        The transfer ends: 426, and leaves no timer.
        """
        done = passive.open()
        passive.plan.abandon()
        with pytest.raises(TransferAborted, match="waiting for the data connection"):
            result(done)
        assert pending(passive.reactor) == []

    def test_connectedAndNotUsed(self, passive: Plan) -> None:
        """
        The connection is dropped.
        """
        transport = passive.port.accept(FROM_PEER)
        assert transport is not None
        passive.plan.abandon()
        assert transport.disconnected

    def test_inUse(self, passive: Plan) -> None:
        """
        The connection belongs to the transfer now.
        """
        transport = passive.port.accept(FROM_PEER)
        assert transport is not None
        result(passive.open())
        passive.plan.abandon()
        assert not transport.disconnected

    def test_afterTheTimeout(self, passive: Plan) -> None:
        """
        Everything is closed already.
        """
        done = passive.open()
        passive.reactor.advance(30)
        passive.plan.abandon()
        with pytest.raises(CannotOpenData):
            result(done)


class TestReleased:
    """
    C{released} tells when the port may be used again.
    """

    def test_whenItIsClosed(self) -> None:
        """
        A reactor may take its time to close a port.
        """
        passive = Plan()
        closing: Deferred[None] = Deferred()
        passive.port.closing = closing
        passive.plan.abandon()
        assert not passive.plan.released.isOver
        closing.callback(None)
        assert passive.plan.released.isOver

    def test_alsoWhenClosingFails(self, passive: Plan) -> None:
        """
        Whoever waits must not wait for ever.
        """
        passive.port.closing = fail(OSError())
        passive.plan.abandon()
        assert passive.plan.released.isOver
