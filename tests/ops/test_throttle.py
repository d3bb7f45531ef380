"""
Tests for L{ftpactive.ops.throttle}.
"""

from __future__ import annotations

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from ftpactive.core.limits import Rates
from ftpactive.logins import IPace
from ftpactive.ops.throttle import LanePace, Throttle

FREE = Rates()


class Sender:
    """
    Somebody who always has more to send.

    @ivar passed: bytes so far.
    """

    def __init__(self, pace: LanePace, piece: int = 0) -> None:
        self.passed = 0
        self._pace = pace
        self._piece = piece or pace.chunk
        Deferred.fromCoroutine(self._send())

    async def _send(self) -> None:
        while True:
            await self._pace.take(self._piece)
            self.passed += self._piece


def run(clock: Clock, seconds: float) -> None:
    """
    Let time pass as a reactor does, in small steps.
    """
    for _ in range(round(seconds * 100)):
        clock.advance(0.01)


def near(value: float, wanted: float, tolerance: float) -> bool:
    """
    Are two numbers within a part of each other?
    """
    return abs(value - wanted) <= wanted * tolerance


@pytest.fixture
def clock() -> Clock:
    """
    A clock.
    """
    return Clock()


class TestRates:
    """
    Over ten seconds, what passes is what was asked for.
    """

    @pytest.mark.parametrize("rate", [1_000, 50_000, 10_000_000])
    def test_session(self, clock: Clock, rate: int) -> None:
        """
        Within five percent, slow or fast.
        """
        pace = Throttle(clock, FREE).enter("alice", user=FREE, session=Rates(download=rate))
        assert pace is not None and pace.upload is None
        sender = Sender(pace.download)
        run(clock, 10)
        assert near(sender.passed, 10 * rate, 0.05)

    def test_user(self, clock: Clock) -> None:
        """
        All sessions of one user share theirs, those of another do not.
        """
        throttle = Throttle(clock, FREE)
        senders = []
        for name in ("alice", "alice", "bob"):
            pace = throttle.enter(name, user=Rates(upload=100_000), session=FREE)
            assert pace is not None
            senders.append(Sender(pace.upload))
        run(clock, 10)
        assert near(senders[0].passed + senders[1].passed, 1_000_000, 0.05)
        assert near(senders[2].passed, 1_000_000, 0.05)

    def test_total(self, clock: Clock) -> None:
        """
        Each of ten sessions gets a tenth, whatever the size of its pieces.
        """
        throttle = Throttle(clock, Rates(download=1_000_000))
        senders = []
        for number in range(10):
            pace = throttle.enter(str(number), user=FREE, session=FREE)
            assert pace is not None
            senders.append(Sender(pace.download, 500 + 6000 * (number % 2)))
        run(clock, 10)
        assert near(sum(each.passed for each in senders), 10_000_000, 0.05)
        assert all(near(each.passed, 1_000_000, 0.1) for each in senders)

    def test_slowOneLeavesTheRest(self, clock: Clock) -> None:
        """
        What a session may not take, others get.
        """
        throttle = Throttle(clock, Rates(download=100_000))
        slow = throttle.enter("a", user=FREE, session=Rates(download=10_000))
        fast = throttle.enter("b", user=FREE, session=FREE)
        assert slow is not None and fast is not None
        senders = [Sender(slow.download), Sender(fast.download)]
        run(clock, 10)
        assert near(senders[0].passed, 100_000, 0.1)
        assert near(senders[1].passed, 900_000, 0.05)

    def test_unlimited(self, clock: Clock) -> None:
        """
        There is nothing to wait for.
        """
        assert Throttle(clock, FREE).enter("alice", user=FREE, session=FREE) is None


class TestWaiting:
    """
    Who waits does so by a timer.
    """

    def test_interface(self, clock: Clock) -> None:
        """
        It provides L{IPace}.
        """
        pace = Throttle(clock, FREE).enter("a", user=FREE, session=Rates(10, 10))
        assert pace is not None
        assert verifyObject(IPace, pace.download)

    def test_nobodyWaits(self, clock: Clock) -> None:
        """
        Then no timer runs.
        """
        pace = Throttle(clock, FREE).enter("a", user=FREE, session=Rates(1000))
        assert pace is not None
        assert pace.download.take(10).called
        assert clock.getDelayedCalls() == []

    def test_givesUp(self, clock: Clock) -> None:
        """
        Who gives up leaves nothing behind, and holds nobody up.
        """
        pace = Throttle(clock, FREE).enter("a", user=FREE, session=Rates(1000))
        assert pace is not None
        pace.download.take(5000)
        waiting: Deferred[None] = pace.download.take(1000)
        failed: list[object] = []
        waiting.addErrback(lambda failure: failed.append(failure.check(CancelledError)))
        waiting.cancel()
        assert failed == [CancelledError]
        assert clock.getDelayedCalls() == []

    def test_pieces(self, clock: Clock) -> None:
        """
        Ten of them a second at least, so that nobody waits long for the next.
        """
        throttle = Throttle(clock, FREE)
        for rate, chunk in ((5, 1), (1000, 100), (10**9, 64 * 1024)):
            pace = throttle.enter("a", user=FREE, session=Rates(rate))
            assert pace is not None and pace.download.chunk == chunk


class TestShared:
    """
    What sessions share is forgotten with the last one.
    """

    def test_leave(self, clock: Clock) -> None:
        """
        A user who is gone takes no room.
        """
        throttle = Throttle(clock, FREE)
        for _ in range(2):
            throttle.enter("alice", user=Rates(1000), session=FREE)
        throttle.leave("alice")
        assert "alice" in throttle._users
        throttle.leave("alice")
        assert throttle._users == {}

    def test_change(self, clock: Clock) -> None:
        """
        Other rates hold for those who log in from then on.
        """
        throttle = Throttle(clock, FREE)
        throttle.change(Rates(download=1000))
        pace = throttle.enter("alice", user=FREE, session=FREE)
        assert pace is not None and pace.download is not None
        throttle.change(FREE)
        assert throttle.enter("alice", user=FREE, session=FREE) is None
