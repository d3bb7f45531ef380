"""
Tests for L{ftpactive.net.active}.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from socket import EAI_NONAME, gaierror
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import (
    ConnectBindError,
    ConnectError,
    ConnectionRefusedError,
    NoRouteError,
    TimeoutError,
)
from twisted.internet.tcp import makeBinding
from zope.interface.verify import verifyObject

from ftpactive.core.address import Address
from ftpactive.core.errors import CannotOpenData, TransferAborted
from ftpactive.core.events import Outcome
from ftpactive.interfaces import IDataPlan
from ftpactive.net.active import ActivePlan, Attempts
from ftpactive.net.channel import DataChannel
from ftpactive.net.reasons import meaning
from tests.net.pending import pending
from tests.net.played import PlayedReactor, lose, result

CLIENT = Address("192.0.2.7", 20020)
SOURCE = Address("192.0.2.1", 20)
SPARE = [Address("192.0.2.1", 2020), Address("192.0.2.1", 2021)]

#: What passes: a listener on the data port, and the same four numbers again.
PORT_BUSY = ConnectBindError(errno.EADDRINUSE)
ADDRESS_IN_USE = ConnectError(errno.EADDRNOTAVAIL)


class Plan:
    """
    An active plan, and what it tells.
    """

    def __init__(
        self,
        *,
        source: Address = SOURCE,
        delays: Sequence[float] = (),
        spare: Sequence[Address] = (),
    ) -> None:
        self.reactor = cast(Any, PlayedReactor())
        self.told: list[tuple[Address, Outcome, str]] = []
        self.seconds: list[float] = []
        self.plan = ActivePlan(
            self.reactor,
            CLIENT,
            Attempts([source, *spare], delays, timeout=30),
            makeChannel=lambda connected: DataChannel(self.reactor, 60, connected),
            tell=self._tell,
        )

    def _tell(self, *told: Any) -> None:
        mode, source, target, seconds, outcome, error = told
        assert (mode, target) == ("active", CLIENT)
        assert 0 <= seconds < 60
        self.seconds.append(seconds)
        self.told.append((source, outcome, error))

    def fail(self, error: Exception) -> None:
        """
        Let the last attempt fail.
        """
        self.reactor.connectors[-1].fail(error)

    def sources(self) -> list[int]:
        """
        Give the ports from which it was tried so far.
        """
        return [port for _, port in self.reactor.sources()]

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
        ((host, port, _, _, binding),) = active.reactor.tcpClients
        assert (host, port) == ("192.0.2.7", 20020)
        assert binding == makeBinding("192.0.2.1", 20, reuseAddress=True, reusePort=True)

    def test_noAnswer(self, active: Plan) -> None:
        """
        When the time is over, the attempt is stopped, and told as what it is.
        """
        opening = active.open()
        active.reactor.advance(29)
        (connector,) = active.reactor.connectors
        assert not connector.isStopped
        active.reactor.advance(1)
        assert connector.isStopped
        with pytest.raises(CannotOpenData, match="no answer within 30 seconds"):
            result(opening)

    def test_givesTheChannel(self, active: Plan) -> None:
        """
        When it is connected, and not before.
        """
        done = active.open()
        assert not done.called
        transport = active.reactor.connect()
        assert result(done) is transport.protocol
        assert active.told == [(SOURCE, Outcome.CONNECTED, "")]

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


class TestFailing:
    """
    A connection that does not come about is 425, with the reason in words.
    """

    #: What does not pass in a moment, and words that tell it.
    FINAL = [
        (ConnectionRefusedError(errno.ECONNREFUSED), Outcome.REFUSED, "nobody listens there"),
        (TimeoutError(), Outcome.TIMED_OUT, "no answer within 30 seconds"),
        (NoRouteError(errno.ENETUNREACH), Outcome.UNREACHABLE, "no route to this network"),
        (ConnectBindError(errno.EACCES), Outcome.NOT_PERMITTED, "CAP_NET_BIND_SERVICE"),
        (ConnectBindError(errno.EADDRNOTAVAIL), Outcome.FAILED, "no longer on the server"),
        (OSError("odd fault"), Outcome.FAILED, "odd fault"),
    ]

    @pytest.mark.parametrize(("error", "outcome", "words"), FINAL)
    def test_isSaid(self, active: Plan, error: Exception, outcome: Outcome, words: str) -> None:
        """
        Each kind of failure has its own words, between which two ends it was;
        what will not pass is not tried again.
        """
        done = active.open()
        active.fail(error)
        with pytest.raises(CannotOpenData, match=words) as raised:
            result(done)
        assert str(raised.value).startswith("Can't connect to 192.0.2.7:20020 from 192.0.2.1:20: ")
        assert active.told == [(SOURCE, outcome, str(raised.value))]
        assert pending(active.reactor) == []

    def test_interfaceIsGone(self, active: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Of a link-local address the reactor says so at once, by raising.
        """

        def connectTCP(*arguments: object, **options: object) -> None:
            raise gaierror(EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(active.reactor, "connectTCP", connectTCP)
        done = active.open()
        with pytest.raises(CannotOpenData, match="no longer on the server"):
            result(done)
        assert [outcome for _, outcome, _ in active.told] == [Outcome.FAILED]
        active.plan.abandon()

    def test_timeIsTold(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Of each attempt, without the pauses between them.
        """
        active = Plan(delays=(5,))
        monkeypatch.setattr("ftpactive.net.active.monotonic", active.reactor.seconds)
        done = active.open()
        active.reactor.advance(2)
        active.fail(PORT_BUSY)
        active.reactor.advance(5)
        active.reactor.advance(3)
        active.reactor.connect()
        result(done)
        assert active.seconds == [2, 3]

    def test_nextTransferTriesAgain(self, active: Plan) -> None:
        """
        The client may begin to listen meanwhile.
        """
        done = active.open()
        active.fail(ConnectionRefusedError(errno.ECONNREFUSED))
        with pytest.raises(CannotOpenData):
            result(done)
        done = active.open()
        active.reactor.connect()
        assert isinstance(result(done), DataChannel)


class TestSchedule:
    """
    L{Attempts.schedule} says from where it is tried, and when.
    """

    def test_order(self) -> None:
        """
        The data port, again after each delay; then the others, once each.
        """
        attempts = Attempts([SOURCE, *SPARE], delays=(0.1, 0.4), timeout=30)
        assert attempts.schedule == [
            (SOURCE, 0),
            (SOURCE, 0.1),
            (SOURCE, 0.4),
            (SPARE[0], 0),
            (SPARE[1], 0),
        ]

    def test_once(self) -> None:
        """
        Without delays and others there is one attempt.
        """
        assert Attempts([SOURCE], delays=(), timeout=30).schedule == [(SOURCE, 0)]


@pytest.mark.parametrize("error", [PORT_BUSY, ADDRESS_IN_USE])
class TestRetrying:
    """
    What may be over in a moment is tried again, and then from other ports.
    """

    def test_pauses(self, error: Exception) -> None:
        """
        Each attempt waits for its delay, counted from the end of the last.
        """
        active = Plan(delays=(0.5, 2))
        active.open()
        for delay in (0.5, 2):
            attempts = len(active.sources())
            active.fail(error)
            active.reactor.advance(delay - 0.25)
            assert len(active.sources()) == attempts
            active.reactor.advance(0.25)
            assert len(active.sources()) == attempts + 1

    def test_spareSources(self, error: Exception) -> None:
        """
        Those come after the delays, one right after the other.
        """
        active = Plan(delays=(0.5,), spare=SPARE)
        active.open()
        active.fail(error)
        active.reactor.advance(0.5)
        active.fail(error)
        active.fail(error)
        assert active.sources() == [20, 20, 2020, 2021]

    def test_allFail(self, error: Exception) -> None:
        """
        425 is about the last attempt; each was told, with its own end.
        """
        active = Plan(delays=(0.5,), spare=SPARE[:1])
        done = active.open()
        active.fail(error)
        active.reactor.advance(0.5)
        active.fail(error)
        active.fail(error)
        outcome, words = meaning(error, SOURCE, 30)
        with pytest.raises(CannotOpenData) as raised:
            result(done)
        assert str(raised.value) == f"Can't connect to {CLIENT} from {SPARE[0]}: {words}"
        assert [told[:2] for told in active.told] == [
            (SOURCE, outcome),
            (SOURCE, outcome),
            (SPARE[0], outcome),
        ]
        assert pending(active.reactor) == []

    def test_successAfterAPause(self, error: Exception) -> None:
        """
        The transfer goes on as if nothing had been.
        """
        active = Plan(delays=(0.5,), spare=SPARE)
        done = active.open()
        active.fail(error)
        active.reactor.advance(0.5)
        transport = active.reactor.connect()
        assert result(done) is transport.protocol
        assert active.told[1:] == [(SOURCE, Outcome.CONNECTED, "")]
        assert pending(active.reactor) == []

    def test_successFromASpareSource(self, error: Exception) -> None:
        """
        And its own end is told.
        """
        active = Plan(spare=SPARE)
        done = active.open()
        active.fail(error)
        active.reactor.connect()
        assert isinstance(result(done), DataChannel)
        assert active.told[1:] == [(SPARE[0], Outcome.CONNECTED, "")]

    def test_anotherReasonEndsIt(self, error: Exception) -> None:
        """
        A client that refuses is not asked again.
        """
        active = Plan(delays=(0.5, 2), spare=SPARE)
        done = active.open()
        active.fail(error)
        active.reactor.advance(0.5)
        active.fail(ConnectionRefusedError(errno.ECONNREFUSED))
        with pytest.raises(CannotOpenData, match="connection refused"):
            result(done)
        assert active.sources() == [20, 20]

    def test_nextTransferBeginsWithTheDataPort(self, error: Exception) -> None:
        """
        It may be free again.
        """
        active = Plan(spare=SPARE)
        done = active.open()
        active.fail(error)
        active.reactor.connect()
        result(done)
        active.open()
        assert active.sources() == [20, 2020, 20]

    def test_anyPort(self, error: Exception) -> None:
        """
        Where the kernel chooses the port, the next one that it chooses may do.
        """
        active = Plan(source=Address("192.0.2.1", 0), delays=(0.5,))
        done = active.open()
        active.fail(error)
        active.reactor.advance(0.5)
        active.fail(error)
        with pytest.raises(CannotOpenData, match="no port is free"):
            result(done)
        assert active.sources() == [0, 0]


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
        with pytest.raises(TransferAborted, match="being opened") as raised:
            result(done)
        assert active.told == [(SOURCE, Outcome.ABORTED, str(raised.value))]

    def test_closesInTheNextTurn(self, active: Plan) -> None:
        """
        The reactor may have events at hand for the descriptor, and would tell
        them to whoever gets its number in the same turn.
        """
        active.open().addErrback(lambda failure: None)
        active.plan.abandon()
        (connector,) = active.reactor.connectors
        assert not connector.isStopped
        active.reactor.advance(0)
        assert connector.isStopped

    @pytest.mark.parametrize("how", ["connect", "fail"])
    def test_cameOutMeanwhile(self, active: Plan, how: str) -> None:
        """
        Then there is nothing to stop, and no use for it.
        """
        done = active.open()
        active.plan.abandon()
        if how == "fail":
            active.fail(ConnectionRefusedError())
        else:
            assert active.reactor.connect() is None
        active.reactor.advance(0)
        with pytest.raises(TransferAborted):
            result(done)

    def test_whileConnectingAgain(self) -> None:
        """
        And so does a later attempt; no other follows.
        """
        active = Plan(delays=(0.5, 2), spare=SPARE)
        done = active.open()
        active.fail(PORT_BUSY)
        active.reactor.advance(0.5)
        active.plan.abandon()
        with pytest.raises(TransferAborted):
            result(done)
        active.reactor.advance(0)
        assert active.sources() == [20, 20]
        assert pending(active.reactor) == []

    def test_duringAPause(self) -> None:
        """
        Nothing is left that would wake up; what was never tried is not told.
        """
        active = Plan(delays=(0.5, 2), spare=SPARE)
        done = active.open()
        active.fail(PORT_BUSY)
        active.plan.abandon()
        with pytest.raises(TransferAborted, match="being opened"):
            result(done)
        assert pending(active.reactor) == []
        assert [outcome for _, outcome, _ in active.told] == [Outcome.PORT_BUSY]

    def test_twiceDuringAPause(self) -> None:
        """
        The second time there is nothing to stop.
        """
        active = Plan(delays=(0.5,))
        done = active.open()
        active.fail(PORT_BUSY)
        active.plan.abandon()
        active.plan.abandon()
        with pytest.raises(TransferAborted):
            result(done)

    def test_afterItFailed(self, active: Plan) -> None:
        """
        Everything has ended already.
        """
        done = active.open()
        active.fail(ConnectionRefusedError())
        active.plan.abandon()
        with pytest.raises(CannotOpenData):
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
